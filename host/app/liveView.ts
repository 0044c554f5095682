import type { RunEvent } from '../server/events.ts';
import type { LiveStore, NodeData } from './liveStore.ts';

/** What every panel draws: a stretch of the run, and what was chosen. Times are seconds of the node's clock. */
export interface LiveView {
  store: LiveStore;
  run: RunEvent;
  node: NodeData | undefined;
  axis: number;
  from: number;
  to: number;
  /** Time under the pointer, if there is one. */
  cursor: number | undefined;
}

/** Lengths of the window in seconds; Infinity shows all. */
export const windows = [10, 30, 60, 120, 600, 3600, Infinity] as const;

/** The window for a run at `speed` simulated seconds per second: half a minute, and at least six seconds of watching. */
export function defaultWindow(speed: number): number {
  return windows.find((length) => length >= Math.max(30, 6 * Math.min(speed, 60))) ?? Infinity;
}

/** The stretch to show at the time `now`; a window that is not yet full starts at the first time. */
export function stretch(length: number, first: number, now: number): { from: number; to: number } {
  if (length === Infinity) return { from: first, to: Math.max(now, first + 1) };
  return now - first < length ? { from: first, to: first + length } : { from: now - length, to: now };
}
