import { Command, InvalidArgumentError, Option } from 'commander';
import { configureNode } from '../../demo/nodeConfig.ts';
import { policyNumbers, measureRate, type PolicyName } from '../../sim/fit.ts';
import { defaultNode } from '../../sim/nodeDescription.ts';
import { loadSeasons } from '../../sim/nodeModule.ts';
import { openSignal } from '../../sim/signal/readSignal.ts';
import { toFixed } from '../../sim/signal/fixedPoint.ts';
import { ArraySignal } from '../../sim/signal/signal.ts';
import { parseDuration, parseNumber } from '../options.ts';
import { Output, withOutputOptions, type OutputOptions } from '../output.ts';

interface Flags extends OutputOptions {
  signal: string;
  period?: number;
  rate: number[];
  policy: PolicyName | 'all';
  split: number;
  seed: number;
}

/** One threshold: in the node's fixed point and in units of the signal. */
interface Fit {
  policy: PolicyName;
  rate: number;
  threshold: number;
  thresholdInUnits: number;
  /** Samples per slot that the policy takes with it, on the split it was fitted on and on the rest. */
  trainingRate: number;
  testRate: number | null;
}

const RATE_STEP = 0.1;
/** Slots of the rest that its rate is measured on. */
const TEST_SLOTS = 8192;
const adaptive = (Object.keys(policyNumbers) as PolicyName[]).filter((name) => name !== 'uniform');

export function fitCommand(): Command {
  const command = new Command('fit')
    .description('find the threshold at which a policy takes samples at a given mean rate')
    .requiredOption('--signal <file|synthetic>', 'the signal: UEA .ts, CSV, or generated')
    .option('--period <duration>', 'time between samples of a signal file that does not tell', parseDuration)
    .option(
      '--rate <shares>',
      'rates: 0.5, 0.3,0.5,0.7 or 0.3..1.0 (steps of 0.1)',
      parseRates,
      parseRates('0.3..1.0'),
    )
    .addOption(new Option('--policy <name>', 'sampling policy').choices([...adaptive, 'all']).default('all'))
    .option(
      '--split <share>',
      'share of the signal, from its start, that is fitted on',
      parseNumber({ min: 0.01, max: 1 }),
      0.5,
    )
    .option(
      '--seed <n>',
      'of a generated signal',
      parseNumber({ min: 0, max: 2 ** 32 - 1, integer: true }),
      1,
    );
  return withOutputOptions(command).action((flags: Flags) => {
    const fits = run(flags);
    new Output(flags).result({ signal: flags.signal, split: flags.split, fits }, () => render(fits));
  });
}

function parseRates(text: string): number[] {
  const range = /^([\d.]+)\.\.([\d.]+)$/.exec(text.trim());
  const [low, high] = range ? [Number(range[1]), Number(range[2])] : [];
  const rates =
    low !== undefined && high !== undefined
      ? Array.from({ length: Math.max(0, Math.floor((high - low) / RATE_STEP + 1e-9) + 1) }, (_, i) =>
          Number((low + i * RATE_STEP).toPrecision(6)),
        )
      : text.split(',').map(Number);
  if (rates.length === 0 || !rates.every((rate) => rate > 0 && rate <= 1)) {
    throw new InvalidArgumentError('expected rates above 0 and up to 1, such as 0.5, 0.3,0.5 or 0.3..1.0.');
  }
  return rates;
}

function run({ signal: spec, period, rate: rates, policy, split, seed }: Flags): Fit[] {
  const image = loadSeasons();
  const signal = openSignal(spec, { seed, ...(period !== undefined && { period }) });
  const fixed = toFixed(signal);
  const { name, axes, samplePeriod } = signal;
  const count = Math.max(2, Math.floor(signal.length * split));
  const values = new Float64Array(count * axes.length);
  for (let slot = 0; slot < count; slot++) values.set(signal.at(slot), slot * axes.length);
  const training = new ArraySignal({ name, axes, samplePeriod, values });
  const encoded = (from: number, to: number): Int32Array[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => fixed.encode(signal.at(from + i)));
  const own = encoded(0, Math.min(count, TEST_SLOTS));
  const rest = encoded(count, Math.min(signal.length, count + TEST_SLOTS));
  // Any bound will do: a threshold depends on the signal alone.
  const latency = 100 * samplePeriod;
  return (policy === 'all' ? adaptive : [policy]).flatMap((one) =>
    rates.map((rate): Fit => {
      const config = configureNode(image, training, fixed, defaultNode, { policy: one, rate, latency });
      return {
        policy: one,
        rate,
        threshold: config.threshold,
        thresholdInUnits: config.threshold / 2 ** config.fractionBits,
        trainingRate: measureRate(image, config, own),
        testRate: rest.length > 0 ? measureRate(image, config, rest) : null,
      };
    }),
  );
}

function render(fits: readonly Fit[]): string {
  const lines = fits.map(({ policy, rate, threshold, thresholdInUnits, trainingRate, testRate }) =>
    [
      policy.padEnd(10),
      rate.toFixed(2).padStart(5),
      String(threshold).padStart(10),
      thresholdInUnits.toPrecision(4).padStart(12),
      trainingRate.toFixed(3).padStart(9),
      (testRate?.toFixed(3) ?? '-').padStart(9),
    ].join(' '),
  );
  return ['policy      rate  threshold     in units   on split   on rest', ...lines].join('\n');
}
