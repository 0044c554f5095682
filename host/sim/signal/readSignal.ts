import { readFileSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { malformed, textLines } from '../textInput.ts';
import { parseCsvSignal } from './csvSignal.ts';
import type { Signal } from './signal.ts';
import { syntheticSignal } from './syntheticSignal.ts';
import { parseTsSignal } from './tsSignal.ts';

/** Axes that a node can sample. */
export const MAX_AXES = 9;

export interface SignalOptions {
  /** Seconds between samples where the file does not tell; 1/16 s if this does not tell either. */
  period?: number;
  /** Of a generated signal. */
  seed?: number;
}

/** `synthetic`: generated from the seed; anything else is the path of a signal file. */
export function openSignal(spec: string, { seed = 1, ...options }: SignalOptions = {}): Signal {
  return spec === 'synthetic' ? syntheticSignal(seed) : readSignal(spec, options);
}

/** Reads a UEA .ts or a CSV file; the content, not the name, tells which (a .ts file has a line `@data`). */
export function readSignal(path: string, options: SignalOptions = {}): Signal {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UserError(`cannot read the signal ${path}`, {
      hint: 'give the path of a .ts or CSV file, or: synthetic',
      cause,
    });
  }
  return parseSignal(bytes, path, options);
}

/** `file` names the source in messages. */
export function parseSignal(
  bytes: Uint8Array,
  file: string,
  { period = 1 / 16 }: SignalOptions = {},
): Signal {
  const lines = textLines(bytes, file, 'a signal: a UEA .ts file or CSV rows of numbers');
  const isTs = lines.find(({ text }) => !text.startsWith('#'))?.text.startsWith('@');
  const signal = isTs ? parseTsSignal(lines, file, period) : parseCsvSignal(lines, file, period);
  if (signal.axes.length > MAX_AXES) {
    const { number } = lines[0]!;
    throw malformed(file, number, 1, `1 to ${MAX_AXES} axes`, `${signal.axes.length} columns of values`);
  }
  return signal;
}
