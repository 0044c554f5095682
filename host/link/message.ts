import { crc32 } from './crc.ts';
import {
  FIELD_SIZE,
  MAX_BODY,
  configFields,
  fixedSize,
  messages,
  type FieldType,
  type Fields,
  type MessageName,
  type NodeConfig,
} from './protocol.ts';
import { decodeSamples, type Samples, type SamplesFault } from './samples.ts';

/** A decoded message. SAMPLES also has its decoded `samples` and the `body` as received, CRC-32 included. */
export type Message =
  | { [N in Exclude<MessageName, 'SAMPLES'>]: { name: N; fields: Fields<N> } }[Exclude<
      MessageName,
      'SAMPLES'
    >]
  | { name: 'SAMPLES'; fields: Fields<'SAMPLES'>; samples: Samples; body: Uint8Array };

export type MessageFault = 'length' | 'type' | SamplesFault;

type FieldList = readonly (readonly [name: string, type: FieldType])[];

/** A layout as coding needs it: looked up and added up once, not for every message. */
interface Codec {
  name: MessageName;
  type: number;
  size: number;
  fields: FieldList;
}

const CONFIG_FIELDS: FieldList = Object.entries(configFields);
const CONFIG_SIZE = fixedSize({ type: 0, fields: configFields }) - 1;

const CODECS = Object.fromEntries(
  Object.entries(messages).map(([name, layout]): [string, Codec] => [
    name,
    {
      name: name as MessageName,
      type: layout.type,
      size: fixedSize(layout),
      fields: Object.entries(layout.fields),
    },
  ]),
) as Record<MessageName, Codec>;
const CODEC_BY_TYPE = new Map(Object.values(CODECS).map((codec) => [codec.type, codec]));

/** Writes fields in table order; the value of every field must be present. */
function writeFields(
  fields: FieldList,
  values: Record<string, number | bigint | string>,
  view: DataView,
  at: number,
): void {
  for (const [name, type] of fields) {
    const value = values[name];
    if (value === undefined) throw new TypeError(`field ${name} is missing`);
    if (type === 'u8') view.setUint8(at, value as number);
    else if (type === 'u16') view.setUint16(at, value as number, true);
    else if (type === 'u32') view.setUint32(at, value as number, true);
    else if (type === 'i32') view.setInt32(at, value as number, true);
    else if (type === 'u64') view.setBigUint64(at, value as bigint, true);
    else new Uint8Array(view.buffer, view.byteOffset + at, 8).set(Buffer.from(value as string, 'hex'));
    at += FIELD_SIZE[type];
  }
}

function readFields(fields: FieldList, view: DataView, at: number): Record<string, number | bigint | string> {
  const values: Record<string, number | bigint | string> = {};
  for (const [name, type] of fields) {
    if (type === 'u8') values[name] = view.getUint8(at);
    else if (type === 'u16') values[name] = view.getUint16(at, true);
    else if (type === 'u32') values[name] = view.getUint32(at, true);
    else if (type === 'i32') values[name] = view.getInt32(at, true);
    else if (type === 'u64') values[name] = view.getBigUint64(at, true);
    else values[name] = Buffer.from(view.buffer, view.byteOffset + at, 8).toString('hex');
    at += FIELD_SIZE[type];
  }
  return values;
}

/** The configuration as the node module reads it: the fields of `configFields`, little endian, packed. */
export function encodeConfig(config: NodeConfig): Uint8Array {
  const bytes = new Uint8Array(CONFIG_SIZE);
  writeFields(CONFIG_FIELDS, config, new DataView(bytes.buffer), 0);
  return bytes;
}

/** Names a configuration: the CRC-32 of its encoding. */
export function configId(config: NodeConfig): number {
  return crc32(encodeConfig(config));
}

/** Encodes a message without a variable part; SAMPLES bodies come from the node module (or `encodeSamples`). */
export function encodeMessage<N extends Exclude<MessageName, 'SAMPLES'>>(
  name: N,
  values: Fields<N>,
): Uint8Array {
  const { type, size, fields } = CODECS[name];
  const body = new Uint8Array(size);
  body[0] = type;
  writeFields(fields, values as Record<string, number | bigint | string>, new DataView(body.buffer), 1);
  return body;
}

/** Decodes a body whose CRC-16 has been checked. A message is complete and of exactly the right length, or a fault. */
export function decodeMessage(body: Uint8Array): Message | MessageFault {
  if (body.length < 1 || body.length > MAX_BODY) return 'length';
  const codec = CODEC_BY_TYPE.get(body[0]!);
  if (codec === undefined) return 'type';
  const { name, size } = codec;
  if (name === 'SAMPLES' ? body.length <= size : body.length !== size) return 'length';
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const fields = readFields(codec.fields, view, 1);
  if (name !== 'SAMPLES') return { name, fields } as Message;
  const samples = decodeSamples(body);
  if (typeof samples === 'string') return samples;
  return { name, fields: fields as Fields<'SAMPLES'>, samples, body };
}
