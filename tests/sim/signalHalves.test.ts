import { describe, expect, test } from '@jest/globals';
import { ArraySignal } from '../../host/sim/signal/signal.ts';
import { signalHalves } from '../../host/sim/signal/signalHalves.ts';

/** A signal of two axes whose first tells its slot. */
function counting(length: number): ArraySignal {
  const values = Float64Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? i / 2 : -i));
  return new ArraySignal({ name: 'counting', axes: ['a', 'b'], samplePeriod: 1, values });
}

function slotsOf(signal: { length: number; at(slot: number): Float64Array }): number[] {
  return Array.from({ length: signal.length }, (_, slot) => signal.at(slot)[0]!);
}

describe('signalHalves', () => {
  test('segments alternate, and no slot is in both halves', () => {
    const { training, test: rest } = signalHalves(counting(64));
    expect(slotsOf(training).slice(0, 6)).toEqual([0, 1, 2, 3, 8, 9]);
    expect(slotsOf(rest).slice(0, 6)).toEqual([4, 5, 6, 7, 12, 13]);
    expect([...slotsOf(training), ...slotsOf(rest)].sort((a, b) => a - b)).toEqual(slotsOf(counting(64)));
  });

  test('a cap takes the first part of every segment', () => {
    const { training } = signalHalves(counting(64), { slots: 16 });
    expect(slotsOf(training).slice(0, 4)).toEqual([0, 1, 8, 9]);
    expect(training.length).toBe(16);
  });

  test('the split is the share of each pair of segments', () => {
    const { training, test: rest } = signalHalves(counting(80), { split: 0.8 });
    expect(training.length).toBe(64);
    expect(slotsOf(rest).slice(0, 3)).toEqual([8, 9, 18]);
  });

  test('a short signal is cut into fewer segments', () => {
    const { training, test: rest } = signalHalves(counting(9));
    expect(slotsOf(training)).toEqual([0, 1, 4, 5]);
    expect(slotsOf(rest)).toEqual([2, 3, 6, 7]);
  });
});
