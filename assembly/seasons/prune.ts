/**
 * Thinning out the queue before a packet is formed: the samples whose absence changes the linear interpolation least
 * go first (Visvalingam and Whyatt, 1993, with the area summed over axes). Deterministic integers; the queue itself
 * stays as it is, the set of left-out entries is part of the head.
 */
import { entryAt, entrySlot } from './queue';
import { PRUNABLE, config, head, leftOut } from './state';

const NEVER: u32 = 0xffffffff;
/** Twice the area of each entry's triangle with its kept neighbours; working memory of one call. */
const areas: usize = memory.data(4 * 192, 4);

/** Whether the entry `index` places behind the oldest is left out. */
@inline
export function isLeftOut(index: u32): bool {
  return index < PRUNABLE && <bool>((load<u8>(leftOut + (index >> 3)) >> <u8>(index & 7)) & 1);
}

export function keepAll(): void {
  memory.fill(leftOut, 0, PRUNABLE / 8);
}

/**
 * Leaves out entries until `keep` (at least 2) of the queue remain; of a queue longer than PRUNABLE its oldest part
 * gives its share. The oldest and the newest stay. At most PRUNABLE^2 / 2 comparisons.
 */
export function prune(keep: u32): void {
  keepAll();
  const count = min(head.count, PRUNABLE);
  if (count < head.count) keep = (keep * count) / head.count;
  store<u32>(areas, NEVER);
  store<u32>(areas + ((count - 1) << 2), NEVER);
  for (let i: u32 = 1; i + 1 < count; i++) store<u32>(areas + (i << 2), area(i - 1, i, i + 1));
  for (let kept = count; kept > max<u32>(keep, 2); kept--) {
    const least = smallest(count);
    store<u32>(areas + (least << 2), NEVER);
    const bits = leftOut + (least >> 3);
    store<u8>(bits, load<u8>(bits) | (<u8>1 << <u8>(least & 7)));
    const before = keptBefore(least);
    const after = keptAfter(least);
    if (before != 0) store<u32>(areas + (before << 2), area(keptBefore(before), before, after));
    if (after != count - 1) store<u32>(areas + (after << 2), area(before, after, keptAfter(after)));
  }
}

function smallest(count: u32): u32 {
  let least: u32 = 1;
  let found = NEVER;
  for (let i: u32 = 1; i + 1 < count; i++) {
    const candidate = load<u32>(areas + (i << 2));
    if (candidate < found) {
      found = candidate;
      least = i;
    }
  }
  return least;
}

function keptBefore(index: u32): u32 {
  do index--; while (isLeftOut(index));
  return index;
}

function keptAfter(index: u32): u32 {
  do index++; while (isLeftOut(index));
  return index;
}

/** Over axes, |(x - l)(tr - tl) - (r - l)(t - tl)| of an entry x between l and r; less than NEVER. */
function area(before: u32, index: u32, after: u32): u32 {
  const left = entryAt(before);
  const middle = entryAt(index);
  const right = entryAt(after);
  const whole = <i64>(entrySlot(right) - entrySlot(left));
  const part = <i64>(entrySlot(middle) - entrySlot(left));
  let sum: u64 = 0;
  for (let at: usize = 4; at <= <usize>config.axes << 2; at += 4) {
    const start = <i64>load<i32>(left + at);
    const doubled = (<i64>load<i32>(middle + at) - start) * whole - (<i64>load<i32>(right + at) - start) * part;
    sum += <u64>(doubled < 0 ? -doubled : doubled);
  }
  return <u32>min<u64>(sum, NEVER - 1);
}
