import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configured, policies, runModule } from './support.ts';

/** The published equations in float64 (first sample primes the state; a = b = 0.7), in units of the fixed point. */
function referenceSkips(
  policy: keyof typeof policies,
  samples: number[][],
  { threshold, minSkip, maxSkip }: { threshold: number; minSkip: number; maxSkip: number },
  first: number[],
): { skip: number; margin: number }[] {
  let previous = first;
  let mean = [...first];
  let deviation = first.map(() => 0);
  let skip = minSkip;
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return samples.map((x) => {
    let measure: number;
    if (policy === 'linear') {
      measure = sum(x.map((value, k) => Math.abs(value - previous[k]!)));
      skip = measure >= threshold ? minSkip : Math.min(skip + 1, maxSkip);
    } else {
      const before = sum(deviation);
      mean = mean.map((m, k) => 0.3 * m + 0.7 * x[k]!);
      deviation = deviation.map((v, k) => 0.3 * v + 0.7 * Math.abs(mean[k]! - x[k]!));
      measure = policy === 'deviation' ? sum(deviation) : sum(deviation) - before;
      if (policy === 'deviation') {
        skip = measure > threshold ? Math.max(Math.floor(skip / 2), minSkip) : Math.min(skip + 1, maxSkip);
      } else {
        skip = measure >= threshold ? Math.max(skip - 1, 0) : Math.min(skip + 1, maxSkip);
      }
    }
    previous = x;
    return { skip, margin: Math.abs(measure - threshold) };
  });
}

/** Rounding of 0.7 to 45875/65536 and of products: relative 6e-6 of 16-bit values over the filter's memory, per axis. */
const QUANTISATION = 1;

describe.each(['linear', 'deviation', 'litesense'] as const)('%s', (policy) => {
  test('skips as the float64 reference of the equations says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 3, max: 40 }),
        fc.infiniteStream(fc.integer({ min: -32768, max: 32767 })),
        (axes, threshold, minSkip, maxSkip, values) => {
          const draw = (): number[] => Array.from({ length: axes }, () => values.next().value as number);
          const first = draw();
          const samples = Array.from({ length: 40 }, draw);
          const expected = referenceSkips(policy, samples, { threshold, minSkip, maxSkip }, first);
          const module = configured({
            policy: policies[policy],
            axes,
            threshold,
            minSkip,
            maxSkip,
            batch: 255,
          });
          let slot = 0;
          module.push(slot, Int32Array.from(first));
          for (const [k, sample] of samples.entries()) {
            module.calls.acked(0, 0);
            module.push(++slot, Int32Array.from(sample));
            // A decision within the quantisation of the threshold may fall either way; stop comparing there.
            if (expected[k]!.margin < QUANTISATION * axes) return;
            module.calls.next(slot, 0);
            expect((module.calls.wakeSlot() >>> 0) - slot - 1).toBe(expected[k]!.skip);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('uniform spreads the fractional part: the count over any stretch is within one of rate x slots', () => {
  fc.assert(
    fc.property(fc.integer({ min: 655, max: 65535 }), (rate) => {
      const module = configured({ rate });
      const times: number[] = [];
      runModule(module, () => Int32Array.of(0), [0, 4000], { onSample: (slot) => times.push(slot) });
      const mean = (rate === 65535 ? 65536 : rate) / 65536;
      for (let i = 0; i < times.length; i++) expect(Math.abs(times[i]! * mean - i)).toBeLessThan(1 + 1e-9);
    }),
    { numRuns: 40 },
  );
});

test('a sample that was missed is taken at the first chance', () => {
  const module = configured({ policy: policies.linear, maxSkip: 0 });
  module.push(0, Int32Array.of(1));
  expect(module.calls.next(50, 1_000_000)).toBe(1);
});
