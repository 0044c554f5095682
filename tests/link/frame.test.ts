import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cobsDecode, cobsEncode, cobsMaxLength } from '../../host/link/cobs.ts';
import { crc16, crc32 } from '../../host/link/crc.ts';
import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { MAX_BODY } from '../../host/link/protocol.ts';
import { Random, concat, decodeStream, expectAccounted, frames, hex } from './support.ts';

function cobs(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(cobsMaxLength(data.length));
  return out.slice(0, cobsEncode(data, out));
}

/** Bytes with long runs without zero, where COBS has its edges. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 1024 }),
  fc.uint8Array({ min: 1, maxLength: 1024 }),
  fc.integer({ min: 250, max: 516 }).map((length) => new Uint8Array(length).fill(7)),
);

describe('CRC', () => {
  const check = new TextEncoder().encode('123456789');

  test('CRC-16/IBM-3740 has its check value', () => expect(crc16(check)).toBe(0x29b1));

  test('CRC-32/ISO-HDLC has its check value', () => expect(crc32(check)).toBe(0xcbf43926));

  test('a range is the same as a copy of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(63), (bytes, from) => {
        expect(crc16(bytes, from, bytes.length)).toBe(crc16(bytes.slice(from)));
        expect(crc32(bytes, from, bytes.length)).toBe(crc32(bytes.slice(from)));
      }),
    );
  });
});

describe('COBS', () => {
  test.each([
    ['', '01'],
    ['00', '0101'],
    ['0000', '010101'],
    ['11220033', '0311220233'],
    ['11223344', '0511223344'],
    ['11000000', '0211010101'],
  ])('%s becomes %s', (data, encoded) => {
    expect(hex(cobs(Buffer.from(data, 'hex')))).toBe(encoded);
  });

  test('a run of 254 takes one code byte, of 255 two', () => {
    expect(hex(cobs(new Uint8Array(254).fill(1)))).toBe(`ff${'01'.repeat(254)}`);
    expect(hex(cobs(new Uint8Array(255).fill(1)))).toBe(`ff${'01'.repeat(254)}0201`);
  });

  test('round trip without a zero, within the stated length', () => {
    fc.assert(
      fc.property(anyBytes, (data) => {
        const encoded = cobs(data);
        expect(encoded.indexOf(0)).toBe(-1);
        expect(encoded.length).toBeLessThanOrEqual(cobsMaxLength(data.length));
        const out = new Uint8Array(encoded.length);
        expect(hex(out.subarray(0, cobsDecode(encoded, 0, encoded.length, out)))).toBe(hex(data));
      }),
    );
  });

  test('a code that points past the end is refused', () => {
    expect(cobsDecode(Uint8Array.of(3, 1), 0, 2, new Uint8Array(8))).toBe(-1);
  });
});

describe('frames', () => {
  test('any bodies come back in order, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: MAX_BODY }), { maxLength: 8 }),
        fc.integer(),
        (bodies, seed) => {
          const stream = frames(bodies);
          const { bodies: got, counters } = decodeStream(stream, new Random(seed));
          expect(got.map(hex)).toEqual(bodies.map(hex));
          expectAccounted(stream, counters);
        },
      ),
    );
  });

  test('log text before a frame does not harm it', () => {
    const body = Uint8Array.of(1, 2, 0, 3);
    const stream = concat([Buffer.from('boot: 3.1 V\r\n'), encodeFrame(body), Buffer.from('done\n')]);
    const { bodies, counters } = decodeStream(stream, new Random(1));
    expect(bodies.map(hex)).toEqual([hex(body)]);
    expect(counters.frames).toBe(1);
    expectAccounted(stream, counters);
  });

  test('arbitrary bytes are accounted for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), fc.integer(), (stream, seed) => {
        expectAccounted(stream, decodeStream(stream, new Random(seed)).counters);
      }),
    );
  });

  test('the longest body passes, a longer one is refused as too long', () => {
    const longest = new Uint8Array(MAX_BODY).fill(5);
    const longer = new Uint8Array(MAX_BODY + 1).fill(5);
    const stream = frames([longest, longer, longest]);
    const { bodies, counters } = decodeStream(stream, new Random(1));
    expect(bodies.map(hex)).toEqual([hex(longest), hex(longest)]);
    expect(counters.tooLong).toBe(1);
    expectAccounted(stream, counters);
  });

  test.each([
    ['too short', '010100', 'tooShort'],
    ['ending inside a COBS block', '05010200', 'badEncoding'],
    ['with a wrong CRC', '0501020304' + '00', 'badCrc'],
  ] as const)('a frame %s is counted', (_, bytes, counter) => {
    const { counters } = decodeStream(Buffer.from(bytes, 'hex'), new Random(1));
    expect(counters[counter]).toBe(1);
    expect(counters.discardedBytes).toBe(bytes.length / 2 - 1);
  });

  test('a gigabyte without a delimiter takes no memory and costs one frame', () => {
    const decoder = new FrameDecoder();
    const chunk = new Uint8Array(1 << 20).fill(0x41);
    const before = process.memoryUsage();
    for (let i = 0; i < 1024; i++) decoder.push(chunk, () => undefined);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(
      16 << 20,
    );
    const body = Uint8Array.of(9, 9);
    const got: string[] = [];
    decoder.push(encodeFrame(body), (good) => got.push(hex(good)));
    expect(got).toEqual([hex(body)]);
    expect(decoder.counters).toMatchObject({ frames: 1, tooLong: 1, discardedBytes: 2 ** 30 });
  });
});
