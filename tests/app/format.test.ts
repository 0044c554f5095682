import { expect, test } from '@jest/globals';
import { clock, count, duration, fixed, number, reading, si, words } from '../../host/app/format.ts';
import { defaultWindow, stretch, windows } from '../../host/app/liveView.ts';

test.each([
  [0, '0 J'],
  [1e-25, '0 J'],
  [1.234e-3, '1.23 mJ'],
  [-1.234e-6, '−1.23 µJ'],
  [9.999e-4, '1.00 mJ'],
  [0.00099949, '999 µJ'],
  [123.4, '123 J'],
  [5e-14, '0.05 pJ'],
  [NaN, '–'],
])('%p joules read %s', (value, text) => {
  expect(si(value, 'J')).toBe(text);
});

test.each([
  [8.44, '8.4 s'],
  [125, '2 min 05 s'],
  [11_520, '3 h 12 min'],
  [367_200, '4 d 6 h'],
])('%p seconds read %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('labels of one time axis have one form', () => {
  expect([0, 5, 10].map((time) => clock(time, 5, 10))).toEqual(['0 s', '5 s', '10 s']);
  expect([0.5, 1].map((time) => clock(time, 0.5, 1))).toEqual(['0.5 s', '1.0 s']);
  expect([50, 60, 70].map((time) => clock(time, 10, 70))).toEqual(['0:50', '1:00', '1:10']);
  expect([3540, 3600].map((time) => clock(time, 60, 3600))).toEqual(['0:59:00', '1:00:00']);
  expect([65, 65.5].map((time) => clock(time, 0.5, 65.5))).toEqual(['1:05.0', '1:05.5']);
});

test('numbers, counts and names', () => {
  expect(number(-0.012345, 3)).toBe('−0.0123');
  expect([0.82, -12, 1234.4, 0.00012].map(reading)).toEqual(['0.820', '−12.0', '1234', '0.000']);
  expect([number(Infinity), fixed(-0.001, 2), fixed(-1.5, 1)]).toEqual(['–', '0.00', '−1.5']);
  expect([count(1234), count(1_234_567)]).toEqual(['1234', '1\u202f234\u202f567']);
  expect([words('deadlineMisses'), words('link_errors'), words('mae')]).toEqual([
    'Deadline misses',
    'Link errors',
    'Mae',
  ]);
});

test('a window fills, then scrolls; all shows all', () => {
  expect(stretch(30, 5, 10)).toEqual({ from: 5, to: 35 });
  expect(stretch(30, 5, 100)).toEqual({ from: 70, to: 100 });
  expect(stretch(Infinity, 5, 100)).toEqual({ from: 5, to: 100 });
  expect(stretch(Infinity, 5, 5)).toEqual({ from: 5, to: 6 });
  expect([1, 10, 60, 1e6].map(defaultWindow)).toEqual([30, 60, 600, 600]);
  expect(windows).toContain(defaultWindow(3));
});
