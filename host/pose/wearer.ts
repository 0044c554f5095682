import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Writable } from 'node:stream';
import { UserError, exitCodes } from '../errors.ts';
import { devices, frameRate, subsets } from '../motion/body.ts';
import type { Motion } from '../motion/motion.ts';
import { readMotion } from '../motion/readMotion.ts';
import { fromQuaternion } from '../motion/rotation.ts';
import { virtualImus } from '../motion/virtualImu.ts';
import { diskError } from '../record/diskError.ts';
import { exportCsv } from '../record/exportCsv.ts';
import { splitFields, textLines, malformed } from '../sim/textInput.ts';

/** What somebody wore: input of the networks at 30 frames a second, and what is known about it. */
export interface Wearer {
  /** Frames x 60. */
  frames: Float32Array;
  slots: number[];
  /** The movement itself, where the input tells it. */
  truth?: Motion;
  /** Readings that could not be used: no numbers, or no time. */
  unusable: number;
}

export interface WearerOptions {
  /** Slots that are worn; by default all that the input has, and wrist, pocket and head of a BVH file, which has all. */
  slots?: readonly number[] | 'all';
  /** Which node of a recording is which device, where its axes do not tell: node in hexadecimal to slot. */
  nodes?: ReadonlyMap<string, number>;
  warn?: (text: string) => void;
}

/** A device's reading: seconds, acceleration (m/s^2, global, without gravity), orientation (w, x, y, z, bone to world). */
interface Reading {
  seconds: number;
  acceleration: number[];
  quaternion: number[];
}

/** Short names of the five slots. */
export const slotNames: readonly string[] = subsets.slice(0, devices.length).map(({ name }) => name);

/** Left wrist, right pocket and head: what a wearer whose devices are virtual wears where nothing else is asked for. */
export const usualSlots: readonly number[] = [0, 3, 4];

const values = ['ax', 'ay', 'az', 'qw', 'qx', 'qy', 'qz'] as const;
/** Between readings further apart than this nothing is interpolated: the device was away. */
const longestGap = 0.5;
const accelerationUnit = 30;

/**
 * Reads a BVH file (through virtual devices), a recording (.mcap) or a table (anything else: CSV). A table has a column
 * `seconds` and, for each device (lw, rw, lp, rp, h), `lw_ax lw_ay lw_az lw_qw lw_qx lw_qy lw_qz`; an empty cell or NaN: no
 * reading. The nodes of a recording have axes of these names, with or without the device's.
 */
export async function readWearer(path: string, options: WearerOptions = {}): Promise<Wearer> {
  const { slots: wanted = usualSlots, nodes, warn } = options;
  const kind = extname(path).toLowerCase();
  if (kind === '.bvh') {
    if (nodes) {
      throw new UserError(`${path} is a movement and has no nodes that --wear could name.`, {
        exitCode: exitCodes.usage,
        hint: 'Leave --wear out; --devices chooses among its virtual devices.',
      });
    }
    const truth = await readMotion(path, warn);
    const slots = wanted === 'all' ? devices.map((_, slot) => slot) : [...wanted];
    return { frames: virtualImus(truth, slots), slots, truth, unusable: 0 };
  }
  const table = kind === '.mcap' ? await recordingTable(path, warn) : await readTable(path);
  const { bySlot, unusable } = sortReadings(table, path, options);
  const slots = [...bySlot.keys()].sort();
  if (slots.length === 0 && unusable > 0) {
    throw new UserError(`None of the ${unusable} readings of ${path} can be used.`, {
      hint: 'A reading needs a time, three numbers of acceleration and a quaternion that is not zero.',
    });
  }
  if (options.slots !== undefined && options.slots !== 'all') checkSlots(options.slots, slots, path);
  return { frames: resample(bySlot, path), slots, unusable };
}

/** Throws where a slot that is asked for is none of those that an input has. */
export function checkSlots(wanted: readonly number[], has: readonly number[], path: string): void {
  const missing = wanted.filter((slot) => !has.includes(slot)).map((slot) => slotNames[slot]);
  if (missing.length === 0) return;
  throw new UserError(`${path} has no readings of ${missing.join(', ')}.`, {
    hint: 'Leave --devices out to take every device that it has.',
  });
}

/** Rows of text under named columns. */
interface Table {
  columns: string[];
  rows: string[][];
  /** Line of the first row. */
  line: number;
}

async function readTable(path: string): Promise<Table> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw diskError(cause, path, 'read');
  });
  return parseTable(textLines(bytes, path, 'a header with a column seconds and columns such as lw_ax'), path);
}

function parseTable(lines: { text: string; number: number }[], path: string): Table {
  const columns = splitFields(lines[0]!.text, ',').map(({ text }) =>
    text.replace(/^"|"$/g, '').replace(/ \[.*$/, ''),
  );
  const rows = lines.slice(1).map(({ text, number }, i, all) => {
    const fields = splitFields(text, ',').map((field) => field.text);
    // A table that was cut off ends within a row.
    if (fields.length < columns.length && i === all.length - 1) return [];
    if (fields.length !== columns.length) {
      throw malformed(path, number, 1, `${columns.length} fields`, `${fields.length}`);
    }
    return fields;
  });
  return { columns, rows: rows.filter((row) => row.length > 0), line: lines[0]!.number + 1 };
}

async function recordingTable(path: string, warn: WearerOptions['warn']): Promise<Table> {
  const parts: Buffer[] = [];
  const sink = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(part);
      done();
    },
  });
  const { rows, verdict } = await exportCsv(path, sink);
  const whole = verdict.state === 'complete';
  if (rows === 0) {
    throw new UserError(`${path} has no samples${whole ? '' : `; it is ${verdict.state}`}.`, {
      hint: `See what is in it: solstice info ${path}`,
    });
  }
  if (!whole)
    warn?.(`${path} is ${verdict.state}: ${verdict.lostBytes} of ${verdict.bytes} bytes are not read`);
  return parseTable(textLines(Buffer.concat(parts), path, 'samples'), path);
}

function sortReadings(
  { columns, rows, line }: Table,
  path: string,
  { slots, nodes }: WearerOptions,
): { bySlot: Map<number, Reading[]>; unusable: number } {
  const column = (name: string): number => columns.indexOf(name);
  const sets = slotNames
    .map((name, slot) => ({ slot, at: values.map((value) => column(`${name}_${value}`)) }))
    .filter(({ at }) => at.every((index) => index >= 0));
  const plain = values.map(column);
  const nodeColumn = column('node');
  const ofNodes = nodes !== undefined && [...plain, nodeColumn].every((index) => index >= 0);
  if ((sets.length === 0 && !ofNodes) || column('seconds') < 0) {
    throw new UserError(`${path} has no device's readings; its columns are ${columns.join(', ')}.`, {
      hint:
        'A table has seconds and, for a device such as lw: lw_ax lw_ay lw_az lw_qw lw_qx lw_qy lw_qz. ' +
        'Nodes of a recording with axes ax ... qz are named by --wear NODE=lw.',
    });
  }
  const there = new Set(ofNodes ? rows.map((row) => row[nodeColumn]!) : []);
  const strangers = [...(nodes?.keys() ?? [])].filter((node) => !there.has(node));
  if (strangers.length > 0) {
    throw new UserError(`${path} has no axes ax ... qz of node ${strangers.join(', ')}.`, {
      hint: there.size > 0 ? `Nodes that --wear can name: ${[...there].join(', ')}.` : 'Leave --wear out.',
    });
  }
  const bySlot = new Map<number, Reading[]>();
  let unusable = 0;
  rows.forEach((row, i) => {
    const number = (index: number): number => {
      const text = row[index]!;
      const value = text === '' ? NaN : Number(text);
      if (Number.isNaN(value) && text !== '' && text.toLowerCase() !== 'nan') {
        throw malformed(path, line + i, 1, `a number as ${columns[index]}`, text);
      }
      return value;
    };
    const add = (slot: number | undefined, at: readonly number[]): void => {
      if (slot === undefined || (slots !== undefined && slots !== 'all' && !slots.includes(slot))) return;
      const seconds = secondsOf(row, columns, number);
      const found = at.map(number);
      if (found.every((value, k) => Number.isNaN(value) && row[at[k]!] === '')) return;
      if (![seconds, ...found].every(Number.isFinite) || Math.hypot(...found.slice(3)) < 1e-6) {
        unusable++;
        return;
      }
      const reading = { seconds, acceleration: found.slice(0, 3), quaternion: found.slice(3) };
      const list = bySlot.get(slot);
      if (list) list.push(reading);
      else bySlot.set(slot, [reading]);
    };
    for (const { slot, at } of sets) add(slot, at);
    if (ofNodes) add(nodes.get(row[nodeColumn]!), plain);
  });
  for (const list of bySlot.values()) list.sort((a, b) => a.seconds - b.seconds);
  return { bySlot, unusable };
}

/** A recording's rows have the time by the node's clock, which nodes share, beside the node's own seconds. */
function secondsOf(row: string[], columns: string[], number: (index: number) => number): number {
  const time = columns.indexOf('time');
  const millis = time >= 0 ? Date.parse(row[time]!) : NaN;
  return Number.isNaN(millis) ? number(columns.indexOf('seconds')) : millis / 1000;
}

/** Frames at 30 a second from the first reading to the last, between a device's readings in proportion. */
function resample(bySlot: ReadonlyMap<number, Reading[]>, path: string): Float32Array {
  const all = [...bySlot.values()];
  const first = Math.min(...all.map((list) => list[0]!.seconds));
  const last = Math.max(...all.map((list) => list.at(-1)!.seconds));
  if (!(last > first)) {
    throw new UserError(`${path} has no readings over a stretch of time.`, {
      hint: 'Is the right file given?',
    });
  }
  const count = Math.floor((last - first) * frameRate + 1e-6) + 1;
  const frames = new Float32Array(count * 60);
  for (const [slot, list] of bySlot) {
    let next = 0;
    for (let frame = 0; frame < count; frame++) {
      const seconds = first + frame / frameRate;
      while (next < list.length && list[next]!.seconds < seconds - 1e-9) next++;
      const after = list[next];
      const before = list[next - 1] ?? after;
      if (
        !after ||
        !before ||
        after.seconds - before.seconds > longestGap ||
        before.seconds > seconds + 1 / frameRate
      ) {
        continue;
      }
      const span = after.seconds - before.seconds;
      const share = span > 0 ? (seconds - before.seconds) / span : 0;
      const sign = before.quaternion.reduce((sum, q, i) => sum + q * after.quaternion[i]!, 0) < 0 ? -1 : 1;
      const mix = (a: number[], b: number[], flip: number): number[] =>
        a.map((value, i) => value * (1 - share) + flip * b[i]! * share);
      const acceleration = mix(before.acceleration, after.acceleration, 1).map(
        (value) => value / accelerationUnit,
      );
      frames.set(acceleration, 60 * frame + 3 * slot);
      const quaternion = mix(before.quaternion, after.quaternion, sign) as [number, number, number, number];
      frames.set(fromQuaternion(quaternion), 60 * frame + 15 + 9 * slot);
    }
  }
  return frames;
}
