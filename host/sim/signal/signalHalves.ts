import { ArraySignal, type Signal } from './signal.ts';

/** A signal or harvest in two: the half that parameters are fitted on, and the one that is reported. */
export interface Halves<T> {
  training: T;
  test: T;
}

/** Segments that a signal is cut into, alternately of the training and of the reported half. */
const SEGMENTS = 16;

export interface HalvesOptions {
  /** Most slots of a half that are used: of each segment the first part. */
  slots?: number;
  /** Share of each pair of segments that is for training. */
  split?: number;
  /** Of the halves; the signal's own unless told. */
  name?: string;
  samplePeriod?: number;
}

/**
 * A signal in two: 16 segments, alternately for training and for the report. Collections of cases are ordered by class:
 * their first half is unlike the second. A signal too short for 16 segments is cut into fewer, of at least two slots.
 */
export function signalHalves(
  whole: Signal,
  { slots = Infinity, split = 0.5, name = whole.name, samplePeriod = whole.samplePeriod }: HalvesOptions = {},
): Halves<Signal> {
  const { axes, unit } = whole;
  const pairs = Math.max(1, Math.min(SEGMENTS / 2, Math.floor(whole.length / 4)));
  const pair = 2 * Math.floor(whole.length / (2 * pairs));
  const training = Math.max(1, Math.round(pair * split));
  const most = Math.ceil(slots / pairs);
  const part = (first: number, end: number): Signal => {
    const used = Math.max(1, Math.min(end - first, most));
    const values = new Float64Array(pairs * used * axes.length);
    for (let i = 0; i < pairs; i++) {
      for (let slot = 0; slot < used; slot++) {
        values.set(whole.at(i * pair + first + slot), (i * used + slot) * axes.length);
      }
    }
    return new ArraySignal({ name, axes, unit, samplePeriod, values });
  };
  return { training: part(0, training), test: part(training, pair) };
}
