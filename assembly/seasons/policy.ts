/**
 * Adaptive sampling policies: how many slots to skip before the next sample.
 *
 * Values are integers in the signal's fixed point. Mean and deviation keep MOMENT_BITS more fraction bits; the
 * weight 0.7 is 45875 / 65536 and products are rounded half up. Sums over axes are 64 bits wide.
 */
import { config, deviation, head, mean, previous } from './state';

const UNIFORM: u8 = 0;
const LINEAR: u8 = 1;
const DEVIATION: u8 = 2;
const LITE_SENSE: u8 = 3;
export const POLICIES: u8 = 4;

const MOMENT_BITS: i32 = 8;
const WEIGHT: i64 = 45875;

export function resetPolicy(): void {
  head.primed = 0;
  head.phase = 0;
  head.skip = config.minSkip;
}

/** Updates the policy with the sample at `values` (i32 per axis) and returns the slots to skip. */
export function decideSkip(values: usize): u32 {
  const policy = config.policy;
  if (policy == UNIFORM) return uniform();
  const axes = <usize>config.axes << 2;
  if (!head.primed) {
    head.primed = 1;
    for (let at: usize = 0; at < axes; at += 4) {
      const x = load<i32>(values + at);
      store<i32>(previous + at, x);
      store<i32>(mean + at, x << MOMENT_BITS);
      store<i32>(deviation + at, 0);
    }
    return head.skip;
  }
  const skip = head.skip;
  const threshold = <i64>config.threshold;
  let next: u32;
  if (policy == LINEAR) {
    next = linearChange(values, axes) >= threshold ? config.minSkip : increased(skip);
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
  return next;
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

/** Sum over axes of |x_prev - x|; keeps x as the next x_prev. */
function linearChange(values: usize, axes: usize): i64 {
  let change: i64 = 0;
  for (let at: usize = 0; at < axes; at += 4) {
    const x = load<i32>(values + at);
    const difference = x - load<i32>(previous + at);
    change += <i64>(difference < 0 ? -difference : difference);
    store<i32>(previous + at, x);
  }
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
