import { isNumber, malformed, splitFields, type Field, type Line } from '../textInput.ts';
import { ArraySignal } from './signal.ts';

/**
 * A UEA/sktime .ts file: `#` comments, `@` headers, then after `@data` one case a line, dimensions separated by ':',
 * values by ',', the class label last. Cases are joined one after the other. A missing value '?' is that of the slot
 * before (of the first value that is there, at the start of a case). The file does not tell its sample period.
 */
export function parseTsSignal(lines: readonly Line[], file: string, samplePeriod: number): ArraySignal {
  const start = lines.findIndex(({ text }) => /^@data\s*$/i.test(text));
  const headers = new Map<string, { value: string; line: Line }>();
  for (const line of lines.slice(0, start < 0 ? lines.length : start)) {
    if (line.text.startsWith('#')) continue;
    const header = /^@(\w+)\s*(.*)$/.exec(line.text);
    if (!header) throw malformed(file, line.number, 1, 'a header @name or @data', line.text);
    headers.set(header[1]!.toLowerCase(), { value: header[2]!.trim(), line });
  }
  if (start < 0) throw malformed(file, lines.at(-1)!.number + 1, 1, 'a line @data', '');
  const timeStamps = headers.get('timestamps');
  if (timeStamps?.value === 'true') {
    throw malformed(
      file,
      timeStamps.line.number,
      1,
      '@timeStamps false: values without times',
      '@timeStamps true',
    );
  }

  const labelled = headers.get('classlabel')?.value.startsWith('true') ?? false;
  const cases = lines.slice(start + 1).filter(({ text }) => !text.startsWith('#'));
  if (cases.length === 0) throw malformed(file, lines[start]!.number + 1, 1, 'a case after @data', '');
  const width = dimensions(cases[0]!, labelled, file).length;
  const values: number[] = [];
  let missing = 0;
  for (const line of cases) {
    const dims = dimensions(line, labelled, file);
    if (dims.length !== width) {
      throw malformed(file, line.number, 1, `${width} dimensions as in the first case`, String(dims.length));
    }
    const columns = dims.map((dim) => {
      const filled = fillMissing(dim, file, line);
      missing += filled.missing;
      return filled.values;
    });
    const [first] = columns;
    columns.forEach((column, axis) => {
      if (column.length === first!.length) return;
      const { column: place } = dims[axis]![0]!;
      throw malformed(
        file,
        line.number,
        place,
        `${first!.length} values as in dimension 1`,
        String(column.length),
      );
    });
    for (let i = 0; i < first!.length; i++) for (const column of columns) values.push(column[i]!);
  }
  const names = width === 3 ? ['x', 'y', 'z'] : Array.from({ length: width }, (_, i) => `d${i + 1}`);
  return new ArraySignal({
    name: file,
    axes: names,
    samplePeriod,
    values: Float64Array.from(values),
    warnings: missing > 0 ? [`${file}: ${missing} missing values, held from the value before`] : [],
  });
}

/** The fields of each dimension, with columns counted in the line; the label is left out. */
function dimensions(line: Line, labelled: boolean, file: string): Field[][] {
  const parts = splitFields(line.text, ':');
  if (labelled && parts.length < 2) {
    throw malformed(
      file,
      line.number,
      line.text.length + 1,
      "dimensions and a class label, separated by ':'",
      '',
    );
  }
  return (labelled ? parts.slice(0, -1) : parts).map((part) =>
    splitFields(part.text, ',').map(({ text, column }) => ({ text, column: column + part.column - 1 })),
  );
}

function fillMissing(
  fields: readonly Field[],
  file: string,
  line: Line,
): { values: number[]; missing: number } {
  let missing = 0;
  const known = fields.map(({ text, column }) => {
    if (text === '?') {
      missing++;
      return undefined;
    }
    if (!isNumber(text)) throw malformed(file, line.number, column, "a number or '?'", text);
    return Number(text);
  });
  let held = known.find((value) => value !== undefined);
  if (held === undefined)
    throw malformed(file, line.number, fields[0]!.column, 'a value that is not missing', '?');
  return { values: known.map((value) => (held = value ?? held!)), missing };
}
