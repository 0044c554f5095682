import { describe, expect, test } from '@jest/globals';
import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { decodeMessage } from '../../host/link/message.ts';
import {
  Random,
  concat,
  decodeStream,
  expectAccounted,
  frames,
  hex,
  someSamples,
  someStatus,
} from './support.ts';

const RUNS = 10_000;
const seed = Number(process.env['SOLSTICE_SEED'] ?? Date.now() % 2 ** 32);

type Corruption = (stream: Uint8Array, random: Random) => Uint8Array;

function splice(stream: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return concat([stream.subarray(0, at), inserted, stream.subarray(at + removed)]);
}

const LOG_TEXT = new TextEncoder().encode('[0012.345] brown-out reset, 2.41 V\r\n');

/** What wires, drivers and other programs do to a stream. */
const corruptions: Record<string, Corruption> = {
  bitFlip: (stream, random) => {
    const out = stream.slice();
    out[random.below(out.length)]! ^= 1 << random.below(8);
    return out;
  },
  byteChange: (stream, random) => {
    const out = stream.slice();
    out[random.below(out.length)] = random.below(256);
    return out;
  },
  burst: (stream, random) => {
    const out = stream.slice();
    out.set(random.bytes(Math.min(1 + random.below(40), out.length)), 0);
    return splice(stream, random.below(stream.length), 20, random.bytes(20));
  },
  insert: (stream, random) =>
    splice(stream, random.below(stream.length + 1), 0, random.bytes(1 + random.below(9))),
  remove: (stream, random) =>
    splice(stream, random.below(stream.length), 1 + random.below(9), new Uint8Array(0)),
  truncateEnd: (stream, random) => stream.slice(0, random.below(stream.length)),
  truncateStart: (stream, random) => stream.slice(random.below(stream.length)),
  duplicateChunk: (stream, random) => {
    const from = random.below(stream.length);
    const chunk = stream.slice(from, from + 1 + random.below(300));
    return splice(stream, random.below(stream.length + 1), 0, chunk);
  },
  reorderChunks: (stream, random) => {
    const [a, b, c] = [0, 0, 0].map(() => random.below(stream.length + 1)).sort((x, y) => x - y);
    return concat([stream.subarray(0, a), stream.subarray(b, c), stream.subarray(a, b), stream.subarray(c)]);
  },
  logText: (stream, random) => splice(stream, random.below(stream.length + 1), 0, LOG_TEXT),
  absurdLength: (stream, random) =>
    splice(
      stream,
      random.below(stream.length + 1),
      0,
      new Uint8Array(random.below(20_000)).fill(1 + random.below(255)),
    ),
  zeros: (stream, random) =>
    splice(stream, random.below(stream.length + 1), 0, new Uint8Array(1 + random.below(50))),
  zeroed: (stream, random) => {
    const out = stream.slice();
    const at = random.below(out.length);
    out.fill(0, at, at + 1 + random.below(30));
    return out;
  },
};

describe('a valid stream, corrupted', () => {
  const kinds = Object.values(corruptions);

  test(`${RUNS} times: no crash, no wrong sample, every byte accounted for (seed ${seed})`, () => {
    let accepted = 0;
    let refusedBodies = 0;
    let untouched = 0;
    for (let run = 0; run < RUNS; run++) {
      const random = new Random(seed + run);
      const bodies = Array.from({ length: 4 + random.below(6) }, (_, seq) =>
        random.below(4) === 0
          ? someStatus(random)
          : someSamples(random, seq, { count: 1 + random.below(30) }),
      );
      const sent = new Set(bodies.map(hex));
      let stream = frames(bodies);
      const times = 1 + random.below(4);
      for (let i = 0; i < times && stream.length > 0; i++) {
        stream = kinds[random.below(kinds.length)]!(stream, random);
      }
      const { bodies: got, counters } = decodeStream(stream, random);
      expectAccounted(stream, counters);
      for (const body of got) {
        const message = decodeMessage(body);
        if (typeof message === 'string') refusedBodies++;
        else if (message.name === 'SAMPLES') {
          accepted++;
          if (!sent.has(hex(message.body))) throw new Error(`a wrong sample, seed ${seed + run}`);
        }
      }
      if (got.length === bodies.length) untouched++;
      // Whatever happened, the link works again at the next frame.
      const next = someSamples(random, 99);
      const after = decodeStream(concat([stream, encodeFrame(next)]), random);
      expect(hex(after.bodies.at(-1)!)).toBe(hex(next));
    }
    // Most packets survive, many streams lose some: the corruptions are neither fatal nor harmless.
    expect(accepted).toBeGreaterThan(2 * RUNS);
    expect(untouched).toBeLessThan(RUNS * 0.8);
    expect(refusedBodies).toBeLessThan(RUNS / 100);
  });

  test('memory does not grow with what is refused', () => {
    const random = new Random(seed);
    const decoder = new FrameDecoder();
    const noise = Array.from({ length: 64 }, () => random.bytes(4096));
    const held = (): number => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = held();
    for (let i = 0; i < 20_000; i++) decoder.push(noise[i % noise.length]!, () => undefined);
    expect(held() - before).toBeLessThan(64 << 20);
  });

  /** The same through CRC-16 alone being fooled: only the CRC-32 of the packet stands between. */
  test('a packet changed under a good CRC-16 is still refused', () => {
    const random = new Random(seed);
    for (let run = 0; run < 1000; run++) {
      const body = someSamples(random, run);
      const changed = body.slice();
      changed[1 + random.below(body.length - 1)]! ^= 1 + random.below(255);
      const { bodies } = decodeStream(encodeFrame(changed), random);
      expect(bodies.map((got) => decodeMessage(got))).toEqual(['crc']);
    }
  });
});
