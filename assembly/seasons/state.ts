/** The one static block that holds all state of the module, and its layout. */

/** Version of the module's interface and of the state layout; a host restores only what has the same. */
export const ABI: u32 = 3;
export const MAX_AXES: i32 = 9;
/** Room for the queue: 192 samples of 3 axes. */
export const RING_SIZE: u32 = 3072;
/** Oldest samples that a packet may leave out of: one bit each. */
export const PRUNABLE: u32 = 192;

/** CONFIG's fields as host/link/protocol.ts lays them out; every field is naturally aligned. */
@unmanaged @final
export class Config {
  policy: u8;
  axes: u8;
  fractionBits: u8;
  batch: u8;
  slotMicros: u32;
  latencySlots: u32;
  sendSlots: u16;
  minSkip: u16;
  maxSkip: u16;
  rate: u16;
  threshold: i32;
  sampleNanojoules: u32;
  packetNanojoules: u32;
  byteNanojoules: u32;
  horizon: u16;
  reserve: u8;
  density: u8;
}

/** Everything that outlives a power failure besides the queued samples. */
@unmanaged @final
export class Head {
  abi: u32;
  configured: u32;
  node: u32;
  boot: u32;
  /** Sequence number of the next packet to be formed; never reset while the state lives. */
  seq: u32;

  /** Slot of the latest call of `next`, and when it wants to be called again. */
  now: u32;
  wake: u32;
  /** Slot from which the next sample is due; slots the policy skips between samples. */
  due: u32;
  skip: u32;
  /** What intervals have left over: Uniform's in 65536ths times the rate; that of scaled intervals in 256ths of a slot. */
  phase: u32;
  carry: u32;
  /** Whether the policy has seen a sample, and the slot of the latest. */
  primed: u32;
  latest: u32;
  /** Local variation (Variation), and mean demand of the policy in samples per 65536 slots. */
  variation: u32;
  demand: u32;

  /**
   * Energy: the latest measurement and its slot, what was spent since (nanojoules), the largest measured, and the
   * income in nanojoules per slot: over INCOME_SLOTS, and over about the latency bound.
   */
  measured: u32;
  energy: u32;
  spent: u32;
  peak: u32;
  income: u32;
  recent: u32;
  /** Slots since more than a sixteenth of the usual income came in. */
  idle: u32;
  /** Nanojoules per slot that sleep, supply and leakage take. */
  drain: u32;
  /** Slots between two samples to be sent, in 256ths, as was affordable in slot `planned`. */
  interval: u32;
  planned: u32;

  /** Queue: index of the oldest entry and the slot of its sample, entries held, entries that fit. */
  first: u32;
  oldest: u32;
  count: u32;
  capacity: u32;

  /**
   * Packet in flight: its samples (0: none), the queue entries that go with it (samples left out included), its name
   * and its length in bytes.
   */
  inFlight: u32;
  span: u32;
  packetBoot: u32;
  packetSeq: u32;
  packetLength: u32;
  /** Samples that the next packet may hold, and that the queue is thinned out to before: what `next` found affordable. */
  sendLimit: u32;
  keep: u32;
  /** Whether the next packet is to span the whole queue, leaving out what does not fit. */
  whole: u32;
  /** An unanswered packet is sent again from slot `retry` on; the wait doubles up to MAX_BACKOFF slots. */
  retry: u32;
  backoff: u32;

  sampled: u32;
  formed: u32;
  acknowledged: u32;
  blocked: u32;
  late: u32;
  pruned: u32;
  expired: u32;
}

const CONFIG_SIZE = offsetof<Config>();
const AXES_SIZE: usize = <usize>MAX_AXES * 4;
const LEFT_OUT_SIZE: usize = PRUNABLE / 8;
const HEAD_SIZE: usize = offsetof<Head>() + CONFIG_SIZE + 3 * AXES_SIZE + LEFT_OUT_SIZE;

const block: usize = memory.data(<i32>(HEAD_SIZE + RING_SIZE), 8);
export const head = changetype<Head>(block);
/** The configuration in force. */
export const config = changetype<Config>(block + offsetof<Head>());
/** One bit for each entry from the oldest on: left out of the packet in flight. */
export const leftOut: usize = block + offsetof<Head>() + CONFIG_SIZE;
/** Policy state per axis: the sample before (i32), mean and deviation (i32, MOMENT_BITS more fraction bits). */
export const previous: usize = leftOut + LEFT_OUT_SIZE;
export const mean: usize = previous + AXES_SIZE;
export const deviation: usize = mean + AXES_SIZE;
export const ring: usize = block + HEAD_SIZE;

/** Where the host puts a configuration before `configure`. */
export const configInput: usize = memory.data(40, 8);

/** Bytes of linear memory from 0 that the module uses: what a microcontroller has to provide. */
export function memorySize(): u32 {
  return <u32>__heap_base;
}
export function abi(): u32 {
  return ABI;
}
export function stateBase(): usize {
  return block;
}
export function headSize(): u32 {
  return <u32>HEAD_SIZE;
}
export function stateSize(): u32 {
  return <u32>HEAD_SIZE + RING_SIZE;
}
export function configBase(): usize {
  return configInput;
}
export function configSize(): u32 {
  return <u32>CONFIG_SIZE;
}
/** Samples taken. */
export function sampledCount(): u32 {
  return head.sampled;
}
/** Packets formed. */
export function formedCount(): u32 {
  return head.formed;
}
/** Packets acknowledged. */
export function acknowledgedCount(): u32 {
  return head.acknowledged;
}
/** Due samples not taken because the queue was full or the energy was kept for sending. */
export function blockedCount(): u32 {
  return head.blocked;
}
/** Samples left out of packets: those that add least to the reconstruction. */
export function prunedCount(): u32 {
  return head.pruned;
}
/** Samples given up beyond the latency bound because there was no energy to send them. */
export function expiredCount(): u32 {
  return head.expired;
}
/** Samples that were over the latency bound when their packet was formed. */
export function lateCount(): u32 {
  return head.late;
}
