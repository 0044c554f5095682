import { EndOfRun, PowerFailure, type Environment, type Moment } from './environment.ts';
import type { Harvester } from './harvest/harvester.ts';
import type { EnergyAccount, LedgerSnapshot, LoadPart } from './ledger.ts';
import { defaultNode, type NodeDescription, type Work } from './nodeDescription.ts';
import { PowerSupply } from './powerSupply.ts';
import { toFixed, type FixedPoint } from './signal/fixedPoint.ts';
import type { Signal } from './signal/signal.ts';

/** The capacitor and the books at one moment. */
export interface PowerObservation {
  slot: number;
  volts: number;
  on: boolean;
  /** Joules since the start. */
  ledger: Record<keyof EnergyAccount, number>;
  parts: Record<LoadPart, number>;
}

/** The signal at the slots that began since the last call, values[i][axis] in signal units. */
export interface TruthObservation {
  slots: number[];
  values: number[][];
}

/** Told about the run as simulated time passes; called synchronously, must not throw. */
export interface SimulationObserver {
  /** Every `observeSeconds`, whenever power comes or fails, and at the end. */
  power?(observation: PowerObservation): void;
  /** Every `observeSeconds` and at the end; every slot that began occurs once. */
  truth?(observation: TruthObservation): void;
}

export interface SimulatedEnvironmentOptions {
  harvester: Harvester;
  signal: Signal;
  node?: NodeDescription;
  /** How values leave the sensor; the signal's own finest 16-bit fixed point unless told. */
  fixed?: FixedPoint;
  /** Simulated seconds after which the run ends. */
  horizon?: number;
  /** Simulated seconds per wall-clock second; Infinity: as fast as it goes. */
  speed?: number;
  observer?: SimulationObserver;
  /**
   * Simulated seconds between observations. Unless told: a twentieth of a wall-clock second, or, at infinite speed, a
   * 2000th of the horizon; never less than a slot.
   */
  observeSeconds?: number;
}

/** Simulated time may run ahead of the wall clock by this much before it waits. */
const AHEAD_MILLIS = 10;
/** When simulation is late by more than this, it goes on from there instead of making up for it. */
const LATE_MILLIS = 1000;
/** Without pacing the event loop gets a turn this often; the clock is looked at every so many advances. */
const YIELD_MILLIS = 20;
const CLOCK_EVERY = 64;
/** Wall-clock seconds between observations of a paced run. */
const OBSERVE_SECONDS = 0.05;
/** Seconds by which sums of times may fall short of a microsecond that they have reached. */
const CLOCK_ROUNDING = 1e-9;
const LARGEST_ENERGY = 2 ** 32 - 1;

/**
 * A node's world in simulation. Slots are the signal's samples: slot n starts at n times its period, and the first
 * call starts at time 0. Every call costs `compute` on top of its own work. Work whose energy is not there drains the
 * capacitor to the off-threshold at its own power and ends in `PowerFailure`; at the horizon, or after `stop`, every
 * call ends in `EndOfRun`. Calls must not overlap. The same harvester,
 * signal and node give the same run to the last bit, whatever the speed and the observer.
 */
export class SimulatedEnvironment implements Environment {
  readonly signal: Signal;
  readonly fixed: FixedPoint;
  readonly node: NodeDescription;
  readonly #supply: PowerSupply;
  readonly #horizon: number;
  readonly #speed: number;
  readonly #observer: SimulationObserver;
  readonly #observeSeconds: number;
  /** Joules out of the capacitor per joule at the load, for the least efficient work that a node is asked to do. */
  readonly #drawRatio: number;
  #on = false;
  #mayRestartAt = 0;
  #failures = 0;
  #boots = 0;
  #nextObservation = 0;
  #nextTruth = 0;
  #stopped = false;
  #ended = false;
  #wake: (() => void) | undefined;
  /** Wall-clock time (ms) at which simulated time 0 would have been. */
  #wallStart: number | undefined;
  #lastYield = performance.now();
  #sinceClock = 0;

  constructor(options: SimulatedEnvironmentOptions) {
    const { harvester, signal, node = defaultNode, horizon = Infinity, speed = 1, observer = {} } = options;
    if (!(horizon > 0)) throw new RangeError('the horizon is a positive number of seconds');
    if (!(speed > 0)) throw new RangeError('the speed is positive');
    this.signal = signal;
    this.fixed = options.fixed ?? toFixed(signal);
    this.node = node;
    this.#supply = new PowerSupply(harvester, node);
    this.#horizon = horizon;
    this.#speed = speed;
    this.#observer = observer;
    const usual = Number.isFinite(speed)
      ? speed * OBSERVE_SECONDS
      : Number.isFinite(horizon)
        ? horizon / 2000
        : 1;
    this.#observeSeconds = Math.max(signal.samplePeriod, options.observeSeconds ?? usual);
    const ratio = ({ joules, seconds }: Work) =>
      joules > 0 ? this.#supply.costAtCapacitor(joules, seconds) / joules : 0;
    this.#drawRatio = Math.max(
      1,
      ratio(node.compute),
      ratio(node.sense),
      ratio(node.packet),
      ratio(node.byte),
    );
  }

  /** The slot that simulated time is in. */
  get nowSlot(): number {
    const { samplePeriod } = this.signal;
    const slot = Math.floor(this.seconds / samplePeriod);
    if ((slot + 1) * samplePeriod <= this.seconds) return slot + 1;
    return slot * samplePeriod > this.seconds ? slot - 1 : slot;
  }

  /** Simulated seconds since the start. */
  get seconds(): number {
    return this.#supply.seconds;
  }

  get volts(): number {
    return this.#supply.volts;
  }

  /** Whether the node has power. */
  get on(): boolean {
    return this.#on;
  }

  /** Power failures so far, and boots that were paid in full. */
  get powerFailures(): number {
    return this.#failures;
  }

  get boots(): number {
    return this.#boots;
  }

  ledger(): LedgerSnapshot {
    return this.#supply.ledger.snapshot();
  }

  /** Ends the run: the pending call, or the next one, ends in `EndOfRun`. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** On a node that has power this is a reset: it pays for the boot again and does not wait. */
  async powerOn(): Promise<Moment> {
    while (!this.#on) {
      await this.#advance(Math.max(this.#mayRestartAt, this.seconds), (until) => {
        this.#supply.rest(until);
        return false;
      });
      await this.#advance(Infinity, (until) => {
        this.#on = this.#supply.charge(until) === 'on';
        return this.#on;
      });
    }
    this.#observePower();
    await this.#work(this.node.boot, 'boot');
    this.#boots++;
    return this.#moment();
  }

  async sleepUntil(slot: number): Promise<Moment> {
    const target = Math.max(slot, this.nowSlot + 1) * this.signal.samplePeriod;
    await this.#run(this.node.sleepWatts, 'sleep', target);
    await this.#work(this.node.compute, 'compute');
    return this.#moment();
  }

  /** The values are those of the slot in which the conversion ends, the slot that is returned. */
  async sense(): Promise<Moment & { values: Int32Array }> {
    await this.#work(this.node.compute, 'compute');
    await this.#work(this.node.sense, 'sense');
    const moment = this.#moment();
    return { ...moment, values: this.fixed.encode(this.signal.at(moment.slot)) };
  }

  async transmit(length: number): Promise<Moment> {
    const { compute, packet, byte } = this.node;
    await this.#work(compute, 'compute');
    const joules = packet.joules + length * byte.joules;
    await this.#work({ joules, seconds: packet.seconds + length * byte.seconds }, 'radio');
    return this.#moment();
  }

  #work({ joules, seconds }: Work, part: LoadPart): Promise<void> {
    return this.#run(joules / seconds, part, this.seconds + seconds);
  }

  async #run(watts: number, part: LoadPart, end: number): Promise<void> {
    if (!this.#on) throw new PowerFailure('the node has no power');
    let failed = false;
    await this.#advance(end, (until) => {
      failed = this.#supply.supply(watts, part, until) === 'off';
      return failed;
    });
    if (!failed) return;
    this.#on = false;
    this.#failures++;
    this.#mayRestartAt = this.seconds + this.node.minOffSeconds;
    this.#observePower();
    throw new PowerFailure(`the capacitor fell to ${this.node.offVolts} V`);
  }

  /**
   * Calls `proceed` with one time after the other up to `end`, until it returns true. Stops in between at the start of
   * every slot to observe and to keep pace, whatever the speed, so that no rounding depends on either.
   */
  async #advance(end: number, proceed: (until: number) => boolean): Promise<void> {
    for (;;) {
      if (this.#stopped || this.seconds >= this.#horizon) this.#end();
      if (this.seconds >= this.#nextObservation) {
        this.#nextObservation = this.seconds + this.#observeSeconds;
        this.#observePower();
        this.#observeTruth();
      }
      const slotEnd = (this.nowSlot + 1) * this.signal.samplePeriod;
      const done = proceed(Math.min(end, slotEnd, this.#horizon));
      const wait = this.#keepPace();
      if (wait) await wait;
      if (done || this.seconds >= end) return;
    }
  }

  /** A promise to wait for when simulation is ahead of the wall clock or the event loop is due for a turn. */
  #keepPace(): Promise<void> | undefined {
    if (this.#speed === Infinity && ++this.#sinceClock < CLOCK_EVERY) return undefined;
    this.#sinceClock = 0;
    const now = performance.now();
    const due = this.#speed === Infinity ? 0 : (this.seconds / this.#speed) * 1000;
    this.#wallStart ??= now - due;
    const ahead = this.#speed === Infinity ? 0 : this.#wallStart + due - now;
    if (ahead < -LATE_MILLIS) this.#wallStart = now - due;
    if (ahead > AHEAD_MILLIS) {
      this.#lastYield = now;
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ahead);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (now - this.#lastYield < YIELD_MILLIS) return undefined;
    this.#lastYield = now;
    return new Promise((resolve) => setImmediate(resolve));
  }

  #end(): never {
    if (!this.#ended) {
      this.#ended = true;
      this.#observePower();
      this.#observeTruth();
    }
    throw new EndOfRun(this.#stopped ? 'the run was stopped' : `${this.#horizon} s are over`);
  }

  #moment(): Moment {
    const slot = this.nowSlot;
    const micros = Math.floor((this.seconds - slot * this.signal.samplePeriod + CLOCK_ROUNDING) * 1e6);
    const energy = Math.min(LARGEST_ENERGY, Math.floor((this.#supply.usable / this.#drawRatio) * 1e9));
    return { slot, micros, energy, millivolts: Math.round(this.volts * 1000) };
  }

  #observePower(): void {
    if (!this.#observer.power) return;
    const { harvested, stored, load, losses, leakage, clipped, parts } = this.ledger();
    const ledger = { harvested, stored, load, losses, leakage, clipped };
    this.#observer.power({ slot: this.nowSlot, volts: this.volts, on: this.#on, ledger, parts });
  }

  #observeTruth(): void {
    const end = this.nowSlot + 1;
    if (!this.#observer.truth || this.#nextTruth >= end) return;
    const slots = Array.from({ length: end - this.#nextTruth }, (_, i) => this.#nextTruth + i);
    this.#nextTruth = end;
    this.#observer.truth({ slots, values: slots.map((slot) => Array.from(this.signal.at(slot))) });
  }
}
