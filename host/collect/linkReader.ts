import { FrameDecoder, type FrameCounters } from '../link/frame.ts';
import { decodeMessage, type Message, type MessageFault } from '../link/message.ts';
import type { Transport } from '../link/transport.ts';

/** What arrived on links, by kind. Every byte is in a good frame, a refused one, or a delimiter. */
export interface LinkCounters extends FrameCounters {
  bytes: number;
  /** Frames with a good CRC-16 that are no message: by type, length, packet CRC-32 or content. */
  refused: Record<MessageFault, number>;
}

/** A link's incoming bytes as messages, with everything that is not one counted. */
export class LinkReader {
  readonly #transport: Transport;
  readonly #decoder = new FrameDecoder();
  readonly #refused: Record<MessageFault, number> = { length: 0, type: 0, crc: 0, malformed: 0 };
  #bytes = 0;

  /** `onMessage` gets views into a buffer that the next frame overwrites. */
  constructor(transport: Transport, onMessage: (message: Message) => void) {
    this.#transport = transport;
    transport.onData((chunk) => {
      this.#bytes += chunk.length;
      this.#decoder.push(chunk, (body) => {
        const message = decodeMessage(body);
        if (typeof message === 'string') this.#refused[message]++;
        else onMessage(message);
      });
    });
  }

  static noCounters(): LinkCounters {
    return {
      ...new FrameDecoder().counters,
      bytes: 0,
      refused: { length: 0, type: 0, crc: 0, malformed: 0 },
    };
  }

  /** Adds what this link met to `sum`. */
  addTo(sum: LinkCounters): void {
    const { counters } = this.#decoder;
    for (const key of Object.keys(counters) as (keyof FrameCounters)[]) sum[key] += counters[key];
    for (const key of Object.keys(this.#refused) as MessageFault[]) sum.refused[key] += this.#refused[key];
    sum.bytes += this.#bytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#transport.write(bytes);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
