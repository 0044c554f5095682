import type { Precision, Tensor } from './weights.ts';

/** How the module wants a matrix; see assembly/poser/matrix.ts and precision.ts. */
export interface Packing {
  precision: Precision;
  /** Whether int8 meets 7-bit activations (relaxed SIMD). */
  relaxed: boolean;
  /** Source row of every packed row; -1 is a row of zeros. A multiple of 16. */
  order: Int32Array;
  /** What one unit of an activation is worth; 0: the module multiplies by a scale of its own. */
  activationScale: number;
  /** Whether the activations are hidden states, which have a sign. */
  signed: boolean;
}

export interface Packed {
  weights: Float32Array | Int16Array | Int8Array;
  scales: Float32Array;
  /** What to add to the bias for activations stored with an offset, in the packed order. */
  correction: Float32Array;
}

const { abs, round } = Math;
const panel = 16;
const zero7 = 64;
const reach7 = 63;
/** A row's sum of |w| times the largest activation (4095) stays below 2^31. */
const maxSum16 = 524_287;

/** Quantises by rows and lays the weights out in panels of 16 rows, groups of columns inside. */
export function packMatrix({ columns, values }: Tensor, packing: Packing): Packed {
  const { precision, relaxed, order, activationScale, signed } = packing;
  const rows = order.length;
  const group = precision === 'f32' ? 1 : precision === 'int8' && relaxed ? 4 : 2;
  const count = rows * columns;
  const weights =
    precision === 'f32'
      ? new Float32Array(count)
      : precision === 'int16'
        ? new Int16Array(count)
        : new Int8Array(count);
  const scales = new Float32Array(rows).fill(1);
  const correction = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const source = order[row]!;
    if (source < 0) continue;
    const from = values.subarray(source * columns, (source + 1) * columns);
    const scale = rowScale(from, precision);
    let to = (row - (row % panel)) * columns + (row % panel) * group;
    let sum = 0;
    for (let column = 0; column < columns; column += group, to += panel * group) {
      for (let k = 0; k < group; k++) {
        const value = precision === 'f32' ? from[column + k]! : round(from[column + k]! / scale);
        weights[to + k] = value;
        sum += value;
      }
    }
    scales[row] = scale * (activationScale || 1);
    if (signed && precision === 'int8' && relaxed) correction[row] = (-zero7 * sum * scale) / reach7;
  }
  return { weights, scales, correction };
}

/** The finest step at which the row's weights and sums fit. */
function rowScale(row: Float32Array, precision: Precision): number {
  if (precision === 'f32') return 1;
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const size = abs(row[i]!);
    if (size > largest) largest = size;
    sum += size;
  }
  if (largest === 0) return 1;
  if (precision === 'int8') return largest / 127;
  // Rounding adds at most half a step a weight to the sum.
  return Math.max(largest / 32_767, sum / (maxSum16 - row.length / 2));
}

/** Rows of the gates i, f, g, o such that a panel is the four gates of four units. */
export function gateOrder(hidden: number): Int32Array {
  return Int32Array.from({ length: 4 * hidden }, (_, row) => {
    const gate = Math.floor((row % panel) / 4);
    return gate * hidden + Math.floor(row / panel) * 4 + (row % 4);
  });
}

/** Rows as they are, with zeros up to a whole panel. */
export function plainOrder(rows: number): Int32Array {
  const length = Math.ceil(rows / panel) * panel;
  return Int32Array.from({ length }, (_, row) => (row < rows ? row : -1));
}
