import { indexAtOrAfter } from '../server/boundedSeries.ts';
import type { SignalRow } from './liveStore.ts';

/** The signal at `slot` by linear interpolation between rows, holding the ends; undefined without rows. */
export function signalAt(rows: readonly SignalRow[], slot: number, axis: number): number | undefined {
  const at = indexAtOrAfter(rows, slot);
  const after = rows[at] ?? rows.at(-1);
  const before = rows[at - 1] ?? rows[0];
  const high = after?.values[axis];
  const low = before?.values[axis];
  if (!after || !before || high === undefined || low === undefined) return undefined;
  if (slot >= after.slot) return high;
  if (slot <= before.slot) return low;
  return low + ((high - low) * (slot - before.slot)) / (after.slot - before.slot);
}

/** The last row at or before `slot`. */
export function rowAt<T extends { slot: number }>(rows: readonly T[], slot: number): T | undefined {
  const at = indexAtOrAfter(rows, slot);
  return rows[at]?.slot === slot ? rows[at] : rows[at - 1];
}

/** The rows from one before `from` to one after `to`, so that lines reach the edges of a plot. */
export function rowsAround<T extends { slot: number }>(
  rows: readonly T[],
  from: number,
  to: number,
): readonly T[] {
  return rows.slice(Math.max(0, indexAtOrAfter(rows, from) - 1), indexAtOrAfter(rows, to) + 1);
}
