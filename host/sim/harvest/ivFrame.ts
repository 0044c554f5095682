import { TraceHarvester } from './harvester.ts';
import {
  isPickledObject,
  malformedPickle,
  readPickle,
  type PickledObject,
  type PickledValue,
} from './pickle.ts';
import { harvesterFromRows } from './timedRows.ts';

/** All that a pickled pandas frame of floats names. */
const FRAME_GLOBALS: ReadonlySet<string> = new Set([
  'pandas.core.frame.DataFrame',
  'pandas.core.internals.managers.BlockManager',
  'pandas.core.indexes.base._new_Index',
  'pandas.core.indexes.base.Index',
  'pandas.core.indexes.range.RangeIndex',
  'numpy.core.multiarray._reconstruct',
  'numpy.ndarray',
  'numpy.dtype',
  'builtins.slice',
]);

/**
 * A pickled pandas frame with the columns a, b, c and time (s): at each time the harvester's curve is
 * i(v) = a - b (exp(c v) - 1), in amperes and volts. The power offered is that of the curve's maximum power point, as
 * an ideal tracker would take it.
 */
export function parseIvFrame(bytes: Uint8Array, file: string): TraceHarvester {
  const columns = frameColumns(readPickle(bytes, file, FRAME_GLOBALS), file);
  const column = (name: string): Float64Array => {
    const values = columns.get(name);
    if (!values)
      throw malformedPickle(file, 0, 'a data frame with the columns a, b, c and time', `no column ${name}`);
    return values;
  };
  const a = column('a');
  const b = column('b');
  const c = column('c');
  const rows = Array.from(column('time'), (seconds, i) => {
    const curve = { a: a[i]!, b: b[i]!, c: c[i]! };
    if (![seconds, curve.a, curve.b, curve.c].every(Number.isFinite) || curve.b <= 0 || curve.c <= 0) {
      throw malformedPickle(
        file,
        0,
        'finite coefficients with b > 0 and c > 0',
        `row ${i}: ${JSON.stringify(curve)}`,
      );
    }
    const volts = maximumPowerVolts(curve);
    const watts = Math.max(0, volts * (curve.a - curve.b * Math.expm1(curve.c * volts)));
    return { seconds, watts, volts, line: i + 1, column: 1 };
  });
  if (rows.length === 0) throw malformedPickle(file, 0, 'at least one row', 'none');
  return harvesterFromRows(file, file, rows);
}

/**
 * Where v i(v) is largest: a + b = b (1 + c v) exp(c v). With u = 1 + c v this is u exp(u) = e (a + b) / b, solved by
 * Newton's steps on u + ln u (Lambert's W), which converge from any start above 1.
 */
export function maximumPowerVolts({ a, b, c }: { a: number; b: number; c: number }): number {
  if (a <= 0) return 0;
  const target = 1 + Math.log((a + b) / b);
  let u = Math.max(1, target - Math.log(target));
  for (let i = 0; i < 20; i++) u -= (u + Math.log(u) - target) / (1 + 1 / u);
  return (u - 1) / c;
}

function frameColumns(root: PickledValue, file: string): Map<string, Float64Array> {
  const fail = (found: string): never => {
    throw malformedPickle(file, 0, 'a pandas data frame of numbers', found);
  };
  const object = (value: PickledValue | undefined, what: string): PickledObject =>
    isPickledObject(value) ? value : fail(`no ${what}`);
  const entry = (value: PickledValue | undefined, key: string): PickledValue =>
    (value instanceof Map ? value.get(key) : undefined) ?? fail(`no ${key}`);
  const list = (value: PickledValue | undefined, what: string): PickledValue[] =>
    Array.isArray(value) ? value : fail(`no ${what}`);

  const manager = object(entry(object(root, 'frame').state, '_mgr'), 'block manager');
  // State of pandas' BlockManager: (axes, values, items, {version: {axes, blocks}}).
  const layout = entry(list(manager.state, 'state')[3], '0.14.1');
  const index = object(list(entry(layout, 'axes'), 'axes')[0], 'column index');
  const nameArray = object(entry(index.args[1], 'data'), 'column names');
  const names = list(list(nameArray.state, 'column names')[4], 'column names');

  const columns = new Map<string, Float64Array>();
  for (const block of list(entry(layout, 'blocks'), 'blocks')) {
    const places = object(entry(block, 'mgr_locs'), 'column places');
    const [first, end, stride] = places.args;
    if (places.global !== 'builtins.slice' || typeof first !== 'number' || typeof end !== 'number') {
      return fail('column places other than a slice');
    }
    const rows = matrixRows(object(entry(block, 'values'), 'values'), fail);
    rows.forEach((row, i) => {
      const name = names[first + i * Number(stride ?? 1)];
      if (typeof name === 'string') columns.set(name, row);
    });
  }
  return columns;
}

/** The rows of a two-dimensional little-endian float64 array in C order. */
function matrixRows(array: PickledObject, fail: (found: string) => never): Float64Array[] {
  const [, shape, type, fortran, data] = Array.isArray(array.state) ? array.state : [];
  const kind = isPickledObject(type) ? type : fail('an array without type');
  const order = Array.isArray(kind.state) ? kind.state[1] : undefined;
  if (kind.args[0] !== 'f8' || order !== '<' || fortran !== false)
    fail('an array other than little-endian float64');
  const [height, width] = Array.isArray(shape) ? shape : [];
  if (typeof height !== 'number' || typeof width !== 'number' || !(data instanceof Uint8Array)) {
    return fail('an array without shape or data');
  }
  if (data.length !== height * width * 8) fail(`${data.length} bytes for ${height} x ${width} values`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: height }, (_, y) =>
    Float64Array.from({ length: width }, (_, x) => view.getFloat64((y * width + x) * 8, true)),
  );
}
