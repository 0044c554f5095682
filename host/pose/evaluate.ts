import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { subsets } from '../motion/body.ts';
import type { Motion } from '../motion/motion.ts';
import { dataDir } from '../paths.ts';
import { runInThreads } from '../threads.ts';
import { Evaluator, type System, type Task } from './evaluation.ts';
import { addSums, errorsOf, type ErrorSums, type PoseErrors } from './metrics.ts';
import type { Model, Precision } from './weights.ts';

/** CMU subjects that no network was trained on (docs/model-card.md). */
export const testSubjects: readonly string[] = ['02', '07'];

export interface EvaluateOptions {
  model?: Model;
  precision?: Precision;
  /** Subsets by name; all 24 by default. */
  only?: readonly string[];
  baselines?: boolean;
  /** Threads; 0: in this one. */
  workers?: number;
  /** Hears of frames that were done, of all. */
  progress?: (done: number, all: number) => void;
}

export interface Evaluation {
  motions: { name: string; frames: number }[];
  overall: PoseErrors;
  subsets: Record<string, PoseErrors>;
  baselines: {
    /** The training takes' mean pose. */
    meanPose?: PoseErrors;
    /** The same networks without any device. */
    zeroInput?: PoseErrors;
    /** The IMUPoser-style single-stage network, trained on the same movement. */
    imuposer?: PoseErrors;
  };
  /** The single-stage network by subset. */
  imuposerSubsets: Record<string, PoseErrors>;
}

/** The held-out takes of the CMU movement. */
export function testTakes(): string[] {
  const folder = join(dataDir(), 'motion', 'cmu');
  const takes = existsSync(folder)
    ? readdirSync(folder).filter((file) => testSubjects.some((subject) => file.startsWith(`${subject}_`)))
    : [];
  if (takes.length === 0) {
    throw new UserError('The held-out movement of the CMU subjects is not here.', {
      hint: `Give your own: --motion FILE.bvh, or set SOLSTICE_DATA to a folder with motion/cmu (looked in ${folder}).`,
    });
  }
  return takes.sort().map((file) => join(folder, file));
}

/** Errors of a shipped model and of the baselines on movements, through virtual devices without noise. */
export async function evaluate(
  motions: readonly Motion[],
  {
    model = 'mobileposer',
    precision,
    only = subsets.map(({ name }) => name),
    baselines = true,
    workers = Math.max(1, availableParallelism()),
    progress,
  }: EvaluateOptions = {},
): Promise<Evaluation> {
  const ours: System = { model, ...(precision && { precision }) };
  const single: System = { model: 'imuposer' };
  const tasks: Task[] = motions.flatMap((_, motion) => [
    ...only.map((subset) => ({ system: ours, motion, subset })),
    ...(baselines ? only.map((subset) => ({ system: single, motion, subset })) : []),
    ...(baselines ? [{ system: ours, motion, subset: 'none' }] : []),
    ...(baselines ? [{ system: 'mean' as const, motion, subset: 'none' }] : []),
  ]);
  const sums = new Map<string, ErrorSums>();
  const framesOf = ({ motion }: Task): number => motions[motion]!.frames;
  const all = tasks.reduce((sum, task) => sum + framesOf(task), 0);
  let done = 0;
  const finish = (result: ErrorSums, task: Task): void => {
    const key = keyOf(task.system, task.subset);
    const before = sums.get(key);
    if (before) addSums(before, result);
    else sums.set(key, result);
    progress?.((done += framesOf(task)), all);
  };
  const overall = (system: System): PoseErrors => {
    const named = only.map((subset) => sums.get(keyOf(system, subset))!);
    const total = structuredClone(named[0]!);
    named.slice(1).forEach((one) => addSums(total, one));
    return errorsOf(total);
  };
  if (workers === 0) {
    const evaluator = new Evaluator(motions);
    for (const task of tasks) finish(await evaluator.run(task), task);
  } else {
    const script = new URL('./evaluateWorker.js', import.meta.url);
    // Long ones first, so that no thread is left with one at the end.
    const order = [...tasks].sort((a, b) => framesOf(b) - framesOf(a));
    await runInThreads(script, motions, order, workers, finish);
  }
  const bySubset = (system: System): Record<string, PoseErrors> =>
    Object.fromEntries(only.map((subset) => [subset, errorsOf(sums.get(keyOf(system, subset))!)]));
  return {
    motions: motions.map(({ name, frames }) => ({ name, frames })),
    overall: overall(ours),
    subsets: bySubset(ours),
    baselines: baselines
      ? {
          meanPose: errorsOf(sums.get(keyOf('mean', 'none'))!),
          zeroInput: errorsOf(sums.get(keyOf(ours, 'none'))!),
          imuposer: overall(single),
        }
      : {},
    imuposerSubsets: baselines ? bySubset(single) : {},
  };
}

function keyOf(system: System, subset: string): string {
  return `${system === 'mean' ? 'mean' : `model ${system.model}`} ${subset}`;
}
