import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32 } from '../../host/link/crc.ts';
import { configId, decodeMessage, encodeConfig, encodeMessage } from '../../host/link/message.ts';
import {
  MAX_BODY,
  configFields,
  fixedSize,
  messages,
  type FieldType,
  type Fields,
  type MessageName,
  type NodeConfig,
} from '../../host/link/protocol.ts';
import { decodeSamples, encodeSamples } from '../../host/link/samples.ts';
import { anySamples, hex, i32, u32 } from './support.ts';

type FixedName = Exclude<MessageName, 'SAMPLES'>;

const fieldValues: Record<FieldType, fc.Arbitrary<number | bigint | string>> = {
  u8: fc.integer({ min: 0, max: 0xff }),
  u16: fc.integer({ min: 0, max: 0xffff }),
  u32,
  i32,
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  hash8: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(hex),
};

function anyFields(fields: Readonly<Record<string, FieldType>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, fieldValues[type]])),
  );
}

const fixedNames = Object.keys(messages).filter((name) => name !== 'SAMPLES') as FixedName[];

describe('messages', () => {
  test.each(fixedNames)('%s: any values come back', (name) => {
    fc.assert(
      fc.property(anyFields(messages[name].fields), (fields) => {
        const body = encodeMessage(name, fields as Fields<typeof name>);
        expect(body.length).toBe(fixedSize(messages[name]));
        expect(decodeMessage(body)).toEqual({ name, fields });
      }),
    );
  });

  test.each(fixedNames)('%s: a byte less or more is refused', (name) => {
    const body = new Uint8Array(fixedSize(messages[name]));
    body[0] = messages[name].type;
    expect(decodeMessage(body)).toMatchObject({ name });
    expect(decodeMessage(body.subarray(0, -1))).toBe('length');
    const longer = new Uint8Array(body.length + 1);
    longer.set(body);
    expect(decodeMessage(longer)).toBe('length');
  });

  test('a message read at an offset in a larger buffer is the same', () => {
    const body = encodeMessage('ACK', { node: 1, boot: 2, seq: 3 });
    const buffer = new Uint8Array(body.length + 5).fill(0xee);
    buffer.set(body, 5);
    expect(decodeMessage(buffer.subarray(5))).toEqual(decodeMessage(body));
  });

  test('unknown types and absurd lengths are refused', () => {
    expect(decodeMessage(new Uint8Array(0))).toBe('length');
    expect(decodeMessage(Uint8Array.of(0))).toBe('type');
    expect(decodeMessage(Uint8Array.of(200, 1, 2))).toBe('type');
    expect(decodeMessage(new Uint8Array(MAX_BODY + 1).fill(3))).toBe('length');
  });

  test('any bytes decode to a message or a fault, never an exception', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.uint8Array({ maxLength: 100 }), (type, rest) => {
        const message = decodeMessage(Uint8Array.of(type, ...rest));
        if (typeof message !== 'string') expect(message.name).not.toBe('SAMPLES');
      }),
    );
  });
});

describe('configuration', () => {
  test('its id is the CRC-32 of its encoding, and every field counts', () => {
    fc.assert(
      fc.property(
        anyFields(configFields),
        anyFields(configFields),
        fc.constantFrom(...Object.keys(configFields)),
        (first, second, name) => {
          const config = first as NodeConfig;
          expect(configId(config)).toBe(crc32(encodeConfig(config)));
          const other = { ...config, [name]: second[name] };
          expect(configId(other) === configId(config)).toBe(first[name] === second[name]);
        },
      ),
    );
  });
});

describe('samples', () => {
  test('any samples come back', () => {
    fc.assert(
      fc.property(anySamples, u32, u32, u32, (samples, node, boot, seq) => {
        const body = encodeSamples(node, boot, seq, samples);
        expect(decodeSamples(body)).toEqual(samples);
        if (body.length > MAX_BODY) {
          expect(decodeMessage(body)).toBe('length');
          return;
        }
        const { axes, slots } = samples;
        expect(decodeMessage(body)).toEqual({
          name: 'SAMPLES',
          fields: { node, boot, seq, slot: slots[0], axes, count: slots.length },
          samples,
          body,
        });
      }),
    );
  });

  test('any change of a byte after the type is refused by the CRC-32', () => {
    fc.assert(
      fc.property(anySamples, fc.nat(), fc.integer({ min: 1, max: 255 }), (samples, at, flip) => {
        const body = encodeSamples(1, 2, 3, samples);
        body[1 + (at % (body.length - 1))]! ^= flip;
        expect(typeof decodeSamples(body)).toBe('string');
      }),
    );
  });

  /** A body whose CRC-32 is right, whatever it holds. */
  function forged(change: (body: Uint8Array) => Uint8Array): Uint8Array {
    const body = change(
      encodeSamples(1, 2, 3, { axes: 1, slots: Uint32Array.of(5, 9), values: Int32Array.of(1, 2) }),
    );
    new DataView(body.buffer).setUint32(body.length - 4, crc32(body, 1, body.length - 4), true);
    return body;
  }
  const at = fixedSize(messages.SAMPLES);

  test.each<[string, (body: Uint8Array) => Uint8Array]>([
    ['no axes', (body) => (body.set([0], 17), body)],
    ['ten axes', (body) => (body.set([10], 17), body)],
    ['no samples', (body) => (body.set([0], 18), body)],
    ['more samples than bytes', (body) => (body.set([3], 18), body)],
    ['fewer samples than bytes', (body) => (body.set([1], 18), body)],
    ['no variable part', (body) => body.slice(0, at + 4)],
    ['a varint without end', (body) => (body.fill(0x80, at, body.length - 4), body)],
    ['a varint beyond 32 bits', (body) => body.slice(0, at + 9).fill(0xff, at, at + 5)],
    [
      'a time beyond 32 bits',
      (body) => {
        new DataView(body.buffer).setUint32(13, 0xfffffffe, true);
        return body;
      },
    ],
  ])('a packet with a good CRC and %s is malformed', (_, change) => {
    expect(decodeSamples(forged(change))).toBe('malformed');
  });

  test('any bytes with a good CRC decode to samples or a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 300 }), (bytes) => {
        const body = Uint8Array.from(bytes);
        body[0] = 3;
        new DataView(body.buffer).setUint32(body.length - 4, crc32(body, 1, body.length - 4), true);
        const samples = decodeSamples(body);
        if (typeof samples === 'string') return;
        expect(samples.values.length).toBe(samples.slots.length * samples.axes);
        expect(Array.from(samples.slots)).toEqual(Array.from(samples.slots).sort((a, b) => a - b));
      }),
    );
  });
});
