import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TomlError, parse, type TomlTable, type TomlValue } from 'smol-toml';
import { UserError, exitCodes } from '../../errors.ts';
import { root } from '../../paths.ts';
import type { CapacitorDescription } from '../capacitor.ts';
import type { BoostBuckDescription, ConverterDescription, EfficiencyTable } from '../converter.ts';
import { bq25570, checkNode, type NodeDescription, type Work } from '../nodeDescription.ts';

/** The nodes that come with Solstice, one TOML file each. */
const nodesDir = join(root, 'host', 'sim', 'nodes');

export interface NamedNode {
  name: string;
  node: NodeDescription;
}

/** Names of the nodes that come with Solstice. */
export function nodeNames(): string[] {
  return readdirSync(nodesDir)
    .filter((file) => file.endsWith('.toml'))
    .map((file) => file.slice(0, -'.toml'.length))
    .sort();
}

/** A node by name, or from a TOML file. Throws a `UserError` that names the file and the key at fault. */
export function readNodeDescription(spec: string): NamedNode {
  const own = join(nodesDir, `${spec}.toml`);
  const path = /^[\w-]+$/.test(spec) && existsSync(own) ? own : spec;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError(`cannot read the node description ${spec}`, {
      hint: `give a TOML file, or one of: ${nodeNames().join(', ')}`,
      cause,
    });
  }
  return parseNodeDescription(text, spec);
}

/** `file` names the source in messages. All figures are in SI units; docs/seasons.md describes the keys. */
export function parseNodeDescription(text: string, file: string): NamedNode {
  let document: TomlTable;
  try {
    document = parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    throw fault(file, `line ${cause.line}, column ${cause.column}: ${reason}`, cause);
  }
  const table = new Reader(file, '', document);
  const capacitor = table.table('capacitor');
  const thresholds = table.table('thresholds');
  const onVolts = thresholds.number('on_volts');
  const node: NodeDescription = {
    capacitor: readCapacitor(capacitor),
    converter: readConverter(table.table('converter')),
    onVolts,
    offVolts: thresholds.number('off_volts'),
    initialVolts: thresholds.number('initial_volts', onVolts),
    minOffSeconds: thresholds.number('min_off_seconds'),
    sleepWatts: table.number('sleep_watts'),
    boot: readWork(table.table('boot')),
    compute: readWork(table.table('compute')),
    sense: readWork(table.table('sense')),
    packet: readWork(table.table('packet')),
    byte: readWork(table.table('byte')),
  };
  const name = table.text('name', file);
  thresholds.close();
  table.close();
  try {
    checkNode(node);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw fault(file, cause.message, cause);
  }
  return { name, node };
}

function readCapacitor(table: Reader): CapacitorDescription {
  const capacitor = {
    farads: table.number('farads'),
    leakageOhms: table.number('leakage_ohms', Infinity),
    maxVolts: table.number('max_volts'),
    esrOhms: table.number('esr_ohms', 0),
  };
  table.close();
  return capacitor;
}

function readConverter(table: Reader): ConverterDescription {
  const kind = table.text('kind');
  let converter: ConverterDescription;
  if (kind === 'bq25570') {
    converter = { ...bq25570, outputVolts: table.number('output_volts', bq25570.outputVolts) };
  } else if (kind === 'diode') {
    converter = { kind, dropVolts: table.number('drop_volts'), outputVolts: table.number('output_volts') };
  } else if (kind === 'boost-buck') {
    converter = readBoostBuck(table);
  } else {
    throw fault(table.file, `converter.kind is bq25570, boost-buck or diode, not ${kind}`);
  }
  table.close();
  return converter;
}

function readBoostBuck(table: Reader): BoostBuckDescription {
  return {
    kind: 'boost-buck',
    boost: table.efficiency('boost'),
    minInputVolts: table.number('min_input_volts'),
    coldStart: {
      volts: table.number('cold_start_volts', 0),
      efficiency: table.number('cold_start_efficiency', 1),
      minWatts: table.number('cold_start_min_watts', 0),
    },
    quiescentWatts: table.number('quiescent_watts'),
    outputVolts: table.number('output_volts'),
    buck: table.efficiency('buck'),
  };
}

function readWork(table: Reader): Work {
  const work = { joules: table.number('joules'), seconds: table.number('seconds') };
  table.close();
  return work;
}

/** A table whose keys are all asked for once, so that a misspelt one is found. */
class Reader {
  readonly file: string;
  readonly #place: string;
  readonly #table: TomlTable;
  readonly #asked = new Set<string>();

  constructor(file: string, place: string, table: TomlTable) {
    this.file = file;
    this.#place = place;
    this.#table = table;
  }

  number(key: string, otherwise?: number): number {
    const value = this.#value(key) ?? otherwise;
    if (typeof value === 'number' && !Number.isNaN(value)) return value;
    throw this.#expected(key, 'a number', value);
  }

  text(key: string, otherwise?: string): string {
    const value = this.#value(key) ?? otherwise;
    if (typeof value === 'string') return value;
    throw this.#expected(key, 'a text', value);
  }

  table(key: string): Reader {
    const value = this.#value(key);
    const isTable = typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
    if (!isTable) throw this.#expected(key, `a table [${this.#place}${key}]`, value);
    return new Reader(this.file, `${this.#place}${key}.`, value);
  }

  /** Pairs of amperes and share, as in [[8e-6, 0.45], [1e-3, 0.8]]. */
  efficiency(key: string): EfficiencyTable {
    const value = this.#value(key);
    const isPair = (pair: TomlValue): pair is [number, number] =>
      Array.isArray(pair) && pair.length === 2 && pair.every((entry) => typeof entry === 'number');
    if (Array.isArray(value) && value.length > 0 && value.every(isPair)) return value;
    throw this.#expected(key, 'pairs of amperes and share', value);
  }

  close(): void {
    const unknown = Object.keys(this.#table).find((key) => !this.#asked.has(key));
    if (unknown !== undefined) throw fault(this.file, `there is no key ${this.#place}${unknown}`);
  }

  #value(key: string): TomlValue | undefined {
    this.#asked.add(key);
    return this.#table[key];
  }

  #expected(key: string, what: string, found: unknown): UserError {
    const given = found === undefined ? 'it is missing' : `not ${JSON.stringify(found)}`;
    return fault(this.file, `${this.#place}${key} is ${what}; ${given}`);
  }
}

function fault(file: string, message: string, cause?: unknown): UserError {
  return new UserError(`${file}: ${message}`, {
    exitCode: exitCodes.usage,
    hint: 'docs/seasons.md lists the keys of a node description',
    ...(cause !== undefined && { cause }),
  });
}
