import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { FIXED_RATE, configureNode } from '../../demo/nodeConfig.ts';
import { UserError, exitCodes } from '../../errors.ts';
import { csvOf } from '../../sim/compare/csv.ts';
import { moduleModes, type ModuleMode } from '../../sim/compare/policies.ts';
import { regimeName, regimes, type Regime } from '../../sim/compare/regimes.ts';
import { reportHtml, runReportHtml } from '../../sim/compare/report.ts';
import type { CellResult } from '../../sim/compare/runCell.ts';
import { EncodedSignal, errorOf, runNode } from '../../sim/compare/runNode.ts';
import { runSuite } from '../../sim/compare/runSuite.ts';
import { SeasonsController } from '../../sim/compare/seasonsController.ts';
import { sourceOf, suites, type Suite, type SuiteName } from '../../sim/compare/suite.ts';
import { figuresOf, rowOf, summarise, type Figures, type Summary } from '../../sim/compare/summary.ts';
import { readNodeDescription } from '../../sim/describe/readNodeDescription.ts';
import { policyNumbers, type PolicyName } from '../../sim/fit.ts';
import { openHarvest } from '../../sim/harvest/readHarvest.ts';
import { loadSeasons } from '../../sim/nodeModule.ts';
import { toFixed } from '../../sim/signal/fixedPoint.ts';
import { openSignal } from '../../sim/signal/readSignal.ts';
import { parseDuration, parseNumber } from '../options.ts';
import { Output, si, table, withOutputOptions, type OutputOptions } from '../output.ts';

interface FileFlags {
  csv?: string;
  report?: string;
}

interface CompareFlags extends OutputOptions, FileFlags {
  suite: SuiteName;
  signal: string[];
  harvest: string[];
  period?: number;
  regime: Regime[];
  node: string[];
  policy?: ModuleMode[];
  latency?: number[];
  budget?: number[];
  storage?: number[];
  results?: string;
  workers?: number;
}

interface SweepFlags extends CompareFlags {
  parameter: 'latency' | 'budget' | 'storage';
  values: number[];
}

interface NodeFlags extends OutputOptions, Pick<FileFlags, 'report'> {
  signal: string;
  period?: number;
  harvest: string;
  harvestStart?: number;
  node: string;
  policy: PolicyName;
  rate: number;
  fixedRate?: boolean;
  latency?: number;
  for?: number;
  seed: number;
}

export function simCommand(): Command {
  const command = new Command('sim').description(
    'simulate nodes: compare policies, sweep a parameter, follow one run',
  );
  command.addCommand(compareCommand().exitOverride());
  command.addCommand(sweepCommand().exitOverride());
  command.addCommand(nodeCommand().exitOverride());
  return command;
}

function compareCommand(): Command {
  const command = withSuiteOptions(
    new Command('compare').description(
      'run the policies on the same harvest, over signals, harvests, regimes and latency bounds',
    ),
  );
  return withOutputOptions(command).action(async (flags: CompareFlags) => {
    await compare(flags, suiteOf(flags), 'Comparison of sampling policies');
  });
}

function sweepCommand(): Command {
  const command = withSuiteOptions(
    new Command('sweep').description('compare the policies while one parameter changes'),
  )
    .addOption(
      new Option('--parameter <name>', 'what changes')
        .choices(['latency', 'budget', 'storage'])
        .makeOptionMandatory(),
    )
    .requiredOption(
      '--values <list>',
      'its values: latency in slots, budget and storage as factors',
      parseList,
    );
  return withOutputOptions(command).action(async (flags: SweepFlags) => {
    const { parameter, values } = flags;
    const suite = suiteOf({ ...flags, [parameter]: values });
    await compare(flags, suite, `Sweep of ${parameter}`, parameter);
  });
}

function withSuiteOptions(command: Command): Command {
  const collect = (value: string, before: string[]): string[] => [...before, value];
  return command
    .addOption(new Option('--suite <name>', 'what is run').choices(Object.keys(suites)).default('standard'))
    .option('--signal <file|synthetic>', "a signal in place of the suite's; may be repeated", collect, [])
    .option('--period <duration>', 'time between samples of --signal', parseDuration)
    .option('--harvest <file|kind>', "a harvest in place of the suite's; may be repeated", collect, [])
    .option(
      '--regime <sensor-radio>',
      `a regime in place of all: ${regimes.map(regimeName).join(', ')}; may be repeated`,
      (text: string, before: Regime[]) => [...before, parseRegime(text)],
      [] as Regime[],
    )
    .option(
      '--node <name|file.toml>',
      'a described node in place of the regimes; may be repeated',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--policy <name...>',
        'policies of the node module that seasons chooses among (all)',
      ).choices(moduleModes),
    )
    .option('--latency <list>', 'latency bounds in slots', parseList)
    .option('--budget <list>', 'mean harvested power as shares of what full sampling takes', parseList)
    .option('--storage <list>', 'capacitor sizes as factors', parseList)
    .option('--results <file>', 'keep finished cells here, and go on from them')
    .option(
      '--workers <n>',
      'threads; 0: none beside the main one',
      parseNumber({ min: 0, max: 256, integer: true }),
    )
    .option('--csv <file>', 'write the rows as CSV')
    .option('--report <file.html>', 'write a page with plots that needs nothing but itself');
}

function nodeCommand(): Command {
  const command = new Command('node')
    .description('one run of one node, with its timeline')
    .option('--signal <file|synthetic>', 'what it samples', 'synthetic')
    .option('--period <duration>', 'time between samples of a signal file that does not tell', parseDuration)
    .option('--harvest <file|solar|rf|kinetic>', 'what it lives on', 'solar')
    .option('--harvest-start <duration>', 'begin this far into the trace', parseDuration)
    .option('--node <name|file.toml>', 'the node description', 'nrf52')
    .addOption(
      new Option('--policy <name>', 'sampling policy')
        .choices(Object.keys(policyNumbers))
        .default('variation'),
    )
    .option('--rate <share>', 'share of slots to sample, at first', parseNumber({ min: 0.001, max: 1 }), 0.5)
    .option('--fixed-rate', 'keep to the rate whatever the energy')
    .option('--latency <duration>', 'bound from sample to delivery (default 10s or 160 slots)', parseDuration)
    .option('--for <duration>', 'simulated time (default: 4096 slots)', parseDuration)
    .option('--seed <n>', 'of generated input', parseNumber({ min: 0, max: 2 ** 32 - 1, integer: true }), 1)
    .option('--report <file.html>', 'write the timeline as a page');
  return withOutputOptions(command).action((flags: NodeFlags) => runOne(flags));
}

function parseRegime(text: string): Regime {
  const regime = regimes.find((candidate) => regimeName(candidate) === text);
  if (regime) return regime;
  throw new InvalidArgumentError(`expected one of ${regimes.map(regimeName).join(', ')}.`);
}

function parseList(text: string): number[] {
  return text.split(',').map(parseNumber({ min: 1e-3, max: 1e6 }));
}

function suiteOf(flags: CompareFlags): Suite {
  const suite = suites[flags.suite]();
  const { signal, harvest, regime, node, policy, period, latency, budget, storage } = flags;
  const latencies = latency ?? suite.latencies;
  if (!latencies.every((slots) => Number.isInteger(slots) && slots >= 2)) {
    throw new UserError('a latency bound is a whole number of slots, at least 2', {
      exitCode: exitCodes.usage,
    });
  }
  const own = (spec: string) => ({ ...sourceOf(spec), ...(period !== undefined && { period }) });
  return {
    ...suite,
    ...(signal.length > 0 && { signals: signal.map(own) }),
    ...(harvest.length > 0 && { harvests: harvest.map(sourceOf) }),
    ...((regime.length > 0 || node.length > 0) && {
      regimes: [...regime, ...node.map((spec) => readNodeDescription(spec))],
    }),
    latencies,
    ...(policy && { policies: moduleModes.filter((mode) => policy.includes(mode)) }),
    ...(budget && { budgets: budget }),
    ...(storage && { storages: storage }),
  };
}

async function compare(
  flags: CompareFlags,
  suite: Suite,
  title: string,
  swept?: SweepFlags['parameter'],
): Promise<void> {
  const output = new Output(flags);
  const started = performance.now();
  const results = await runSuite(suite, {
    ...(flags.workers !== undefined && { workers: flags.workers }),
    ...(flags.results !== undefined && { results: flags.results }),
    progress: (done, all, key) => {
      const seconds = (performance.now() - started) / 1000;
      output.progress(`${done} of ${all} cells, ${seconds.toFixed(0)} s  ${key}`);
    },
  });
  const summary = summarise(results);
  const rows = results.flatMap((result) => result.rows);
  if (flags.csv !== undefined) writeFileSync(flags.csv, csvOf(rows));
  if (flags.report !== undefined) writeFileSync(flags.report, reportHtml(title, results, summary));
  const steps = swept === undefined ? undefined : sweepOf(results, swept);
  output.result(
    {
      suite: flags.suite,
      rows,
      windows: results.flatMap(({ key, windows }) => windows.map((window) => ({ cell: key, ...window }))),
      summary,
      ...(steps && { sweep: steps }),
    },
    () => (steps ? renderSweep(swept!, steps) : renderSummary(summary)),
  );
}

type SweepStep = Figures & { value: number };

function sweepOf(results: readonly CellResult[], parameter: SweepFlags['parameter']): SweepStep[] {
  const values = [...new Set(results.map((result) => rowOf(result, 'seasons')[parameter]))];
  return values.map((value) => ({
    value,
    ...figuresOf(results.filter((result) => rowOf(result, 'seasons')[parameter] === value)),
  }));
}

const percent = (value: number | null): string => (value === null ? '-' : `${(100 * value).toFixed(1)} %`);
const times = (value: number | null): string => (value === null ? '-' : value.toFixed(2));

function figuresLine({ cells, ...figures }: Figures): string {
  return [
    `${cells} cells`,
    `reduction ${percent(figures.reductionVsIntermittentUniform)}`,
    `captured ${percent(figures.capturedOfOptimum)}`,
    `to battery ${times(figures.ratioToBatteryBacked)}`,
    `to optimum ${times(figures.ratioToOfflineOptimum)}`,
    `${figures.misses} misses`,
  ].join(', ');
}

function renderSummary(summary: Summary): string {
  return table([
    ['all', figuresLine(summary)],
    ['radio dominates', figuresLine(summary.radioDominates)],
    ['sensor dominates', figuresLine(summary.sensorDominates)],
    ...Object.entries(summary.byRegime).map(([regime, figures]): [string, string] => [
      regime,
      figuresLine(figures),
    ]),
    ...summary.losing.map(({ cell, ratio, reason }): [string, string] => [
      'loses',
      `${cell}: ${ratio.toFixed(2)} times the error; ${reason}`,
    ]),
    ...summary.infeasible.map(({ cell, reason }): [string, string] => ['infeasible', `${cell}: ${reason}`]),
  ]);
}

function renderSweep(parameter: string, steps: readonly SweepStep[]): string {
  return table(steps.map((step): [string, string] => [`${parameter} ${step.value}`, figuresLine(step)]));
}

const DEFAULT_SLOTS = 4096;
const TIMELINE_POINTS = 1000;

function runOne(flags: NodeFlags): void {
  const output = new Output(flags);
  const image = loadSeasons();
  const signal = openSignal(flags.signal, {
    seed: flags.seed,
    ...(flags.period !== undefined && { period: flags.period }),
  });
  const harvester = openHarvest(flags.harvest, { seed: flags.seed, start: flags.harvestStart ?? 0 });
  const { name, node } = readNodeDescription(flags.node);
  const fixed = toFixed(signal);
  const { policy, rate, latency = Math.max(10, 160 * signal.samplePeriod) } = flags;
  const config = configureNode(image, signal, fixed, node, {
    policy,
    rate,
    latency,
    ...(flags.fixedRate && { energy: FIXED_RATE }),
  });
  const slots = Math.max(
    2,
    Math.round((flags.for ?? DEFAULT_SLOTS * signal.samplePeriod) / signal.samplePeriod),
  );
  const run = runNode({
    signal: new EncodedSignal(signal, fixed),
    harvester,
    node,
    controller: new SeasonsController(image, config),
    slots,
    latencySlots: config.latencySlots,
    protocol: true,
    timelineEvery: Math.max(1, Math.floor(slots / TIMELINE_POINTS)),
  });
  const { mae, nmae } = errorOf(run, signal, slots);
  const { samples, timeline, ages, ...counts } = run;
  const result = {
    node: name,
    signal: signal.name,
    harvest: harvester.name,
    policy,
    rate,
    latencySlots: config.latencySlots,
    slots,
    samples: samples.slots.length,
    ...counts,
    mae: Number.isNaN(mae) ? null : mae,
    nmae: Number.isNaN(nmae) ? null : nmae,
    ages: Array.from(ages),
    timeline,
    warnings: [...signal.warnings, ...harvester.warnings],
  };
  if (flags.report !== undefined)
    writeFileSync(flags.report, runReportHtml(`${name} on ${harvester.name}`, result));
  output.result(result, () =>
    table([
      ['node', `${name}, ${policy} at ${rate}, ${slots} slots of ${signal.samplePeriod} s`],
      [
        'samples',
        `${result.samples} in time of ${run.taken} taken, in ${run.packets} packets; ${run.held} held`,
      ],
      ['latency', `${run.misses} later than ${config.latencySlots} slots, ${run.dropped} dropped`],
      [
        'error',
        Number.isNaN(mae)
          ? 'no samples'
          : `MAE ${mae.toPrecision(3)}, ${(100 * nmae).toPrecision(3)} % of the range`,
      ],
      ['power', `${run.boots} boots, ${run.powerFailures} power failures`],
      ['harvested', `${si(run.energy.harvested, 'J')}, ${si(run.energy.load, 'J')} to the load`],
      [
        'load',
        Object.entries(run.energy.parts)
          .map(([part, joules]) => `${part} ${si(joules, 'J')}`)
          .join(', '),
      ],
    ]),
  );
}
