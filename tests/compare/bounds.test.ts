import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leastCosts, windowBounds, type Window } from '../../host/sim/compare/bounds.ts';
import { chargePerStep, scaledHarvester } from '../../host/sim/compare/harvests.ts';
import { FIXED_RATE } from '../../host/demo/nodeConfig.ts';
import {
  ModuleConfigs,
  ENERGY_SETTINGS,
  adaptiveModes,
  moduleModes,
  catnap,
  intermittentUniform,
} from '../../host/sim/compare/policies.ts';
import { regimeName, regimeNode, regimes } from '../../host/sim/compare/regimes.ts';
import { storage, windowError } from '../../host/sim/compare/runCell.ts';
import { EncodedSignal, runNode } from '../../host/sim/compare/runNode.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { Random } from '../../host/sim/random.ts';
import { reconstructionError } from '../../host/sim/reconstruct.ts';
import { fixedPoint } from '../../host/sim/signal/fixedPoint.ts';
import { ArraySignal } from '../../host/sim/signal/signal.ts';

const image = loadSeasons();

/** A random walk of whole numbers, which the node's fixed point holds exactly. */
function walk(seed: number, slots: number, axes = 1): ArraySignal {
  const random = new Random(seed);
  const values = new Float64Array(slots * axes);
  for (let i = axes; i < values.length; i++) {
    const calm = Math.floor(i / (12 * axes)) % 2 === 0;
    values[i] = values[i - axes]! + Math.round(random.normal(0, calm ? 0.4 : 6));
  }
  const names = Array.from({ length: axes }, (_, i) => `a${i}`);
  return new ArraySignal({ name: 'walk', axes: names, samplePeriod: 1 / 16, values });
}

describe('bounds', () => {
  test('signal <= prefix <= joint <= every online policy, from the same start on the same window', () => {
    const latency = 8;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(...regimes),
        fc.double({ min: 0.05, max: 1.2, noNaN: true }),
        (seed, regime, budget) => {
          const random = new Random(seed);
          const slots = 24;
          const length = slots + latency;
          const signal = walk(seed, length);
          const encoded = new EncodedSignal(signal, fixedPoint(0));
          const node = regimeNode(regime, 1, 16, 1.5);
          const { sample, packet, perSample } = leastCosts(node, 1);
          const mean = (budget * (sample + perSample + packet / 8)) / signal.samplePeriod;
          const watts = Float64Array.from({ length: length * 2 }, () => mean * random.uniform(0, 3));
          const harvest = {
            name: 'random',
            step: signal.samplePeriod / 2,
            watts,
            volts: watts.map(() => 1),
          };
          const charges = chargePerStep(harvest, 1, node);
          const configs = new ModuleConfigs(image, encoded);
          const config = configs.config(node, latency, 'uniform', { rate: 1, energy: FIXED_RATE });
          const bounds = windowBounds(signal, {
            slots,
            latencySlots: latency,
            batch: config.batch,
            ...storage(node),
            charge: Float64Array.from({ length }, (_, slot) => charges[2 * slot]! + charges[2 * slot + 1]!),
            ...leastCosts(node, 1),
          });
          expect(bounds.signal).toBeLessThanOrEqual(bounds.prefix);
          expect(bounds.prefix).toBeLessThanOrEqual(bounds.joint);
          const online = [
            ...intermittentUniform(config, (mean / 16) * 1e9),
            ...catnap(config, (mean / 16) * 1e9),
            ...adaptiveModes.map((mode) => configs.fixed(node, latency, mode, 0.5)),
            ...moduleModes.flatMap((mode) =>
              ENERGY_SETTINGS.map((energy) => configs.adaptive(node, latency, mode, 0.5, energy)),
            ),
            configs.fixed(node, latency, 'uniform', 1),
            configs.unbuffered(node, latency, 'linear', 1),
          ];
          for (const { label, create } of online) {
            const run = runNode({
              signal: encoded,
              harvester: scaledHarvester(harvest, 1),
              node,
              controller: create(),
              slots: length,
              latencySlots: latency,
            });
            const error = windowError(run, signal, slots);
            const place = `${label} on ${regimeName(regime)}`;
            if (error !== null)
              expect({ place, below: error < bounds.joint - 1e-9 }).toEqual({ place, below: false });
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  /** Every plan of a small window, played exactly. */
  function bestPlan(signal: ArraySignal, window: Window): number {
    const { slots, latencySlots, batch, capacity, charge, sample, packet, perSample } = window;
    let best = Infinity;
    const play = (t: number, energy: number, waiting: number[], taken: number[]): void => {
      if (waiting.length > 0 && t > waiting[0]! + latencySlots) return;
      if (t === charge.length) {
        if (waiting.length > 0 || taken.length === 0) return;
        const samples = { slots: taken, values: taken.map((slot) => signal.at(slot)) };
        best = Math.min(best, reconstructionError(signal, samples, 0, slots).mae);
        return;
      }
      for (const sampling of t < slots ? [false, true] : [false]) {
        const left = energy + charge[t]! - (sampling ? sample : 0);
        if (left < 0) continue;
        const queue = sampling ? [...waiting, t] : waiting;
        const all = sampling ? [...taken, t] : taken;
        play(t + 1, Math.min(capacity, left), queue, all);
        for (let sent = 1; sent <= Math.min(batch, queue.length); sent++) {
          const rest = left - packet - sent * perSample;
          if (rest >= 0) play(t + 1, Math.min(capacity, rest), queue.slice(sent), all);
        }
      }
    };
    play(0, window.initial, [], []);
    return best;
  }

  test('the joint bound is below the best of all plans, and close to it', () => {
    let ratios = 0;
    let count = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const random = new Random(seed);
        const signal = walk(seed, 10);
        const window: Window = {
          slots: 7,
          latencySlots: 3,
          batch: 3,
          initial: random.uniform(0, 6),
          capacity: 6,
          charge: Float64Array.from({ length: 10 }, () => random.uniform(0, 1.6)),
          sample: 1,
          packet: 1.5,
          perSample: 0.2,
        };
        const { joint } = windowBounds(signal, window);
        const best = bestPlan(signal, window);
        if (best === Infinity) return;
        expect(joint).toBeLessThanOrEqual(best + 1e-9);
        if (best > 0) {
          ratios += joint / best;
          count++;
        }
      }),
      { numRuns: 60 },
    );
    expect(ratios / count).toBeGreaterThan(0.8);
  });
});
