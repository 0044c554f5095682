import { malformed, median } from '../textInput.ts';
import { TraceHarvester } from './harvester.ts';

/** A row of a sampled trace: when, what is offered, and where in the file the time stands. */
export interface TimedRow {
  seconds: number;
  watts: number;
  volts: number;
  line: number;
  column: number;
}

/** A step longer than this many usual steps is a gap. */
const GAP_STEPS = 3;

/**
 * A harvester from regularly sampled rows. The usual step is the median one. Nothing is harvested in a gap: its first
 * row holds for one usual step. A single time that is out of line while its neighbours follow each other is put
 * between them. Both are counted in the warnings; any other time that does not increase is an error.
 */
export function harvesterFromRows(file: string, name: string, rows: readonly TimedRow[]): TraceHarvester {
  const times = rows.map((row) => row.seconds);
  const step = rows.length > 1 ? median(times.slice(1).map((time, i) => time - times[i]!)) : 1;
  const mended = mendStrayTimes(times, step);
  times.forEach((time, i) => {
    const previous = times[i - 1];
    if (previous === undefined || time > previous) return;
    const { line, column } = rows[i]!;
    throw malformed(file, line, column, `a time later than ${previous} s of the line before`, `${time} s`);
  });

  const starts: number[] = [];
  const watts: number[] = [];
  const volts: number[] = [];
  let gaps = 0;
  let gapSeconds = 0;
  rows.forEach((row, i) => {
    const start = times[i]! - times[0]!;
    starts.push(start);
    watts.push(row.watts);
    volts.push(row.volts);
    const length = (times[i + 1] ?? times[i]! + step) - times[i]!;
    if (length <= GAP_STEPS * step) return;
    gaps++;
    gapSeconds += length - step;
    starts.push(start + step);
    watts.push(0);
    volts.push(0);
  });

  const warnings: string[] = [];
  if (gaps > 0) warnings.push(`${file}: ${gaps} gaps, ${gapSeconds.toFixed(3)} s in all, harvest nothing`);
  if (mended > 0) warnings.push(`${file}: ${mended} times out of line, put between their neighbours`);
  return new TraceHarvester({
    name,
    starts: Float64Array.from(starts),
    watts: Float64Array.from(watts),
    volts: Float64Array.from(volts),
    duration: times.at(-1)! - times[0]! + step,
    warnings,
  });
}

/** Replaces, in place, each time that is not between its neighbours although these are two steps apart. */
function mendStrayTimes(times: number[], step: number): number {
  let mended = 0;
  for (let i = 1; i + 1 < times.length; i++) {
    const before = times[i - 1]!;
    const after = times[i + 1]!;
    const stray = times[i]! <= before || times[i]! >= after;
    if (!stray || after <= before || after - before > GAP_STEPS * step) continue;
    times[i] = (before + after) / 2;
    mended++;
  }
  return mended;
}
