import { basename } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { UserError, exitCodes } from '../../../errors.ts';
import { frameRate } from '../../../motion/body.ts';
import { findShipped } from '../../../pose/shippedModels.ts';
import { checkSlots, readWearer, slotNames, usualSlots, type Wearer } from '../../../pose/wearer.ts';
import type { Model, Precision } from '../../../pose/weights.ts';
import { bodyFiles } from '../../../server/bodyFiles.ts';
import { LiveServer } from '../../../server/liveServer.ts';
import type { PageFigures } from '../../../server/pageFigures.ts';
import { onInterrupt } from '../../interrupt.ts';
import { openBrowser } from '../../openBrowser.ts';
import { parseDuration, parseNumber } from '../../options.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../../output.ts';
import { modelOption, parseDevices, precisionOption, wearOption } from './options.ts';

interface Flags extends OutputOptions {
  devices?: number[];
  wear?: Map<string, number>;
  model: Model;
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
    .description('show a wearer as a 3D body in the browser, beside the truth where that is known')
    .argument(
      '[input]',
      'BVH (virtual devices are made of it), a CSV table, or a recording (.mcap); a generated movement without one',
    )
    .option(
      '--devices <names>',
      'worn at first: lw, rw, lp, rp, h (all of a table or recording; else lw,rp,h)',
      parseDevices,
    )
    .addOption(wearOption())
    .addOption(modelOption())
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
  const chosen = findShipped(flags.model, flags.precision);
  const wearer = await readInput(input, flags, (text) => output.note(text));
  const slots = flags.devices ?? (wearer && !wearer.truth ? wearer.slots : usualSlots);
  if (input !== undefined && wearer) checkSlots(slots, wearer.slots, input);
  const shown =
    input !== undefined && wearer
      ? { wearer, name: wearer.truth?.name ?? basename(input), slots }
      : { seconds: generatedSeconds, seed: flags.seed, slots };
  const files = bodyFiles(shown, chosen);
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
  const result = {
    url,
    input: input ?? 'generated',
    seconds: wearer ? wearer.frames.length / 60 / frameRate : generatedSeconds,
    devices: slots.map((slot) => slotNames[slot]!),
    unusableReadings: wearer?.unusable ?? 0,
    ...chosen,
    page,
  };
  output.result(result, () => render(page));
}

/** All the devices of the input; undefined without one. */
async function readInput(
  input: string | undefined,
  { wear }: Flags,
  warn: (text: string) => void,
): Promise<Wearer | undefined> {
  if (input !== undefined) return readWearer(input, { slots: 'all', ...(wear && { nodes: wear }), warn });
  if (!wear) return undefined;
  throw new UserError('A generated wearer has no nodes that --wear could name.', {
    exitCode: exitCodes.usage,
    hint: 'Give a recording (.mcap) too, or leave --wear out.',
  });
}

function render(page: PageFigures | null): string {
  if (!page) return 'ended; no page was open';
  const { model, precision, latencyFrames, poses, positionErrorCm, stepMillisMedian, stepMillisP95 } = page;
  return table([
    ['model', `${model}, ${precision}, ${latencyFrames} frames behind`],
    ['poses', `${poses} in the page`],
    ['time', `${stepMillisMedian.toFixed(1)} ms a pose, 95 of 100 within ${stepMillisP95.toFixed(1)} ms`],
    [
      'position',
      positionErrorCm === null
        ? 'errors unknown: a recorded wearer without a truth'
        : `${positionErrorCm.toFixed(1)} cm off the movement itself (simulated wearer)`,
    ],
  ]);
}
