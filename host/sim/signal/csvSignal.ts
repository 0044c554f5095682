import { isNumber, malformed, median, numberIn, splitFields, type Field, type Line } from '../textInput.ts';
import { ArraySignal } from './signal.ts';

/** A step that differs from the usual one by more than this share of it is told as a gap. */
const STEP_TOLERANCE = 0.5;
const TIME_NAME = /^(time|timestamp|date|datetime|t|sec|secs|seconds|ms|millis|milliseconds)(?![a-z])/i;
const MILLIS_NAME = /(?<![a-z])(ms|millis|milliseconds)(?![a-z])/i;

/** How the leading column or columns of a row become seconds. */
interface TimeColumns {
  count: 0 | 1 | 2;
  /** Written time: a step back is a clock that was set back. A counted time must not go back. */
  written: boolean;
  seconds(fields: readonly Field[], line: Line): number;
}

/**
 * Rows of values separated by comma, semicolon, tab or white space (the first of these that occurs in the first line).
 * - The first line is a header if one of its fields is neither a number nor a date.
 * - The first column is the time if it holds dates (2013-12-02 21:15:00, T and zone allowed, UTC assumed), if it holds
 *   MM/DD/YYYY and the second HH:MM[:SS], or if the header calls it time (milliseconds if it says ms, else seconds).
 *   Without a header every column is a value.
 * - The sample period is the median step of the time, or `period` without a time. Values are taken as evenly spaced;
 *   steps unlike the median are counted in the warnings.
 * - A unit in brackets at the end of a header cell is the axis' unit.
 */
export function parseCsvSignal(lines: readonly Line[], file: string, period: number): ArraySignal {
  const first = lines[0]!;
  const separator = [',', ';', '\t'].find((mark) => first.text.includes(mark));
  const split = (line: Line) => splitFields(line.text, separator);
  const head = split(first);
  const hasHeader = head.some(({ text }) => !isNumber(text) && !isWrittenTime(text));
  const rows = hasHeader ? lines.slice(1) : lines;
  const [firstRow] = rows;
  if (!firstRow) throw malformed(file, first.number + 1, 1, 'a row of numbers after the header', '');

  const time = timeColumns(split(firstRow), hasHeader ? head : undefined, file);
  const columns = head.length - time.count;
  if (columns < 1) throw malformed(file, first.number, first.text.length + 1, 'a column of values', '');
  const values = new Float64Array(rows.length * columns);
  const times: number[] = [];
  rows.forEach((line, row) => {
    const fields = split(line);
    const extra = fields[head.length];
    if (extra) throw malformed(file, line.number, extra.column, `${head.length} columns`, extra.text);
    if (time.count > 0) times.push(time.seconds(fields, line));
    if (time.count > 0 && !time.written && row > 0 && !(times[row]! > times[row - 1]!)) {
      throw malformed(file, line.number, 1, 'a time later than that of the line before', fields[0]!.text);
    }
    for (let axis = 0; axis < columns; axis++) {
      const field = fields[time.count + axis];
      values[row * columns + axis] = numberIn(
        field,
        file,
        line,
        `a number in column ${time.count + axis + 1}`,
      );
    }
  });

  const { samplePeriod, warnings } = spacing(times, file, period);
  if (!(samplePeriod > 0))
    throw malformed(file, firstRow.number, 1, 'times that increase', 'the same time in most rows');
  const cells = head.slice(time.count).map(({ text }) => /^(.*?)\s*(?:[[(]([^\])]*)[\])])?$/.exec(text));
  const units = new Set(cells.map((cell) => cell?.[2] ?? ''));
  return new ArraySignal({
    name: file,
    axes: cells.map((cell, i) => (hasHeader && cell?.[1] ? cell[1] : `c${i + 1}`)),
    unit: hasHeader && units.size === 1 ? [...units][0]! : '',
    samplePeriod,
    values,
    warnings,
  });
}

function spacing(times: readonly number[], file: string, period: number) {
  if (times.length < 2) return { samplePeriod: period, warnings: [] };
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  const samplePeriod = median(steps);
  const uneven = steps.filter((step) => Math.abs(step - samplePeriod) > STEP_TOLERANCE * samplePeriod).length;
  const warnings =
    uneven > 0
      ? [`${file}: ${uneven} steps unlike the usual ${samplePeriod} s; values taken as evenly spaced`]
      : [];
  return { samplePeriod, warnings };
}

function timeColumns(row: readonly Field[], header: readonly Field[] | undefined, file: string): TimeColumns {
  const cell = row[0]?.text ?? '';
  if (DAY_FIRST.test(cell)) {
    return {
      count: 2,
      written: true,
      seconds: (fields, line) =>
        writtenSeconds(fields, line, file, 2, monthDayTime, 'a date MM/DD/YYYY and a time HH:MM'),
    };
  }
  if (isWrittenTime(cell)) {
    return {
      count: 1,
      written: true,
      seconds: (fields, line) =>
        writtenSeconds(fields, line, file, 1, isoTime, 'a date such as 2013-12-02 21:15:00'),
    };
  }
  const name = header?.[0]?.text ?? '';
  if (TIME_NAME.test(name)) {
    const scale = MILLIS_NAME.test(name) ? 1e-3 : 1;
    return {
      count: 1,
      written: false,
      seconds: (fields, line) => numberIn(fields[0], file, line, 'a time') * scale,
    };
  }
  return { count: 0, written: false, seconds: () => 0 };
}

const DAY_FIRST = /^\d{1,2}\/\d{1,2}\/\d{4}$/;
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

function isWrittenTime(text: string): boolean {
  return ISO.test(text) || DAY_FIRST.test(text);
}

function isoTime(text: string): number {
  const match = ISO.exec(text);
  return match ? Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`) : NaN;
}

function monthDayTime(text: string): number {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (!match) return NaN;
  const [month, day, year, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

function writtenSeconds(
  fields: readonly Field[],
  line: Line,
  file: string,
  count: number,
  parse: (text: string) => number,
  expected: string,
): number {
  const text = fields
    .slice(0, count)
    .map((field) => field.text)
    .join(' ');
  const millis = parse(text);
  if (Number.isNaN(millis)) throw malformed(file, line.number, fields[0]?.column ?? 1, expected, text);
  return millis / 1000;
}
