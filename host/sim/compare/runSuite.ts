import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { UserError } from '../../errors.ts';
import { runInThreads } from '../../threads.ts';
import { loadSeasons } from '../nodeModule.ts';
import { CellRunner, type CellResult } from './runCell.ts';
import { cellKey, cellsOf, type Suite } from './suite.ts';

export interface RunSuiteOptions {
  /** Threads; 0: in this one. */
  workers?: number;
  /** Cells that are in this file are not run again, and each new one is added to it. */
  results?: string;
  progress?: (done: number, all: number, key: string) => void;
}

/** Changes whenever results of before are not comparable. */
const RESULTS_VERSION = 3;

/** Runs all cells of a suite; results in the order of the cells, whatever the threads. */
export async function runSuite(
  suite: Suite,
  { workers = Math.max(1, availableParallelism()), results, progress }: RunSuiteOptions = {},
): Promise<CellResult[]> {
  const cells = cellsOf(suite);
  const image = loadSeasons();
  const { policies, slots, seed } = suite;
  const header = { version: RESULTS_VERSION, module: image.hash, policies, slots, seed };
  const known = results === undefined ? new Map<string, CellResult>() : readResults(results, header);
  const waiting = cells.filter((cell) => !known.has(cellKey(cell)));
  const finish = (result: CellResult): void => {
    known.set(result.key, result);
    if (results !== undefined) appendFileSync(results, `${JSON.stringify(result)}\n`);
    progress?.(known.size, cells.length, result.key);
  };
  if (workers === 0) {
    const runner = new CellRunner(image, suite);
    for (const cell of waiting) finish(runner.run(cell));
  } else {
    const script = new URL('./compareWorker.js', import.meta.url);
    await runInThreads(script, { policies, slots, seed }, waiting, workers, finish);
  }
  return cells.map((cell) => known.get(cellKey(cell))!);
}

/** The cells of a results file; a last line that was cut off is left out. A file of something else is refused. */
function readResults(path: string, header: object): Map<string, CellResult> {
  const first = JSON.stringify(header);
  if (!existsSync(path)) {
    writeFileSync(path, `${first}\n`);
    return new Map();
  }
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  if (lines[0] !== first) {
    throw new UserError(`${path} holds results of another suite or another node module`, {
      hint: 'give another --results FILE, or remove this one',
    });
  }
  const whole = lines.slice(1, -1);
  const tail = lines.at(-1)!;
  // What a cut-off run left behind the last line end would spoil the line that follows it.
  if (tail !== '') writeFileSync(path, text.slice(0, text.length - tail.length));
  return new Map(whole.map((line) => JSON.parse(line) as CellResult).map((result) => [result.key, result]));
}
