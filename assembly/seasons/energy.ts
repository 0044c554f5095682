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
/** Nanojoules a slot beyond which it makes no difference. */
const MOST_INCOME: u32 = 0x0effffff;
/** MAX_NODE_BODY of host/link/protocol.ts, less header and CRC-32. */
const MAX_PAYLOAD: u32 = 221;
/** Income is averaged over 2^9 slots, and `recent` over about the latency bound, 2^4 to 2^9. */
const INCOME_SHIFT: u32 = 9;
const RECENT_SHIFT: u32 = 4;
/** How slowly the drain falls. */
const DRAIN_SHIFT: u32 = 6;
export const DARK_SLOTS: u32 = 8;
/** How far a node looks ahead that may sleep for DARK_SLOTS: a slot more, for what the mean of the drain leaves out. */
export const FADE_SLOTS: u32 = DARK_SLOTS + 1;
/** The means behind the affordable interval move little in so many slots. */
const PLAN_SLOTS: u32 = 8;
/** `density` 4 takes one sample for each that is sent. */
export const PLAIN_DENSITY: u32 = 4;

/** Slots of the bound in which samples gather: all but those set aside for sending. */
export let window: u32 = 0;
/** The shortest interval, and the longest: the window, or what leaves the arithmetic its room. */
export let shortest: u32 = 0;
export let longest: u32 = 0;
const MOST_SLOTS: u32 = 0x3fffff;
let recentShift: u32 = 0;
let horizonShift: u32 = 0;
/** Energy of a packet without samples; of a sample's most bytes; of a sent sample with its usual bytes and those taken beside it. */
let emptyPacket: u32 = 0;
let mostBytes: u32 = 0;
let perSample: u32 = 0;
let usualBytes: u32 = 0;
/** Energy that delivers any queue of less than a batch, with a sixteenth to spare. */
export let ample: u32 = 0;
/** The same, and FADE_SLOTS of the drain. */
export let safe: u32 = 0;
/** The packet's share in a sample of a full batch, and in a slot when every window has a packet. */
let packetShare: u32 = 0;
let packetPerSlot: u32 = 0;
/** The longest interval at which a full batch gathers within the window. */
let longestFull: u32 = 0;
/** Stored energy that is kept back, and the peak that it is a share of. */
let reserved: u32 = 0;
let reservedPeak: u32 = 0;
/** Interval when only bursts can be afforded: a window then holds as many samples as a quarter of the packet's energy buys. */
let burstInterval: u32 = 0;
let burstEnergy: u32 = 0;

/** Derives from the configuration what `next` needs at hand. */
export function deriveCosts(): void {
  window = config.latencySlots - config.sendSlots;
  shortest = (<u32>config.minSkip + 1) << 8;
  longest = min(window, MOST_SLOTS) << 8;
  recentShift = min(max(31 - clz(window), RECENT_SHIFT), INCOME_SHIFT);
  horizonShift = 31 - clz(max<u32>(config.horizon, 1));
  emptyPacket = config.packetNanojoules + PACKET_OVERHEAD * config.byteNanojoules;
  mostBytes = 1 + 3 * <u32>config.axes;
  usualBytes = max((1 + 2 * <u32>config.axes) * config.byteNanojoules, 1);
  perSample = <u32>((<u64>config.density * config.sampleNanojoules) >> 2) + usualBytes;
  ample = packetEnergy(config.batch);
  ample += ample >> 4;
  packetShare = emptyPacket / config.batch;
  packetPerSlot = emptyPacket / window;
  burstEnergy = emptyPacket >> 2;
  burstInterval = longest / max(1, min(min(<u32>config.batch, window), burstEnergy / perSample));
  deriveSafe();
  longestFull = longest / config.batch;
  reservedPeak = 0;
  reserved = 0;
}

function deriveSafe(): void {
  safe = ample + head.drain * FADE_SLOTS;
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
  head.planned = head.now - PLAN_SLOTS;
  head.idle = 0;
  head.drain = 0;
  deriveSafe();
}

/** Takes note of the energy at hand in `slot`. */
@inline
export function observe(slot: u32, energy: u32): void {
  if (slot != head.measured) learn(slot, energy);
  if (energy > head.peak) {
    if (head.peak == 0) head.energy = energy;
    head.peak = energy;
  }
}

function learn(slot: u32, energy: u32): void {
  const slots = slot - head.measured;
  head.measured = slot;
  if (head.peak == 0) return;
  const before = head.energy;
  const spent = head.spent;
  head.energy = energy;
  head.spent = 0;
  const sum = energy + spent;
  let gained: u32 = 0;
  if (sum >= before || sum < energy) gained = sum - before;
  else if (spent == 0 || spent == config.sampleNanojoules) learnDrain(before - sum, spent, slots);
  let income = head.income;
  let recent = head.recent;
  let isDim: bool;
  // Below 4 mJ a slot 32 bits hold it all.
  if (slots < 1 << RECENT_SHIFT && (income | recent | (gained >> INCOME_SHIFT)) < 1 << (31 - INCOME_SHIFT)) {
    income += <u32>(<i32>(gained - income * slots) >> <i32>INCOME_SHIFT);
    recent += <u32>(<i32>(gained - recent * slots) >> <i32>recentShift);
    isDim = gained <= (income * slots) >> 4;
  } else {
    income = averaged(income, gained, slots, INCOME_SHIFT);
    recent = averaged(recent, gained, slots, recentShift);
    isDim = <u64>gained << 4 <= <u64>income * slots;
  }
  head.income = income;
  head.recent = recent;
  head.idle = isDim ? head.idle + slots : 0;
}

/**
 * What the energy fell by besides what was spent: about the most of late, since a look back at some light and some
 * darkness shows less. After a sample it can only turn out larger: a sixteenth of what was spent may be the figures'
 * error. (After a packet nothing is learned: what the host sends besides, STATUS and HELLO, is no drain.)
 */
function learnDrain(fallen: u32, spent: u32, slots: u32): void {
  fallen -= min(fallen, spent >> 4);
  const each = min(slots == 1 ? fallen : fallen / slots, MOST_INCOME);
  const drain = head.drain;
  if (each >= drain) head.drain = each;
  else if (spent == 0) head.drain = drain - ((drain - each) >> DRAIN_SHIFT);
  deriveSafe();
}

/** `shift` is at most INCOME_SHIFT. */
function averaged(mean: u32, gained: u32, slots: u32, shift: u32): u32 {
  if (slots >= 1 << shift) return gained / slots;
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
  return emptyPacket + min(samples * mostBytes, MAX_PAYLOAD) * config.byteNanojoules;
}

/** Energy of a packet whose body has that many bytes. */
@inline
export function bodyEnergy(length: u32): u32 {
  return config.packetNanojoules + (length + FRAME_OVERHEAD) * config.byteNanojoules;
}

/** Samples that a packet can hold for that energy. */
export function affordableSamples(energy: u32): u32 {
  return energy < emptyPacket ? 0 : (energy - emptyPacket) / max(mostBytes * config.byteNanojoules, 1);
}

/**
 * The energy to count on `slots` from now: what is there, and an eighth of what the lower of both incomes would bring. A
 * harvest that fails leaves samples without energy to send them; at an eighth that is rare, and more gained nothing. When
 * the energy ebbs nothing is counted on.
 */
export function predicted(energy: u32, slots: u32): u32 {
  if (isEbbing(energy)) return energy;
  const income = min(head.income, head.recent);
  return <u32>min<u64>(<u64>energy + ((<u64>income * slots) >> 3), 0xffffffff);
}

/** Whether no income worth the name has come in for DARK_SLOTS slots. */
@inline
export function isDark(): bool {
  return head.idle >= DARK_SLOTS;
}

/** Whether to reckon without income: in the dark, or without any at the latest look when the energy may not last until that is known to be the dark. */
@inline
export function isEbbing(energy: u32): bool {
  return isDark() || (head.idle != 0 && energy < head.drain * (DARK_SLOTS + FADE_SLOTS));
}

/** Whether the energy, which ebbs or would without income, may then fall below what a packet of `samples` takes within FADE_SLOTS. */
@inline
export function isLow(energy: u32, samples: u32): bool {
  const drain = head.drain;
  return energy < safe && (isDark() || energy < drain * (DARK_SLOTS + FADE_SLOTS)) && energy < packetEnergy(samples) + drain * FADE_SLOTS;
}

/** Whether `energy` may, without income, not outlast `slots` slots asleep and a batch's delivery. */
export function mayFail(energy: u32, slots: u32): bool {
  return <u64>head.drain * (slots + 1) > (energy > ample ? energy - ample : 0);
}

/** What is left of the energy after `slots` asleep in the dark. */
export function remaining(energy: u32, slots: u32): u32 {
  return energy - <u32>min<u64>(energy, <u64>head.drain * slots);
}

/** Energy by the bound from which a first sample is taken: a packet of the window's samples, and in bursts these samples too. */
export function beginEnergy(): u32 {
  const samples = max(1, min(<u32>config.batch, (longest + head.interval - 1) / head.interval));
  const sampling = <u32>((<u64>config.density * config.sampleNanojoules * samples) >> 2);
  return packetEnergy(samples) + min(sampling, burstEnergy);
}

/** Renews the affordable interval (`head.interval`) when it is PLAN_SLOTS old. */
@inline
export function plan(slot: u32): void {
  if (slot - head.planned < PLAN_SLOTS) return;
  head.planned = slot;
  head.interval = affordableInterval();
}

/**
 * Interval between samples to be sent that the income keeps up, and the stored energy beyond the reserve over the
 * horizon; the tenth that is kept back covers what the figures leave out (supply, leakage, sleep). Full batches where
 * the bound lets them gather; else a packet a window; and if that is too much, bursts.
 */
function affordableInterval(): u32 {
  if (head.peak != reservedPeak) {
    reservedPeak = head.peak;
    reserved = <u32>((<u64>reservedPeak * config.reserve) >> 8);
  }
  const energy = head.energy;
  let all = <i32>min(head.income, MOST_INCOME);
  all += energy >= reserved ? <i32>min((energy - reserved) >> horizonShift, MOST_INCOME) : -<i32>min((reserved - energy) >> horizonShift, MOST_INCOME);
  // 1 - 1/8 + 1/32 - 1/128 is 230 / 256.
  const available: u32 = all <= 0 ? 0 : all - (all >> 3) + (all >> 5) - (all >> 7);
  let interval = sustained(available, perSample);
  if (interval * config.density < PLAIN_DENSITY << 8) {
    // Samples are then taken in every slot, whatever the rate at which they are sent.
    interval = available > config.sampleNanojoules ? sustained(available - config.sampleNanojoules, usualBytes) : burstInterval;
  }
  return max(256, min(interval, burstInterval));
}

function sustained(available: u32, each: u32): u32 {
  const full = quotient(each + packetShare, available);
  if (full <= longestFull) return full;
  return available > packetPerSlot ? quotient(each, available - packetPerSlot) : burstInterval;
}

/** 256 a / b, limited to 2^30; b of at least 2^8 where a exceeds 24 bits keeps the error below 2^-8. */
function quotient(a: u32, b: u32): u32 {
  const shift = min<u32>(8, clz(a));
  const divisor = b >> (8 - shift);
  return divisor == 0 ? 0x3fffffff : min((a << shift) / divisor, 0x3fffffff);
}
