import type { CellResult, Row, WindowRow } from './runCell.ts';

/** Figures over a set of cells; null where no cell has what a figure needs. */
export interface Figures {
  cells: number;
  /** 1 - geometric mean of (MAE of seasons / MAE of intermittent uniform). */
  reductionVsIntermittentUniform: number | null;
  /** On windows: gain over intermittent uniform, summed, as a share of the offline optimum's gain. */
  capturedOfOptimum: number | null;
  /** Geometric means of MAE of seasons over that of the reference. */
  ratioToBatteryBacked: number | null;
  ratioToOfflineOptimum: number | null;
  /** Samples of seasons that were late or overdue. */
  misses: number;
}

export interface Loss {
  cell: string;
  /** MAE of seasons over that of intermittent uniform. */
  ratio: number;
  reason: string;
}

export interface Summary extends Figures {
  byRegime: Record<string, Figures>;
  /** The same where a sample's share of a packet costs more than the sample, and where it does not. */
  radioDominates: Figures;
  sensorDominates: Figures;
  infeasible: { cell: string; reason: string }[];
  losing: Loss[];
}

/** Errors below this are taken as this: ratios of nothing mean nothing. */
const LEAST_ERROR = 1e-9;

/** The figures of a suite's results. Cells in which a policy that is compared delivers nothing are named instead. */
export function summarise(results: readonly CellResult[]): Summary {
  const { feasible, infeasible } = partition(results);
  const regimes = [...new Set(feasible.map((result) => rowOf(result, 'seasons').regime))];
  return {
    ...figures(feasible),
    byRegime: Object.fromEntries(
      regimes.map((regime) => [
        regime,
        figures(feasible.filter((result) => rowOf(result, 'seasons').regime === regime)),
      ]),
    ),
    radioDominates: figures(feasible.filter((result) => result.radioDominates)),
    sensorDominates: figures(feasible.filter((result) => !result.radioDominates)),
    infeasible,
    losing: feasible.flatMap(lossOf).sort((a, b) => b.ratio - a.ratio),
  };
}

/** The figures alone, over the feasible cells. */
export function figuresOf(results: readonly CellResult[]): Figures {
  return figures(partition(results).feasible);
}

function partition(results: readonly CellResult[]) {
  const infeasible: Summary['infeasible'] = [];
  const feasible = results.filter((result) => {
    const silent = (['intermittent-uniform', 'seasons', 'battery-asa'] as const).filter(
      (policy) => rowOf(result, policy).mae === null,
    );
    if (silent.length === 0) return true;
    const { energy } = rowOf(result, 'seasons');
    infeasible.push({
      cell: result.key,
      reason: `nothing in time from ${silent.join(', ')}: ${(energy.harvested * 1e3).toPrecision(3)} mJ offered, ${share(energy.clipped, energy.harvested)} clipped`,
    });
    return false;
  });
  return { feasible, infeasible };
}

export function rowOf(result: CellResult, policy: Row['policy']): Row {
  const row = result.rows.find((candidate) => candidate.policy === policy);
  if (!row) throw new RangeError(`the results of ${result.key} lack ${policy}`);
  return row;
}

function figures(cells: readonly CellResult[]): Figures {
  const against = (policy: Row['policy']): number | null =>
    geometricMean(cells.map((cell) => ratio(rowOf(cell, 'seasons').mae!, rowOf(cell, policy).mae!)));
  const uniform = against('intermittent-uniform');
  // Errors on the windows as shares of the signal's range, so that signals in different units can be summed.
  const windows = cells.flatMap((cell) => {
    const own = cell.windows.filter(complete);
    const { mae, nmae } = rowOf(cell, 'intermittent-uniform');
    const range = mae! > 0 && nmae! > 0 ? mae! / nmae! : 1;
    const sum = (key: 'seasons' | 'intermittentUniform' | 'offlineOptimum'): number =>
      own.reduce((total, window) => total + window[key] / range, 0);
    return own.length === 0
      ? []
      : [{ seasons: sum('seasons'), uniform: sum('intermittentUniform'), optimum: sum('offlineOptimum') }];
  });
  const gain = windows.reduce((sum, { seasons, uniform: own }) => sum + own - seasons, 0);
  const possible = windows.reduce((sum, { optimum, uniform: own }) => sum + own - optimum, 0);
  return {
    cells: cells.length,
    reductionVsIntermittentUniform: uniform === null ? null : 1 - uniform,
    capturedOfOptimum: possible > 0 ? gain / possible : null,
    ratioToBatteryBacked: against('battery-asa'),
    ratioToOfflineOptimum: geometricMean(
      windows.filter(({ optimum }) => optimum > LEAST_ERROR).map(({ seasons, optimum }) => seasons / optimum),
    ),
    misses: cells.reduce((sum, cell) => sum + rowOf(cell, 'seasons').misses, 0),
  };
}

type CompleteWindow = WindowRow & { seasons: number; intermittentUniform: number };

function complete(window: WindowRow): window is CompleteWindow {
  return window.seasons !== null && window.intermittentUniform !== null;
}

function lossOf(cell: CellResult): Loss[] {
  const ours = rowOf(cell, 'seasons');
  const uniform = rowOf(cell, 'intermittent-uniform');
  const lost = ratio(ours.mae!, uniform.mae!);
  if (lost <= 1) return [];
  return [{ cell: cell.key, ratio: lost, reason: reasonOf(ours, uniform) }];
}

/** What the books of both runs say. */
function reasonOf(ours: Row, uniform: Row): string {
  const counts = `${ours.samples} samples in ${ours.packets} packets against ${uniform.samples} in ${uniform.packets}`;
  const clipped = (row: Row): string => share(row.energy.clipped, row.energy.harvested);
  if (ours.misses > uniform.misses) return `${ours.misses} samples late; ${counts}`;
  if (ours.samples < 0.9 * uniform.samples) {
    return `fewer samples: ${counts}; clipped ${clipped(ours)} of the harvest against ${clipped(uniform)}; chosen on the training half: ${ours.parameters}`;
  }
  return `samples at worse places: ${counts}; chosen on the training half: ${ours.parameters}`;
}

function share(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : '0 %';
}

function ratio(a: number, b: number): number {
  return Math.max(a, LEAST_ERROR) / Math.max(b, LEAST_ERROR);
}

function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
