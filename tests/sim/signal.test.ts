import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UserError } from '../../host/errors.ts';
import { Random } from '../../host/sim/random.ts';
import { fixedPoint, toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { openSignal, parseSignal, readSignal } from '../../host/sim/signal/readSignal.ts';
import { ArraySignal, type Signal } from '../../host/sim/signal/signal.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import { testWithData } from '../support/data.ts';

const parse = (text: string, options = {}) => parseSignal(new TextEncoder().encode(text), 'file', options);
const rows = (signal: Signal) =>
  Array.from({ length: signal.length }, (_, slot) => Array.from(signal.at(slot)));

const HEAD = '@problemName Test\n@timeStamps false\n@dimensions 2\n@classLabel true a b\n@data\n';

describe('.ts files', () => {
  test('cases are joined, dimensions are axes, the label is no value', () => {
    const signal = parse(
      `#comment: a, b\n%more\n`.replace('%more\n', '') + HEAD + '1,2,3:4,5,6:a\n# between\n7,8:9,-1e1:b\n',
    );
    expect(signal.axes).toEqual(['d1', 'd2']);
    expect(rows(signal)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
      [7, 9],
      [8, -10],
    ]);
    expect(signal.samplePeriod).toBe(1 / 16);
    expect(parse(`${HEAD}1:2:a`, { period: 0.1 }).samplePeriod).toBe(0.1);
  });

  test('without labels the last part is a dimension', () => {
    expect(rows(parse('@classLabel false\n@data\n1,2:3,4:5,6\n'))).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
  });

  test('missing values are held and told', () => {
    const signal = parse(`${HEAD}?,1,?,?,2:5,5,5,5,5:a\n`);
    expect(rows(signal).map(([x]) => x)).toEqual([1, 1, 1, 1, 2]);
    expect(signal.warnings).toEqual(['file: 3 missing values, held from the value before']);
  });
});

describe('CSV files', () => {
  test('without header or time every column is an axis', () => {
    const signal = parse('1,2\n3,4\n');
    expect(signal.axes).toEqual(['c1', 'c2']);
    expect(rows(signal)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(signal.samplePeriod).toBe(1 / 16);
  });

  test.each([
    ['time,x,y\n0,1,2\n0.5,3,4\n1.0,5,6\n', 0.5],
    ['time_ms;x;y\n0;1;2\n20;3;4\n40;5;6\n', 0.02],
    ['t (ms)\tx\ty\n0\t1\t2\n20\t3\t4\n40\t5\t6\n', 0.02],
    ['timestamp,x,y\n2013-12-02 21:15:00,1,2\n2013-12-02 21:20:00,3,4\n2013-12-02 21:25:00,5,6\n', 300],
    ['2013-12-02T21:15:00Z,1,2\n2013-12-02T21:15:01.5Z,3,4\n2013-12-02T21:15:03Z,5,6\n', 1.5],
    ['DATE (MM/DD/YYYY),MST,x,y\n10/14/2018,23:59,1,2\n10/15/2018,00:00,3,4\n10/15/2018,00:01,5,6\n', 60],
  ])('%j has a time column', (text, period) => {
    const signal = parse(text);
    expect(signal.samplePeriod).toBeCloseTo(period, 12);
    expect(rows(signal)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(signal.warnings).toEqual([]);
  });

  test('a header names axes and, where they agree, the unit', () => {
    expect(parse('x [g],y [g]\n1,2\n')).toMatchObject({ axes: ['x', 'y'], unit: 'g' });
    expect(parse('x [g],y [m/s]\n1,2\n')).toMatchObject({ axes: ['x', 'y'], unit: '' });
  });

  test('a header that does not name a time leaves the first column an axis', () => {
    expect(parse('x,y\n1,2\n3,4\n').axes).toEqual(['x', 'y']);
  });

  test('uneven times are told', () => {
    const signal = parse('time,x\n0,1\n1,2\n2,3\n9,4\n10,5\n');
    expect(signal.samplePeriod).toBe(1);
    expect(signal.warnings).toEqual(['file: 1 steps unlike the usual 1 s; values taken as evenly spaced']);
  });
});

test.each([
  ['', 'file:1:1: expected a signal'],
  ['1,2\n3\0,4\n', 'file:2:2: expected a signal: a UEA .ts file or CSV rows of numbers, as text, found'],
  ['1,2\n3,x\n', "file:2:3: expected a number in column 2, found 'x'"],
  ['1,2\n3\n', 'file:2:2: expected a number in column 2, found nothing'],
  ['1,2\n3,4,5\n', "file:2:5: expected 2 columns, found '5'"],
  ['x,y\n', 'file:2:1: expected a row of numbers after the header, found nothing'],
  ['time\n1\n', 'file:1:5: expected a column of values, found nothing'],
  ['time,x\n0,1\n1,2\n1,3\n', "file:4:1: expected a time later than that of the line before, found '1'"],
  ['time,x\nsoon,1\n', "file:2:1: expected a time, found 'soon'"],
  [
    'timestamp,x\n2013-12-02 21:15:00,1\n2013-13-45 99:00:00,1\n',
    'file:3:1: expected a date such as 2013-12-02 21:15:00',
  ],
  ['1,2,3,4,5,6,7,8,9,10\n', "file:1:1: expected 1 to 9 axes, found '10 columns of values'"],
  ['@problemName x\n@dimensions 1\n', 'file:3:1: expected a line @data, found nothing'],
  ['@problemName x\nnonsense\n@data\n1\n', "file:2:1: expected a header @name or @data, found 'nonsense'"],
  ['@timeStamps true\n@data\n1\n', 'file:1:1: expected @timeStamps false'],
  [HEAD, 'file:6:1: expected a case after @data, found nothing'],
  [`${HEAD}1,2\n`, "file:6:4: expected dimensions and a class label, separated by ':', found nothing"],
  [`${HEAD}1,2:3,4:a\n1,2:a\n`, "file:7:1: expected 2 dimensions as in the first case, found '1'"],
  [`${HEAD}1,2:3:a\n`, "file:6:5: expected 2 values as in dimension 1, found '1'"],
  [`${HEAD}1,2:3,oops:a\n`, "file:6:7: expected a number or '?', found 'oops'"],
  [`${HEAD}1,:3,4:a\n`, "file:6:3: expected a number or '?', found nothing"],
  [`${HEAD}?,?:3,4:a\n`, "file:6:1: expected a value that is not missing, found '?'"],
])('malformed: %j', (text, message) => {
  expect(() => parse(text)).toThrow(UserError);
  expect(() => parse(text)).toThrow(message);
});

test('a signal repeats when it is shorter than the run', () => {
  const signal = parse('1\n2\n3\n');
  expect(Array.from({ length: 7 }, (_, slot) => signal.at(slot)[0])).toEqual([1, 2, 3, 1, 2, 3, 1]);
});

describe('fixed point', () => {
  const of = (...values: number[]) =>
    new ArraySignal({ name: '', axes: ['x'], samplePeriod: 1, values: Float64Array.from(values) });

  test.each([
    [[0.5], 15],
    [[0.99999], 14],
    [[-1], 15],
    [[1], 14],
    [[2.5, -3.9], 13],
    [[-4], 13],
    [[95.2], 8],
    [[40_000], 0],
    [[0], 15],
  ])('of %j has %i fraction bits', (values, bits) => {
    expect(toFixed(of(...values)).fractionBits).toBe(bits);
  });

  test('rounds half away from zero and saturates', () => {
    expect(Array.from(fixedPoint(0).encode([0.5, -0.5, 1.5, -1.5, 0.49, 99_999, -99_999]))).toEqual([
      1, -1, 2, -2, 0, 32_767, -32_768,
    ]);
  });

  test('is the finest that loses at most half a step of any value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -30_000, max: 30_000, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 20 }),
        (values, shift) => {
          const scaled = values.map((value) => value / 2 ** shift);
          const fixed = toFixed(of(...scaled));
          const decoded = fixed.decode(fixed.encode(scaled));
          scaled.forEach((value, i) => {
            expect(Math.abs(decoded[i]! - value)).toBeLessThanOrEqual(0.5 / 2 ** fixed.fractionBits);
          });
          const finer = fixedPoint(fixed.fractionBits + 1);
          const fitsFiner = finer
            .decode(finer.encode(scaled))
            .every((value, i) => Math.abs(value - scaled[i]!) <= 0.5 / 2 ** (fixed.fractionBits + 1));
          if (fixed.fractionBits < 15) expect(fitsFiner).toBe(false);
        },
      ),
    );
  });
});

describe('generated signal', () => {
  test('is the same for the same seed', () => {
    expect(rows(syntheticSignal(3))).toEqual(rows(syntheticSignal(3)));
    expect(rows(syntheticSignal(3))).not.toEqual(rows(syntheticSignal(4)));
    expect(rows(openSignal('synthetic', { seed: 3 }))).toEqual(rows(syntheticSignal(3)));
  });

  test('has calm and busy phases on three axes at 16 Hz', () => {
    const signal = syntheticSignal(1);
    expect(signal).toMatchObject({ axes: ['x', 'y', 'z'], unit: 'g', samplePeriod: 1 / 16 });
    const activity = Array.from({ length: 590 }, (_, second) => {
      const x = Array.from({ length: 16 }, (_, i) => signal.at(second * 16 + i)[0]!);
      return Math.max(...x) - Math.min(...x);
    });
    expect(activity.filter((range) => range < 0.1).length).toBeGreaterThan(150);
    expect(activity.filter((range) => range > 0.5).length).toBeGreaterThan(100);
  });
});

test('random numbers: even, normal, and apart for neighbouring seeds', () => {
  const random = new Random(1);
  const uniform = Array.from({ length: 100_000 }, () => random.uniform());
  const normal = Array.from({ length: 100_000 }, () => random.normal());
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(uniform)).toBeCloseTo(0.5, 2);
  expect(mean(uniform.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
  expect(mean(normal)).toBeCloseTo(0, 1);
  expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
  const first = Array.from({ length: 1000 }, (_, seed) => new Random(seed).next32());
  expect(new Set(first).size).toBe(1000);
});

describe('real signals', () => {
  testWithData(
    'UEA Epilepsy and BasicMotions',
    ['signals/Epilepsy_TRAIN.ts', 'signals/BasicMotions_TRAIN.ts'],
    ([epilepsy, motions]) => {
      const wrist = readSignal(epilepsy!);
      expect(wrist).toMatchObject({ axes: ['x', 'y', 'z'], length: 137 * 206, samplePeriod: 1 / 16 });
      expect(readSignal(motions!, { period: 0.1 })).toMatchObject({ length: 40 * 100, samplePeriod: 0.1 });
      expect(readSignal(motions!).axes).toHaveLength(6);
    },
  );

  testWithData(
    'machine temperature, whose clock is set back once',
    ['signals/machine_temperature_system_failure.csv'],
    ([path]) => {
      const signal = readSignal(path!);
      expect(signal).toMatchObject({ axes: ['value'], samplePeriod: 300, length: 22_695 });
      expect(signal.warnings).toHaveLength(1);
    },
  );

  testWithData('NREL weather of a day', ['signals/midc_20181014.txt'], ([path]) => {
    const signal = readSignal(path!);
    expect(signal).toMatchObject({ samplePeriod: 60, length: 1440, unit: '' });
    expect(signal.axes).toHaveLength(5);
    expect(signal.at(0)[2]).toBe(-4.669);
  });
});
