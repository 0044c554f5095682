/**
 * Writes the training halves of the development signals that are there, and generated ones, for train.py: JSON lines
 * {name, axes, values: [[one integer per axis], ...]} in the node's fixed point. Usage: node --import
 * ./tests/support/typescript.mjs training/skiprnn/trainingSignals.ts FILE
 */
import { writeFileSync } from 'node:fs';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { signalHalves } from '../../host/sim/signal/signalHalves.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import { availableSignals } from '../../tests/support/developmentSignals.ts';

const SLOTS = 4096;
const GENERATED_SEEDS = [101, 102];

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: trainingSignals.ts FILE');
const signals = [
  ...availableSignals(),
  ...GENERATED_SEEDS.map((seed) => ({ name: `synthetic-${seed}`, signal: syntheticSignal(seed) })),
];
const lines = signals.map(({ name, signal }) => {
  const fixed = toFixed(signal);
  const { training } = signalHalves(signal, { slots: SLOTS });
  const values = Array.from({ length: training.length }, (_, slot) => [...fixed.encode(training.at(slot))]);
  return JSON.stringify({ name, axes: training.axes.length, values });
});
writeFileSync(file, `${lines.join('\n')}\n`);
