import { crc32 } from 'node:zlib';
import Pbf from 'pbf';
import { CRC_FIELD, schemaNames, writeFields, type SchemaName, type Stores } from './schema.ts';

/** The part of an MCAP message record, after its channel id, that the CRC covers: sequence, logTime, publishTime. */
export const STAMP_SIZE = 20;
/** Tag (two bytes) and value of the CRC field that ends every message. */
export const CRC_SIZE = 6;

const FIXED32 = 5;
const CRC_TAG = (CRC_FIELD << 3) | FIXED32;
const CRC_TAG_LOW = (CRC_TAG & 0x7f) | 0x80;
const CRC_TAG_HIGH = CRC_TAG >> 7;

const SEED = new Map(schemaNames.map((name) => [name, crc32(name)]));

/** What a message record carries beside its channel and its data. Times are Unix nanoseconds. */
export interface Stamp {
  /** Counts the messages of a file from 0, whatever their channel: a gap is a lost message. */
  sequence: number;
  logTime: bigint;
  publishTime: bigint;
}

/**
 * Encodes messages with their CRC: CRC-32/ISO-HDLC over the schema's name, the stamp and all fields before it. The
 * name in it lets a reader tell the type even when the channel record is lost.
 */
export class MessageEncoder {
  readonly #pbf = new Pbf(new Uint8Array(4096));

  /** The message's data, a view that the next call overwrites. */
  encode<N extends SchemaName>(name: N, values: Partial<Stores<N>>, stamp: Stamp): Uint8Array {
    this.#start(stamp);
    writeFields(name, values, this.#pbf);
    return this.#finish(name);
  }

  /** The same from fields that are already encoded, without their CRC. */
  restamp(name: SchemaName, fields: Uint8Array, stamp: Stamp): Uint8Array {
    this.#start(stamp);
    const pbf = this.#pbf;
    pbf.realloc(fields.length);
    pbf.buf.set(fields, pbf.pos);
    pbf.pos += fields.length;
    return this.#finish(name);
  }

  #start(stamp: Stamp): void {
    const pbf = this.#pbf;
    pbf.pos = STAMP_SIZE;
    pbf.dataView.setUint32(0, stamp.sequence, true);
    pbf.dataView.setBigUint64(4, stamp.logTime, true);
    pbf.dataView.setBigUint64(12, stamp.publishTime, true);
  }

  #finish(name: SchemaName): Uint8Array {
    const pbf = this.#pbf;
    const crc = crc32(pbf.buf.subarray(0, pbf.pos), SEED.get(name));
    pbf.writeTag(CRC_FIELD, FIXED32);
    pbf.writeFixed32(crc);
    return pbf.buf.subarray(STAMP_SIZE, pbf.pos);
  }
}

/**
 * The type of the message whose stamp and data are `bytes`, when its CRC holds; `expected` is tried first. Undefined
 * when the CRC holds for no type.
 */
export function verifiedType(bytes: Uint8Array, expected?: SchemaName): SchemaName | undefined {
  const at = bytes.length - CRC_SIZE;
  if (at < STAMP_SIZE || bytes[at] !== CRC_TAG_LOW || bytes[at + 1] !== CRC_TAG_HIGH) return undefined;
  const crc = new DataView(bytes.buffer, bytes.byteOffset + at + 2, 4).getUint32(0, true);
  const covered = bytes.subarray(0, at);
  const holds = (name: SchemaName): boolean => crc32(covered, SEED.get(name)) === crc;
  if (expected !== undefined && holds(expected)) return expected;
  return schemaNames.find((name) => name !== expected && holds(name));
}
