import type { SignalRow } from './liveStore.ts';
import { rowsAround, signalAt } from './signalAt.ts';

/** Curves over one time axis (seconds), null where a curve has no point. */
export type Plot = [times: number[], ...curves: (number | null)[][]];

export interface SignalPlotInput {
  truth: readonly SignalRow[];
  samples: readonly SignalRow[];
  axis: number;
  slotSeconds: number;
  /** Slots shown. */
  from: number;
  to: number;
  /** Latest slot of the run: the last sample is held up to here. */
  now: number;
}

/**
 * Truth, reconstruction, the end that is still held, and samples, of one axis. The reconstruction joins the samples by
 * straight lines and holds the first value back to the start; what follows the last sample is a curve of its own,
 * because samples that are still queued will change it.
 */
export function signalPlot({ truth, samples, axis, slotSeconds, from, to, now }: SignalPlotInput): Plot {
  const times: number[] = [];
  const trueValues: (number | null)[] = [];
  const joined: (number | null)[] = [];
  const held: (number | null)[] = [];
  const dots: (number | null)[] = [];
  const firstSlot = samples[0]?.slot ?? Infinity;
  const lastSlot = samples.at(-1)?.slot ?? Infinity;
  const add = (slot: number, trueValue: number | undefined, sample: number | undefined): void => {
    const isStart = times.length === 0 && slot < firstSlot;
    const end = slot >= lastSlot ? (signalAt(samples, slot, axis) ?? null) : null;
    times.push(slot * slotSeconds);
    trueValues.push(trueValue ?? null);
    joined.push((isStart ? signalAt(samples, slot, axis) : sample) ?? null);
    held.push(end);
    dots.push(sample ?? null);
  };

  const truthRows = rowsAround(truth, from, to);
  const sampleRows = rowsAround(samples, from, to);
  let atTruth = 0;
  let atSample = 0;
  while (atTruth < truthRows.length || atSample < sampleRows.length) {
    const truthRow = truthRows[atTruth];
    const sampleRow = sampleRows[atSample];
    const slot = Math.min(truthRow?.slot ?? Infinity, sampleRow?.slot ?? Infinity);
    if (truthRow?.slot === slot) atTruth++;
    if (sampleRow?.slot === slot) atSample++;
    add(
      slot,
      truthRow?.slot === slot ? truthRow.values[axis] : undefined,
      sampleRow?.slot === slot ? sampleRow.values[axis] : undefined,
    );
  }
  const end = Math.min(now, Math.ceil(to));
  if (end >= lastSlot && end * slotSeconds > (times.at(-1) ?? Infinity)) add(end, undefined, undefined);
  return [times, trueValues, joined, held, dots];
}
