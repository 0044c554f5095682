import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import Pbf from 'pbf';
import {
  fileDescriptorSet,
  nodeHex,
  readFields,
  schemaNames,
  schemas,
  topicOf,
  writeFields,
  type FieldKind,
  type SchemaName,
} from '../../host/record/schema.ts';
import { MessageEncoder, STAMP_SIZE, verifiedType } from '../../host/record/storedMessage.ts';
import { stockType } from './stockProtobuf.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const double = fc.double({ noNaN: true });

const arbitrary: Record<FieldKind, fc.Arbitrary<unknown>> = {
  uint32: u32,
  sint32: i32,
  int64: fc.maxSafeInteger(),
  double,
  string: fc.string({ unit: 'grapheme' }),
  bytes: fc.uint8Array({ maxLength: 300 }),
  'uint32[]': fc.array(u32, { maxLength: 80 }),
  'sint32[]': fc.array(i32, { maxLength: 80 }),
  'double[]': fc.array(double, { maxLength: 12 }),
  'string[]': fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 12 }),
};

function values(name: SchemaName): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(Object.entries(schemas[name]).map(([field, kind]) => [field, arbitrary[kind]])),
  );
}

const stamp = { sequence: 7, logTime: 1_767_268_800_123_456_789n, publishTime: 3n };

describe.each(schemaNames)('%s', (name) => {
  test('what is written is read back', () => {
    fc.assert(
      fc.property(values(name), (fields) => {
        const pbf = new Pbf();
        writeFields(name, fields, pbf);
        const data = pbf.finish();
        const inside = new Uint8Array(data.length + 20);
        inside.set(data, 7);
        expect(readFields(name, inside.subarray(7, 7 + data.length))).toEqual(fields);
      }),
    );
  });

  test('a stock protobuf library reads it with the embedded descriptor', () => {
    const type = stockType(fileDescriptorSet(name), `solstice.${name}`);
    const encoder = new MessageEncoder();
    fc.assert(
      fc.property(values(name), (fields) => {
        const data = encoder.encode(name, fields, stamp).slice();
        const read = type.toObject(type.decode(data), {
          longs: Number,
          bytes: Array,
          defaults: true,
          arrays: true,
        });
        expect(read.crc).toBe(new DataView(data.buffer, data.length - 4).getUint32(0, true));
        delete read.crc;
        const plain = (value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value);
        expect(read).toEqual(
          Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)])),
        );
      }),
    );
  });

  test('the CRC tells the type, and any flipped bit', () => {
    const encoder = new MessageEncoder();
    fc.assert(
      fc.property(values(name), fc.nat(), (fields, bit) => {
        const data = encoder.encode(name, fields, stamp);
        const bytes = new Uint8Array(STAMP_SIZE + data.length);
        const view = new DataView(bytes.buffer);
        view.setUint32(0, stamp.sequence, true);
        view.setBigUint64(4, stamp.logTime, true);
        view.setBigUint64(12, stamp.publishTime, true);
        bytes.set(data, STAMP_SIZE);
        expect(verifiedType(bytes)).toBe(name);
        expect(verifiedType(bytes, 'Status')).toBe(name);
        bit %= bytes.length * 8;
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifiedType(bytes)).toBeUndefined();
      }),
    );
  });
});

test('field numbers and types are those of every earlier recording', () => {
  const table = Object.fromEntries(
    schemaNames.map((name) => [
      name,
      Object.entries(schemas[name]).map(([field, kind]) => `${field} ${kind}`),
    ]),
  );
  expect(table).toMatchSnapshot();
});

test('topics name the node in hex', () => {
  expect(topicOf('Samples', 0x2a)).toBe('/node/0000002a/samples');
  expect(nodeHex(0xffffffff)).toBe('ffffffff');
});
