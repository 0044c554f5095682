/** A sampled signal of one or more axes, defined at every slot: it begins again when it has ended. */
export interface Signal {
  readonly name: string;
  readonly axes: readonly string[];
  /** Of all axes; empty if it is not known or differs between them. */
  readonly unit: string;
  /** Seconds per slot. */
  readonly samplePeriod: number;
  /** Slots before it repeats. */
  readonly length: number;
  /** What a reader had to assume or mend, a sentence each. */
  readonly warnings: readonly string[];
  /** One value per axis, a view that must not be changed. `slot` is an integer >= 0. */
  at(slot: number): Float64Array;
}

export interface ArraySignalOptions {
  name: string;
  axes: readonly string[];
  unit?: string;
  samplePeriod: number;
  /** [slot][axis], one row after the other. */
  values: Float64Array;
  warnings?: readonly string[];
}

/** A signal held in memory. */
export class ArraySignal implements Signal {
  readonly name: string;
  readonly axes: readonly string[];
  readonly unit: string;
  readonly samplePeriod: number;
  readonly length: number;
  readonly warnings: readonly string[];
  readonly #values: Float64Array;

  constructor({ name, axes, unit = '', samplePeriod, values, warnings = [] }: ArraySignalOptions) {
    const length = values.length / axes.length;
    if (!Number.isInteger(length) || length < 1)
      throw new RangeError('a signal needs whole rows, at least one');
    if (!(samplePeriod > 0 && samplePeriod < Infinity)) throw new RangeError('a sample period is positive');
    this.name = name;
    this.axes = axes;
    this.unit = unit;
    this.samplePeriod = samplePeriod;
    this.length = length;
    this.warnings = warnings;
    this.#values = values;
  }

  at(slot: number): Float64Array {
    const start = (slot % this.length) * this.axes.length;
    return this.#values.subarray(start, start + this.axes.length);
  }
}
