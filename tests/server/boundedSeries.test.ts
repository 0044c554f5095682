import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BoundedSeries, indexAtOrAfter } from '../../host/server/boundedSeries.ts';

test('rows stay in order, once per slot with the latest content, whatever the order they come in', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat())), (added) => {
      const series = new BoundedSeries<{ slot: number; value: number }>(1000);
      for (const [slot, value] of added) series.add({ slot, value });
      const expected = [...new Map(added)].sort(([a], [b]) => a - b);
      expect(series.rows.map(({ slot, value }) => [slot, value])).toEqual(expected);
      expect(series.thinned).toBe(false);
    }),
  );
});

test('a full series thins its older half and keeps its ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 200 }), fc.nat(5000), (limit, length) => {
      const series = new BoundedSeries(limit);
      for (let slot = 0; slot <= length; slot++) series.add({ slot });
      const { rows, thinned } = series;
      expect(rows.length).toBeLessThanOrEqual(limit);
      expect(thinned).toBe(length + 1 > limit);
      expect([rows[0]!.slot, rows.at(-1)!.slot]).toEqual([0, length]);
      const newest = Math.min(length + 1, limit >> 1);
      expect(rows.slice(rows.length - newest).map(({ slot }) => slot)).toEqual(
        Array.from({ length: newest }, (_, index) => length + 1 - newest + index),
      );
    }),
  );
});

test('the first row at or after a slot', () => {
  const rows = [{ slot: 2 }, { slot: 4 }, { slot: 4.5 }];
  expect([0, 2, 3, 4, 5].map((slot) => indexAtOrAfter(rows, slot))).toEqual([0, 0, 1, 1, 3]);
  expect(indexAtOrAfter([], 1)).toBe(0);
});
