import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reconstructionError } from '../../host/sim/reconstruct.ts';
import { RunningError } from '../../host/sim/runningError.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';

test('gives what the error over all samples gives', () => {
  const signal = syntheticSignal(4);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 900 }), { minLength: 1 }),
      fc.integer({ min: 901, max: 1000 }),
      (picked, end) => {
        const slots = picked.sort((a, b) => a - b);
        const values = slots.map((slot) => Array.from(signal.at(slot), (value) => value + 0.01));
        const running = new RunningError(signal);
        slots.forEach((slot, i) => running.add({ slot, values: values[i]! }));
        const expected = reconstructionError(signal, { slots, values }, 0, end);
        const { mae, normalisedMae } = running.finish(end);
        expect(mae).toBeCloseTo(expected.mae, 12);
        expect(normalisedMae).toBeCloseTo(expected.normalisedMae, 12);
      },
    ),
  );
  expect(new RunningError(signal).finish(10).mae).toBeNaN();
});
