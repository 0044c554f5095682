import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dataDir } from '../../paths.ts';
import { harvestKinds } from '../harvest/generateHarvest.ts';
import { openHarvest } from '../harvest/readHarvest.ts';
import { openSignal } from '../signal/readSignal.ts';
import type { Signal } from '../signal/signal.ts';
import { signalHalves, type Halves } from '../signal/signalHalves.ts';
import { sampleHarvest, type SampledHarvest } from './harvests.ts';
import { moduleModes, type ModuleMode } from './policies.ts';
import { regimeName, regimes, type Regime } from './regimes.ts';

/** Where a suite's input comes from: a file or the name of a generator, and the name of it in results. */
export interface Source {
  name: string;
  spec: string;
  /** Seconds per slot at which a signal is played; its own unless told. */
  period?: number;
}

export interface Suite {
  signals: Source[];
  harvests: Source[];
  regimes: Regime[];
  /** Latency bounds in slots. */
  latencies: number[];
  /** Mean harvested power as a share of what sampling every slot and sending full packets takes. */
  budgets: number[];
  /** Sizes of the capacitor; see regimeNode. */
  storages: number[];
  /** Policies of the node module: `seasons` is the best of these. */
  policies: readonly ModuleMode[];
  /** Most slots of each half that are used. */
  slots: number;
  seed: number;
}

export interface Cell {
  signal: Source;
  harvest: Source;
  regime: Regime;
  latency: number;
  budget: number;
  storage: number;
}

/** The files that are there, of [name, path below the data folder, period]. */
function available(entries: readonly (readonly [string, string, number?])[]): Source[] {
  return entries
    .map(([name, path, period]) => ({
      name,
      spec: join(dataDir(), path),
      ...(period !== undefined && { period }),
    }))
    .filter(({ spec }) => existsSync(spec));
}

/**
 * Development signals and harvests where the data folder has them, and generated ones (wrist motion; walk in and out
 * of the sun, radio, limb motion) in any case. Slow signals are played faster (machine temperature: a slot a second instead of five
 * minutes), since a capacitor bridges seconds.
 */
export function standardSuite(): Suite {
  const signals = available([
    ['epilepsy', 'signals/Epilepsy_TRAIN.ts', 1 / 16],
    ['basicmotions', 'signals/BasicMotions_TRAIN.ts', 1 / 10],
    ['machine-temperature', 'signals/machine_temperature_system_failure.csv', 1],
  ]);
  const harvests = available([
    ['rf-mobile', 'harvest/rf/rf-mobile.trace'],
    ['mementos-1', 'harvest/mementos/1.txt'],
    ['jogging', 'harvest/kinetic/jogging_10m.iv'],
  ]);
  return {
    signals: [...signals, { name: 'synthetic', spec: 'synthetic' }],
    harvests: [
      ...harvests,
      { name: 'solar-walk', spec: 'solar' },
      ...(harvests.length === 0 ? harvestKinds.filter((kind) => kind !== 'solar') : []).map((kind) => ({
        name: `${kind}-generated`,
        spec: kind,
      })),
    ],
    regimes: [...regimes],
    latencies: [16, 160],
    budgets: [0.5],
    storages: [1.5],
    policies: moduleModes,
    slots: 3072,
    seed: 1,
  };
}

/** One generated signal and harvest, two regimes: seconds instead of minutes. */
export function quickSuite(): Suite {
  return {
    signals: [{ name: 'synthetic', spec: 'synthetic' }],
    harvests: [{ name: 'solar-walk', spec: 'solar' }],
    regimes: regimes.filter((regime) =>
      ['low-connection', 'medium-advertisement'].includes(regimeName(regime)),
    ),
    latencies: [16, 160],
    budgets: [0.5],
    storages: [1.5],
    policies: moduleModes,
    slots: 1024,
    seed: 1,
  };
}

export const suites = { standard: standardSuite, quick: quickSuite } as const;
export type SuiteName = keyof typeof suites;

export function cellsOf({ signals, harvests, regimes: kinds, latencies, budgets, storages }: Suite): Cell[] {
  let cells: Partial<Cell>[] = [{}];
  const over = <K extends keyof Cell>(key: K, values: readonly Cell[K][]): void => {
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [key]: value })));
  };
  over('signal', signals);
  over('harvest', harvests);
  over('regime', kinds);
  over('latency', latencies);
  over('budget', budgets);
  over('storage', storages);
  return cells as Cell[];
}

/** Names a cell within its suite, and in a file of results. */
export function cellKey({ signal, harvest, regime, latency, budget, storage }: Cell): string {
  return [signal.name, harvest.name, regimeName(regime), latency, budget, storage].join('/');
}

/** A file of the user's as a source: its name without folder and ending. */
export function sourceOf(spec: string): Source {
  return { name: basename(spec).replace(/\.[^.]+$/, ''), spec };
}

/** The halves of `signalHalves`, played at the source's period. */
export function openSignalHalves(
  { name, spec, period }: Source,
  slots: number,
  seed: number,
): Halves<Signal> {
  const whole = openSignal(spec, { seed, ...(period !== undefined && { period }) });
  const played = { name, samplePeriod: period ?? whole.samplePeriod };
  return signalHalves(whole, { slots, ...played });
}

/** As many seconds from the first and the second half of the trace; what is shorter repeats. Two steps a slot. */
export function openHarvestHalves(
  { spec }: Source,
  seconds: Halves<number>,
  samplePeriod: number,
  seed: number,
): Halves<SampledHarvest> {
  const trace = openHarvest(spec, { seed });
  const half = trace.duration / 2;
  const part = (from: number, length: number): SampledHarvest => {
    const inHalf = trace.startingAt(from);
    // Only this half is repeated: the other one stays unseen.
    const step = samplePeriod / 2;
    const own = sampleHarvest(inHalf, 0, Math.min(half, length), step);
    const count = Math.ceil(length / step);
    const repeat = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: count }, (_, i) => values[i % values.length]!);
    return { ...own, watts: repeat(own.watts), volts: repeat(own.volts) };
  };
  return { training: part(0, seconds.training), test: part(half, seconds.test) };
}
