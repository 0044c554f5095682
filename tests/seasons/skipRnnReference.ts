/**
 * The Skip RNN policy in float64: features, UGRNN cell, and the published recurrence of the update probability iterated slot by slot.
 * Each decision starts from the module's state, so that `bound` is the rounding of one step.
 *
 * Bounds (u = 2^-12, the last bit): a logarithm is rounded down (u each of three, then u of the quarter); slopes are cut to 2^-8 (elapsed
 * / 256 an axis in the prediction error, and 1 of its integer); a product sum rounds by u / 2 and adds sum |w| d; PLAN has slopes of at
 * most 1/4, rounds down by u, and steps by 2^-8 at 2.375; tanh doubles that; the new state rounds by u / 2.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../host/paths.ts';

const UNIT = 2 ** -12;
const HIDDEN = 4;
const ROW = 8;
const OFFSET = 20;
const MEMORY = 4096;
const STEP_AT = 2.375;
const STEP = 2 ** -8;

/** A number and how far the module's may be from it. */
interface Near {
  value: number;
  error: number;
}

/** The committed weights, as the exporter wrote them. */
export function skipRnnWeights(): number[] {
  const text = readFileSync(join(root, 'assembly/seasons/skipRnnWeights.ts'), 'utf8');
  const [, list] = /memory\.data<i8>\(\[([^\]]*)\]/.exec(text)!;
  return list!
    .split(',')
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
    .map((cell) => Number(cell) / 32);
}

/** PLAN (Amin, Curtis, Hayes-Gill 1997). */
export function plan(x: number): number {
  const a = Math.abs(x);
  const y = a < 1 ? a / 4 + 0.5 : a < STEP_AT ? a / 8 + 0.625 : a < 5 ? a / 32 + 0.84375 : 1;
  return x < 0 ? 1 - y : y;
}

function nearPlan({ value, error }: Near): Near {
  const step = Math.abs(Math.abs(value) - STEP_AT) <= error ? STEP : 0;
  return { value: plan(value), error: error / 4 + UNIT + step };
}

/** Linear between powers of two. */
function lg(x: number): number {
  const whole = Math.floor(Math.log2(x));
  return whole + x / 2 ** whole - 1;
}

/** Slots skipped by the published recurrence: the accumulated probability grows by p a slot until it is 1/2. */
export function publishedSkip(p: number, { minSkip, maxSkip }: { minSkip: number; maxSkip: number }): number {
  let accumulated = p;
  let skip = 0;
  while (accumulated < 0.5 && skip < maxSkip) {
    accumulated += Math.min(p, 1 - accumulated);
    skip++;
  }
  return Math.max(minSkip, skip);
}

export class SkipRnnReference {
  readonly #weights = skipRnnWeights();
  #previous: ArrayLike<number>;
  readonly #slope: Float64Array;
  #change = 0;
  #surprise: Near = { value: 0, error: 0 };
  #count = 0;

  constructor(first: ArrayLike<number>) {
    this.#previous = first;
    this.#slope = new Float64Array(first.length);
  }

  /** The update probability after sample x, `elapsed` slots after the one before, from the states `before`; and the states. */
  step(x: ArrayLike<number>, elapsed: number, before: readonly number[], threshold: number) {
    const features = this.#features(x, elapsed);
    const terms: Near[] = [
      ...features,
      ...before.map((value) => ({ value, error: 0 })),
      { value: 1, error: 0 },
    ];
    const states = before.map((state, unit): Near => {
      const gate = nearPlan(this.#product(unit * ROW, terms));
      const inner = this.#product((HIDDEN + unit) * ROW, terms);
      const half = nearPlan({ value: 2 * inner.value, error: 2 * inner.error });
      const candidate = { value: 2 * half.value - 1, error: 2 * half.error };
      const { value: g, error: dg } = gate;
      const { value: c, error: dc } = candidate;
      const error = Math.abs(state - c) * dg + Math.abs(1 - g) * dc + dg * dc + UNIT / 2;
      return { value: g * state + (1 - g) * c, error };
    });
    const logit = this.#product(2 * HIDDEN * ROW, [...states, { value: 1, error: 0 }]);
    const p = nearPlan({ value: logit.value + OFFSET - threshold / 4096, error: logit.error });
    return { p: p.value, bound: p.error + 1e-12, states };
  }

  #features(x: ArrayLike<number>, elapsed: number): Near[] {
    let change = 0;
    let surprise = 0;
    for (let axis = 0; axis < x.length; axis++) {
      const difference = x[axis]! - this.#previous[axis]!;
      change += Math.abs(difference);
      surprise += Math.abs(difference - this.#slope[axis]! * elapsed);
      this.#slope[axis] = difference / elapsed;
    }
    this.#previous = x;
    const error = 1 + (x.length * elapsed) / 256;
    this.#change += change;
    this.#surprise.value += surprise;
    this.#surprise.error += error;
    if (++this.#count === MEMORY) {
      this.#change = Math.floor(this.#change / 2);
      this.#surprise = { value: this.#surprise.value / 2, error: this.#surprise.error / 2 + 1 };
      this.#count /= 2;
    }
    return [
      this.#relative({ value: change, error: 0 }, { value: this.#change, error: 0 }),
      this.#relative({ value: surprise, error }, this.#surprise),
      { value: lg(elapsed) / 4, error: 2 * UNIT },
    ];
  }

  #relative(x: Near, sum: Near): Near {
    const log = ({ value, error }: Near): Near => {
      const at = (shift: number) => lg(Math.max(1, 16 * (value + shift) + 1));
      const middle = at(0);
      return { value: middle, error: Math.max(at(error) - middle, middle - at(-error)) + UNIT };
    };
    const own = log(x);
    const whole = log(sum);
    const ratio = Math.max(-8, Math.min(8, own.value - whole.value + lg(this.#count)));
    return { value: ratio / 4, error: (own.error + whole.error + UNIT) / 4 + UNIT };
  }

  #product(at: number, terms: readonly Near[]): Near {
    let value = 0;
    let error = UNIT / 2;
    terms.forEach((term, i) => {
      const weight = this.#weights[at + i]!;
      value += weight * term.value;
      error += Math.abs(weight) * term.error;
    });
    return { value, error };
  }
}
