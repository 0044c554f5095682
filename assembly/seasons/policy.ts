/**
 * Adaptive sampling policies, and the interval to the next sample that follows from them.
 *
 * A policy proposes an interval. With a horizon of 0 it is taken as it is. Otherwise only the proportions count: the
 * affordable interval is shortened or stretched by the policy's proposal over its own mean, so that energy decides
 * how many samples are taken and the policy where.
 *
 * Values are integers in the signal's fixed point. Mean and deviation keep MOMENT_BITS more fraction bits; the
 * weight 0.7 is 45875 / 65536 and products are rounded half up. Sums over axes are 64 bits wide. Skip RNN has its own file.
 */
import { exp2, log2 } from '../common/logarithm';
import { PLAIN_DENSITY, longest, plan, shortest } from './energy';
import { config, deviation, head, mean, previous } from './state';
import { primeSkipRnn, skipRnn } from './skipRnn';

const UNIFORM: u8 = 0;
const LINEAR: u8 = 1;
const DEVIATION: u8 = 2;
const LITE_SENSE: u8 = 3;
const SKIP_RNN: u8 = 4;
const VARIATION: u8 = 5;
export const POLICIES: u8 = 6;

const MOMENT_BITS: i32 = 8;
const WEIGHT: i64 = 45875;

/** Variation has this many fraction bits more than the values, and follows them with weight 0.6 (154 / 256). */
const VARIATION_BITS: u32 = 4;
const VARIATION_WEIGHT: i32 = 154;
/** Added to both sides of a quotient of variations: half a unit of the values. */
const HALF_UNIT: u32 = 8;
/** A third in 256ths. */
const THIRD: i32 = 85;
/** Proposals of Variation lie within 2^-4 and 2^12 slots. */
const LEAST_EXPONENT: i32 = 4 << 8;
const MOST_EXPONENT: i32 = 20 << 8;

/** The mean demand is taken over 2^9 slots; a proposal counts for at most 4 and at least a quarter of the mean. */
const DEMAND_SHIFT: u32 = 9;
const LEAST_RATIO: u32 = 64;
const MOST_RATIO: u32 = 1024;

/** Of Variation's threshold. */
let thresholdLogarithm: i32 = 0;

/** Derives from the configuration what the policies need at hand. */
export function deriveThreshold(): void {
  thresholdLogarithm = log2((<u32>config.threshold << VARIATION_BITS) + HALF_UNIT);
}

export function resetPolicy(): void {
  head.primed = 0;
  head.phase = 0;
  head.carry = 0;
  head.demand = 0;
  head.variation = 0;
  head.skip = config.minSkip;
}

/**
 * Updates the policy with the sample at `values` (i32 per axis, `axes` bytes in all), taken in `slot`, and returns the
 * slots to the next one.
 */
@inline
export function nextInterval(slot: u32, values: usize, axes: usize): u32 {
  if (!head.primed) return firstInterval(slot, values, axes);
  const elapsed = max(slot - head.latest, 1);
  head.latest = slot;
  const proposed = propose(values, axes, elapsed);
  if (config.horizon == 0) return (proposed + 128) >> 8;
  return carried(<u32>((<u64>takenInterval(slot) * proportion(proposed, elapsed)) >> 8));
}

/** After the first sample, of which no change is known. */
function firstInterval(slot: u32, values: usize, axes: usize): u32 {
  head.latest = slot;
  head.primed = 1;
  let proposed = (head.skip + 1) << 8;
  if (config.policy == UNIFORM) proposed = propose(values, axes, 1);
  else if (config.policy == SKIP_RNN) primeSkipRnn(values, axes);
  else prime(values, axes);
  return config.horizon == 0 ? (proposed + 128) >> 8 : carried(takenInterval(slot));
}

function prime(values: usize, axes: usize): void {
  for (let at: usize = 0; at < axes; at += 4) {
    const x = load<i32>(values + at);
    store<i32>(previous + at, x);
    store<i32>(mean + at, x << MOMENT_BITS);
    store<i32>(deviation + at, 0);
  }
}

/** The affordable interval between samples that are taken, in 256ths. */
@inline
function takenInterval(slot: u32): u32 {
  plan(slot);
  const density = config.density;
  return density == PLAIN_DENSITY ? head.interval : head.interval * PLAIN_DENSITY / density;
}

/** Whole slots of an interval, within its limits; the rest is for the next one. */
@inline
function carried(interval: u32): u32 {
  const limited = max(shortest, min(interval, longest)) + head.carry;
  head.carry = limited & 0xff;
  return limited >> 8;
}

/** What a proposed interval is to the policy's mean one, in 256ths. */
function proportion(proposed: u32, elapsed: u32): u32 {
  const demand: u32 = (1 << 24) / proposed;
  const weight = min(elapsed, <u32>1 << DEMAND_SHIFT);
  if (head.demand == 0) head.demand = demand;
  // A demand is at most 2^20: a proposal is no shorter than 2^-4 slots.
  head.demand += <u32>((<i32>(demand - head.demand) * <i32>weight) >> <i32>DEMAND_SHIFT);
  return max(LEAST_RATIO, min(MOST_RATIO, <u32>((<u64>head.demand * proposed) >> 16)));
}

/** The policy's own interval in 256ths of a slot. */
@inline
function propose(values: usize, axes: usize, elapsed: u32): u32 {
  const policy = config.policy;
  if (policy == VARIATION) return variation(values, axes, elapsed);
  return policy == UNIFORM ? (config.horizon == 0 ? uniform() + 1 : 1) << 8 : proposeSkip(policy, values, axes);
}

/** Of the policies that count skipped slots. */
function proposeSkip(policy: u8, values: usize, axes: usize): u32 {
  const skip = head.skip;
  const threshold = <i64>config.threshold;
  let next: u32;
  if (policy == SKIP_RNN) {
    next = skipRnn(values, axes);
  } else if (policy == LINEAR) {
    next = linearChange(values, axes) >= <u32>config.threshold ? config.minSkip : increased(skip);
  } else {
    const before = policy == LITE_SENSE ? totalDeviation(axes) : 0;
    const change = updateMoments(values, axes) - before;
    if (policy == DEVIATION) {
      next = change > threshold << MOMENT_BITS ? max<u32>(skip >> 1, config.minSkip) : increased(skip);
    } else {
      next = change >= threshold << MOMENT_BITS ? (skip > 0 ? skip - 1 : 0) : increased(skip);
    }
  }
  head.skip = next;
  const interval = (next + 1) << 8;
  return config.horizon == 0 ? interval : exp2((8 << 8) + ((log2(interval) - (8 << 8)) >> 1));
}

@inline
function increased(skip: u32): u32 {
  return min<u32>(skip + 1, config.maxSkip);
}

/** Intervals of 1/rate slots, the fractional parts carried on: `phase` is what the interval before left over. */
function uniform(): u32 {
  const rate: u32 = config.rate == 65535 ? 65536 : config.rate;
  const phase = head.phase + 65536;
  const interval = phase / rate;
  head.phase = phase - interval * rate;
  return interval - 1;
}

/**
 * Variation: the interval falls with the cube root of the local variation, the change per square root of the slots
 * passed; it is one slot where that equals the threshold. (The error of linear interpolation grows with the square of
 * the interval where the signal is smooth; at a given number of samples its sum is least when intervals go with the
 * inverse cube root of the curvature.)
 */
function variation(values: usize, axes: usize, elapsed: u32): u32 {
  const change = linearChange(values, axes) << VARIATION_BITS;
  let local = change;
  if (elapsed != 1 && change != 0) local = exp2(max(0, log2(change) - (log2(elapsed) >> 1)));
  const before = head.variation;
  const now = before == 0 ? local : before + weighed(local - before);
  head.variation = now;
  const ratio = thresholdLogarithm - log2(now + HALF_UNIT);
  const interval = exp2(max(LEAST_EXPONENT, min(MOST_EXPONENT, (8 << 8) + ((ratio * THIRD) >> 8))));
  if (config.horizon != 0) return interval;
  return max<u32>((<u32>config.minSkip + 1) << 8, min<u32>((<u32>config.maxSkip + 1) << 8, interval));
}

/** 0.6 of a change, rounded down; its low byte apart, so that 32 bits hold each product. */
@inline
function weighed(change: i32): i32 {
  return (change >> 8) * VARIATION_WEIGHT + (((change & 0xff) * VARIATION_WEIGHT) >> 8);
}

/** Sum over axes of |x_prev - x|, below 2^26 as values are limited; keeps x as the next x_prev. */
@inline
function linearChange(values: usize, axes: usize): u32 {
  let change: u32 = 0;
  let at = previous;
  do {
    const x = load<i32>(values);
    const difference = x - load<i32>(at);
    change += <u32>(difference < 0 ? -difference : difference);
    store<i32>(at, x);
    values += 4;
    at += 4;
  } while (at < previous + axes);
  return change;
}

function totalDeviation(axes: usize): i64 {
  let total: i64 = 0;
  for (let at: usize = 0; at < axes; at += 4) total += <i64>load<i32>(deviation + at);
  return total;
}

/** m += 0.7 (x - m); v += 0.7 (|m - x| - v) with the new m; returns the sum of v over axes. */
function updateMoments(values: usize, axes: usize): i64 {
  let total: i64 = 0;
  for (let at: usize = 0; at < axes; at += 4) {
    const x = load<i32>(values + at) << MOMENT_BITS;
    let m = load<i32>(mean + at);
    m += weighted(x - m);
    store<i32>(mean + at, m);
    const distance = m - x;
    let v = load<i32>(deviation + at);
    v += weighted((distance < 0 ? -distance : distance) - v);
    store<i32>(deviation + at, v);
    total += <i64>v;
  }
  return total;
}

@inline
function weighted(x: i32): i32 {
  return <i32>((<i64>x * WEIGHT + 32768) >> 16);
}
