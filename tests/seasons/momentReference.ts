/**
 * The published update equations of Linear, Deviation and LiteSense in float64, and how far the module's fixed point may be from
 * them. Units are those of the signal's fixed point. a = b = 0.7; the first sample primes the state.
 *
 * Bounds. With inputs off by at most dx (1/2 where the reference takes the unrounded signal, 0 where it takes the integers), w' = 45875 /
 * 65536, e = |w' - 0.7| = 3.1e-6 and r = 2^-9 (half of the last of MOMENT_BITS = 8 more bits):
 *   linear  2 dx an axis
 *   mean    dm' = (1 - w') dm + w' dx + e |x - m| + r
 *   v       dv' = (1 - w') dv + w' (dm' + dx) + e ||m' - x| - v| + r
 * summed over axes; LiteSense compares v' - v, whose bound is dv' + dv.
 */
export type MomentPolicy = 'linear' | 'deviation' | 'litesense';

export interface SkipBounds {
  minSkip: number;
  maxSkip: number;
}

export interface Decision {
  skip: number;
  /** Distance of the measure from the threshold, and the largest that rounding explains. */
  margin: number;
  bound: number;
}

const WEIGHT = 0.7;
const FIXED_WEIGHT = 45875 / 65536;
const WEIGHT_ERROR = Math.abs(FIXED_WEIGHT - WEIGHT);
const ROUNDING = 2 ** -9;

export class MomentReference {
  readonly #policy: MomentPolicy;
  readonly #threshold: number;
  readonly #limits: SkipBounds;
  readonly #inputError: number;
  #previous: Float64Array;
  readonly #mean: Float64Array;
  readonly #deviation: Float64Array;
  readonly #meanError: Float64Array;
  readonly #deviationError: Float64Array;

  constructor(
    policy: MomentPolicy,
    first: Float64Array,
    { threshold, inputError, ...limits }: SkipBounds & { threshold: number; inputError: number },
  ) {
    this.#policy = policy;
    this.#threshold = threshold;
    this.#limits = limits;
    this.#inputError = inputError;
    this.#previous = first;
    this.#mean = first.slice();
    this.#deviation = first.map(() => 0);
    this.#meanError = first.map(() => inputError);
    this.#deviationError = first.map(() => 0);
  }

  /** The decision on sample x after a sample whose skip was `before`. */
  decide(x: Float64Array, before: number): Decision {
    const { minSkip, maxSkip } = this.#limits;
    const longer = Math.min(before + 1, maxSkip);
    const { measure, bound } = this.#policy === 'linear' ? this.#change(x) : this.#moments(x);
    const theta = this.#threshold;
    const skip = {
      linear: () => (measure >= theta ? minSkip : longer),
      deviation: () => (measure > theta ? Math.max(Math.floor(before / 2), minSkip) : longer),
      litesense: () => (measure >= theta ? Math.max(before - 1, 0) : longer),
    }[this.#policy]();
    return { skip, margin: Math.abs(measure - theta), bound: bound + 1e-9 * (1 + theta) };
  }

  #change(x: Float64Array): { measure: number; bound: number } {
    const measure = x.reduce((sum, value, axis) => sum + Math.abs(this.#previous[axis]! - value), 0);
    this.#previous = x;
    return { measure, bound: 2 * this.#inputError * x.length };
  }

  #moments(x: Float64Array): { measure: number; bound: number } {
    const litesense = this.#policy === 'litesense';
    const keep = 1 - FIXED_WEIGHT;
    const dx = this.#inputError;
    let measure = 0;
    let bound = 0;
    x.forEach((value, axis) => {
      const m = this.#mean[axis]!;
      const v = this.#deviation[axis]!;
      const newMean = (1 - WEIGHT) * m + WEIGHT * value;
      const distance = Math.abs(newMean - value);
      const newDeviation = (1 - WEIGHT) * v + WEIGHT * distance;
      const dm =
        keep * this.#meanError[axis]! + FIXED_WEIGHT * dx + WEIGHT_ERROR * Math.abs(value - m) + ROUNDING;
      const before = this.#deviationError[axis]!;
      const dv = keep * before + FIXED_WEIGHT * (dm + dx) + WEIGHT_ERROR * Math.abs(distance - v) + ROUNDING;
      measure += litesense ? newDeviation - v : newDeviation;
      bound += litesense ? dv + before : dv;
      this.#mean[axis] = newMean;
      this.#deviation[axis] = newDeviation;
      this.#meanError[axis] = dm;
      this.#deviationError[axis] = dv;
    });
    return { measure, bound };
  }
}
