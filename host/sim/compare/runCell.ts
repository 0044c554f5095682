import { toFixed } from '../signal/fixedPoint.ts';
import { ArraySignal, type Signal } from '../signal/signal.ts';
import type { LedgerSnapshot } from '../ledger.ts';
import type { NodeDescription } from '../nodeDescription.ts';
import type { ModuleImage } from '../nodeModule.ts';
import { leastCosts, windowBounds } from './bounds.ts';
import { chargePerStep, factorFor, scaledHarvester, type SampledHarvest } from './harvests.ts';
import { FIXED_RATE } from '../../demo/nodeConfig.ts';
import {
  ENERGY_SETTINGS,
  ModuleConfigs,
  RATES,
  adaptiveModes,
  catnap,
  intermittentUniform,
  type Candidate,
  type ComparedPolicy,
  type ModuleMode,
} from './policies.ts';
import { radioDominates, regimeName, regimeNode, taskEnergies } from './regimes.ts';
import { EncodedSignal, errorOf, runNode, type RunResult, type TimelinePoint } from './runNode.ts';
import { cellKey, openHarvestHalves, openSignalHalves, type Cell, type Source, type Suite } from './suite.ts';
import type { Halves } from '../signal/signalHalves.ts';

/** One policy on the reported half of one cell. Errors in units of the signal and as a share of each axis' range. */
export interface Row {
  signal: string;
  harvest: string;
  regime: string;
  policy: ComparedPolicy;
  /** Bound in slots, and mean harvested power as a share of what full sampling takes. */
  latency: number;
  budget: number;
  /** Size of the capacitor; see regimeNode. */
  storage: number;
  /** The parameters that the training half chose. */
  parameters: string;
  mae: number | null;
  nmae: number | null;
  slots: number;
  samples: number;
  misses: number;
  dropped: number;
  packets: number;
  powerFailures: number;
  energy: LedgerSnapshot;
  /** Delivery ages in slots: shares of the delivered samples in tenths of the bound; the last entry is beyond it. */
  ages: number[];
}

/** Errors on one window of the reported half. */
export interface WindowRow {
  start: number;
  signalOptimum: number;
  prefixBound: number;
  offlineOptimum: number;
  /** Null: nothing arrived. */
  intermittentUniform: number | null;
  seasons: number | null;
}

export interface CellResult {
  key: string;
  radioDominates: boolean;
  rows: Row[];
  /** For the shortest latency of a suite; the joint optimum is computed on short windows only. */
  windows: WindowRow[];
  /** Of `seasons`, in cells that a report shows. */
  timeline: TimelinePoint[];
}

/** Slots of a window, and the longest bound for which the joint optimum is computed. */
const WINDOW_SLOTS = 64;
export const WINDOW_LATENCY = 16;
const WINDOW_PLACES = [0.2, 0.5, 0.8];
const TIMELINE_POINTS = 400;
/** Rates among which the battery-backed reference takes the best on the reported half itself. */
const BATTERY_RATES = [0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];

interface Prepared {
  halves: Halves<EncodedSignal>;
  configs: ModuleConfigs;
}

/** A cell made ready: see CellRunner.contest. */
export interface Contest {
  halves: Halves<EncodedSignal>;
  configs: ModuleConfigs;
  harvests: Halves<SampledHarvest>;
  /** Samples of a full packet. */
  batch: number;
  node: NodeDescription;
  /** What the harvest's power is multiplied by, and the mean energy of a slot then (nJ). */
  factor: number;
  income: number;
  /** Runs a candidate over a half: on the node, or without harvest on a battery. */
  run(
    candidate: Candidate,
    half: keyof Halves<unknown>,
    extra?: { battery?: NodeDescription; timelineEvery?: number },
  ): RunResult;
}

/** What all cells of a suite have in common. */
export type RunnerOptions = Pick<Suite, 'policies' | 'slots' | 'seed'>;

/** Runs cells one after the other; what cells of one signal share is prepared once. */
export class CellRunner {
  readonly #image: ModuleImage;
  readonly #policies: readonly ModuleMode[];
  readonly #slots: number;
  readonly #seed: number;
  readonly #signals = new Map<string, Prepared>();
  readonly #harvests = new Map<string, Halves<SampledHarvest>>();

  constructor(image: ModuleImage, { policies, slots, seed }: RunnerOptions) {
    this.#image = image;
    this.#policies = policies;
    this.#slots = slots;
    this.#seed = seed;
  }

  /** What all policies of a cell are given: signal and harvest in halves, the node, and the way to run one. */
  contest(cell: Cell): Contest {
    const { halves, configs } = this.#prepared(cell.signal);
    const { test } = halves;
    const harvests = this.#harvestHalves(cell, halves);
    const axes = test.signal.axes.length;
    const { batch } = configs.config(regimeNode(cell.regime, axes, 1, 1), cell.latency, 'uniform', {
      rate: 1,
      energy: FIXED_RATE,
    });
    const node = regimeNode(cell.regime, axes, batch, cell.storage);
    const { samplePeriod } = test.signal;

    // The harvester is sized for the node: on both halves together it yields the budget.
    const { sample, packet } = taskEnergies(node, axes, batch);
    const wanted = (cell.budget * (sample + packet / batch)) / samplePeriod + node.sleepWatts;
    const factor = factorFor(joined(harvests), wanted, node);
    const run: Contest['run'] = (candidate, half, extra = {}) => {
      const signal = halves[half];
      return runNode({
        signal,
        harvester: scaledHarvester(harvests[half], extra.battery ? 0 : factor),
        node: extra.battery ?? node,
        controller: candidate.create(),
        slots: signal.signal.length,
        latencySlots: cell.latency,
        ...(extra.timelineEvery !== undefined && { timelineEvery: extra.timelineEvery }),
      });
    };
    return { halves, configs, harvests, batch, node, factor, income: wanted * samplePeriod * 1e9, run };
  }

  run(cell: Cell): CellResult {
    const contest = this.contest(cell);
    const { halves, configs, harvests, batch, node, factor, income } = contest;
    const { training, test } = halves;
    const axes = test.signal.axes.length;
    const trainingError = (candidate: Candidate): number => {
      const run = contest.run(candidate, 'training');
      const { mae } = errorOf(run, training.signal, training.signal.length);
      return Number.isNaN(mae) ? Infinity : mae;
    };
    const choose = (candidates: Candidate[]): { best: Candidate; error: number } => {
      let best = candidates[0]!;
      let error = Infinity;
      for (const candidate of candidates) {
        const own = trainingError(candidate);
        if (own < error) [best, error] = [candidate, own];
      }
      return { best, error };
    };

    const rows: Row[] = [];
    const report = (policy: ComparedPolicy, { label }: Candidate, run: RunResult): void => {
      rows.push(rowOf(cell, policy, label, run, test.signal));
    };
    const config = configs.config(node, cell.latency, 'uniform', { rate: 1, energy: FIXED_RATE });
    const uniform = choose(intermittentUniform(config, income)).best;
    report('intermittent-uniform', uniform, contest.run(uniform, 'test'));
    const scheduled = choose(catnap(config, income)).best;
    report('catnap', scheduled, contest.run(scheduled, 'test'));

    const chosen = this.#policies.map((mode) => ({
      mode,
      ...choose(
        ENERGY_SETTINGS.map((energy) => configs.adaptive(node, cell.latency, mode, cell.budget, energy)),
      ),
    }));
    for (const { mode, best } of chosen) {
      report(`seasons-${mode}`, best, contest.run(best, 'test'));
    }
    const ours = chosen.reduce((best, other) => (other.error < best.error ? other : best));
    const timelineEvery = Math.max(1, Math.floor(test.signal.length / TIMELINE_POINTS));
    const run = contest.run(ours.best, 'test', { timelineEvery });
    report('seasons', ours.best, run);

    const unbuffered = choose(
      adaptiveModes.flatMap((mode) =>
        RATES.map((rate) => configs.unbuffered(node, cell.latency, mode, rate)),
      ),
    ).best;
    report('asa-capacitor', unbuffered, contest.run(unbuffered, 'test'));

    const charged = chargePerStep(harvests.test, factor, node).reduce((sum, joules) => sum + joules, 0);
    const battery = batteryNode(node, charged);
    const referenced = adaptiveModes
      .flatMap((mode) => BATTERY_RATES.map((rate) => configs.fixed(node, cell.latency, mode, rate)))
      .map((candidate) => ({
        candidate,
        run: contest.run(candidate, 'test', { battery }),
      }))
      .map((entry) => ({ ...entry, mae: errorOf(entry.run, test.signal, test.signal.length).mae }))
      .reduce((best, other) => (other.mae < best.mae || Number.isNaN(best.mae) ? other : best));
    report('battery-asa', referenced.candidate, referenced.run);

    const windows =
      cell.latency <= WINDOW_LATENCY
        ? WINDOW_PLACES.map((place) => Math.floor(place * test.signal.length)).map((start) =>
            windowRow(start, test, harvests.test, factor, node, cell.latency, batch, uniform, ours.best),
          )
        : [];
    return {
      key: cellKey(cell),
      radioDominates: radioDominates(node, axes, batch),
      rows,
      windows,
      timeline: run.timeline,
    };
  }

  #prepared(source: Source): Prepared {
    let prepared = this.#signals.get(source.name);
    if (!prepared) {
      const { training, test } = openSignalHalves(source, this.#slots, this.#seed);
      // The sensor's full scale is known, whichever half reaches it.
      const fixed = toFixed(concatenated(training, test));
      const halves = {
        training: new EncodedSignal(training, fixed),
        test: new EncodedSignal(test, fixed),
      };
      prepared = { halves, configs: new ModuleConfigs(this.#image, halves.training) };
      this.#signals.set(source.name, prepared);
    }
    return prepared;
  }

  #harvestHalves(
    { signal, harvest }: Cell,
    { training, test }: Halves<EncodedSignal>,
  ): Halves<SampledHarvest> {
    const key = `${signal.name}/${harvest.name}`;
    let halves = this.#harvests.get(key);
    if (!halves) {
      const { samplePeriod } = test.signal;
      const seconds = {
        training: training.signal.length * samplePeriod,
        test: test.signal.length * samplePeriod,
      };
      halves = openHarvestHalves(harvest, seconds, samplePeriod, this.#seed);
      this.#harvests.set(key, halves);
    }
    return halves;
  }
}

function rowOf(cell: Cell, policy: ComparedPolicy, parameters: string, run: RunResult, signal: Signal): Row {
  const { mae, nmae } = errorOf(run, signal, signal.length);
  const delivered = Math.max(
    1,
    run.ages.reduce((sum, count) => sum + count, 0),
  );
  const ages = new Array<number>(11).fill(0);
  run.ages.forEach((count, age) => {
    const tenth = age > cell.latency ? 10 : Math.min(9, Math.floor((10 * age) / (cell.latency + 1)));
    ages[tenth]! += count / delivered;
  });
  return {
    signal: cell.signal.name,
    harvest: cell.harvest.name,
    regime: regimeName(cell.regime),
    policy,
    latency: cell.latency,
    budget: cell.budget,
    storage: cell.storage,
    parameters,
    mae: Number.isNaN(mae) ? null : mae,
    nmae: Number.isNaN(nmae) ? null : nmae,
    slots: signal.length,
    samples: run.samples.slots.length,
    misses: run.misses,
    dropped: run.dropped,
    packets: run.packets,
    powerFailures: run.powerFailures,
    energy: run.energy,
    ages,
  };
}

/** The node on a store without leakage that holds `charged` joules more than its own capacitor from the start. */
function batteryNode(node: NodeDescription, charged: number): NodeDescription {
  const span = (node.initialVolts ** 2 - node.offVolts ** 2) / 2;
  const farads = node.capacitor.farads + charged / span;
  return { ...node, capacitor: { ...node.capacitor, farads, leakageOhms: Infinity } };
}

/** One window, each policy started afresh on its own node at the on-threshold; the bounds have the same start. */
function windowRow(
  start: number,
  { signal, fixed }: EncodedSignal,
  harvest: SampledHarvest,
  factor: number,
  node: NodeDescription,
  latency: number,
  batch: number,
  uniform: Candidate,
  ours: Candidate,
): WindowRow {
  const length = Math.min(signal.length - start, WINDOW_SLOTS + latency);
  const slots = length - latency;
  const steps = Math.round(signal.samplePeriod / harvest.step);
  const slice = <T extends Float64Array>(values: T): Float64Array =>
    values.slice(start * steps, (start + length) * steps);
  const part = { ...harvest, watts: slice(harvest.watts), volts: slice(harvest.volts) };
  const window = signalPart(signal, start, length);
  const encoded = new EncodedSignal(window, fixed);
  const errorIn = (candidate: Candidate): number | null => {
    const run = runNode({
      signal: encoded,
      harvester: scaledHarvester(part, factor),
      node,
      controller: candidate.create(),
      slots: length,
      latencySlots: latency,
    });
    return windowError(run, window, slots);
  };
  const charges = chargePerStep(part, factor, node);
  const bounds = windowBounds(window, {
    slots,
    latencySlots: latency,
    batch,
    ...storage(node),
    charge: Float64Array.from({ length }, (_, slot) =>
      charges.subarray(slot * steps, (slot + 1) * steps).reduce((sum, joules) => sum + joules, 0),
    ),
    ...leastCosts(node, signal.axes.length),
  });
  return {
    start,
    signalOptimum: bounds.signal,
    prefixBound: bounds.prefix,
    offlineOptimum: bounds.joint,
    intermittentUniform: errorIn(uniform),
    seasons: errorIn(ours),
  };
}

/** Error over the first `slots` of a run from the samples taken in them. */
export function windowError(run: RunResult, signal: Signal, slots: number): number | null {
  const kept = run.samples.slots.map((slot, i) => ({ slot, i })).filter(({ slot }) => slot < slots);
  const samples = {
    slots: kept.map(({ slot }) => slot),
    values: kept.map(({ i }) => run.samples.values[i]!),
  };
  const { mae } = errorOf({ ...run, samples }, signal, slots);
  return Number.isNaN(mae) ? null : mae;
}

/** Joules above the off-threshold that a node starts with, and that it holds at most. */
export function storage({ capacitor, initialVolts, offVolts }: NodeDescription) {
  const above = (volts: number): number => (capacitor.farads * (volts ** 2 - offVolts ** 2)) / 2;
  return { initial: above(initialVolts), capacity: above(capacitor.maxVolts) };
}

function signalPart(signal: Signal, from: number, count: number): Signal {
  const { name, axes, unit, samplePeriod } = signal;
  const rows = Array.from({ length: count }, (_, i) => signal.at(from + i));
  return new ArraySignal({ name, axes, unit, samplePeriod, values: flat(rows, axes.length) });
}

function concatenated(first: Signal, second: Signal): Signal {
  const { name, axes, unit, samplePeriod } = first;
  const rows = [first, second].flatMap((signal) =>
    Array.from({ length: signal.length }, (_, slot) => signal.at(slot)),
  );
  return new ArraySignal({ name, axes, unit, samplePeriod, values: flat(rows, axes.length) });
}

function flat(rows: Float64Array[], width: number): Float64Array {
  const values = new Float64Array(rows.length * width);
  rows.forEach((row, i) => values.set(row, i * width));
  return values;
}

function joined({ training, test }: Halves<SampledHarvest>): SampledHarvest {
  return {
    ...training,
    watts: Float64Array.from([...training.watts, ...test.watts]),
    volts: Float64Array.from([...training.volts, ...test.volts]),
  };
}
