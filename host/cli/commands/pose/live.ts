import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { UserError } from '../../../errors.ts';
import { frameRate } from '../../../motion/body.ts';
import { distDir } from '../../../paths.ts';
import { shippedWeights } from '../../../pose/shippedModels.ts';
import { readWearer, slotNames } from '../../../pose/wearer.ts';
import type { Precision } from '../../../pose/weights.ts';
import { LiveServer } from '../../../server/liveServer.ts';
import type { PageFigures } from '../../../server/pageFigures.ts';
import { staticFile, type StaticFile } from '../../../server/staticFiles.ts';
import { pageModels, type PageModel, type WearerSource } from '../../../server/wearerSource.ts';
import { onInterrupt } from '../../interrupt.ts';
import { openBrowser } from '../../openBrowser.ts';
import { parseDuration, parseNumber } from '../../options.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../../output.ts';
import { parseDevices, precisionOption, wearOption } from './options.ts';

interface Flags extends OutputOptions {
  devices?: number[];
  wear?: Map<string, number>;
  model: PageModel;
  precision?: Precision;
  seed: number;
  for?: number;
  port?: number;
  open: boolean;
}

/** Seconds of generated movement, after which it begins again. */
const generatedSeconds = 60;

export function liveCommand(): Command {
  const command = new Command('live')
    .description('show a wearer as a 3D body in the browser, beside the truth where there is one')
    .argument(
      '[input]',
      'BVH (virtual devices are made of it), a CSV table or a recording (.mcap); else a generated movement',
    )
    .option(
      '--devices <names>',
      'worn at first: lw, rw, lp, rp, h (all of a table or recording; else lw,rp,h)',
      parseDevices,
    )
    .addOption(wearOption())
    .addOption(
      new Option('--model <name>', 'runs first; the page can change it')
        .choices(pageModels)
        .default('mobileposer'),
    )
    .addOption(precisionOption())
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
  const weights = (model: PageModel): StaticFile =>
    octets(shippedWeights(model, model === flags.model ? flags.precision : undefined));
  const files = new Map<string, StaticFile>([
    ['/poser.wasm', staticFile(poserBytes(), 'application/wasm')],
    ...pageModels.map((model) => [`/models/${model}.safetensors`, weights(model)] as const),
  ]);
  const { source, bytes, seconds, unusable } = await openWearer(input, flags, (text) => output.note(text));
  if (bytes) files.set('/wearer.bin', octets(bytes));
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
  const devices = source.slots.map((slot) => slotNames[slot]!);
  output.result(
    { url, input: input ?? 'generated', seconds, devices, unusableReadings: unusable, page },
    () => render(page),
  );
}

/** Who is shown, and what the page fetches of them. */
async function openWearer(
  input: string | undefined,
  { devices, wear, model, seed }: Flags,
  warn: (text: string) => void,
): Promise<{ source: WearerSource; bytes?: Buffer; seconds: number; unusable: number }> {
  if (input === undefined) {
    const slots = devices ?? parseDevices('lw,rp,h');
    const seconds = generatedSeconds;
    return { source: { kind: 'generated', seconds, seed, slots, model }, seconds, unusable: 0 };
  }
  const options = { ...(devices && { slots: devices }), ...(wear && { nodes: wear }), warn };
  const { frames: readings, slots, truth, unusable } = await readWearer(input, options);
  const frames = readings.length / 60;
  const numbers = truth ? Float32Array.from([...truth.rotations, ...truth.roots]) : readings;
  const kind = truth ? 'movement' : 'readings';
  const name = truth?.name ?? basename(input);
  if (unusable > 0) warn(`${unusable} readings of ${input} cannot be used: no numbers, or no time`);
  return {
    source: { kind, name, frames, slots, model },
    bytes: Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength),
    seconds: frames / frameRate,
    unusable,
  };
}

const octets = (bytes: Buffer): StaticFile => staticFile(bytes, 'application/octet-stream');

function render(page: PageFigures | null): string {
  if (!page) return 'ended; no page was open';
  const { model, precision, latencyFrames, poses, positionErrorCm, stepMillisMedian, stepMillisP95 } = page;
  return table([
    ['model', `${model}, ${precision}, ${latencyFrames} frames behind`],
    ['poses', `${poses} in the page`],
    ['time', `${stepMillisMedian.toFixed(1)} ms a pose, 95 of 100 within ${stepMillisP95.toFixed(1)} ms`],
    ...(positionErrorCm === null
      ? []
      : ([
          ['position', `${positionErrorCm.toFixed(1)} cm off the movement itself (simulated wearer)`],
        ] as const)),
  ]);
}

function poserBytes(): Buffer {
  try {
    return readFileSync(join(distDir, 'wasm', 'poser.wasm'));
  } catch (cause) {
    throw new UserError('The poser module is not built.', { hint: 'Build it: npm run build.', cause });
  }
}
