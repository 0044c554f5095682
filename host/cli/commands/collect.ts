import { Command, Option } from 'commander';
import pc from 'picocolors';
import { collectNodes, type CollectSummary, type Collection } from '../../collect/collectNodes.ts';
import { openVirtualNode } from '../../demo/virtualSource.ts';
import { UserError, exitCodes } from '../../errors.ts';
import type { NodeConfig } from '../../link/protocol.ts';
import { DEFAULT_BAUD_RATE } from '../../link/serial.ts';
import type { Origin } from '../../record/recorder.ts';
import { nodeHex } from '../../record/schema.ts';
import { loadSeasons } from '../../sim/nodeModule.ts';
import { onInterrupt } from '../interrupt.ts';
import { readConfigFile } from '../nodeConfigFile.ts';
import { parseDuration, parseNumber } from '../options.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../output.ts';

interface Flags extends OutputOptions {
  port: string[];
  also: string[];
  baud: number;
  wait: number;
  dir: string;
  title?: string;
  origin?: Origin;
  config?: string;
  for?: number;
}

const PROGRESS_MILLIS = 200;
const VIRTUAL = 'virtual';

export function collectCommand(exit: (code: number) => void): Command {
  const repeat = (value: string, before: string[]): string[] => [...before, value];
  const command = new Command('collect')
    .description(
      'record what nodes send over serial ports (exit 3 if packets were lost, 4 if there is no node)',
    )
    .option('--port <auto|path|virtual>', 'where nodes are; may be repeated (default: auto)', repeat, [])
    .option('--also <pattern>', 'paths that auto tries beside the listed ports; * and ? allowed', repeat, [])
    .option(
      '--baud <n>',
      'bits per second',
      parseNumber({ min: 50, max: 12_000_000, integer: true }),
      DEFAULT_BAUD_RATE,
    )
    .option('--wait <duration>', 'how long auto listens to a silent port', parseDuration, 5)
    .option('--dir <folder>', 'folder of recordings', 'recordings')
    .option('--title <text>', 'title of the recording')
    .addOption(
      new Option(
        '--origin <kind>',
        'what the nodes are (default: hardware, simulated for --port virtual)',
      ).choices(['hardware', 'emulated', 'simulated', 'replayed']),
    )
    .option('--config <file.json>', 'configure the nodes; without it they keep the configuration they have')
    .option('--for <duration>', 'end after this time (default: at Ctrl-C)', parseDuration);
  return withOutputOptions(command).action(async (flags: Flags) => {
    exit(await run(flags));
  });
}

async function run(flags: Flags): Promise<number> {
  const output = new Output(flags);
  const collection = await start(flags, output);
  const stopListening = onInterrupt(() => collection.stop());
  const started = Date.now();
  const progress = setInterval(() => {
    const { nodes, samples, packets, lost, duplicates } = collection.counters();
    output.progress(
      `${((Date.now() - started) / 1000).toFixed(0)} s  ${nodes} nodes  ${samples} samples in ${packets} packets  ` +
        `${lost} lost, ${duplicates} duplicates`,
    );
  }, PROGRESS_MILLIS);
  try {
    const summary = await collection.finished;
    output.result(summary, () => render(summary));
    return summary.lost > 0 ? exitCodes.partial : exitCodes.ok;
  } finally {
    clearInterval(progress);
    stopListening();
  }
}

async function start(flags: Flags, output: Output): Promise<Collection> {
  const ports = flags.port.length > 0 ? [...new Set(flags.port)] : ['auto'];
  const virtual = ports.includes(VIRTUAL);
  if (virtual && ports.length > 1) {
    throw new UserError('--port virtual cannot be mixed with other ports: a recording has one origin', {
      exitCode: exitCodes.usage,
      hint: 'run solstice collect once for each',
    });
  }
  const image = loadSeasons();
  let config: NodeConfig | undefined =
    flags.config === undefined ? undefined : readConfigFile(flags.config, image);
  const source = virtual ? await openVirtualNode(image) : undefined;
  // A virtual node is new each time, and does nothing without a configuration.
  if (source) config ??= source.config;
  const configured = config;
  return collectNodes({
    ports: source ? [] : ports,
    ...(source && { source }),
    ...(configured && { configFor: () => configured }),
    patterns: flags.also,
    baudRate: flags.baud,
    waitSeconds: flags.wait,
    dir: flags.dir,
    ...(flags.title !== undefined && { title: flags.title }),
    origin: flags.origin ?? (virtual ? 'simulated' : 'hardware'),
    ...(flags.for !== undefined && { seconds: flags.for }),
    log: output.log,
    tell: {
      recording: (path) => {
        output.note(`recording  ${path}`);
        if (flags.for === undefined) output.note('Ctrl-C ends the run');
      },
      node: (node, link) => output.note(`node       ${nodeHex(node)} on ${link}`),
      link: (name, up) =>
        output.note(
          up ? `link       ${name} is back` : `${pc.yellow('link')}       ${name} is down, waiting for it`,
        ),
      recordError: (error) => output.note(`${pc.yellow('not recorded:')} ${(error as Error).message}`),
      unconfigured: (node) =>
        output.note(
          `${pc.yellow('note:')} node ${nodeHex(node)} has no configuration; give it one with --config FILE`,
        ),
    },
  });
}

function render(summary: CollectSummary): string {
  const { refusedFrames, discardedBytes, droppedAnswers } = summary;
  return table([
    ['ports', summary.ports.join(', ')],
    ['samples', `${summary.samples} in ${summary.packets} packets, ${summary.seconds.toFixed(1)} s`],
    ['packets', `${summary.lost} lost, ${summary.duplicates} duplicates, ${summary.deferred} deferred`],
    [
      'link',
      `${summary.bytes} bytes; ${refusedFrames} frames refused, ${discardedBytes} bytes discarded, ${droppedAnswers} answers not sent`,
    ],
    ...summary.nodes.map(({ node, samples, packets, lost, duplicates }): [string, string] => [
      'node',
      `${node}: ${samples} samples in ${packets} packets, ${lost} lost, ${duplicates} duplicates`,
    ]),
    ['recording', summary.recording],
  ]);
}
