import { encodeFrame } from '../../host/link/frame.ts';
import { encodeMessage } from '../../host/link/message.ts';
import { messages, type FieldType, type Fields, type MessageName } from '../../host/link/protocol.ts';
import { encodeSamples } from '../../host/link/samples.ts';
import { Random } from '../../host/sim/random.ts';

/** Random numbers as vectors need them. */
export class VectorRandom extends Random {
  below(limit: number): number {
    return this.next32() % limit;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next32());
  }
}

const EDGES: Readonly<Record<Exclude<FieldType, 'u64' | 'hash8'>, readonly number[]>> = {
  u8: [0, 1, 255],
  u16: [0, 1, 256, 65535],
  u32: [0, 1, 0x80000000, 0xffffffff],
  i32: [0, -1, 0x7fffffff, -0x80000000],
};

function field(type: FieldType, random: VectorRandom): number | bigint | string {
  if (type === 'hash8') return Buffer.from(random.bytes(8)).toString('hex');
  if (type === 'u64') return BigInt(random.next32()) * 0x100000000n + BigInt(random.next32());
  if (random.below(3) === 0) return EDGES[type][random.below(EDGES[type].length)]!;
  const value = random.next32();
  if (type === 'u8') return value & 0xff;
  if (type === 'u16') return value & 0xffff;
  return type === 'i32' ? value | 0 : value;
}

/** A message body, and its fields in table order as decimal or hex text. */
export interface MessageVector {
  name: MessageName;
  fields: string[];
  body: Uint8Array;
}

/** A random message of every kind, in table order. */
export function messageVectors(random: VectorRandom): MessageVector[] {
  return (Object.keys(messages) as MessageName[]).map((name) => {
    if (name === 'SAMPLES') return samplesVector(random);
    const values = Object.fromEntries(
      Object.entries(messages[name].fields).map(([key, type]) => [key, field(type, random)]),
    );
    return {
      name,
      fields: Object.values(values).map(String),
      body: encodeMessage(name, values as Fields<typeof name>),
    };
  });
}

function samplesVector(random: VectorRandom): MessageVector {
  const axes = 1 + random.below(9);
  const count = 1 + random.below(20);
  let slot = random.below(0x40000000);
  const slots = Uint32Array.from(
    { length: count },
    () => (slot += 1 + random.below(random.below(4) === 0 ? 100_000 : 8)),
  );
  const values = Int32Array.from({ length: axes * count }, () => (random.next32() | 0) >> random.below(31));
  const [node, boot, seq] = [random.next32(), random.next32(), random.next32()];
  return {
    name: 'SAMPLES',
    fields: [node, boot, seq, slots[0]!, axes, count].map(String),
    body: encodeSamples(node, boot, seq, { axes, slots, values }),
  };
}

/** A stream of frames and line noise, damaged in one to four places: bits, cuts, insertions, repetitions, zeros. */
export function damagedStream(random: VectorRandom): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 1 + random.below(5); i > 0; i--) {
    const vectors = messageVectors(random);
    parts.push(encodeFrame(vectors[random.below(vectors.length)]!.body));
    if (random.below(4) === 0) parts.push(Buffer.from('[    0.123456] boot: log text\r\n'));
    if (random.below(50) === 0) parts.push(random.bytes(1200).map((byte) => byte | 1));
    if (random.below(50) === 0) parts.push(encodeFrame(random.bytes(1020 + random.below(10))));
  }
  let stream = Buffer.concat(parts);
  for (let i = 1 + random.below(4); i > 0; i--) stream = damage(stream, random);
  return stream;
}

function damage(stream: Buffer, random: VectorRandom): Buffer<ArrayBuffer> {
  const at = random.below(stream.length + 1);
  const head = stream.subarray(0, at);
  const tail = stream.subarray(at);
  switch (random.below(5)) {
    case 0: {
      const flipped = Buffer.from(stream);
      if (at < flipped.length) flipped[at]! ^= 1 << random.below(8);
      return flipped;
    }
    case 1:
      return Buffer.concat([head, tail.subarray(1 + random.below(6))]);
    case 2:
      return Buffer.concat([head, random.bytes(1 + random.below(6)), tail]);
    case 3:
      return Buffer.concat([head, head.subarray(Math.max(0, at - 30)), tail]);
    default:
      return Buffer.concat([head, Buffer.alloc(1 + random.below(3)), tail]);
  }
}
