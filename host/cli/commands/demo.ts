import { Command, Option } from 'commander';
import pc from 'picocolors';
import { startDemo, type DemoOptions, type DemoSummary } from '../../demo/runDemo.ts';
import { nodeKinds } from '../../demo/startNode.ts';
import { exitCodes } from '../../errors.ts';
import { policyNumbers } from '../../sim/fit.ts';
import { openBrowser } from '../openBrowser.ts';
import { parseDuration, parseNumber } from '../options.ts';
import { Output, si, table, withOutputOptions, type OutputOptions } from '../output.ts';
import { onInterrupt } from '../interrupt.ts';

interface Flags extends OutputOptions, Omit<DemoOptions, 'log' | 'seconds' | 'port'> {
  for?: number;
  open: boolean;
  page: boolean;
  port?: number;
}

const PROGRESS_MILLIS = 200;

export function demoCommand(exit: (code: number) => void): Command {
  const command = new Command('demo')
    .description('run a node on simulated energy: sample, send, collect, record, show live')
    .option('--signal <file|synthetic>', 'what the node samples: UEA .ts, CSV, or generated', 'synthetic')
    .option('--period <duration>', 'time between samples of a signal file that does not tell', parseDuration)
    .option('--harvest <file|solar|rf|kinetic>', 'what the node lives on: a trace, or generated', 'solar')
    .option(
      '--harvest-start <duration>',
      'begin this far into the trace: a solar day is dark at 0',
      parseDuration,
    )
    .addOption(
      new Option('--policy <name>', 'sampling policy')
        .choices(Object.keys(policyNumbers))
        .default('variation'),
    )
    .option(
      '--rate <share>',
      'share of slots to sample: what the node first expects to afford, or what --fixed-rate keeps',
      parseNumber({ min: 0.001, max: 1 }),
      0.5,
    )
    .option('--fixed-rate', 'keep to the rate whatever the energy')
    .option(
      '--latency <duration>',
      'bound from taking a sample to its delivery (default 10s or 160 slots)',
      parseDuration,
    )
    .addOption(new Option('--node <kind>', 'what runs the node module').choices(nodeKinds).default('virtual'))
    .option(
      '--speed <factor>',
      'simulated seconds per second, or max (default: 160 slots a second)',
      parseSpeed,
    )
    .option(
      '--seed <n>',
      'of generated signals and harvests',
      parseNumber({ min: 0, max: 2 ** 32 - 1, integer: true }),
      1,
    )
    .option('--for <duration>', 'end after this time (simulated time with --speed max)', parseDuration)
    .option('--dir <folder>', 'folder of recordings', 'recordings')
    .option('--port <n>', 'port of the live page', parseNumber({ min: 0, max: 65535, integer: true }))
    .option('--no-page', 'serve no live page')
    .option('--no-open', 'do not open the live page in a browser');
  return withOutputOptions(command).action(async (flags: Flags) => {
    exit(await run(flags));
  });
}

function parseSpeed(text: string): number {
  return text === 'max' ? Infinity : parseNumber({ min: 1e-6 })(text);
}

async function run(flags: Flags): Promise<number> {
  const output = new Output(flags);
  const demo = await startDemo({
    ...flags,
    seconds: flags.for,
    port: flags.page ? flags.port : false,
    log: output.log,
  });
  for (const warning of demo.warnings) output.note(`${pc.yellow('note:')} ${warning}`);
  if (demo.url !== undefined) {
    output.note(`live page  ${pc.cyan(demo.url)}`);
    if (flags.open) openBrowser(demo.url);
  }
  output.note(`recording  ${demo.recording}`);
  if (flags.for === undefined) output.note('Ctrl-C ends the run');
  const stopListening = onInterrupt(() => demo.stop());
  const progress = setInterval(() => {
    const { seconds, volts, on, queue, oldestSeconds, samples, packets } = demo.progress();
    output.progress(
      `${seconds.toFixed(0)} s  ${volts.toFixed(2)} V ${on ? 'on ' : 'off'}  queue ${queue}, oldest ${oldestSeconds.toFixed(1)} s  ` +
        `${samples} samples in ${packets} packets`,
    );
  }, PROGRESS_MILLIS);
  try {
    const summary = await demo.finished;
    output.result(summary, () => render(summary));
    return summary.lost > 0 ? exitCodes.partial : exitCodes.ok;
  } finally {
    clearInterval(progress);
    stopListening();
  }
}

function render(summary: DemoSummary): string {
  const { energy, mae, nmae } = summary;
  const joules = (value: number): string => si(value, 'J');
  const parts = Object.entries(energy.parts).map(([part, value]) => `${part} ${joules(value)}`);
  return table([
    [
      'run',
      `${summary.origin}: ${summary.node} node, ${summary.policy}, ${summary.seconds.toFixed(1)} s simulated`,
    ],
    ['signal', summary.signal],
    ['harvest', summary.harvest],
    [
      'samples',
      `${summary.samples} on disk of ${summary.taken} taken in ${summary.slots} slots, ${summary.leftOut} left out`,
    ],
    ['packets', `${summary.packets}; ${summary.lost} lost, ${summary.duplicates} duplicates`],
    ['latency', `${summary.deadlineMisses} samples later than ${summary.latencySeconds} s`],
    [
      'error',
      mae === null
        ? 'no samples'
        : `MAE ${mae.toPrecision(3)}, ${((nmae ?? 0) * 100).toPrecision(3)} % of the range`,
    ],
    ['power', `${summary.boots} boots, ${summary.powerFailures} power failures`],
    [
      'harvested',
      `${joules(energy.harvested)} = stored ${joules(energy.stored)} + load ${joules(energy.load)}`,
    ],
    [
      '',
      `+ losses ${joules(energy.losses)} + leakage ${joules(energy.leakage)} + clipped ${joules(energy.clipped)}`,
    ],
    ['load', parts.join(', ')],
    ['recording', summary.recording],
  ]);
}
