import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { loadCalibration, type AxisCalibration } from './calibration.ts';
import { readRecording, type StoredSamples, type Verdict } from './readRecording.ts';
import { isoTime } from './recordingInfo.ts';
import { nodeHex, type Stores } from './schema.ts';

export interface ExportOptions {
  /** Only this node. */
  node?: number;
  /** Fixed-point values as the node sent them, neither scaled nor calibrated. */
  raw?: boolean;
}

export interface ExportResult {
  rows: number;
  packets: number;
  columns: string[];
  verdict: Verdict;
}

interface NodeContext {
  configuration: Stores<'Configuration'> | undefined;
  calibration: Stores<'Calibration'> | undefined;
  clock: Stores<'Clock'> | undefined;
}

/** Rows gathered before they are written, in characters. */
const BUFFER = 1 << 16;

/**
 * Writes every verified sample as a CSV row (RFC 4180, `\n`): node, boot, seq, slot, `time` (ISO 8601 UTC by the
 * node's clock, empty while that is not known), `seconds` (of the node's slot clock, empty while the slot length
 * is not known), then one column per axis in calibrated units. A value needs the configuration for its fraction
 * bits; without one it is left as the node sent it. The stream is not ended.
 */
export async function exportCsv(
  path: string,
  stream: Writable,
  { node: only, raw = false }: ExportOptions = {},
): Promise<ExportResult> {
  const { axes, contexts, calibrations } = await survey(path, only);
  const columns = ['node', 'boot', 'seq', 'slot', 'time', 'seconds', ...axisColumns(axes, calibrations, raw)];
  const output = new BufferedOutput(stream);
  await output.write(`${columns.map(quote).join(',')}\n`);
  let rows = 0;
  let packets = 0;
  let verdict: Verdict | undefined;
  for await (const item of readRecording(path)) {
    if (item.type === 'Verdict') verdict = item.verdict;
    if (item.type === 'Verdict' || item.type === 'Session') continue;
    if (item.type !== 'Samples') {
      note(contexts, item);
      continue;
    }
    if (only !== undefined && item.message.fields.node !== only) continue;
    packets++;
    rows += item.message.samples.slots.length;
    await output.write(packetRows(item, contexts.get(item.message.fields.node), axes, raw));
  }
  await output.flush();
  return { rows, packets, columns, verdict: verdict! };
}

interface Survey {
  /** The most axes that any sample has. */
  axes: number;
  /** Each node's first facts, which also hold for the samples before them. */
  contexts: Map<number, NodeContext>;
  /** Each node's last calibration, which names the columns. */
  calibrations: Map<number, Stores<'Calibration'>>;
}

/** A first pass, for what must be known before the first row. */
async function survey(path: string, only: number | undefined): Promise<Survey> {
  const result: Survey = { axes: 0, contexts: new Map(), calibrations: new Map() };
  for await (const item of readRecording(path)) {
    if (item.type === 'Verdict' || item.type === 'Session') continue;
    const node = item.type === 'Samples' ? item.message.fields.node : item.fields.node;
    if (only !== undefined && node !== only) continue;
    if (item.type === 'Samples') result.axes = Math.max(result.axes, item.message.samples.axes);
    else note(result.contexts, item, true);
    if (item.type === 'Calibration') result.calibrations.set(node, item.fields);
  }
  return result;
}

function note(
  contexts: Map<number, NodeContext>,
  item: { type: string; fields: { node: number } },
  firstOnly = false,
): void {
  const { type, fields } = item;
  const key = { Configuration: 'configuration', Calibration: 'calibration', Clock: 'clock' }[type];
  if (key === undefined) return;
  const context = contexts.get(fields.node) ?? {
    configuration: undefined,
    calibration: undefined,
    clock: undefined,
  };
  contexts.set(fields.node, context);
  const facts = context as unknown as Record<string, unknown>;
  if (!firstOnly || facts[key] === undefined) facts[key] = fields;
}

/** `name [unit]` where all nodes agree on it, `axis0` and so on otherwise. */
function axisColumns(
  axes: number,
  calibrations: ReadonlyMap<number, Stores<'Calibration'>>,
  raw: boolean,
): string[] {
  const all = [...calibrations.values()].map((stored) => loadCalibration(stored, axes));
  return Array.from({ length: axes }, (_, i) => {
    const names = new Set(all.map((calibration) => columnName(calibration[i]!, raw)));
    return names.size === 1 ? [...names][0]! : `axis${i}`;
  });
}

function columnName({ name, unit }: AxisCalibration, raw: boolean): string {
  return unit === '' || raw ? name : `${name} [${unit}]`;
}

function packetRows(
  item: StoredSamples,
  context: NodeContext | undefined,
  columns: number,
  raw: boolean,
): string {
  const { fields, samples } = item.message;
  const { axes, slots, values } = samples;
  const calibration = loadCalibration(context?.calibration, axes);
  const step = context?.configuration ? 2 ** -context.configuration.fractionBits : 1;
  const slotMicros = context?.configuration?.slotMicros ?? context?.clock?.slotMicros;
  const head = `${nodeHex(fields.node)},${fields.boot},${fields.seq},`;
  const padding = ','.repeat(columns - axes);
  let text = '';
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    text += `${head}${slot},${unixTime(context?.clock, slot)},`;
    if (slotMicros !== undefined) text += (slot * slotMicros) / 1e6;
    for (let axis = 0; axis < axes; axis++) {
      const value = values[i * axes + axis]!;
      const { scale, offset } = calibration[axis]!;
      text += `,${raw ? value : value * step * scale + offset}`;
    }
    text += `${padding}\n`;
  }
  return text;
}

function unixTime(clock: Stores<'Clock'> | undefined, slot: number): string {
  const micros = clock ? clock.offsetMicros + slot * clock.slotMicros : -1;
  // Beyond the year 9999 only a damaged clock could lead.
  return micros >= 0 && micros < 253_402_300_800_000_000 && Number.isSafeInteger(micros)
    ? isoTime(BigInt(micros) * 1000n)
    : '';
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

class BufferedOutput {
  readonly #stream: Writable;
  #text = '';

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  async write(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= BUFFER) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && !this.#stream.write(text)) await once(this.#stream, 'drain');
  }
}
