import { expect } from '@jest/globals';
import fc from 'fast-check';
import { FrameDecoder, encodeFrame, type FrameCounters } from '../../host/link/frame.ts';
import { encodeMessage } from '../../host/link/message.ts';
import { encodeSamples, type Samples } from '../../host/link/samples.ts';

/** A small generator of repeatable numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

export const u32 = fc.integer({ min: 0, max: 0xffffffff });
export const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });

/** Samples that a node could form, extremes of every field included. */
export const anySamples: fc.Arbitrary<Samples> = fc
  .record({ axes: fc.integer({ min: 1, max: 9 }), count: fc.integer({ min: 1, max: 20 }) })
  .chain(({ axes, count }) =>
    fc
      .tuple(
        fc.uniqueArray(fc.oneof(u32, fc.integer({ min: 0, max: 100 })), {
          minLength: count,
          maxLength: count,
        }),
        fc.array(fc.oneof(i32, fc.integer({ min: -99, max: 99 })), {
          minLength: count * axes,
          maxLength: count * axes,
        }),
      )
      .map(([slots, values]) => ({
        axes,
        slots: Uint32Array.from(slots).sort(),
        values: Int32Array.from(values),
      })),
  );

/** A body of `count` samples that change slowly, like those of a real sensor. */
export function someSamples(
  random: Random,
  seq: number,
  { node = 7, boot = 1, axes = 3, count = 12 } = {},
): Uint8Array {
  const slots = new Uint32Array(count);
  const values = new Int32Array(count * axes);
  let slot = seq * 1000;
  for (let i = 0; i < count; i++) {
    slots[i] = slot;
    slot += 1 + random.below(16);
    for (let axis = 0; axis < axes; axis++) {
      const k = i * axes + axis;
      values[k] = (i > 0 ? values[k - axes]! : 0) + random.below(2001) - 1000;
    }
  }
  return encodeSamples(node, boot, seq, { axes, slots, values });
}

export function someStatus(random: Random): Uint8Array {
  return encodeMessage('STATUS', {
    node: 7,
    boot: 1,
    slot: random.below(2 ** 32),
    millivolts: random.below(2 ** 16),
    queue: 0,
    oldestAge: 0,
    sampled: random.below(2 ** 32),
    formed: 0,
    acknowledged: 0,
    blocked: 0,
    late: 0,
    pruned: 0,
    expired: 0,
    linkErrors: 0,
  });
}

/** What a decoder makes of a stream cut into chunks as `random` has it; bodies are copied. */
export function decodeStream(
  stream: Uint8Array,
  random: Random,
): { bodies: Uint8Array[]; counters: FrameCounters } {
  const decoder = new FrameDecoder();
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < stream.length;) {
    const end = Math.min(stream.length, at + 1 + random.below(random.below(4) === 0 ? 3 : 5000));
    // The decoder must not keep the chunk: its buffer is used again.
    const chunk = stream.slice(at, end);
    decoder.push(chunk, (body) => bodies.push(body.slice()));
    chunk.fill(0xaa);
    at = end;
  }
  return { bodies, counters: decoder.counters };
}

export function refused({ badCrc, badEncoding, tooShort, tooLong }: FrameCounters): number {
  return badCrc + badEncoding + tooShort + tooLong;
}

/** Checks that every byte of a stream is in a good frame, a refused one, a delimiter, or the unfinished end. */
export function expectAccounted(stream: Uint8Array, counters: FrameCounters): void {
  let delimiters = 0;
  let goodBytes = 0;
  let good = 0;
  let bad = 0;
  let start = 0;
  for (let end = stream.indexOf(0); end >= 0; end = stream.indexOf(0, start)) {
    delimiters++;
    if (end > start) {
      const alone = new FrameDecoder();
      alone.push(stream.subarray(start, end + 1), () => undefined);
      if (alone.counters.frames === 1) {
        good++;
        goodBytes += end - start;
      } else {
        bad++;
      }
    }
    start = end + 1;
  }
  const unfinished = stream.length - start;
  expect({ frames: counters.frames, refused: refused(counters) }).toEqual({ frames: good, refused: bad });
  expect(goodBytes + counters.discardedBytes + delimiters + unfinished).toBe(stream.length);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function frames(bodies: readonly Uint8Array[]): Uint8Array {
  return concat(bodies.map(encodeFrame));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
