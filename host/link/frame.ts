import { cobsDecode, cobsEncode, cobsMaxLength } from './cobs.ts';
import { crc16 } from './crc.ts';
import { MAX_BODY } from './protocol.ts';

const MAX_ENCODED = cobsMaxLength(MAX_BODY + 2);

/** Body and CRC-16 of the frame that is being encoded. */
const scratch = new Uint8Array(MAX_BODY + 2);

/** `00 COBS(body | crc16) 00`, ready for the wire. */
export function encodeFrame(body: Uint8Array): Uint8Array {
  const length = body.length + 2;
  const content = length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length);
  content.set(body);
  const crc = crc16(body);
  content[body.length] = crc & 0xff;
  content[body.length + 1] = crc >> 8;
  const out = new Uint8Array(cobsMaxLength(length) + 2);
  const end = cobsEncode(content, out, 1);
  return out.subarray(0, end + 1);
}

/** What a decoder met so far. Every received byte belongs to a good frame, a counted bad one, or a delimiter. */
export interface FrameCounters {
  frames: number;
  /** Frames refused: CRC-16, COBS structure, fewer bytes than a frame needs, more than `MAX_BODY` allows. */
  badCrc: number;
  badEncoding: number;
  tooShort: number;
  tooLong: number;
  /** Bytes of refused frames: line noise, log text, cut frames. */
  discardedBytes: number;
}

/**
 * Cuts a byte stream into frame bodies. Memory is bounded by the longest legal frame, whatever arrives; bodies are
 * views into a buffer that the next frame overwrites.
 */
export class FrameDecoder {
  readonly counters: FrameCounters = {
    frames: 0,
    badCrc: 0,
    badEncoding: 0,
    tooShort: 0,
    tooLong: 0,
    discardedBytes: 0,
  };
  readonly #pending = new Uint8Array(MAX_ENCODED);
  readonly #content = new Uint8Array(MAX_ENCODED);
  #length = 0;
  #overflow = 0;

  /** Feeds bytes in; `onBody` is called for each frame whose CRC-16 holds, in order. */
  push(chunk: Uint8Array, onBody: (body: Uint8Array) => void): void {
    let start = 0;
    while (start < chunk.length) {
      const zero = chunk.indexOf(0, start);
      const end = zero < 0 ? chunk.length : zero;
      if (zero >= 0 && this.#length === 0 && this.#overflow === 0) {
        this.#decode(chunk, start, end, onBody);
      } else {
        this.#hold(chunk, start, end);
        if (zero >= 0) this.#finish(onBody);
      }
      start = end + 1;
    }
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    const room = MAX_ENCODED - this.#length;
    const taken = Math.min(room, end - start);
    this.#pending.set(chunk.subarray(start, start + taken), this.#length);
    this.#length += taken;
    this.#overflow += end - start - taken;
  }

  #finish(onBody: (body: Uint8Array) => void): void {
    if (this.#overflow > 0) {
      this.counters.tooLong++;
      this.counters.discardedBytes += this.#length + this.#overflow;
    } else {
      this.#decode(this.#pending, 0, this.#length, onBody);
    }
    this.#length = 0;
    this.#overflow = 0;
  }

  #decode(data: Uint8Array, start: number, end: number, onBody: (body: Uint8Array) => void): void {
    const length = end - start;
    if (length === 0) return;
    const fault = this.#fault(data, start, end);
    if (typeof fault === 'number') {
      this.counters.frames++;
      onBody(this.#content.subarray(0, fault));
    } else {
      this.counters[fault]++;
      this.counters.discardedBytes += length;
    }
  }

  /** The body's length, or which counter the frame falls under. */
  #fault(
    data: Uint8Array,
    start: number,
    end: number,
  ): number | 'badCrc' | 'badEncoding' | 'tooShort' | 'tooLong' {
    if (end - start > MAX_ENCODED) return 'tooLong';
    const length = cobsDecode(data, start, end, this.#content);
    if (length < 0) return 'badEncoding';
    if (length < 3) return 'tooShort';
    const body = length - 2;
    if (body > MAX_BODY) return 'tooLong';
    const crc = this.#content[body]! | (this.#content[body + 1]! << 8);
    return crc16(this.#content, 0, body) === crc ? body : 'badCrc';
  }
}
