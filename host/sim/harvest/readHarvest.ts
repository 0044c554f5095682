import { readFileSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { malformed, textLines } from '../textInput.ts';
import { generateHarvest, isHarvestKind } from './generateHarvest.ts';
import type { TraceHarvester } from './harvester.ts';
import { parseIvFrame } from './ivFrame.ts';
import {
  isMementos,
  parseMementos,
  parsePowerCsv,
  parseRf,
  parseSolar,
  type PanelOptions,
} from './traceText.ts';

const PICKLE_PROTOCOL = 0x80;
const KNOWN =
  "a harvest trace: 'milliseconds volts' rows, a header 'sec RSSI,mW', 'DATE (MM/DD/YYYY),...,... [W/m^2]' " +
  "or 'time_s,power_uW', or a pickled data frame of IV curves";

export interface HarvestOptions extends PanelOptions {
  /** Of a generated source. */
  seed?: number;
  /** Seconds into the trace at which the run begins. */
  start?: number;
}

/** `solar`, `rf` or `kinetic`: generated from the seed; anything else is the path of a trace file. */
export function openHarvest(
  spec: string,
  { seed = 1, start = 0, ...panel }: HarvestOptions = {},
): TraceHarvester {
  const trace = isHarvestKind(spec) ? generateHarvest(spec, seed) : readHarvest(spec, panel);
  return start === 0 ? trace : trace.startingAt(start);
}

/** Reads a trace file; its content, not its name, tells the format. */
export function readHarvest(path: string, panel: PanelOptions = {}): TraceHarvester {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UserError(`cannot read the harvest trace ${path}`, {
      hint: 'give the path of a trace file, or one of: solar, rf, kinetic',
      cause,
    });
  }
  return parseHarvest(bytes, path, panel);
}

/** `file` names the source in messages. */
export function parseHarvest(bytes: Uint8Array, file: string, panel: PanelOptions = {}): TraceHarvester {
  if (bytes[0] === PICKLE_PROTOCOL) return parseIvFrame(bytes, file);
  const lines = textLines(bytes, file, KNOWN);
  const first = lines[0]!;
  const header = first.text.trim();
  if (/^sec\s+RSSI,\s*mW$/i.test(header)) return parseRf(lines, file);
  if (/^DATE \(MM\/DD\/YYYY\),[^,]*,.*W\/m\^2/i.test(header)) return parseSolar(lines, file, panel);
  if (/^time.*,/i.test(header)) return parsePowerCsv(lines, file);
  if (isMementos(header)) return parseMementos(lines, file);
  throw malformed(file, first.number, 1, KNOWN, header);
}
