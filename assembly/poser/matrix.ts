/**
 * A matrix in panels of 16 rows. Within a panel the weights lie in the order of use: for every group of columns
 * (1 f32, 2 i16, 2 or 4 i8) four vectors, each with four rows' weights of that group. So one splat of the activations
 * meets four vectors, the sums of four rows end in one vector and nothing has to be added across lanes; and the weights
 * are one stream from start to end. Gates are ordered such that the panel's vectors are i, f, g and o of four units.
 */
import { reserve } from './memory';
import { F32, I16 } from './precision';

export const PANEL: i32 = 16;

@unmanaged @final
export class Matrix {
  /** Multiple of 16; rows beyond the network's are zero. */
  rows: i32;
  columns: i32;
  precision: i32;
  weights: usize;
  /** f32 a row; of no use to F32. */
  scales: usize;
  /** f32 a row, in the weights' row order. */
  bias: usize;
}

export function weightBytes(precision: i32): i32 {
  return precision == F32 ? 4 : precision == I16 ? 2 : 1;
}

export function makeMatrix(rows: i32, columns: i32, precision: i32): Matrix {
  const matrix = changetype<Matrix>(reserve(offsetof<Matrix>()));
  matrix.rows = (rows + PANEL - 1) & -PANEL;
  matrix.columns = columns;
  matrix.precision = precision;
  matrix.weights = reserve(matrix.rows * columns * weightBytes(precision));
  matrix.scales = reserve(matrix.rows << 2);
  matrix.bias = reserve(matrix.rows << 2);
  return matrix;
}
