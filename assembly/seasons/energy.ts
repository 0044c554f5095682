/**
 * What the node can afford. Income is learned from what the stored energy gains between two looks and what was spent
 * meanwhile; from it follow the energy to be had by a slot (the predicted service of the queue) and the interval
 * between samples that sampling and sending can keep up. Derivations: docs/seasons.md.
 *
 * Energies are nanojoules, intervals 256ths of a slot.
 */
import { config, head } from './state';

/** Bytes on the wire besides the samples: header 19, CRC-32 4, CRC-16 2, delimiters 2, COBS 1. */
const PACKET_OVERHEAD: u32 = 28;
const FRAME_OVERHEAD: u32 = 5;
/** MAX_NODE_BODY of host/link/protocol.ts, less header and CRC-32. */
const MAX_PAYLOAD: u32 = 221;
/** Income is averaged over 2^9 slots, and `recent` over about the latency bound, 2^4 to 2^9. */
const INCOME_SHIFT: u32 = 9;
const RECENT_SHIFT: u32 = 4;
export const DARK_SLOTS: u32 = 8;
/** `density` 4 takes one sample for each that is sent. */
export const PLAIN_DENSITY: u32 = 4;

/** Slots of the bound in which samples gather: all but those set aside for sending. */
export let window: u32 = 0;
let recentShift: u32 = 0;
let horizonShift: u32 = 0;
/** Energy of a packet without samples; of a sample's usual bytes; of a sent sample, with those taken beside it. */
let emptyPacket: u32 = 0;
let usualBytes: u32 = 0;
let perSample: u32 = 0;
/** The packet's share in a sample of a full batch, and in a slot when every window has a packet. */
let packetShare: u32 = 0;
let packetPerSlot: u32 = 0;
/** Interval when only bursts can be afforded: a window then holds as many samples as a quarter of the packet's energy buys. */
let burstInterval: u32 = 0;
let burstEnergy: u32 = 0;

/** Derives from the configuration what `next` needs at hand. */
export function deriveCosts(): void {
  window = config.latencySlots - config.sendSlots;
  recentShift = min(max(31 - clz(window), RECENT_SHIFT), INCOME_SHIFT);
  horizonShift = 31 - clz(max<u32>(config.horizon, 1));
  emptyPacket = config.packetNanojoules + PACKET_OVERHEAD * config.byteNanojoules;
  usualBytes = (1 + 2 * <u32>config.axes) * config.byteNanojoules;
  perSample = max(<u32>((<u64>config.density * config.sampleNanojoules) >> 2) + usualBytes, 1);
  packetShare = emptyPacket / config.batch;
  packetPerSlot = emptyPacket / window;
  burstEnergy = emptyPacket >> 2;
  burstInterval = (window << 8) / max(1, min(min(<u32>config.batch, window), burstEnergy / perSample));
}

/** Forgets what was learned: income as the configured rate takes it. */
export function resetEnergy(): void {
  head.income = <u32>((<u64>config.rate * (perSample + packetShare)) >> 16);
  head.recent = head.income;
  head.peak = 0;
  head.measured = head.now;
  head.energy = 0;
  head.spent = 0;
  head.interval = 256;
  head.idle = 0;
  head.drain = 0;
}

/** Takes note of the energy at hand in `slot`. */
export function observe(slot: u32, energy: u32): void {
  const slots = slot - head.measured;
  if (head.peak == 0) {
    head.measured = slot;
    head.energy = energy;
  } else if (slots != 0) {
    const sum = energy + head.spent;
    const gained = sum > head.energy || sum < energy ? sum - head.energy : 0;
    head.income = averaged(head.income, gained, slots, INCOME_SHIFT);
    head.recent = averaged(head.recent, gained, slots, recentShift);
    if (head.spent == 0 && energy < head.energy) head.drain = averaged(head.drain, head.energy - energy, slots, RECENT_SHIFT);
    head.idle = <u64>gained << 4 > <u64>head.income * slots ? 0 : head.idle + slots;
    head.spent = 0;
    head.measured = slot;
    head.energy = energy;
  }
  if (energy > head.peak) head.peak = energy;
}

/** `shift` is at most INCOME_SHIFT. */
@inline
function averaged(mean: u32, gained: u32, slots: u32, shift: u32): u32 {
  if (slots >= 1 << shift) return gained / slots;
  // Below 4 mJ a slot 32 bits hold it all.
  if ((mean | (gained >> INCOME_SHIFT)) < 1 << (31 - INCOME_SHIFT)) {
    return <u32>(<i32>mean + ((<i32>gained - <i32>(mean * slots)) >> <i32>shift));
  }
  return <u32>(<i64>mean + ((<i64>gained - <i64>mean * slots) >> shift));
}

/** Energy spent by what the node is about to do. */
@inline
export function spend(energy: u32): void {
  head.spent += energy;
}

/** Energy of a packet with that many samples of 16-bit values at most: its skip and a 3-byte difference per axis each. */
@inline
export function packetEnergy(samples: u32): u32 {
  return emptyPacket + min(samples * mostBytes(), MAX_PAYLOAD) * config.byteNanojoules;
}

/** Energy of a packet whose body has that many bytes. */
@inline
export function bodyEnergy(length: u32): u32 {
  return config.packetNanojoules + (length + FRAME_OVERHEAD) * config.byteNanojoules;
}

/** Samples that a packet can hold for that energy. */
export function affordableSamples(energy: u32): u32 {
  return energy < emptyPacket ? 0 : (energy - emptyPacket) / max(mostBytes() * config.byteNanojoules, 1);
}

@inline
function mostBytes(): u32 {
  return 1 + 3 * <u32>config.axes;
}

/**
 * The energy to count on `slots` from now: what is there, and a quarter of what the lower of both incomes would bring. A
 * harvest that fails leaves samples without energy to send them; at a quarter that is rare, and more gained nothing.
 */
export function predicted(energy: u32, slots: u32): u32 {
  if (isDark()) return energy;
  const income = min(head.income, head.recent);
  return <u32>min<u64>(<u64>energy + ((<u64>income * slots) >> 2), 0xffffffff);
}

/** Whether no income worth the name has come in for DARK_SLOTS slots. */
@inline
export function isDark(): bool {
  return head.idle >= DARK_SLOTS;
}

/** What is left of the energy after `slots` asleep in the dark. */
export function remaining(energy: u32, slots: u32): u32 {
  return energy - <u32>min<u64>(energy, <u64>head.drain * slots);
}

/** Energy by the bound from which a first sample is taken: a packet of the window's samples, and in bursts these samples too. */
export function beginEnergy(): u32 {
  const samples = max(1, min(<u32>config.batch, ((window << 8) + head.interval - 1) / head.interval));
  const sampling = <u32>((<u64>config.density * config.sampleNanojoules * samples) >> 2);
  return packetEnergy(samples) + min(sampling, burstEnergy);
}

/**
 * Interval between samples to be sent that the income keeps up, and the stored energy beyond the reserve over the
 * horizon; the tenth that is kept back covers what the figures leave out (supply, leakage, sleep). Full batches where
 * the bound lets them gather; else a packet a window; and if that is too much, bursts.
 */
export function affordableInterval(): u32 {
  const beyond = <i64>head.energy - ((<i64>head.peak * config.reserve) >> 8);
  const all = <i64>head.income + (beyond >> horizonShift);
  const available = <u32>max<i64>(0, min<i64>((all * 230) >> 8, 0x3fffffff));
  let interval = sustained(available, perSample);
  if (interval * config.density < PLAIN_DENSITY << 8) {
    // Samples are then taken in every slot, whatever the rate at which they are sent.
    interval = available > config.sampleNanojoules ? sustained(available - config.sampleNanojoules, max(usualBytes, 1)) : burstInterval;
  }
  return max(256, min(interval, burstInterval));
}

function sustained(available: u32, each: u32): u32 {
  const full = quotient(each + packetShare, available);
  if (<u64>full * config.batch <= <u64>window << 8) return full;
  return available > packetPerSlot ? quotient(each, available - packetPerSlot) : burstInterval;
}

/** 256 a / b, limited to 2^30; b of at least 2^8 where a exceeds 24 bits keeps the error below 2^-8. */
function quotient(a: u32, b: u32): u32 {
  const shift = min<u32>(8, clz(a));
  const divisor = b >> (8 - shift);
  return divisor == 0 ? 0x3fffffff : min((a << shift) / divisor, 0x3fffffff);
}
