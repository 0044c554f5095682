import { isNumber, malformed, numberIn, splitFields, type Line } from '../textInput.ts';
import { TraceHarvester } from './harvester.ts';
import { harvesterFromRows, type TimedRow } from './timedRows.ts';

/** Ohms across which the mementos traces were measured (an Intel WISP's front end with a resistor for its load). */
const MEMENTOS_OHMS = 30_000;

/** Where a file does not tell at which voltage its power is offered. P2110B: set to 1.2 V; panel: two cells in series. */
export const assumedVolts = { rf: 1.2, solar: 1, generic: 2 } as const;

export interface PanelOptions {
  /** Square metres; 5 mm x 5 mm unless told. */
  area?: number;
  /** Share of the irradiance that is offered as electric power at the maximum power point. */
  efficiency?: number;
}

/** A panel of 5 mm x 5 mm at 15 %: 375 uW under 100 W/m^2. */
export const defaultPanel = { area: 25e-6, efficiency: 0.15 } as const;

/** `milliseconds<white space>volts`, 1 kHz, without header: P = V^2 / R. */
export function parseMementos(lines: readonly Line[], file: string): TraceHarvester {
  const rows = lines.map((line): TimedRow => {
    const [time, voltage, ...rest] = splitFields(line.text, undefined);
    const millis = numberIn(time, file, line, 'a time in milliseconds');
    const volts = numberIn(voltage, file, line, 'a voltage across 30 kOhm in volts');
    refuseRest(rest, file, line, 2);
    return { seconds: millis / 1000, watts: (volts * volts) / MEMENTOS_OHMS, volts, ...place(line, time) };
  });
  return harvesterFromRows(file, file, rows);
}

/** Header `sec RSSI,mW`, then `seconds<white space>milliwatts`. */
export function parseRf(lines: readonly Line[], file: string): TraceHarvester {
  const rows = lines.slice(1).map((line): TimedRow => {
    const [time, power, ...rest] = splitFields(line.text, undefined);
    const seconds = numberIn(time, file, line, 'a time in seconds');
    const watts = powerIn(power, file, line, 'mW', 1e-3);
    refuseRest(rest, file, line, 2);
    return { seconds, watts, volts: assumedVolts.rf, ...place(line, time) };
  });
  return harvesterFromRows(
    file,
    file,
    requireRows(rows, file, lines, 'a line with a time in seconds and mW'),
  );
}

/** Header `DATE (MM/DD/YYYY),<zone>,<name> [W/m^2]`, then one row a minute. Negative irradiance counts as 0. */
export function parseSolar(lines: readonly Line[], file: string, panel: PanelOptions = {}): TraceHarvester {
  const { area = defaultPanel.area, efficiency = defaultPanel.efficiency } = panel;
  const rows = lines.slice(1).map((line): TimedRow => {
    const [date, clock, irradiance] = splitFields(line.text, ',');
    const day = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(date?.text ?? '');
    if (!date || !day) throw malformed(file, line.number, 1, 'a date as MM/DD/YYYY', date?.text);
    const time = /^(\d{1,2}):(\d{2})$/.exec(clock?.text ?? '');
    if (!time) {
      throw malformed(
        file,
        line.number,
        clock?.column ?? line.text.length + 1,
        'a time as HH:MM',
        clock?.text ?? '',
      );
    }
    const wattsPerArea = numberIn(irradiance, file, line, 'an irradiance in W/m^2');
    const millis = Date.UTC(
      Number(day[3]),
      Number(day[1]) - 1,
      Number(day[2]),
      Number(time[1]),
      Number(time[2]),
    );
    const watts = Math.max(0, wattsPerArea) * area * efficiency;
    return { seconds: millis / 1000, watts, volts: assumedVolts.solar, ...place(line, date) };
  });
  return harvesterFromRows(
    file,
    file,
    requireRows(rows, file, lines, 'a line with date, time and irradiance'),
  );
}

const TIME_UNITS: Record<string, number> = { s: 1, sec: 1, seconds: 1, ms: 1e-3 };
const POWER_UNITS: Record<string, number> = { w: 1, mw: 1e-3, uw: 1e-6, µw: 1e-6, μw: 1e-6 };

/**
 * `time,power` with a header that names the units, such as `time_s,power_uW` or `time [ms],power [mW]`. A row's power
 * holds until the next row's time, the last one for as long as the row before it: here a long step is no gap.
 */
export function parsePowerCsv(lines: readonly Line[], file: string): TraceHarvester {
  const [header, ...body] = lines as [Line, ...Line[]];
  const [timeName, powerName] = splitFields(header.text, ',');
  const timeScale = unitOf(timeName?.text, 'time', TIME_UNITS);
  if (timeScale === undefined) {
    throw malformed(
      file,
      header.number,
      1,
      'a header such as time_s,power_uW (units: s, ms)',
      timeName?.text,
    );
  }
  const powerScale = unitOf(powerName?.text, 'power', POWER_UNITS);
  if (powerScale === undefined) {
    const column = powerName?.column ?? header.text.length + 1;
    throw malformed(
      file,
      header.number,
      column,
      'a power column with its unit (W, mW, uW)',
      powerName?.text ?? '',
    );
  }
  const starts: number[] = [];
  const watts: number[] = [];
  for (const line of body) {
    const [time, power, ...rest] = splitFields(line.text, ',');
    const seconds = numberIn(time, file, line, `a time in ${timeName!.text}`) * timeScale;
    watts.push(powerIn(power, file, line, powerName!.text, powerScale));
    refuseRest(rest, file, line, 2);
    const previous = starts.at(-1);
    if (previous !== undefined && seconds <= previous) {
      throw malformed(
        file,
        line.number,
        time!.column,
        'a time later than that of the line before',
        time!.text,
      );
    }
    starts.push(seconds);
  }
  requireRows(starts, file, lines, 'a line with time and power');
  const first = starts[0]!;
  const last = starts.at(-1)!;
  const step = starts.length > 1 ? last - starts.at(-2)! : 1;
  return new TraceHarvester({
    name: file,
    starts: Float64Array.from(starts, (start) => start - first),
    watts: Float64Array.from(watts),
    volts: new Float64Array(starts.length).fill(assumedVolts.generic),
    duration: last - first + step,
  });
}

export function isMementos(line: string): boolean {
  const fields = splitFields(line, undefined);
  return fields.length === 2 && isNumber(fields[0]!.text);
}

function unitOf(cell: string | undefined, name: string, units: Record<string, number>): number | undefined {
  const match = /^([a-z]+)[\s_]*[[(]?\s*([a-zµμ]+)\s*[\])]?$/iu.exec(cell ?? '');
  if (match?.[1]?.toLowerCase() !== name) return undefined;
  return units[match[2]!.toLowerCase()];
}

function powerIn(
  field: Parameters<typeof numberIn>[0],
  file: string,
  line: Line,
  unit: string,
  scale: number,
): number {
  const expected = `a power in ${unit}, not negative`;
  const value = numberIn(field, file, line, expected);
  if (value < 0) throw malformed(file, line.number, field!.column, expected, field!.text);
  return value * scale;
}

function place(line: Line, field: { column: number } | undefined): { line: number; column: number } {
  return { line: line.number, column: field?.column ?? 1 };
}

function refuseRest(
  rest: readonly { text: string; column: number }[],
  file: string,
  line: Line,
  columns: number,
) {
  const [extra] = rest;
  if (extra) throw malformed(file, line.number, extra.column, `${columns} columns`, extra.text);
}

function requireRows<T>(rows: T[], file: string, lines: readonly Line[], expected: string): T[] {
  if (rows.length > 0) return rows;
  throw malformed(file, lines.at(-1)!.number + 1, 1, expected, '');
}
