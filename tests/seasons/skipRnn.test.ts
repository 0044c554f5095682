import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { measureRate } from '../../host/sim/fit.ts';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import { baseConfig, configured, image, policies } from './support.ts';
import { plan, publishedSkip } from './skipRnnReference.ts';

test('the rate falls from every slot to the least as the threshold rises', () => {
  const signal = syntheticSignal(3);
  const fixed = toFixed(signal);
  const values = Array.from({ length: 2048 }, (_, slot) => fixed.encode(signal.at(slot)));
  const rateAt = (threshold: number): number =>
    measureRate(image, { ...baseConfig, policy: policies.skiprnn, axes: 3, maxSkip: 7, threshold }, values);
  const rates = Array.from({ length: 41 }, (_, i) => rateAt(i * 4096));
  expect(rates[0]).toBe(1);
  expect(rates.at(-1)).toBeCloseTo(1 / 8, 2);
  rates.slice(1).forEach((rate, i) => {
    expect(rate).toBeLessThanOrEqual(rates[i]! + 0.01);
  });
  expect(rateAt(0x7fffff)).toBe(rates.at(-1));
});

test('the closed form of the skip is the published recurrence', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4096 }), (p) => {
      const closed = Math.min(Math.ceil(2048 / p) - 1, 40);
      expect(publishedSkip(p / 4096, { minSkip: 0, maxSkip: 40 })).toBe(closed);
    }),
  );
});

test('PLAN is within 0.019 of the sigmoid', () => {
  for (let x = -10; x <= 10; x += 1 / 256) {
    expect(Math.abs(plan(x) - 1 / (1 + Math.exp(-x)))).toBeLessThan(0.019);
  }
});

test('skips keep the bounds for any values, spacings and thresholds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 0x7fffffff }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer()), { minLength: 2, maxLength: 60 }),
      (axes, threshold, steps) => {
        const module = configured({
          policy: policies.skiprnn,
          axes,
          threshold,
          minSkip: 1,
          maxSkip: 9,
          batch: 255,
          latencySlots: 1_000_000,
        });
        let slot = 0;
        for (const [spacing, value] of steps) {
          slot += spacing;
          module.calls.next(slot, 0);
          if (module.push(slot, new Int32Array(axes).fill(value)) !== 0) return;
          module.calls.next(slot, 0);
          const skip = (module.calls.wakeSlot() >>> 0) - slot - 1;
          expect(skip).toBeGreaterThanOrEqual(1);
          expect(skip).toBeLessThanOrEqual(9);
        }
      },
    ),
  );
});
