import { Command, InvalidArgumentError, Option } from 'commander';
import { FIT_SLOTS, configureNode } from '../../demo/nodeConfig.ts';
import { errorShareOfUniform, measureRate, policyNumbers, type PolicyName } from '../../sim/fit.ts';
import { defaultNode } from '../../sim/nodeDescription.ts';
import { loadSeasons } from '../../sim/nodeModule.ts';
import { openSignal } from '../../sim/signal/readSignal.ts';
import { toFixed } from '../../sim/signal/fixedPoint.ts';
import type { Signal } from '../../sim/signal/signal.ts';
import { signalHalves } from '../../sim/signal/signalHalves.ts';
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

/** One threshold: in the node's fixed point and in units of the signal (Skip RNN: of the update probability's logit). */
interface Fit {
  policy: PolicyName;
  rate: number;
  threshold: number;
  thresholdInUnits: number;
  /** Samples per slot that the policy takes with it, on the split it was fitted on and on the rest. */
  trainingRate: number;
  testRate: number | null;
  /** Error on the rest as a share of that of uniform sampling with as many samples. */
  errorShare: number | null;
  /** The same with a threshold fitted on the rest itself: policies at equal rates, not a forecast. */
  errorShareAtRate: number | null;
}

const RATE_STEP = 0.1;
/** Fraction bits of Skip RNN's threshold. */
const LOGIT_BITS = 12;
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
      'share of the signal that is fitted on: of each of 8 stretches the first part',
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
  const { training, test } = signalHalves(signal, { split, slots: FIT_SLOTS });
  const encoded = (part: Signal): Int32Array[] =>
    Array.from({ length: part.length }, (_, slot) => fixed.encode(part.at(slot)));
  const own = encoded(training);
  const rest = split < 1 ? encoded(test) : undefined;
  // Any bound will do: a threshold depends on the signal alone.
  const latency = 100 * signal.samplePeriod;
  return (policy === 'all' ? adaptive : [policy]).flatMap((one) =>
    rates.map((rate): Fit => {
      const fitted = (half: Signal) =>
        configureNode(image, half, fixed, defaultNode, { policy: one, rate, latency });
      const config = fitted(training);
      return {
        policy: one,
        rate,
        threshold: config.threshold,
        thresholdInUnits: config.threshold / 2 ** (one === 'skiprnn' ? LOGIT_BITS : config.fractionBits),
        trainingRate: measureRate(image, config, own),
        testRate: rest ? measureRate(image, config, rest) : null,
        errorShare: rest ? errorShareOfUniform(image, config, test, fixed) : null,
        errorShareAtRate: rest ? errorShareOfUniform(image, fitted(test), test, fixed) : null,
      };
    }),
  );
}

function render(fits: readonly Fit[]): string {
  const lines = fits.map(
    ({ policy, rate, threshold, thresholdInUnits, trainingRate, testRate, errorShare, errorShareAtRate }) =>
      [
        policy.padEnd(10),
        rate.toFixed(2).padStart(5),
        String(threshold).padStart(10),
        thresholdInUnits.toPrecision(4).padStart(12),
        trainingRate.toFixed(3).padStart(9),
        (testRate?.toFixed(3) ?? '-').padStart(9),
        (errorShare?.toFixed(3) ?? '-').padStart(11),
        (errorShareAtRate?.toFixed(3) ?? '-').padStart(8),
      ].join(' '),
  );
  return [
    'policy      rate  threshold     in units   on split   on rest  of uniform  at rate',
    ...lines,
  ].join('\n');
}
