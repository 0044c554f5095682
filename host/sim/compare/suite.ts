import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../../paths.ts';
import { harvestKinds } from '../harvest/generateHarvest.ts';
import { openHarvest } from '../harvest/readHarvest.ts';
import { openSignal } from '../signal/readSignal.ts';
import { ArraySignal, type Signal } from '../signal/signal.ts';
import { sampleHarvest, type SampledHarvest } from './harvests.ts';
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

/** A signal or harvest in two: the half that parameters are fitted on, and the one that is reported. */
export interface Halves<T> {
  training: T;
  test: T;
}

const dataDir = (): string => process.env['SOLSTICE_DATA'] ?? join(root, '..', 'shared', 'data');

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

/** Segments that a signal is cut into, alternately of the training and of the reported half. */
const SEGMENTS = 16;

/**
 * A signal in two: 16 segments of equal length, alternately for training and for the report, of each the first part so
 * that a half has at most `slots`. Collections of cases are ordered by class: their first half is unlike the second.
 */
export function openSignalHalves(
  { name, spec, period }: Source,
  slots: number,
  seed: number,
): Halves<Signal> {
  const whole = openSignal(spec, { seed, ...(period !== undefined && { period }) });
  const segment = Math.max(1, Math.floor(whole.length / SEGMENTS));
  const used = Math.min(segment, Math.ceil((2 * slots) / SEGMENTS));
  const samplePeriod = period ?? whole.samplePeriod;
  const part = (first: number): Signal => {
    const axes = whole.axes.length;
    const values = new Float64Array((SEGMENTS / 2) * used * axes);
    for (let i = 0; i < SEGMENTS / 2; i++) {
      const from = (2 * i + first) * segment;
      for (let slot = 0; slot < used; slot++) values.set(whole.at(from + slot), (i * used + slot) * axes);
    }
    return new ArraySignal({ name, axes: whole.axes, unit: whole.unit, samplePeriod, values });
  };
  return { training: part(0), test: part(1) };
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
