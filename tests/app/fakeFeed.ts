import type { LiveEvent, RunEvent } from '../../host/server/events.ts';

const SLOTS_PER_SECOND = 50;
const CAPACITY = 100e-6;
const ON = 3.0;
const OFF = 2.4;
const MAX = 5.2;
const BOUND_SLOTS = 8 * SLOTS_PER_SECOND;
const PACKET = 24;

/** A made-up run for looking at the page: plausible curves from a seed, and a ledger that balances. Not a model of a node. */
export class FakeFeed {
  readonly run: RunEvent = {
    type: 'run',
    title: 'demo',
    origin: 'simulated',
    node: 'virtual',
    policy: 'deviation',
    signal: 'synthetic (activity, seed 1)',
    harvest: 'solar (seed 1)',
    axes: ['x', 'y', 'z'],
    unit: 'g',
    slotSeconds: 1 / SLOTS_PER_SECOND,
    latencySlots: BOUND_SLOTS,
    thresholds: { on: ON, off: OFF, max: MAX },
    speed: 1,
  };
  readonly counters = { samples: 0, packets: 0, lost: 0, duplicates: 0, deadlineMisses: 0, mae: 0.0214 };
  readonly #ledger = { harvested: 0, stored: 0, load: 0, losses: 0, leakage: 0, clipped: 0 };
  readonly #parts = { boot: 0, sleep: 0, sense: 0, compute: 0, radio: 0 };
  #random: number;
  #slot = 0;
  #stored = 0.5 * CAPACITY * 2.8 ** 2;
  #on = false;
  #skip = 0;
  #activity = 0;
  #queue: { slot: number; values: number[] }[] = [];

  constructor(seed = 1) {
    this.#random = seed;
  }

  /** The next `seconds` of the run. */
  *next(seconds: number): Generator<LiveEvent> {
    const end = this.#slot + Math.round(seconds * SLOTS_PER_SECOND);
    const slots: number[] = [];
    const values: number[][] = [];
    for (; this.#slot < end; this.#slot++) {
      const value = this.#signal();
      slots.push(this.#slot);
      values.push(value);
      this.#harvest();
      if (this.#on && this.#skip-- <= 0) this.#sample(value);
      if (this.#on && this.#isDue()) yield* this.#send();
      if (this.#slot % 5 === 0) yield* this.#tell();
    }
    yield { type: 'truth', slots, values };
    yield { type: 'counters', counters: { ...this.counters } };
  }

  end(): LiveEvent {
    const summary = { ...this.counters, energy: { ...this.#ledger }, recording: 'recordings/demo-1.mcap' };
    return { type: 'end', summary };
  }

  #uniform(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32;
  }

  #signal(): number[] {
    const time = this.#slot / SLOTS_PER_SECOND;
    const busy = Math.sin(time / 5) + Math.sin(time / 13) > 0.4 ? 1 : 0;
    this.#activity += (busy - this.#activity) * 0.04;
    const swing = 0.05 + this.#activity;
    return [0, 1, 2].map((axis) => {
      const wave = Math.sin(time * (5 + axis) + axis) + 0.4 * Math.sin(time * 11.3 + axis);
      return Number((swing * 0.7 * wave + (axis === 2 ? 1 : 0) + 0.02 * (this.#uniform() - 0.5)).toFixed(4));
    });
  }

  #harvest(): void {
    const time = this.#slot / SLOTS_PER_SECOND;
    const watts = 4e-4 * Math.max(0.1, 0.9 + Math.sin(time / 4) + 0.4 * (this.#uniform() - 0.5));
    const joules = watts / SLOTS_PER_SECOND;
    this.#ledger.harvested += joules;
    this.#ledger.losses += joules * 0.22;
    const leaked = 4e-6 / SLOTS_PER_SECOND;
    this.#ledger.leakage += leaked;
    const room = 0.5 * CAPACITY * MAX ** 2 - this.#stored;
    const gained = joules * 0.78 - leaked;
    const kept = Math.min(gained, room);
    this.#ledger.clipped += gained - kept;
    this.#stored += kept;
    this.#ledger.stored += kept;
    if (!this.#on && this.#volts() >= ON) {
      this.#on = true;
      this.#spend('boot', 2e-5);
    }
    if (this.#on) this.#spend('sleep', 3e-7);
  }

  #sample(value: number[]): void {
    this.#queue.push({ slot: this.#slot, values: value });
    this.#spend('sense', 9e-6);
    this.#spend('compute', 3e-6);
    this.#skip = this.#activity > 0.4 ? 2 : 12;
  }

  #isDue(): boolean {
    const oldest = this.#queue[0];
    if (!oldest) return false;
    const batch = this.#queue.length >= PACKET && this.#volts() > 2.9;
    return batch || this.#slot - oldest.slot > BOUND_SLOTS * 0.85;
  }

  *#send(): Generator<LiveEvent> {
    const packet = this.#queue.splice(0, PACKET);
    this.#spend('radio', 1e-4);
    this.counters.samples += packet.length;
    this.counters.packets++;
    yield {
      type: 'samples',
      node: 1,
      slots: packet.map(({ slot }) => slot),
      values: packet.map(({ values }) => values),
      late: packet.filter(({ slot }) => this.#slot - slot > BOUND_SLOTS).length,
    };
  }

  *#tell(): Generator<LiveEvent> {
    const slot = this.#slot;
    const ledger = { ...this.#ledger };
    const parts = { ...this.#parts };
    yield { type: 'power', slot, volts: this.#volts(), on: this.#on, ledger, parts };
    const oldestAge = slot - (this.#queue[0]?.slot ?? slot);
    yield { type: 'queue', slot, node: 1, length: this.#queue.length, oldestAge };
  }

  #spend(part: 'boot' | 'sleep' | 'sense' | 'compute' | 'radio', joules: number): void {
    this.#stored -= joules;
    this.#ledger.stored -= joules;
    this.#ledger.load += joules;
    this.#parts[part] += joules;
    if (this.#volts() <= OFF) this.#on = false;
  }

  #volts(): number {
    return Math.sqrt((2 * this.#stored) / CAPACITY);
  }
}
