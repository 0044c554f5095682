import type { Signal } from './signal/signal.ts';

/** Samples of a signal: values[i][axis] at slots[i], in any order; of two at the same slot the later in the list counts. */
export interface Samples {
  slots: ArrayLike<number>;
  values: ArrayLike<ArrayLike<number>>;
}

/**
 * Linear interpolation over the slots [from, to), one array per axis, holding the first and the last value beyond
 * them. Needs at least one sample.
 */
export function reconstruct(samples: Samples, from: number, to: number, axes: number): Float64Array[] {
  const { slots, values } = samples;
  const order = Array.from({ length: slots.length }, (_, i) => i).sort(
    (a, b) => slots[a]! - slots[b]! || a - b,
  );
  const kept = order.filter((sample, i) => slots[sample] !== slots[order[i + 1] ?? -1]);
  if (kept.length === 0) throw new RangeError('nothing to reconstruct from');
  const result = Array.from({ length: axes }, () => new Float64Array(Math.max(0, to - from)));
  let next = 0;
  for (let slot = from; slot < to; slot++) {
    while (next < kept.length && slots[kept[next]!]! <= slot) next++;
    const left = kept[Math.max(0, next - 1)]!;
    const right = kept[Math.min(next, kept.length - 1)]!;
    const width = slots[right]! - slots[left]!;
    const share = width > 0 && slot > slots[left]! ? (slot - slots[left]!) / width : 0;
    for (let axis = 0; axis < axes; axis++) {
      const start = values[left]![axis]!;
      result[axis]![slot - from] = start + share * (values[right]![axis]! - start);
    }
  }
  return result;
}

export interface ReconstructionError {
  /** Mean absolute error over all slots and axes, in units of the signal; NaN without samples or slots. */
  mae: number;
  /** The same with each axis divided by its range over the slots; axes that do not move are left out. */
  normalisedMae: number;
}

/** The error of the reconstruction from `samples` against the signal over the slots [from, to). */
export function reconstructionError(
  signal: Signal,
  samples: Samples,
  from: number,
  to: number,
): ReconstructionError {
  const axes = signal.axes.length;
  if (samples.slots.length === 0 || to <= from) return { mae: NaN, normalisedMae: NaN };
  const rebuilt = reconstruct(samples, from, to, axes);
  const sums = new Float64Array(axes);
  const low = new Float64Array(axes).fill(Infinity);
  const high = new Float64Array(axes).fill(-Infinity);
  for (let slot = from; slot < to; slot++) {
    signal.at(slot).forEach((truth, axis) => {
      sums[axis]! += Math.abs(rebuilt[axis]![slot - from]! - truth);
      low[axis] = Math.min(low[axis]!, truth);
      high[axis] = Math.max(high[axis]!, truth);
    });
  }
  const means = Array.from(sums, (sum) => sum / (to - from));
  const relative = means.map((mean, axis) => mean / (high[axis]! - low[axis]!)).filter(Number.isFinite);
  return { mae: average(means), normalisedMae: average(relative) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
