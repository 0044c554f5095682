import { Command } from 'commander';
import { frameRate } from '../../../motion/body.ts';
import { estimate } from '../../../pose/estimate.ts';
import { errorsOf, measure, type PoseErrors } from '../../../pose/metrics.ts';
import { shippedPoser } from '../../../pose/shippedModels.ts';
import { readWearer, slotNames } from '../../../pose/wearer.ts';
import type { Model, Precision } from '../../../pose/weights.ts';
import { checkPosesPath, writePoses } from '../../../pose/writePoses.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../../output.ts';
import { modelOption, parseDevices, precisionOption, wearOption } from './options.ts';

interface Flags extends OutputOptions {
  out: string;
  devices?: number[];
  wear?: Map<string, number>;
  model: Model;
  precision?: Precision;
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('estimate the pose of a recorded wearer')
    .argument('<input>', 'BVH (virtual devices are made of it), a CSV table, or a recording (.mcap)')
    .requiredOption('-o, --out <file>', 'write the movement here: .bvh, .glb or .json')
    .option(
      '--devices <names>',
      'worn devices: lw, rw, lp, rp, h (all of the input; BVH: lw,rp,h)',
      parseDevices,
    )
    .addOption(wearOption())
    .addOption(modelOption())
    .addOption(precisionOption());
  return withOutputOptions(command).action(run);
}

async function run(input: string, flags: Flags): Promise<void> {
  const output = new Output(flags);
  checkPosesPath(flags.out);
  const wearer = await readWearer(input, {
    ...(flags.devices && { slots: flags.devices }),
    ...(flags.wear && { nodes: flags.wear }),
    warn: (text) => output.note(text),
  });
  const poser = await shippedPoser(flags.model, flags.precision);
  const count = wearer.frames.length / 60;
  const started = performance.now();
  const found = estimate(poser, wearer.frames, {
    progress: (frame) => {
      if (frame % 15 === 0) output.progress(`pose ${frame} of ${count}`);
    },
  });
  const millis = (performance.now() - started) / count;
  const bytes = await writePoses(flags.out, found);
  const errors: PoseErrors | null = wearer.truth ? errorsOf(measure(found, wearer.truth)) : null;
  const devices = wearer.slots.map((slot) => slotNames[slot]!);
  const result = {
    input,
    output: flags.out,
    bytes,
    model: flags.model,
    precision: poser.precision,
    devices,
    frames: found.frames,
    seconds: found.frames / frameRate,
    latencyFrames: poser.latencyFrames,
    millisecondsPerPose: Number(millis.toPrecision(4)),
    unusableReadings: wearer.unusable,
    errors,
  };
  output.result(result, () =>
    table([
      ['poses', `${found.frames} (${result.seconds.toFixed(1)} s at ${frameRate} Hz) in ${flags.out}`],
      ['devices', devices.join(', ')],
      ['model', `${flags.model}, ${poser.precision}, ${poser.latencyFrames} frames behind`],
      ['time', `${millis.toFixed(1)} ms a pose`],
      ...(wearer.unusable > 0 ? [['unusable', `${wearer.unusable} readings`] as const] : []),
      ...(errors
        ? ([
            ['position', `${errors.positionErrorCm.toFixed(1)} cm off the movement itself`],
            ['rotation', `${errors.rotationErrorDeg.toFixed(1)} degrees`],
          ] as const)
        : []),
    ]),
  );
}
