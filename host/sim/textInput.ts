import { UserError } from '../errors.ts';

/** A piece of a line and where it starts (1-based, in characters). */
export interface Field {
  text: string;
  column: number;
}

/** A line that is not blank, and its number (1-based). */
export interface Line {
  text: string;
  number: number;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const SHOWN = 24;

/** `file:line:column: expected X, found 'Y'`: how every reader says that a file is malformed. */
export function malformed(
  file: string,
  line: number,
  column: number,
  expected: string,
  found?: string,
): UserError {
  const shown = found === undefined || found.length <= SHOWN ? found : `${found.slice(0, SHOWN)}...`;
  const what = shown === undefined ? '' : shown === '' ? ', found nothing' : `, found '${shown}'`;
  return new UserError(`${file}:${line}:${column}: expected ${expected}${what}`);
}

/** The lines of a UTF-8 text that are not blank. Binary content and a file without any line are errors. */
export function textLines(bytes: Uint8Array, file: string, expected: string): Line[] {
  const text = new TextDecoder().decode(bytes);
  // NUL and the replacement character of a failed decoding do not occur in text.
  // eslint-disable-next-line no-control-regex
  const junk = text.search(/[\u0000\ufffd]/);
  if (junk >= 0) {
    const before = text.slice(0, junk).split('\n');
    throw malformed(
      file,
      before.length,
      (before.at(-1)?.length ?? 0) + 1,
      `${expected}, as text`,
      'binary data',
    );
  }
  const lines: Line[] = [];
  text.split('\n').forEach((line, index) => {
    const content = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (content.trim() !== '') lines.push({ text: content, number: index + 1 });
  });
  if (lines.length === 0) throw malformed(file, 1, 1, expected, '');
  return lines;
}

/** Fields between separators, trimmed; `undefined` separates at runs of white space. */
export function splitFields(line: string, separator: string | undefined): Field[] {
  if (separator === undefined) {
    return Array.from(line.matchAll(/\S+/g), (match) => ({ text: match[0], column: match.index + 1 }));
  }
  let column = 1;
  return line.split(separator).map((raw) => {
    const lead = raw.length - raw.trimStart().length;
    const field = { text: raw.trim(), column: column + lead };
    column += raw.length + separator.length;
    return field;
  });
}

export function isNumber(text: string): boolean {
  return DECIMAL.test(text);
}

/** The decimal number in a field; anything else, a missing field included, is an error at its place. */
export function numberIn(field: Field | undefined, file: string, line: Line, expected: string): number {
  if (!field) throw malformed(file, line.number, line.text.length + 1, expected, '');
  if (!isNumber(field.text)) throw malformed(file, line.number, field.column, expected, field.text);
  return Number(field.text);
}

/** The middle value, as found by sorting a copy; 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
