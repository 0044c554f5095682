import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { UserError } from '../../../errors.ts';
import { duration } from '../../../motion/motion.ts';
import { readMotion } from '../../../motion/readMotion.ts';
import { distDir } from '../../../paths.ts';
import { shippedWeights } from '../../../pose/shippedModels.ts';
import { slotNames } from '../../../pose/wearer.ts';
import { LiveServer } from '../../../server/liveServer.ts';
import type { PageFigures } from '../../../server/pageFigures.ts';
import { staticFile, type StaticFile } from '../../../server/staticFiles.ts';
import type { WearerSource } from '../../../server/wearerSource.ts';
import { onInterrupt } from '../../interrupt.ts';
import { openBrowser } from '../../openBrowser.ts';
import { parseDuration, parseNumber } from '../../options.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../../output.ts';
import { parseDevices } from './options.ts';

interface Flags extends OutputOptions {
  devices: number[];
  seed: number;
  for?: number;
  port?: number;
  open: boolean;
}

/** Seconds of generated movement, after which it begins again. */
const generatedSeconds = 60;

export function liveCommand(): Command {
  const command = new Command('live')
    .description('show a wearer as a 3D body in the browser: the estimate beside the truth')
    .argument('[input]', 'a BVH file (a generated movement)')
    .option('--devices <names>', 'worn at first: lw, rw, lp, rp, h', parseDevices, parseDevices('lw,rp,h'))
    .option(
      '--seed <n>',
      'of the generated movement',
      parseNumber({ min: 0, max: 2 ** 32 - 1, integer: true }),
      1,
    )
    .option('--for <duration>', 'end after this time', parseDuration)
    .option('--port <n>', 'port of the page', parseNumber({ min: 0, max: 65535, integer: true }))
    .option('--no-open', 'do not open the page in a browser');
  return withOutputOptions(command).action(run);
}

async function run(input: string | undefined, flags: Flags): Promise<void> {
  const output = new Output(flags);
  const files = new Map<string, StaticFile>([
    ['/poser.wasm', staticFile(poserBytes(), 'application/wasm')],
    [
      '/models/mobileposer.safetensors',
      staticFile(shippedWeights('mobileposer'), 'application/octet-stream'),
    ],
    ['/models/small.safetensors', staticFile(shippedWeights('small'), 'application/octet-stream')],
  ]);
  let source: WearerSource = {
    kind: 'generated',
    seconds: generatedSeconds,
    seed: flags.seed,
    slots: flags.devices,
  };
  let seconds = generatedSeconds;
  if (input !== undefined) {
    const motion = await readMotion(input, (text) => output.note(text));
    const numbers = Float32Array.from([...motion.rotations, ...motion.roots]);
    files.set('/wearer.bin', staticFile(Buffer.from(numbers.buffer), 'application/octet-stream'));
    source = { kind: 'recorded', name: motion.name, frames: motion.frames, slots: flags.devices };
    seconds = duration(motion);
  }
  files.set('/wearer.json', staticFile(Buffer.from(JSON.stringify(source)), 'application/json'));
  let page: PageFigures | null = null;
  const server = await LiveServer.start({
    files,
    onFigures: (figures) => (page = figures),
    ...(flags.port !== undefined && { port: flags.port }),
  });
  const url = `${server.url}body.html`;
  output.note(`body  ${pc.cyan(url)}`);
  if (flags.open) openBrowser(url);
  if (flags.for === undefined) output.note('Ctrl-C ends it');
  await new Promise<void>((resolve) => {
    const timer = flags.for === undefined ? undefined : setTimeout(resolve, flags.for * 1000);
    const stop = onInterrupt(() => {
      clearTimeout(timer);
      stop();
      resolve();
    });
  });
  await server.close();
  const devices = flags.devices.map((slot) => slotNames[slot]!);
  output.result({ url, input: input ?? 'generated', seconds, devices, page }, () => render(page));
}

function render(page: PageFigures | null): string {
  if (!page) return 'ended; no page was open';
  const { model, precision, latencyFrames, poses, positionErrorCm, stepMillisMedian, stepMillisP95 } = page;
  return table([
    ['model', `${model}, ${precision}, ${latencyFrames} frames behind`],
    ['poses', `${poses} in the page`],
    ['time', `${stepMillisMedian.toFixed(1)} ms a pose, 95 of 100 within ${stepMillisP95.toFixed(1)} ms`],
    ['position', `${positionErrorCm.toFixed(1)} cm off the movement itself (simulated wearer)`],
  ]);
}

function poserBytes(): Buffer {
  try {
    return readFileSync(join(distDir, 'wasm', 'poser.wasm'));
  } catch (cause) {
    throw new UserError('The poser module is not built.', { hint: 'Build it: npm run build.', cause });
  }
}
