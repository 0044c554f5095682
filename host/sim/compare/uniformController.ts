import { MAX_NODE_BODY } from '../../link/protocol.ts';
import { encodeSamples, type Samples } from '../../link/samples.ts';
import { actions } from '../nodeModule.ts';
import { FRAME_OVERHEAD, type Controller } from './controller.ts';

/** What a controller with a regular rate knows of its node. Energies in nanojoules. */
export interface UniformNode {
  axes: number;
  batch: number;
  latencySlots: number;
  /** Slots before the bound at which a waiting packet is due. */
  sendSlots: number;
  maxInterval: number;
  sampleNanojoules: number;
  packetNanojoules: number;
  byteNanojoules: number;
}

/** What the rate is decided from: nanojoules per slot that come in, and nanojoules at hand. */
export interface EnergyView {
  income: number;
  stored: number;
}

/** Slots between two samples (at least 1, need not be whole). */
export type IntervalRule = (view: EnergyView, node: UniformNode) => number;

export interface UniformSettings {
  interval: IntervalRule;
  /** Slots over which the income is averaged. */
  window: number;
  /** Samples whose energy must be there besides the packet's before an empty queue is begun. */
  begin: number;
  /** What the income is taken for before any is measured, in nanojoules per slot. */
  income: number;
}

/** Bytes that one sample adds to a packet when its values differ little; and at most (16-bit values). */
const usualBytes = (axes: number): number => 1 + 2 * axes;
const mostBytes = (axes: number): number => 1 + 3 * axes;
/** A SAMPLES body without samples, and its frame. */
const PACKET_OVERHEAD = 23 + FRAME_OVERHEAD;
/** A packet is sent early when the energy at hand is within this share of what it needs. */
const FADING = 1 / 8;

/**
 * Samples at regular intervals, which an `IntervalRule` sets from the measured income of energy, and sends full
 * batches, or what there is when the bound or a power failure is near. Everything is in non-volatile memory. A sample
 * is taken only with the energy at hand to send it with all that waits.
 */
export class UniformController implements Controller {
  readonly #node: UniformNode;
  readonly #settings: UniformSettings;
  readonly #slots: number[] = [];
  readonly #values: Int32Array[] = [];
  #inFlight = 0;
  #sendLimit = 0;
  #seq = 0;
  #boots = 0;
  #due = 0;
  #wake = 0;
  /** Slots that intervals have left over, below 1. */
  #fraction = 0;
  #income: number;
  #seen: { slot: number; energy: number } | undefined;
  #spent = 0;

  constructor(node: UniformNode, settings: UniformSettings) {
    this.#node = node;
    this.#settings = settings;
    this.#income = settings.income;
  }

  /** A power failure left nothing to spend. */
  boot(): void {
    if (this.#boots++ > 0 && this.#seen) this.#seen.energy = 0;
  }

  next(slot: number, energy: number): number {
    this.#observe(slot, energy);
    const { batch, sampleNanojoules } = this.#node;
    const count = this.#slots.length;
    if (count > 0) {
      const need = this.#packetEnergy(Math.min(count, batch));
      const urgent = slot >= this.#urgentSlot();
      if (urgent || energy < need * (1 + FADING) || this.#inFlight > 0 || count >= batch) {
        const affordable = energy >= need ? Math.min(count, batch) : this.#affordable(energy, count);
        if (affordable > 0) {
          this.#sendLimit = affordable;
          this.#spent += this.#packetEnergy(affordable);
          return actions.send;
        }
      }
    }
    if (slot >= this.#due) {
      const begin = count === 0 ? this.#settings.begin * sampleNanojoules : 0;
      const need = this.#packetEnergy(Math.min(count + 1, batch)) * (1 + FADING);
      if (energy >= sampleNanojoules + need + begin) {
        this.#spent += sampleNanojoules;
        return actions.sample;
      }
      this.#due = slot + 1;
    }
    const wake = count > 0 ? Math.min(this.#due, this.#urgentSlot()) : this.#due;
    this.#wake = Math.max(slot + 1, wake);
    return actions.sleep;
  }

  wakeSlot(): number {
    return this.#wake;
  }

  push(slot: number, values: Int32Array): void {
    this.#slots.push(slot);
    this.#values.push(values);
    const view = { income: this.#income, stored: this.#seen?.energy ?? 0 };
    const { maxInterval } = this.#node;
    const wanted = this.#settings.interval(view, this.#node);
    const exact = Math.max(1, Math.min(maxInterval, wanted)) + this.#fraction;
    const interval = Math.floor(exact);
    this.#fraction = exact - interval;
    this.#due = slot + interval;
  }

  form(): number {
    if (this.#inFlight === 0) {
      this.#inFlight = Math.min(this.#sendLimit, this.#slots.length);
      this.#seq++;
      while (this.#encoded().length > MAX_NODE_BODY) this.#inFlight--;
    }
    return this.#encoded().length;
  }

  acknowledge(): Samples {
    const samples = this.#first(this.#inFlight);
    this.#slots.splice(0, this.#inFlight);
    this.#values.splice(0, this.#inFlight);
    this.#inFlight = 0;
    return samples;
  }

  held(): number {
    return this.#slots.length;
  }

  oldestAge(slot: number): number {
    return this.#slots.length === 0 ? 0 : slot - this.#slots[0]!;
  }

  /** What it takes, it sends, if late. */
  expired(): number {
    return 0;
  }

  /** Income is what the energy at hand has grown since the last look, and what was spent meanwhile. */
  #observe(slot: number, energy: number): void {
    const seen = this.#seen;
    if (!seen) {
      this.#seen = { slot, energy };
    } else if (slot > seen.slot) {
      const slots = slot - seen.slot;
      const gained = Math.max(0, energy - seen.energy + this.#spent) / slots;
      this.#income += (1 - Math.exp(-slots / this.#settings.window)) * (gained - this.#income);
      seen.slot = slot;
      seen.energy = energy;
      this.#spent = 0;
    }
  }

  #urgentSlot(): number {
    const { latencySlots, sendSlots, batch } = this.#node;
    const sending = Math.min(latencySlots, Math.ceil(this.#slots.length / batch) * sendSlots);
    return this.#slots[0]! + latencySlots - sending;
  }

  #packetEnergy(samples: number): number {
    const { axes, packetNanojoules, byteNanojoules } = this.#node;
    const payload = Math.min(samples * mostBytes(axes), MAX_NODE_BODY - 23);
    return packetNanojoules + (PACKET_OVERHEAD + payload) * byteNanojoules;
  }

  #affordable(energy: number, count: number): number {
    if (this.#inFlight > 0) return 0;
    const { axes, batch, packetNanojoules, byteNanojoules } = this.#node;
    const rest = energy - packetNanojoules - PACKET_OVERHEAD * byteNanojoules;
    return Math.min(count, batch, Math.floor(rest / Math.max(1, mostBytes(axes) * byteNanojoules)));
  }

  #first(count: number): Samples {
    const { axes } = this.#node;
    const values = new Int32Array(count * axes);
    for (let i = 0; i < count; i++) values.set(this.#values[i]!, i * axes);
    return { axes, slots: Uint32Array.from(this.#slots.slice(0, count)), values };
  }

  #encoded(): Uint8Array {
    return encodeSamples(1, this.#boots, this.#seq, this.#first(this.#inFlight));
  }
}

/**
 * Energy-aware uniform sampling: the rate at which sampling and sending use `gain` times the income, and the stored
 * energy over `horizon` slots. A packet is shared by a full batch, or by what the latency bound lets gather.
 */
export function energyAwareInterval(gain: number, horizon: number): IntervalRule {
  return ({ income, stored }, node) => {
    const available = gain * (income + stored / horizon);
    const packet = node.packetNanojoules + PACKET_OVERHEAD * node.byteNanojoules;
    const sample = node.sampleNanojoules + usualBytes(node.axes) * node.byteNanojoules;
    const window = node.latencySlots - node.sendSlots;
    const full = (sample + packet / node.batch) / available;
    if (full * node.batch <= window) return full;
    const rest = available - packet / window;
    return rest > 0 ? sample / rest : window;
  };
}

/**
 * CatNap's test: a task of energy E takes E / (charge rate) + 1 slots, the tasks are schedulable if their shares of
 * their periods sum to at most `most`. The period of the sampling task is doubled (its quality degraded) until they
 * are; packets follow from it, a full batch or what the latency bound lets gather.
 */
export function catnapInterval(most: number): IntervalRule {
  return ({ income }, node) => {
    const slots = (nanojoules: number): number => (income > 0 ? nanojoules / income : Infinity) + 1;
    const window = node.latencySlots - node.sendSlots;
    let interval = 1;
    for (; interval < node.maxInterval; interval *= 2) {
      const period = Math.min(interval * node.batch, window);
      const samples = Math.max(1, period / interval);
      const bytes = PACKET_OVERHEAD + samples * usualBytes(node.axes);
      const packet = slots(node.packetNanojoules + bytes * node.byteNanojoules);
      // The sampling task runs within its slot: its +1 is a share of the interval's own slots.
      const use = (slots(node.sampleNanojoules) - 1) / interval + packet / period;
      if (use <= most) break;
    }
    return interval;
  };
}
