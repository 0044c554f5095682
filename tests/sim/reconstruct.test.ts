import { describe, expect, test } from '@jest/globals';
import { reconstruct, reconstructionError } from '../../host/sim/reconstruct.ts';
import { ArraySignal } from '../../host/sim/signal/signal.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';

const line = (samples: [number, number][], from: number, to: number) =>
  Array.from(
    reconstruct(
      { slots: samples.map(([slot]) => slot), values: samples.map(([, value]) => [value]) },
      from,
      to,
      1,
    )[0]!,
  );

describe('reconstruction', () => {
  test('is linear between samples and holds the ends', () => {
    const samples: [number, number][] = [
      [2, 0],
      [4, 4],
      [5, 1],
    ];
    expect(line(samples, 0, 8)).toEqual([0, 0, 0, 2, 4, 1, 1, 1]);
    expect(line(samples, 3, 5)).toEqual([2, 4]);
    expect(line([[100, 7]], 3, 5)).toEqual([7, 7]);
    expect(
      line(
        [
          [0, 7],
          [100, 107],
        ],
        50,
        52,
      ),
    ).toEqual([57, 58]);
  });

  test('does not depend on the order, and takes the later of two samples of a slot', () => {
    expect(
      line(
        [
          [4, 4],
          [0, 9],
          [0, 0],
        ],
        0,
        5,
      ),
    ).toEqual([0, 1, 2, 3, 4]);
  });

  test('needs a sample', () => {
    expect(() => line([], 0, 1)).toThrow(RangeError);
  });

  test('of every slot is the signal itself', () => {
    const signal = syntheticSignal(2);
    const slots = Array.from({ length: 300 }, (_, i) => i + 50);
    const error = reconstructionError(
      signal,
      { slots, values: slots.map((slot) => signal.at(slot)) },
      50,
      350,
    );
    expect(error).toEqual({ mae: 0, normalisedMae: 0 });
  });
});

describe('reconstruction error', () => {
  const signal = new ArraySignal({
    name: '',
    axes: ['wave', 'still'],
    samplePeriod: 1,
    values: Float64Array.from([0, 5, 4, 5, 0, 5, 4, 5]),
  });

  test('is the mean over slots and axes; normalised by the range of the axes that move', () => {
    const error = reconstructionError(
      signal,
      {
        slots: [0, 2],
        values: [
          [0, 5],
          [0, 5],
        ],
      },
      0,
      4,
    );
    expect(error.mae).toBe(1);
    expect(error.normalisedMae).toBe(0.5);
  });

  test('is not a number without samples', () => {
    expect(reconstructionError(signal, { slots: [], values: [] }, 0, 4)).toEqual({
      mae: NaN,
      normalisedMae: NaN,
    });
  });
});
