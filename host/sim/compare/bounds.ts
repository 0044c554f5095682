import { createConverter } from '../converter.ts';
import type { NodeDescription } from '../nodeDescription.ts';
import type { Signal } from '../signal/signal.ts';

/**
 * Lower bounds on the reconstruction error that any policy can reach on a window. Each knows the whole signal and the
 * whole harvest, and each grants more than a real node has; the error is the mean over slots and axes of the absolute
 * difference to the linear interpolation of the samples that arrive in time, as in `reconstructionError`.
 */
export interface Window {
  /** Slots from 0 on in which samples count. */
  slots: number;
  latencySlots: number;
  /** Most samples of a packet. */
  batch: number;
  /** Joules above the off-threshold at the start, and at most. */
  initial: number;
  capacity: number;
  /** Joules that reach the capacitor in each slot; goes `latencySlots` beyond `slots`, so that the last samples can be sent. */
  charge: Float64Array;
  /** Joules out of the capacitor: of a sample, of a packet without samples, and of each sample in a packet. */
  sample: number;
  packet: number;
  perSample: number;
}

/** SAMPLES without samples, framed, in bytes. */
const PACKET_BYTES = 28;

/** The least that the node's work takes out of its capacitor: best conversion, no sleep, no leakage, one byte a value. */
export function leastCosts(node: NodeDescription, axes: number) {
  const { converter, sense, compute, packet, byte } = node;
  const { draw } = createConverter(converter, node.capacitor.farads);
  const best =
    converter.kind === 'boost-buck' ? Math.max(...converter.buck.map(([, share]) => share)) : draw(1);
  const joules = (load: number): number => load / best;
  return {
    sample: joules(sense.joules + compute.joules),
    // The first sample of a packet has no skip byte.
    packet: joules(packet.joules + compute.joules + (PACKET_BYTES - 1) * byte.joules),
    perSample: joules((1 + axes) * byte.joules),
  };
}

/** costs[i][j], i < j: error summed over the slots between samples at i and j; `ends` for the held ends. */
class IntervalErrors {
  readonly #between: Float64Array;
  readonly #slots: number;
  /** Sums over the slots before the first sample at j, and after the last one. */
  readonly before: Float64Array;
  readonly after: Float64Array;

  constructor(signal: Signal, slots: number) {
    this.#slots = slots;
    this.#between = new Float64Array(slots * slots);
    this.before = new Float64Array(slots);
    this.after = new Float64Array(slots);
    const axes = signal.axes.length;
    const values = Array.from({ length: slots }, (_, slot) => signal.at(slot));
    for (let i = 0; i < slots; i++) {
      const left = values[i]!;
      for (let t = 0; t < slots; t++) {
        let held = 0;
        for (let axis = 0; axis < axes; axis++) held += Math.abs(values[t]![axis]! - left[axis]!);
        if (t < i) this.before[i]! += held;
        else this.after[i]! += held;
      }
      for (let j = i + 2; j < slots; j++) {
        const right = values[j]!;
        let sum = 0;
        for (let t = i + 1; t < j; t++) {
          const share = (t - i) / (j - i);
          for (let axis = 0; axis < axes; axis++) {
            const line = left[axis]! + share * (right[axis]! - left[axis]!);
            sum += Math.abs(values[t]![axis]! - line);
          }
        }
        this.#between[i * slots + j] = sum;
      }
    }
  }

  /** Sum over the slots between `from` (-1: none before) and a sample at `to`. */
  between(from: number, to: number): number {
    return from < 0 ? this.before[to]! : this.#between[from * this.#slots + to]!;
  }
}

/** Least sum with at most `limit(j)` samples in the slots up to and including j, by dynamic programming; O(k T^2). */
function chooseSamples(errors: IntervalErrors, slots: number, limit: (slot: number) => number): number {
  let best = Infinity;
  let row = Float64Array.from(errors.before, (sum, j) => (limit(j) >= 1 ? sum : Infinity));
  for (let count = 1; ; count++) {
    for (let j = 0; j < slots; j++) best = Math.min(best, row[j]! + errors.after[j]!);
    const next = new Float64Array(slots).fill(Infinity);
    let any = false;
    for (let j = count; j < slots; j++) {
      if (limit(j) < count + 1) continue;
      for (let i = count - 1; i < j; i++) {
        const sum = row[i]! + errors.between(i, j);
        if (sum < next[j]!) next[j] = sum;
      }
      any ||= next[j]! < Infinity;
    }
    if (!any) return best;
    row = next;
  }
}

/** Mean absolute errors; Infinity where not even one sample can arrive. */
export interface Bounds {
  /** (1) As many samples as all energy pays for, at any time. */
  signal: number;
  /** (2) The same, none before the energy for it has come in. */
  prefix: number;
  /** (3) Samples and packets planned jointly, on a capacitor, within the latency bound. */
  joint: number;
}

/** Label buckets of the joint optimum: labels within a 16th of the capacity are merged to the best of both. */
const BUCKETS = 16;
/** Energies that differ by less than this share of the capacity are taken as enough. */
const ROUNDING = 1e-9;

/**
 * The three bounds; `signal` <= `prefix` <= `joint` by construction: the joint optimum's merged labels grant it
 * energy, so that it is a bound but not always above the prefix bound, and the larger of both is given.
 */
export function windowBounds(signal: Signal, window: Window): Bounds {
  const { slots } = window;
  const errors = new IntervalErrors(signal, slots);
  const scale = 1 / (slots * signal.axes.length);
  const total = affordable(window, window.charge.length - 1);
  const signalOnly = chooseSamples(errors, slots, () => total) * scale;
  const prefix = chooseSamples(errors, slots, (slot) => affordable(window, slot)) * scale;
  const joint = jointOptimum(errors, window) * scale;
  return { signal: signalOnly, prefix, joint: Math.max(prefix, joint) };
}

/** Samples that can be taken by the end of `slot` and sent in time: paid by then, or by the bound, packets shared fully. */
function affordable(
  { initial, charge, sample, packet, perSample, batch, latencySlots }: Window,
  slot: number,
): number {
  const income = (end: number): number => {
    let sum = initial;
    for (let t = 0; t <= Math.min(end, charge.length - 1); t++) sum += charge[t]!;
    return sum * (1 + ROUNDING);
  };
  const taken = Math.floor(income(slot) / sample);
  const sent = Math.floor(income(slot + latencySlots) / (sample + perSample + packet / batch));
  return Math.min(taken, sent);
}

/** The labels of one state: for each energy bucket the most energy and the least error seen in it. */
interface Labels {
  energy: Float64Array;
  error: Float64Array;
}

/**
 * Least error sum of a plan: in each slot take a sample or not, then send the oldest m of the waiting samples or none.
 * The state is (last sample, samples waiting, oldest of them); of the rest after a partial packet the oldest is taken
 * as late as it can have been. Energy is exact but for merged labels; what the capacitor cannot hold is lost at
 * the end of a slot. Nothing waits longer than the bound.
 */
function jointOptimum(errors: IntervalErrors, window: Window): number {
  const { slots, latencySlots, batch, initial, capacity, charge, sample, packet, perSample } = window;
  const slack = capacity * ROUNDING;
  const span = slots + 1;
  const keyOf = (last: number, waiting: number, oldest: number): number =>
    ((waiting === 0 ? 0 : oldest + 1) * span + last + 1) * span + waiting;
  let states = new Map<number, Labels>();
  const put = (into: Map<number, Labels>, key: number, energy: number, error: number): void => {
    const kept = Math.max(0, Math.min(capacity, energy));
    let labels = into.get(key);
    if (!labels) {
      labels = { energy: new Float64Array(BUCKETS), error: new Float64Array(BUCKETS).fill(Infinity) };
      into.set(key, labels);
    }
    const bucket = Math.min(BUCKETS - 1, Math.floor((kept / capacity) * BUCKETS));
    // A better label with more energy makes this one useless.
    for (let i = bucket + 1; i < BUCKETS; i++) if (labels.error[i]! <= error) return;
    labels.energy[bucket] = Math.max(labels.energy[bucket]!, kept);
    labels.error[bucket] = Math.min(labels.error[bucket]!, error);
  };
  put(states, keyOf(-1, 0, 0), initial, 0);

  for (let t = 0; t < charge.length; t++) {
    const next = new Map<number, Labels>();
    const serve = (last: number, waiting: number, oldest: number, energy: number, error: number): void => {
      if (waiting === 0 || t < oldest + latencySlots) put(next, keyOf(last, waiting, oldest), energy, error);
      for (let sent = Math.min(waiting, batch); sent > 0; sent--) {
        const left = energy - packet - sent * perSample;
        if (left < -slack) continue;
        const rest = waiting - sent;
        const restOldest = Math.max(oldest, last - rest + 1);
        if (rest === 0 || t < restOldest + latencySlots)
          put(next, keyOf(last, rest, restOldest), left, error);
      }
    };
    for (const [key, labels] of states) {
      const waiting = key % span;
      const last = (Math.floor(key / span) % span) - 1;
      const oldest = Math.floor(key / span / span) - 1;
      for (let i = 0; i < BUCKETS; i++) {
        const error = labels.error[i]!;
        if (error === Infinity) continue;
        const energy = labels.energy[i]! + charge[t]!;
        serve(last, waiting, oldest, energy, error);
        if (t < slots && energy >= sample - slack) {
          const added = error + errors.between(last, t);
          serve(t, waiting + 1, waiting === 0 ? t : oldest, energy - sample, added);
        }
      }
    }
    states = next;
  }

  let best = Infinity;
  for (let last = 0; last < slots; last++) {
    const labels = states.get(keyOf(last, 0, 0));
    if (labels) best = Math.min(best, Math.min(...labels.error) + errors.after[last]!);
  }
  return best;
}
