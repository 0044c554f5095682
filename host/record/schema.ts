import Pbf from 'pbf';
import { configFields, messages, type FieldType as WireType } from '../link/protocol.ts';

/** How a field is stored: the protobuf (proto3) scalar types in use, `[]` for packed or repeated ones. */
export type FieldKind =
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'double'
  | 'string'
  | 'bytes'
  | 'uint32[]'
  | 'sint32[]'
  | 'double[]'
  | 'string[]';

export type FieldTable = Readonly<Record<string, FieldKind>>;

type KindOf<T extends WireType> = T extends 'i32'
  ? 'sint32'
  : T extends 'u64'
    ? 'int64'
    : T extends 'hash8'
      ? 'string'
      : 'uint32';
type Stored<F extends Readonly<Record<string, WireType>>> = { readonly [K in keyof F]: KindOf<F[K]> };

/** The stored form of wire fields: hashes as hex text, the rest as the protobuf type that holds it. */
function stored<F extends Readonly<Record<string, WireType>>>(fields: F): Stored<F> {
  const kind = (type: WireType): FieldKind =>
    type === 'i32' ? 'sint32' : type === 'u64' ? 'int64' : type === 'hash8' ? 'string' : 'uint32';
  return Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, kind(type)])) as Stored<F>;
}

/**
 * The messages of a recording. A field's number is its place in the table, from 1, so fields are only ever added at
 * the end (tests/record/schema.test.ts pins the numbers). Encoder, decoder and the descriptors inside the file all
 * derive from this table. Every message also ends in `CRC_FIELD`.
 */
export const schemas = {
  /**
   * One packet. `packet` is the SAMPLES body as received, its own CRC-32 included, and is the truth; `slots` and
   * `values` (sample by sample, fixed point with `fractionBits`) repeat it for viewers that know only protobuf
   * (a packet of 60 samples of 3 axes grows from 323 to 878 bytes by it, and takes 9 instead of 6 microseconds).
   */
  Samples: {
    node: 'uint32',
    boot: 'uint32',
    seq: 'uint32',
    slot: 'uint32',
    axes: 'uint32',
    fractionBits: 'uint32',
    packet: 'bytes',
    slots: 'uint32[]',
    values: 'sint32[]',
  },
  /** What a node was told to do; see `configFields` of the wire protocol. */
  Configuration: { node: 'uint32', configId: 'uint32', ...stored(configFields) },
  /** What a node said of itself at a boot: the fields of HELLO. */
  Identity: stored(messages.HELLO.fields),
  /** Per axis: physical value = fixed-point value * scale + offset, in `unit`. */
  Calibration: { node: 'uint32', name: 'string[]', scale: 'double[]', offset: 'double[]', unit: 'string[]' },
  /**
   * Where a node's clock stands: Unix time in microseconds = offsetMicros + slot * slotMicros + microseconds into
   * the slot. `slot` and `micros` are the node's answer that this was measured with.
   */
  Clock: {
    node: 'uint32',
    slot: 'uint32',
    micros: 'uint32',
    slotMicros: 'uint32',
    offsetMicros: 'int64',
    roundTripMicros: 'int64',
  },
  /** Capacitor, queue and counters: the fields of STATUS. */
  Status: stored(messages.STATUS.fields),
} as const satisfies Record<string, FieldTable>;

export type SchemaName = keyof typeof schemas;

type FieldValue<K extends FieldKind> = K extends 'string'
  ? string
  : K extends 'bytes'
    ? Uint8Array
    : K extends 'string[]'
      ? readonly string[]
      : K extends 'uint32[]' | 'sint32[]' | 'double[]'
        ? ArrayLike<number>
        : number;

/** The fields of a stored message; `int64` fields hold safe integers. */
export type Stores<N extends SchemaName> = {
  -readonly [K in keyof (typeof schemas)[N]]: FieldValue<Extract<(typeof schemas)[N][K], FieldKind>>;
};

export const schemaNames = Object.keys(schemas) as SchemaName[];

/** Every message ends in this fixed32 field; see messageCrc in storedMessage.ts. */
export const CRC_FIELD = 100;

const PACKAGE = 'solstice';

/** The tables as lists, made once: they are walked for every message. */
const FIELDS = Object.fromEntries(
  schemaNames.map((name): [SchemaName, [string, FieldKind][]] => [name, Object.entries(schemas[name])]),
) as Record<SchemaName, [string, FieldKind][]>;

/** The name of a schema in the file. */
export function qualifiedName(name: SchemaName): string {
  return `${PACKAGE}.${name}`;
}

/** `/node/0000002a/samples` */
export function topicOf(name: SchemaName, node: number): string {
  return `/node/${nodeHex(node)}/${name.toLowerCase()}`;
}

/** A node id as topics, tables and people write it: 8 lower-case hex digits. */
export function nodeHex(node: number): string {
  return node.toString(16).padStart(8, '0');
}

/** pbf's own encoder gets characters beyond U+1FFFF wrong. */
const utf8 = new TextEncoder();

/** Appends the fields of a message to `out`, without the CRC field. A missing field is left out. */
export function writeFields<N extends SchemaName>(name: N, values: Partial<Stores<N>>, out: Pbf): void {
  let number = 0;
  for (const [field, kind] of FIELDS[name]) {
    number++;
    const value = (values as Record<string, unknown>)[field];
    if (value === undefined) continue;
    switch (kind) {
      case 'uint32':
      case 'int64':
        out.writeVarintField(number, value as number);
        break;
      case 'sint32':
        out.writeSVarintField(number, value as number);
        break;
      case 'double':
        out.writeDoubleField(number, value as number);
        break;
      case 'string':
        out.writeBytesField(number, utf8.encode(value as string));
        break;
      case 'bytes':
        out.writeBytesField(number, value as Uint8Array);
        break;
      // Typed arrays serve as well as arrays: pbf only indexes them.
      case 'uint32[]':
        out.writePackedVarint(number, value as number[]);
        break;
      case 'sint32[]':
        out.writePackedSVarint(number, value as number[]);
        break;
      case 'double[]':
        out.writePackedDouble(number, value as number[]);
        break;
      case 'string[]':
        for (const text of value as readonly string[]) out.writeBytesField(number, utf8.encode(text));
    }
  }
}

const EMPTY: Readonly<Record<FieldKind, () => unknown>> = {
  uint32: () => 0,
  sint32: () => 0,
  int64: () => 0,
  double: () => 0,
  string: () => '',
  bytes: () => new Uint8Array(0),
  'uint32[]': () => [],
  'sint32[]': () => [],
  'double[]': () => [],
  'string[]': () => [],
};

function readField(kind: FieldKind, into: Record<string, unknown>, field: string, pbf: Pbf): void {
  if (kind === 'uint32') into[field] = pbf.readVarint() >>> 0;
  else if (kind === 'int64') into[field] = pbf.readVarint(true);
  else if (kind === 'sint32') into[field] = pbf.readSVarint();
  else if (kind === 'double') into[field] = pbf.readDouble();
  else if (kind === 'string') into[field] = pbf.readString();
  else if (kind === 'bytes') into[field] = pbf.readBytes();
  else if (kind === 'uint32[]') pbf.readPackedVarint(into[field] as number[]);
  else if (kind === 'sint32[]') pbf.readPackedSVarint(into[field] as number[]);
  else if (kind === 'double[]') pbf.readPackedDouble(into[field] as number[]);
  else (into[field] as string[]).push(pbf.readString());
}

/**
 * Reads the fields of a message whose CRC has been checked; absent ones get the proto3 default, unknown ones are
 * passed over. Fields named in `skip` are passed over too, and stay empty. `bytes` fields are views into `data`.
 */
export function readFields<N extends SchemaName>(
  name: N,
  data: Uint8Array,
  skip: ReadonlySet<string> = new Set(),
): Stores<N> {
  const fields = Object.entries(schemas[name]) as [string, FieldKind][];
  const values: Record<string, unknown> = {};
  for (const [field, kind] of fields) values[field] = EMPTY[kind]();
  // pbf takes no account of where a view begins in its buffer.
  const pbf = new Pbf(new Uint8Array(data.buffer));
  pbf.pos = data.byteOffset;
  const end = data.byteOffset + data.length;
  return pbf.readFields(
    (number, into) => {
      const entry = fields[number - 1];
      if (entry && !skip.has(entry[0])) readField(entry[1], into, entry[0], pbf);
    },
    values,
    end,
  ) as Stores<N>;
}

/** Type and label numbers of google/protobuf/descriptor.proto. */
const DESCRIPTOR_TYPE: Readonly<Record<string, number>> = {
  double: 1,
  int64: 3,
  fixed32: 7,
  string: 9,
  bytes: 12,
  uint32: 13,
  sint32: 17,
};
const LABEL_OPTIONAL = 1;
const LABEL_REPEATED = 3;

/** The FileDescriptorSet that describes one message, as MCAP wants it for the `protobuf` encoding. */
export function fileDescriptorSet(name: SchemaName): Uint8Array {
  const fields: [name: string, kind: string, number: number][] = Object.entries(schemas[name]).map(
    ([field, kind], i) => [field, kind, i + 1],
  );
  fields.push(['crc', 'fixed32', CRC_FIELD]);
  const pbf = new Pbf();
  pbf.writeMessage(
    1,
    (_, file) => {
      file.writeStringField(1, `${PACKAGE}/${name}.proto`);
      file.writeStringField(2, PACKAGE);
      file.writeMessage(
        4,
        (_message, message) => {
          message.writeStringField(1, name);
          for (const field of fields) message.writeMessage(2, writeFieldDescriptor, field);
        },
        undefined,
      );
      file.writeStringField(12, 'proto3');
    },
    undefined,
  );
  return pbf.finish();
}

function writeFieldDescriptor([name, kind, number]: [string, string, number], pbf: Pbf): void {
  const repeated = kind.endsWith('[]');
  pbf.writeStringField(1, name);
  pbf.writeVarintField(3, number);
  pbf.writeVarintField(4, repeated ? LABEL_REPEATED : LABEL_OPTIONAL);
  pbf.writeVarintField(5, DESCRIPTOR_TYPE[repeated ? kind.slice(0, -2) : kind]!);
  pbf.writeStringField(10, name);
}
