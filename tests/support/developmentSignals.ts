import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDir } from '../../host/paths.ts';
import { readSignal } from '../../host/sim/signal/readSignal.ts';
import { ArraySignal, type Signal } from '../../host/sim/signal/signal.ts';

/** The development signals by name (SOURCES.md), each with its file in the data folder and how it is read. */
const readers: readonly { name: string; file: string; read: (path: string) => Signal }[] = [
  { name: 'epilepsy', file: 'Epilepsy_TRAIN.ts', read: (path) => readSignal(path, { period: 1 / 16 }) },
  {
    name: 'basicmotions',
    file: 'BasicMotions_TRAIN.ts',
    read: (path) => readSignal(path, { period: 1 / 10 }),
  },
  { name: 'har', file: 'uci_har_50x6.h', read: readHar },
  { name: 'midc', file: 'midc_20181014.txt', read: (path) => readSignal(path) },
  { name: 'surfrad', file: 'surfrad-slv16001.dat', read: readSurfrad },
  {
    name: 'machine-temperature',
    file: 'machine_temperature_system_failure.csv',
    read: (path) => readSignal(path),
  },
];

export const developmentSignalFiles = readers.map(({ name, file }) => ({
  name,
  file: join('signals', file),
}));

export function openDevelopmentSignal(name: string): Signal {
  const { file, read } = readers.find((reader) => reader.name === name)!;
  return read(join(dataDir(), 'signals', file));
}

/** Those whose files are there. */
export function availableSignals(): { name: string; signal: Signal }[] {
  return readers
    .filter(({ file }) => existsSync(join(dataDir(), 'signals', file)))
    .map(({ name }) => ({ name, signal: openDevelopmentSignal(name) }));
}

/** 75 sequences of 50 rows of 6 axes, whole numbers with 13 fraction bits in a C array. */
function readHar(path: string): Signal {
  const [, list] = /DATASET\[\d+\] = \{([^}]*)\}/.exec(readFileSync(path, 'utf8')) ?? [];
  if (list === undefined) throw new RangeError(`${path}: no array DATASET`);
  const values = Float64Array.from(list.split(','), (text) => Number(text) / 2 ** 13);
  const axes = ['ax', 'ay', 'az', 'gx', 'gy', 'gz'];
  return new ArraySignal({ name: path, axes, samplePeriod: 1 / 50, values });
}

/** Global downwelling, upwelling and direct irradiance (W/m2) of each minute: columns 9, 11 and 13 of the SURFRAD format. */
function readSurfrad(path: string): Signal {
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(2);
  const columns = [8, 10, 12];
  const values = rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/);
    return columns.map((column) => Number(fields[column]));
  });
  const axes = ['global', 'upwelling', 'direct'];
  return new ArraySignal({ name: path, axes, samplePeriod: 60, values: Float64Array.from(values) });
}
