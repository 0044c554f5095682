import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../host/errors.ts';
import { generateHarvest, harvestKinds } from '../../host/sim/harvest/generateHarvest.ts';
import { maximumPowerVolts } from '../../host/sim/harvest/ivFrame.ts';
import { openHarvest, parseHarvest, readHarvest } from '../../host/sim/harvest/readHarvest.ts';
import { testWithData } from '../support/data.ts';
import { harvestOf, offered } from './support.ts';

const parse = (text: string, panel = {}) => parseHarvest(new TextEncoder().encode(text), 'trace', panel);

describe('formats', () => {
  test('mementos: milliseconds and volts across 30 kOhm', () => {
    const harvester = parse('500\t3\n501\t6\r\n502\t0\n');
    expect(harvester.at(0).watts).toBeCloseTo(9 / 30_000, 15);
    expect(harvester.at(0).volts).toBe(3);
    expect(harvester.at(0.0015).watts).toBeCloseTo(36 / 30_000, 15);
    expect(harvester.duration).toBeCloseTo(0.003, 12);
    expect(harvester.warnings).toEqual([]);
  });

  test('rf: seconds and milliwatts', () => {
    const harvester = parse('sec RSSI,mW\n0.00\t0.00\n0.02\t0.21\n0.04\t0.03\n');
    expect(harvester.at(0.03).watts).toBeCloseTo(0.21e-3, 12);
    expect(harvester.duration).toBeCloseTo(0.06, 12);
  });

  test('solar: irradiance on the panel, negative values clipped', () => {
    const text = 'DATE (MM/DD/YYYY),MST,Global CM3 (cor) [W/m^2]\n9/1/2018,23:59,-0.4\n9/2/2018,00:00,800\n';
    expect(parse(text).at(0).watts).toBe(0);
    expect(parse(text).at(60).watts).toBeCloseTo(800 * 25e-6 * 0.15, 12);
    expect(parse(text, { area: 1e-4, efficiency: 0.2 }).at(60).watts).toBeCloseTo(0.016, 12);
    expect(parse(text).duration).toBe(120);
  });

  test.each([
    ['time_s,power_uW', 1, 1e-6],
    ['time [ms],power [mW]', 1e-3, 1e-3],
    ['Time (s), Power (W)', 1, 1],
    ['time_ms,power_µW', 1e-3, 1e-6],
  ])('generic CSV with header %s', (header, seconds, watts) => {
    const harvester = parse(`${header}\n10,5\n30,7\n31,0\n`);
    expect(harvester.at(19 * seconds).watts).toBeCloseTo(5 * watts, 12);
    expect(harvester.at(20.5 * seconds).watts).toBeCloseTo(7 * watts, 12);
    expect(harvester.duration).toBeCloseTo(22 * seconds, 12);
  });

  test('nothing is harvested in a gap, and the gap is told', () => {
    const harvester = parse('0 3\n1 3\n2 3\n1002 3\n1003 3\n');
    expect(harvester.at(0.0029).watts).toBeGreaterThan(0);
    expect(harvester.at(0.0031).watts).toBe(0);
    expect(harvester.at(1.0025).watts).toBeCloseTo(0.0003, 12);
    expect(harvester.warnings).toEqual(['trace: 1 gaps, 0.999 s in all, harvest nothing']);
  });

  test('one stray time between rows that follow each other is mended and told', () => {
    const harvester = parse('7998 1\n7999 2\n9000 3\n8001 4\n8002 5\n');
    expect(harvester.at(0.0021).volts).toBe(3);
    expect(harvester.duration).toBeCloseTo(0.005, 12);
    expect(harvester.warnings).toEqual(['trace: 1 times out of line, put between their neighbours']);
  });

  test('a pickled frame gives the maximum power point of every row', () => {
    const harvester = parseHarvest(frame(), 'iv');
    const power = (v: number) => v * (1e-3 - 1e-6 * Math.expm1(4 * v));
    const best = Math.max(...Array.from({ length: 20_000 }, (_, i) => power(i / 10_000)));
    expect(harvester.at(0).watts).toBeCloseTo(best, 10);
    expect(power(harvester.at(0).volts)).toBeCloseTo(best, 10);
    expect(harvester.at(0.02).watts).toBe(0);
    expect(harvester.duration).toBeCloseTo(0.06, 12);
  });

  test('a curve without current has no power point', () => {
    expect(maximumPowerVolts({ a: 0, b: 1e-6, c: 4 })).toBe(0);
    expect(maximumPowerVolts({ a: 1e-9, b: 1e-6, c: 4 })).toBeGreaterThan(0);
  });
});

describe('malformed traces', () => {
  test.each([
    ['', 'trace:1:1: expected a harvest trace'],
    ['\n\n', 'trace:1:1: expected a harvest trace'],
    ['hello world\n', 'trace:1:1: expected a harvest trace'],
    ['1 2\nab\0c\n', 'trace:2:3: expected a harvest trace'],
    ['1 2\n2 abc\n', "trace:2:3: expected a voltage across 30 kOhm in volts, found 'abc'"],
    ['1 2\n2\n', 'trace:2:2: expected a voltage across 30 kOhm in volts, found nothing'],
    ['1 2\n2 3 4\n', "trace:2:5: expected 2 columns, found '4'"],
    ['1 2\n2 0x10\n', "trace:2:3: expected a voltage across 30 kOhm in volts, found '0x10'"],
    ['1 2\n2 NaN\n', "trace:2:3: expected a voltage across 30 kOhm in volts, found 'NaN'"],
    ['1 2\n2 2\n3 2\n1 2\n0 2\n', 'trace:4:1: expected a time later than 0.003 s of the line before'],
    ['sec RSSI,mW\n', 'trace:2:1: expected a line with a time in seconds and mW, found nothing'],
    ['sec RSSI,mW\n0.00 0.1\n0.02 -1\n', "trace:3:6: expected a power in mW, not negative, found '-1'"],
    ['sec RSSI,mW\n0.00 0.1\n0.02 \n', 'trace:3:6: expected a power in mW, not negative, found nothing'],
    [
      'DATE (MM/DD/YYYY),MST,G [W/m^2]\n2018-09-01,00:00,1\n',
      "trace:2:1: expected a date as MM/DD/YYYY, found '2018-09-01'",
    ],
    [
      'DATE (MM/DD/YYYY),MST,G [W/m^2]\n9/1/2018,noon,1\n',
      "trace:2:10: expected a time as HH:MM, found 'noon'",
    ],
    [
      'DATE (MM/DD/YYYY),MST,G [W/m^2]\n9/1/2018,00:00\n',
      'trace:2:15: expected an irradiance in W/m^2, found nothing',
    ],
    [
      'time,power\n0,1\n',
      "trace:1:1: expected a header such as time_s,power_uW (units: s, ms), found 'time'",
    ],
    [
      'time_s,volts_mV\n0,1\n',
      "trace:1:8: expected a power column with its unit (W, mW, uW), found 'volts_mV'",
    ],
    ['time_s,power_uW\n', 'trace:2:1: expected a line with time and power, found nothing'],
    [
      'time_s,power_uW\n0,1\n0,2\n',
      "trace:3:1: expected a time later than that of the line before, found '0'",
    ],
    ['time_s,power_uW\n0,1,2\n', "trace:2:5: expected 2 columns, found '2'"],
  ])('%j', (text, message) => {
    expect(() => parse(text)).toThrow(UserError);
    expect(() => parse(text)).toThrow(message);
  });

  test('a file that is not there names what can be given', () => {
    expect(() => readHarvest('no/such/file')).toThrow('cannot read the harvest trace no/such/file');
  });

  test('a pickle that names a function is refused before anything else happens', () => {
    const evil = bytes(0x80, 4, short('posix'), short('system'), 0x93, short('true'), 0x85, 0x52, 0x2e);
    expect(() => parseHarvest(evil, 'iv')).toThrow(
      /^iv: byte 17: expected one of pandas.*found posix.system$/,
    );
  });

  test('opcodes beyond plain data are refused', () => {
    // GLOBAL, INST, OBJ, EXT1, PERSID, BINPERSID, NEWOBJ_EX
    for (const opcode of [0x63, 0x69, 0x6f, 0x82, 0x50, 0x51, 0x92]) {
      expect(() => parseHarvest(bytes(0x80, 4, opcode, 0x2e), 'iv')).toThrow(
        'iv: byte 2: expected an opcode of a plain data frame',
      );
    }
  });

  test('a frame cut or changed at any byte is an error that names the byte, or still a frame', () => {
    const whole = frame();
    for (let length = 1; length < whole.length; length++) {
      expect(() => parseHarvest(whole.subarray(0, length), 'iv')).toThrow(UserError);
    }
    for (let at = 1; at < whole.length; at++) {
      for (const flip of [0x01, 0x40, 0xff]) {
        const changed = whole.slice();
        changed[at]! ^= flip;
        try {
          parseHarvest(changed, 'iv');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }
    }
  });
});

describe('playing a trace', () => {
  test('it repeats when it is shorter than the run, and is a function of time whatever the order', () => {
    const harvester = harvestOf([
      [0.5, 1],
      [0.25, 2],
      [0.25, 3],
    ]);
    const value = (t: number) => (t % 1 < 0.5 ? 1 : t % 1 < 0.75 ? 2 : 3);
    for (const t of [0, 0.6, 17.8, 17.1, 0.1, 3, 1e6 + 0.75, 2.999, 0.5, 5]) {
      const piece = harvester.at(t);
      expect(piece.watts).toBe(value(t));
      expect(piece.until).toBeGreaterThan(t);
    }
    expect(offered(harvester, 100)).toBeCloseTo(175, 9);
    expect(harvester.meanWatts()).toBeCloseTo(1.75, 12);
  });

  test('pieces follow each other without end, whatever the rounding', () => {
    const harvester = harvestOf([
      [0.1, 1],
      [0.2, 2],
      [1 / 3, 3],
    ]);
    let t = 1e6 * Math.PI;
    for (let i = 0; i < 10_000; i++) {
      const { until } = harvester.at(t);
      expect(until).toBeGreaterThan(t);
      t = until;
    }
  });
});

describe('generated sources', () => {
  test.each(harvestKinds)('%s is the same for the same seed', (kind) => {
    const [first, same, other] = [
      generateHarvest(kind, 5),
      generateHarvest(kind, 5),
      generateHarvest(kind, 6),
    ];
    const series = (harvester: typeof first) =>
      Array.from({ length: 2000 }, (_, i) => harvester.at(i * 0.05).watts);
    expect(series(same)).toEqual(series(first));
    expect(series(other)).not.toEqual(series(first));
    expect(series(first).every((watts) => watts >= 0)).toBe(true);
    expect(openHarvest(kind, { seed: 5 }).meanWatts()).toBe(first.meanWatts());
  });

  test.each(harvestKinds)('%s offers 100 to 400 uW on average, in an uneven way', (kind) => {
    const harvester = generateHarvest(kind, 1);
    expect(harvester.meanWatts()).toBeGreaterThan(100e-6);
    expect(harvester.meanWatts()).toBeLessThan(400e-6);
    const seconds = Array.from({ length: 600 }, (_, i) => harvester.at(i).watts);
    expect(seconds.filter((watts) => watts < 20e-6).length).toBeGreaterThan(50);
  });
});

describe('real traces', () => {
  testWithData('mementos 1 and 2', ['harvest/mementos/1.txt', 'harvest/mementos/2.txt'], ([one, two]) => {
    expect(readHarvest(one!).duration).toBeCloseTo(25.274, 6);
    expect(readHarvest(one!).meanWatts()).toBeCloseTo(153.32e-6, 7);
    const gappy = readHarvest(two!);
    expect(gappy.duration).toBeCloseTo(79.232, 6);
    expect(gappy.warnings).toHaveLength(2);
  });

  testWithData(
    'all of mementos, rf and solar are read',
    [
      ...[3, 4, 5, 6, 7].map((i) => `harvest/mementos/${i}.txt`),
      'harvest/rf/rf-cart.trace',
      'harvest/rf/rf-mobile.trace',
      'harvest/solar/2018sep.txt',
      'harvest/solar/2023jan.txt',
    ],
    (paths) => {
      for (const path of paths) expect(readHarvest(path).meanWatts()).toBeGreaterThan(0);
      expect(readHarvest(paths[7]!).duration).toBe(30 * 86_400);
      expect(readHarvest(paths[6]!).meanWatts()).toBeCloseTo(0.497e-3, 6);
    },
  );

  testWithData('the pickled jogging trace', ['harvest/kinetic/jogging_10m.iv'], ([path]) => {
    const harvester = readHarvest(path!);
    expect(harvester.duration).toBeCloseTo(30_834 * 0.02, 6);
    expect(harvester.at(0).watts).toBeCloseTo(651.186e-6, 8);
    expect(harvester.at(0).volts).toBeCloseTo(1.1432, 3);
  });
});

/** A frame of three rows as pandas pickles it, with columns a, b, c and time. */
function frame(): Uint8Array {
  const values = new Float64Array([1e-3, 0, 2e-3, 1e-6, 1e-6, 2e-6, 4, 4, 5, 0, 0.02, 0.04]);
  const raw = [...new Uint8Array(values.buffer)];
  const named = (module: string, name: string) => [short(module), short(name), 0x93];
  const array = [...named('numpy.core.multiarray', '_reconstruct'), 0x29, 0x52];
  const type = (code: string, order: string) => [
    ...named('numpy', 'dtype'),
    short(code),
    0x85,
    0x52,
    0x28,
    0x4b,
    3,
    short(order),
    0x74,
    0x62,
  ];
  const names = [0x5d, 0x28, short('a'), short('b'), short('c'), short('time'), 0x65];
  const nameArray = [...array, 0x28, 0x4b, 1, 0x4b, 4, 0x85, ...type('O8', '|'), 0x89, ...names, 0x74, 0x62];
  const index = [
    ...named('pandas.core.indexes.base', '_new_Index'),
    ...named('pandas.core.indexes.base', 'Index'),
    ...[0x7d, 0x28, short('data'), ...nameArray, short('name'), 0x4e, 0x75, 0x86, 0x52],
  ];
  const block = [
    ...array,
    0x28,
    0x4b,
    1,
    0x4b,
    4,
    0x4b,
    3,
    0x86,
    ...type('f8', '<'),
    0x89,
    0x43,
    raw.length,
    raw,
    0x74,
    0x62,
  ];
  const place = [...named('builtins', 'slice'), 0x4b, 0, 0x4b, 4, 0x4b, 1, 0x87, 0x52];
  const blocks = [0x5d, 0x7d, 0x28, short('values'), ...block, short('mgr_locs'), ...place, 0x75, 0x61];
  const layout = [0x7d, 0x28, short('axes'), 0x5d, ...index, 0x61, short('blocks'), ...blocks, 0x75];
  const state = [0x28, 0x5d, 0x5d, 0x5d, 0x7d, short('0.14.1'), ...layout, 0x73, 0x74, 0x62];
  const manager = [...named('pandas.core.internals.managers', 'BlockManager'), 0x29, 0x81, ...state];
  return bytes(
    0x80,
    4,
    ...named('pandas.core.frame', 'DataFrame'),
    0x29,
    0x81,
    0x7d,
    short('_mgr'),
    ...manager,
    0x73,
    0x62,
    0x2e,
  );
}

/** SHORT_BINUNICODE. */
function short(text: string): number[] {
  return [0x8c, text.length, ...new TextEncoder().encode(text)];
}

function bytes(...parts: (number | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}

test('a trace begun later is the same trace, shifted', () => {
  const whole = generateHarvest('kinetic', 3);
  for (const start of [0, 12.345, 1800, whole.duration - 0.001, whole.duration + 7.77]) {
    const later = whole.startingAt(start);
    expect(later.meanWatts()).toBeCloseTo(whole.meanWatts(), 12);
    for (let i = 0; i < 2000; i++) {
      const seconds = i * Math.sqrt(5) + 0.000123;
      expect(later.at(seconds).watts).toBe(whole.at(seconds + start).watts);
    }
  }
});
