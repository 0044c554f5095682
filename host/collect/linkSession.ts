import { FrameDecoder, type FrameCounters } from '../link/frame.ts';
import { decodeMessage, type Message, type MessageFault } from '../link/message.ts';
import type { Transport } from '../link/transport.ts';
import { LinkWriter } from './linkWriter.ts';

/** What links met. Every received byte is in a good frame, a refused one, or a delimiter. */
export interface LinkCounters extends FrameCounters {
  /** Bytes received. */
  bytes: number;
  /** Frames with a good CRC-16 that are no message: by length, type, packet CRC-32 or content. */
  refused: Record<MessageFault, number>;
  /** Messages that only a host sends, and HELLOs of other protocol versions. */
  unexpected: number;
  /** Answers that did not reach the link. */
  droppedAnswers: number;
}

export interface LinkReceiver {
  message(message: Message): void;
  refused(reason: 'frame' | MessageFault, count: number): void;
  /** A chunk has been handled wholly. */
  settled(): void;
}

/** One link: its incoming bytes as messages, everything that is not one counted, and what is sent back. */
export class LinkSession {
  readonly transport: Transport;
  readonly writer: LinkWriter;
  /** Counted by whoever judges the messages. */
  unexpected = 0;
  readonly #decoder = new FrameDecoder();
  readonly #refused: Record<MessageFault, number> = { length: 0, type: 0, crc: 0, malformed: 0 };
  readonly #receiver: LinkReceiver;
  #bytes = 0;
  #badFrames = 0;

  /** Messages hold views into a buffer that the next frame overwrites. */
  constructor(transport: Transport, receiver: LinkReceiver) {
    this.transport = transport;
    this.writer = new LinkWriter(transport);
    this.#receiver = receiver;
    transport.onData((chunk) => this.#receive(chunk));
  }

  static noCounters(): LinkCounters {
    return {
      ...new FrameDecoder().counters,
      bytes: 0,
      refused: { length: 0, type: 0, crc: 0, malformed: 0 },
      unexpected: 0,
      droppedAnswers: 0,
    };
  }

  /** Adds what this link met to `sum`. */
  addTo(sum: LinkCounters): void {
    const { counters } = this.#decoder;
    for (const key of Object.keys(counters) as (keyof FrameCounters)[]) sum[key] += counters[key];
    for (const key of Object.keys(this.#refused) as MessageFault[]) sum.refused[key] += this.#refused[key];
    sum.bytes += this.#bytes;
    sum.unexpected += this.unexpected;
    sum.droppedAnswers += this.writer.dropped;
  }

  #receive(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#decoder.push(chunk, this.#onBody);
    const { badCrc, badEncoding, tooShort, tooLong } = this.#decoder.counters;
    const badFrames = badCrc + badEncoding + tooShort + tooLong;
    if (badFrames > this.#badFrames) this.#receiver.refused('frame', badFrames - this.#badFrames);
    this.#badFrames = badFrames;
    this.#receiver.settled();
  }

  readonly #onBody = (body: Uint8Array): void => {
    const message = decodeMessage(body);
    if (typeof message === 'string') {
      this.#refused[message]++;
      this.#receiver.refused(message, 1);
    } else {
      this.#receiver.message(message);
    }
  };
}
