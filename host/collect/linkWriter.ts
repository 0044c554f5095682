import { LinkClosedError, type Transport } from '../link/transport.ts';

/** Bytes that may wait for a link that takes none. */
const MAX_WAITING = 64 * 1024;

/**
 * Sends to one link, one write at a time; what comes meanwhile goes out with the next. Nothing here is sent again: a
 * node that misses an answer repeats its question.
 */
export class LinkWriter {
  readonly #transport: Transport;
  #waiting: Uint8Array[] = [];
  #waitingFrames = 0;
  #waitingBytes = 0;
  #sending: Promise<void> | undefined;
  /** Frames that did not reach the link: it was down, or took too little. */
  dropped = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queues `count` whole frames. The bytes must not change afterwards. */
  send(bytes: Uint8Array, count: number): void {
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > MAX_WAITING) {
      this.dropped += count;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingFrames += count;
    this.#waitingBytes += bytes.length;
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when everything queued has gone out or was dropped. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const parts = this.#waiting;
      const frames = this.#waitingFrames;
      this.#waiting = [];
      this.#waitingFrames = 0;
      this.#waitingBytes = 0;
      try {
        await this.#transport.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
      } catch (error) {
        if (!(error instanceof LinkClosedError)) throw error;
        this.dropped += frames;
      }
    }
    this.#sending = undefined;
  }
}
