import type { Transport } from './transport.ts';

/** Bytes held at most; what comes beyond them is dropped, as on a link whose receiver is slow. */
const MAX_HELD = 1 << 20;

/** A transport that is listened to before its receiver is known: chunks are shown to `peek`, held, and handed on later. */
export class HeldTransport implements Transport {
  readonly #transport: Transport;
  #held: Uint8Array[] = [];
  #bytes = 0;

  constructor(transport: Transport, peek: (chunk: Uint8Array) => void) {
    this.#transport = transport;
    transport.onData((chunk) => {
      this.#hold(chunk);
      peek(chunk);
    });
  }

  get name(): string {
    return this.#transport.name;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#transport.write(bytes);
  }

  /** The receiver gets everything held so far soon after the call, then what arrives. */
  onData(receiver: (chunk: Uint8Array) => void): void {
    this.#transport.onData((chunk) => this.#hold(chunk));
    setImmediate(() => {
      const held = this.#held;
      this.#held = [];
      this.#transport.onData(receiver);
      for (const chunk of held) receiver(chunk);
    });
  }

  onState(receiver: (up: boolean) => void): void {
    this.#transport.onState(receiver);
  }

  pause(): void {
    this.#transport.pause?.();
  }

  resume(): void {
    this.#transport.resume?.();
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #hold(chunk: Uint8Array): void {
    if (this.#bytes + chunk.length > MAX_HELD) return;
    this.#held.push(chunk.slice());
    this.#bytes += chunk.length;
  }
}
