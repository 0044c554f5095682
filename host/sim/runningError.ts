import type { ReconstructionError } from './reconstruct.ts';
import type { Signal } from './signal/signal.ts';

interface Sample {
  slot: number;
  values: ArrayLike<number>;
}

/**
 * The error of the linear reconstruction, kept up to date as samples arrive in the order of their slots: what
 * `reconstructionError` gives for all of them, without holding them.
 */
export class RunningError {
  readonly #signal: Signal;
  readonly #sums: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  #last: Sample | undefined;
  /** Slots before this one are accounted for. */
  #next = 0;

  constructor(signal: Signal) {
    const axes = signal.axes.length;
    this.#signal = signal;
    this.#sums = new Float64Array(axes);
    this.#low = new Float64Array(axes).fill(Infinity);
    this.#high = new Float64Array(axes).fill(-Infinity);
  }

  /** Takes the next sample; one that is not later than the last is left out. */
  add(sample: Sample): void {
    if (this.#last && sample.slot <= this.#last.slot) return;
    this.#account(this.#last ?? sample, sample, sample.slot + 1);
    this.#last = sample;
  }

  /** The error over the slots [0, end), the last value held; NaN while there is no sample. `end` ends the series. */
  finish(end: number): ReconstructionError {
    if (this.#last) this.#account(this.#last, this.#last, end);
    return this.current;
  }

  /** The error up to the last sample. */
  get current(): ReconstructionError {
    if (this.#next === 0) return { mae: NaN, normalisedMae: NaN };
    const means = Array.from(this.#sums, (sum) => sum / this.#next);
    const relative = means
      .map((mean, axis) => mean / (this.#high[axis]! - this.#low[axis]!))
      .filter(Number.isFinite);
    return { mae: average(means), normalisedMae: average(relative) };
  }

  #account(left: Sample, right: Sample, end: number): void {
    const width = right.slot - left.slot;
    for (let slot = this.#next; slot < end; slot++) {
      const share = width > 0 ? (slot - left.slot) / width : 0;
      const truth = this.#signal.at(slot);
      for (let axis = 0; axis < truth.length; axis++) {
        const start = left.values[axis]!;
        const value = truth[axis]!;
        this.#sums[axis]! += Math.abs(start + share * (right.values[axis]! - start) - value);
        this.#low[axis] = Math.min(this.#low[axis]!, value);
        this.#high[axis] = Math.max(this.#high[axis]!, value);
      }
    }
    this.#next = Math.max(this.#next, end);
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
