import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { signalAt, rowAt, rowsAround } from '../../host/app/signalAt.ts';
import { signalPlot } from '../../host/app/signalPlot.ts';

const row = (slot: number, ...values: number[]): { slot: number; values: number[] } => ({ slot, values });

test('the signal between samples is interpolated and its ends are held', () => {
  const rows = [row(10, 0, 5), row(20, 10, 5), row(40, 0, 5)];
  expect([5, 10, 15, 20, 30, 40, 99].map((slot) => signalAt(rows, slot, 0))).toEqual([0, 0, 5, 10, 5, 0, 0]);
  expect(signalAt(rows, 17, 1)).toBe(5);
  expect(signalAt([], 1, 0)).toBeUndefined();
  expect(signalAt(rows, 1, 2)).toBeUndefined();
});

test('rows at and around a stretch', () => {
  const rows = [row(0), row(10), row(20), row(30)];
  expect(rowAt(rows, 20)).toBe(rows[2]);
  expect(rowAt(rows, 29)).toBe(rows[2]);
  expect(rowAt(rows, -1)).toBeUndefined();
  expect(rowsAround(rows, 12, 18)).toEqual([rows[1], rows[2]]);
  expect(rowsAround(rows, 40, 50)).toEqual([rows[3]]);
});

test('truth, reconstruction, held end and samples share one axis of time', () => {
  const truth = [0, 1, 2, 3, 4, 5].map((slot) => row(slot, slot / 10));
  const samples = [row(1, 0.1), row(3, 0.3)];
  expect(signalPlot({ truth, samples, axis: 0, slotSeconds: 2, from: 0, to: 6, now: 6 })).toEqual([
    [0, 2, 4, 6, 8, 10, 12],
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, null],
    [0.1, 0.1, null, 0.3, null, null, null],
    [null, null, null, 0.3, 0.3, 0.3, 0.3],
    [null, 0.1, null, 0.3, null, null, null],
  ]);
});

test('without truth the samples alone are drawn, without samples the truth', () => {
  const rows = [row(1, 1), row(2, 2)];
  const common = { axis: 0, slotSeconds: 1, from: 0, to: 4, now: 4 };
  expect(signalPlot({ ...common, truth: [], samples: rows })).toEqual([
    [1, 2, 4],
    [null, null, null],
    [1, 2, null],
    [null, 2, 2],
    [1, 2, null],
  ]);
  expect(signalPlot({ ...common, truth: rows, samples: [] }).slice(2)).toEqual(Array(3).fill([null, null]));
  expect(signalPlot({ ...common, truth: [], samples: [] })).toEqual([[], [], [], [], []]);
});

test('every sample in view is a dot with its value, in order of time', () => {
  const slots = fc.uniqueArray(fc.nat(200), { maxLength: 60 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(slots, slots, fc.nat(200), fc.nat(100), (truthSlots, sampleSlots, from, length) => {
      const samples = sampleSlots.map((slot) => row(slot, slot * 3));
      const truth = truthSlots.map((slot) => row(slot, -slot));
      const to = from + length;
      const [times, trueValues, joined, , dots] = signalPlot({
        truth,
        samples,
        axis: 0,
        slotSeconds: 1,
        from,
        to,
        now: 200,
      });
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      const inView = (slot: number): boolean => slot >= from && slot <= to;
      const shown = times.filter((time, index) => inView(time) && dots![index] !== null);
      expect(shown).toEqual(sampleSlots.filter(inView));
      times.forEach((time, index) => {
        if (dots![index] !== null) expect([dots![index], joined![index]]).toEqual([time * 3, time * 3]);
        if (trueValues![index] !== null) expect(trueValues![index]).toBe(-time);
      });
    }),
  );
});
