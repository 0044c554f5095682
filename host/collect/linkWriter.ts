import { LinkClosedError, type Transport } from '../link/transport.ts';

/** Bytes that may wait for a link that takes none. */
const MAX_WAITING = 1 << 20;
const FIRST_SIZE = 4096;

/**
 * Sends to one link, one write at a time; what comes meanwhile goes out with the next. Nothing here is sent again: a
 * node that misses an answer repeats its question.
 */
export class LinkWriter {
  readonly #transport: Transport;
  /** Takes what is queued while the other one is being written; both grow to the longest burst. */
  #waiting = new Uint8Array(FIRST_SIZE);
  #writing = new Uint8Array(FIRST_SIZE);
  #waitingBytes = 0;
  #waitingFrames = 0;
  #sending: Promise<void> | undefined;
  /** Frames that did not reach the link: it was down, or took too little. */
  dropped = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queues `count` whole frames, which are copied; they go out together with all that this turn of events queues. */
  send(frames: Uint8Array, count: number): void {
    const end = this.#waitingBytes + frames.length;
    if (end > MAX_WAITING) {
      this.dropped += count;
      return;
    }
    if (end > this.#waiting.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#waiting.length));
      larger.set(this.#waiting.subarray(0, this.#waitingBytes));
      this.#waiting = larger;
    }
    this.#waiting.set(frames, this.#waitingBytes);
    this.#waitingBytes = end;
    this.#waitingFrames += count;
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when everything queued has gone out or was dropped. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    await Promise.resolve();
    while (this.#waitingBytes > 0) {
      const bytes = this.#waiting.subarray(0, this.#waitingBytes);
      const frames = this.#waitingFrames;
      [this.#waiting, this.#writing] = [this.#writing, this.#waiting];
      this.#waitingBytes = 0;
      this.#waitingFrames = 0;
      try {
        await this.#transport.write(bytes);
      } catch (error) {
        if (!(error instanceof LinkClosedError)) throw error;
        this.dropped += frames;
      }
    }
    this.#sending = undefined;
  }
}
