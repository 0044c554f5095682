/**
 * The Solstice wire protocol, version 1: the one place where messages are defined.
 *
 * A frame on the wire is `00 COBS(body | crc16) 00`: the leading delimiter cuts off any log text that came before.
 * A body is one type byte followed by the fields below, little endian, without padding. `crc16` is
 * CRC-16/IBM-3740 over the body, low byte first. SAMPLES ends in a variable part (see samples.ts) and carries a
 * CRC-32 of its own, made by the node module when the packet is formed, which is kept in the recording.
 *
 * `npm run build` derives the C header of the firmware from this table; tests/conformance holds TypeScript,
 * AssemblyScript and C to the same vectors.
 */

export const PROTOCOL_VERSION = 1;

/** Longest body in bytes, type byte included and CRC-16 excluded, that any side may send. */
export const MAX_BODY = 1024;

/** Longest SAMPLES body that a node sends: its transmit buffer. */
export const MAX_NODE_BODY = 244;

/** Most axes of one sample. */
export const MAX_AXES = 9;

export type FieldType = 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'hash8';

export const FIELD_SIZE: Readonly<Record<FieldType, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  hash8: 8,
};

export interface MessageLayout {
  readonly type: number;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** The settings of the node module; CONFIG carries them, the module reads them in this order (assembly/seasons/state.ts). */
export const configFields = {
  /** 0 Uniform, 1 Linear, 2 Deviation, 3 LiteSense, 4 Skip RNN, 5 Variation. */
  policy: 'u8',
  /** Values per sample, 1 to 9. */
  axes: 'u8',
  /** Values are fixed point with this many fraction bits. */
  fractionBits: 'u8',
  /** Samples that make a full batch, 1 to 255. */
  batch: 'u8',
  /** Length of a slot in microseconds; all node times are slot numbers. */
  slotMicros: 'u32',
  /** Latency bound L: slots from taking a sample to its delivery. */
  latencySlots: 'u32',
  /** Slots set aside for sending (margin and transmit time) before the bound. */
  sendSlots: 'u16',
  /** Least and most slots skipped between two samples. */
  minSkip: 'u16',
  maxSkip: 'u16',
  /** Uniform's mean rate in samples per slot, as a fraction of 65536 (65535 is taken as 1). */
  rate: 'u16',
  /** Policy threshold theta, in the fixed point of the values; of Skip RNN, a logit with 12 fraction bits. */
  threshold: 'i32',
  /** Energy of one sample, of one packet, and of one byte sent, in nanojoules. */
  sampleNanojoules: 'u32',
  packetNanojoules: 'u32',
  byteNanojoules: 'u32',
  /** Slots over which stored energy is spent, taken as a power of two; 0: the policy's intervals whatever the energy. */
  horizon: 'u16',
  /** Stored energy to hold on to, in 256ths of the most seen. */
  reserve: 'u8',
  /** Samples taken for each that is sent, in quarters: 4 (all are sent) to 32. */
  density: 'u8',
} as const satisfies Record<string, FieldType>;

export const messages = {
  /**
   * Node to host, at every boot, until a CONFIG is known, and after every change of it: samples that follow are taken
   * with the configuration named. `configId` is 0 while the node has none.
   */
  HELLO: {
    type: 1,
    fields: {
      protocol: 'u8',
      node: 'u32',
      boot: 'u32',
      firmware: 'hash8',
      module: 'hash8',
      slot: 'u32',
      configId: 'u32',
    },
  },
  /**
   * Host to node. `configId` is the CRC-32 of the configuration fields: a node that already has it keeps its state.
   * `boot` is the least number that the node's boots may go on from: a node whose memory was erased starts to count
   * anew, and would give its packets names that the host knows already.
   */
  CONFIG: { type: 2, fields: { node: 'u32', configId: 'u32', boot: 'u32', ...configFields } },
  /**
   * Node to host. `boot` and `seq` name the packet for ever: a retransmission, even after a power failure, carries
   * the same. `slot` is the first sample's time. The variable part and the CRC-32 follow (samples.ts).
   */
  SAMPLES: {
    type: 3,
    fields: { node: 'u32', boot: 'u32', seq: 'u32', slot: 'u32', axes: 'u8', count: 'u8' },
  },
  /** Host to node: the packet is on stable storage. */
  ACK: { type: 4, fields: { node: 'u32', boot: 'u32', seq: 'u32' } },
  /** Node to host: capacitor, queue and counters. Counters are totals since the node got its configuration. */
  STATUS: {
    type: 5,
    fields: {
      node: 'u32',
      boot: 'u32',
      slot: 'u32',
      /** Capacitor voltage. */
      millivolts: 'u16',
      /** Samples held, and age of the oldest in slots. */
      queue: 'u16',
      oldestAge: 'u32',
      /** Samples taken; packets formed; packets acknowledged. */
      sampled: 'u32',
      formed: 'u32',
      acknowledged: 'u32',
      /** Due samples not taken because the queue was full, or because the energy was kept for sending. */
      blocked: 'u32',
      /** Samples that were older than the latency bound when their packet was first sent. */
      late: 'u32',
      /** Frames received with a bad CRC, length or type. */
      linkErrors: 'u32',
      /** Samples left out of packets because they add least; samples given up beyond the bound for lack of energy. */
      pruned: 'u32',
      expired: 'u32',
    },
  },
  /**
   * Clock exchange. Host to node: `hostMicros` is the host's clock (Unix time in microseconds), `slot` is
   * 0xFFFFFFFF. The node answers with the same `hostMicros`, its slot and the microseconds into it.
   */
  TIME: { type: 6, fields: { node: 'u32', hostMicros: 'u64', slot: 'u32', micros: 'u32' } },
} as const satisfies Record<string, MessageLayout>;

export type MessageName = keyof typeof messages;

type FieldValue<T extends FieldType> = T extends 'u64' ? bigint : T extends 'hash8' ? string : number;
type FieldValues<F extends Readonly<Record<string, FieldType>>> = {
  -readonly [K in keyof F]: FieldValue<F[K]>;
};

/** The fixed fields of a message; a `u64` is a bigint, a `hash8` is 16 lower-case hex digits. */
export type Fields<N extends MessageName> = FieldValues<(typeof messages)[N]['fields']>;
export type NodeConfig = FieldValues<typeof configFields>;

/** Bytes of a message's fixed part, type byte included. */
export function fixedSize(layout: MessageLayout): number {
  return Object.values(layout.fields).reduce((sum, type) => sum + FIELD_SIZE[type], 1);
}
