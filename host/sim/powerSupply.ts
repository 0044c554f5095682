import { Capacitor } from './capacitor.ts';
import { createConverter, type Converter } from './converter.ts';
import type { Harvester, HarvestPiece } from './harvest/harvester.ts';
import { Ledger, type LoadPart } from './ledger.ts';
import { checkNode, type NodeDescription } from './nodeDescription.ts';

/** Why `run` returned: the time is reached, or the capacitor is at the on- or the off-threshold. */
export type Outcome = 'reached' | 'on' | 'off';

/** Longest step while a series resistance makes the drawn power depend on the voltage. */
const ESR_STEP = 1e-3;

/**
 * Harvester, converter and capacitor with their books. Advances from event to event: a change of the harvested power, a
 * threshold, a full capacitor or the asked time, and is exact in between (a diode input or a series resistance adds
 * steps of 1 ms).
 */
export class PowerSupply {
  readonly ledger = new Ledger();
  readonly #harvester: Harvester;
  readonly #converter: Converter;
  readonly #capacitor: Capacitor;
  readonly #onEnergy: number;
  readonly #offEnergy: number;
  readonly #coldEnergy: number;
  #piece: HarvestPiece;
  #cold: boolean;
  #seconds = 0;

  constructor(harvester: Harvester, node: NodeDescription) {
    checkNode(node);
    this.#harvester = harvester;
    this.#converter = createConverter(node.converter, node.capacitor.farads);
    this.#capacitor = new Capacitor(node.capacitor, node.initialVolts);
    this.#onEnergy = this.#capacitor.energyAt(node.onVolts);
    this.#offEnergy = this.#capacitor.energyAt(node.offVolts);
    this.#coldEnergy = this.#capacitor.energyAt(this.#converter.coldStartVolts);
    this.#cold = this.#capacitor.energy < this.#coldEnergy;
    this.#piece = harvester.at(0);
  }

  /** Simulated seconds since the start. */
  get seconds(): number {
    return this.#seconds;
  }

  get volts(): number {
    return this.#capacitor.volts;
  }

  /** Joules in the capacitor above the off-threshold, never negative. */
  get usable(): number {
    return Math.max(0, this.#capacitor.energy - this.#offEnergy);
  }

  /** Joules that leave the capacitor for `joules` at the load, drawn over `seconds`. */
  costAtCapacitor(joules: number, seconds: number): number {
    return this.#converter.draw(joules / seconds) * seconds;
  }

  /** Supplies a running node with `watts`, booked on `part`, to `until`, or to the off-threshold if that comes first. */
  supply(watts: number, part: LoadPart, until: number): 'reached' | 'off' {
    const { ledger } = this;
    const draw = this.#converter.draw(watts);
    while (this.#seconds < until) {
      const loss = this.#esrLoss(draw);
      if (loss === undefined) return 'off';
      const off = this.#step(draw + loss, until, this.#offEnergy, this.#capacitor.maxEnergy);
      const { elapsed } = this.#capacitor;
      ledger.load[part].add(watts * elapsed);
      ledger.losses.buck.add((draw - watts) * elapsed);
      if (loss > 0) ledger.losses.esr.add(loss * elapsed);
      if (off && this.#capacitor.energy <= this.#offEnergy) return 'off';
    }
    return 'reached';
  }

  /** Charges without load to `until`, or to the on-threshold if that comes first (at once if it is there already). */
  charge(until: number): 'reached' | 'on' {
    while (this.#capacitor.energy < this.#onEnergy) {
      if (this.#seconds >= until) return 'reached';
      this.#unloaded(until);
    }
    return 'on';
  }

  /** Passes the time to `until` without load, whatever the voltage. */
  rest(until: number): void {
    while (this.#seconds < until) this.#unloaded(until);
  }

  #unloaded(until: number): void {
    const capacitor = this.#capacitor;
    const cold = this.#coldEnergy;
    const on = capacitor.energy < this.#onEnergy ? this.#onEnergy : capacitor.maxEnergy;
    const reached = this.#cold ? this.#step(0, until, 0, cold) : this.#step(0, until, cold, on);
    if (reached && cold > 0 && capacitor.energy === cold) this.#cold = !this.#cold;
  }

  /** One step of at most one event with `draw` watts out of the capacitor; true if it ended at `low` or `high`. */
  #step(draw: number, until: number, low: number, high: number): boolean {
    const capacitor = this.#capacitor;
    const converter = this.#converter;
    const { ledger } = this;
    const start = this.#seconds;
    if (start >= this.#piece.until) this.#piece = this.#harvester.at(start);
    const { watts, volts } = this.#piece;
    let end = Math.min(until, this.#piece.until);
    const limit =
      draw > 0 && capacitor.esrOhms > 0 ? Math.min(converter.maxStep, ESR_STEP) : converter.maxStep;
    if (end - start > limit) end = start + limit;
    const seconds = end - start;

    const charge = converter.charge(watts, volts, capacitor, this.#cold, seconds);
    // An empty capacitor gives nothing: what arrives is all that the converter can consume.
    const empty = capacitor.energy === 0 && charge < converter.quiescentWatts;
    const quiescent = empty ? charge : converter.quiescentWatts;
    const reached = capacitor.step(charge - quiescent - draw, seconds, low, high);
    const { elapsed } = capacitor;
    this.#seconds = reached ? Math.min(end, start + elapsed) : end;

    ledger.harvested.add(watts * elapsed);
    ledger.stored.add(capacitor.gained);
    ledger.leakage.add(capacitor.leaked);
    if (capacitor.clipped > 0) ledger.clipped.add(capacitor.clipped);
    ledger.losses.boost.add((watts - charge) * elapsed);
    ledger.losses.quiescent.add(quiescent * elapsed);
    return reached;
  }

  /**
   * Watts lost in the series resistance while `draw` watts leave the terminals. Undefined if the terminals would fall to
   * the off-threshold: a burst can brown out with energy left.
   */
  #esrLoss(draw: number): number | undefined {
    const { esrOhms, volts } = this.#capacitor;
    if (esrOhms === 0 || draw === 0) return 0;
    const square = volts * volts - 4 * esrOhms * draw;
    if (square < 0) return undefined;
    const terminal = (volts + Math.sqrt(square)) / 2;
    if (this.#capacitor.energyAt(terminal) <= this.#offEnergy) return undefined;
    const amperes = draw / terminal;
    return amperes * amperes * esrOhms;
  }
}
