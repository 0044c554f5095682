import { Command } from 'commander';
import { evaluate, testTakes, type Evaluation } from '../../../pose/evaluate.ts';
import type { PoseErrors } from '../../../pose/metrics.ts';
import type { Model, Precision } from '../../../pose/weights.ts';
import { readMotion } from '../../../motion/readMotion.ts';
import { parseNumber } from '../../options.ts';
import { Output, withOutputOptions, type OutputOptions } from '../../output.ts';
import { modelOption, parseSubsets, precisionOption } from './options.ts';

interface Flags extends OutputOptions {
  motion?: string[];
  subsets?: string[];
  model: Model;
  precision?: Precision;
  baselines: boolean;
  workers?: number;
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('errors of a model on movement that it was not trained on, beside baselines')
    .option('--motion <files...>', 'BVH files (the takes of the held-out CMU subjects)')
    .option('--subsets <names>', 'devices worn together, such as lw+rp+h,lw (all 24)', parseSubsets)
    .addOption(modelOption())
    .addOption(precisionOption())
    .option('--no-baselines', 'leave mean pose, zero input and the single-stage network out')
    .option('--workers <n>', 'threads (one a core)', parseNumber({ min: 1, max: 256, integer: true }));
  return withOutputOptions(command).action(run);
}

async function run(flags: Flags): Promise<void> {
  const output = new Output(flags);
  const motions = [];
  for (const path of flags.motion ?? testTakes())
    motions.push(await readMotion(path, (text) => output.note(text)));
  const started = Date.now();
  const result = await evaluate(motions, {
    model: flags.model,
    ...(flags.precision && { precision: flags.precision }),
    ...(flags.subsets && { only: flags.subsets }),
    ...(flags.workers && { workers: flags.workers }),
    baselines: flags.baselines,
    progress: (done, all) => {
      const left = ((Date.now() - started) / done) * (all - done);
      output.progress(`${done} of ${all} poses, ${Math.ceil(left / 60_000)} min left`);
    },
  });
  output.result({ model: flags.model, ...result }, () => render(flags.model, result));
}

function render(model: Model, { overall, subsets, baselines }: Evaluation): string {
  const cell = (value: number | null): string => (value === null ? '-' : value.toFixed(1)).padStart(9);
  const row = (label: string, e: PoseErrors): string =>
    label.padEnd(14) +
    cell(e.rotationErrorDeg) +
    cell(e.sipErrorDeg) +
    cell(e.positionErrorCm) +
    e.jitter.toFixed(2).padStart(9) +
    cell(e.translationErrorCm1s) +
    cell(e.translationErrorCm10m);
  return [
    `${''.padEnd(14)} rotation      SIP position   jitter  way 1 s way 10 m`,
    `${''.padEnd(14)}      deg      deg       cm 100m/s^3       cm       cm`,
    row(model, overall),
    ...(baselines.imuposer ? [row('imuposer', baselines.imuposer)] : []),
    ...(baselines.meanPose ? [row('mean pose', baselines.meanPose)] : []),
    ...(baselines.zeroInput ? [row('zero input', baselines.zeroInput)] : []),
    `the truth's own jitter: ${overall.trueJitter.toFixed(2)}`,
    '',
    ...Object.entries(subsets).map(([name, errors]) => row(name, errors)),
  ].join('\n');
}
