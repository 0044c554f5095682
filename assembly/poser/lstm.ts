/** One direction of one LSTM layer, gates in the order i, f, g, o. */
import { roundToInt, sigmoid, tanh } from './activation';
import { SPLAT, multiplyAdd, toFloat, vectorBytes, weight } from './dot';
import { Matrix, makeMatrix } from './matrix';
import { reserve } from './memory';
import { F32, I16, REACH16, REACH7, RELAXED, ZERO7, activationSize } from './precision';

@unmanaged @final
export class Lstm {
  /** Four gates of every unit from the layer's input, with the bias of both. */
  input: Matrix;
  /** The same from the previous hidden state. */
  hidden: Matrix;
}

/**
 * One time step: c' = f c + i g, h' = o tanh(c').
 * `gates`: the input's part of the gates in panel order; `from`, `to`: hidden states as activations, not overlapping;
 * `cell`: f32 a unit, updated. Memory-bound: every weight is read once and used once, so a panel is one stream of loads
 * into four sums, and its units' gates leave the registers only as h'.
 */
export function step(weights: Matrix, gates: usize, from: usize, cell: usize, to: usize): void {
  if (weights.precision == F32) recur<f32>(weights, gates, from, cell, to);
  else if (weights.precision == I16) recur<i16>(weights, gates, from, cell, to);
  else recur<i8>(weights, gates, from, cell, to);
}

function recur<T>(matrix: Matrix, gates: usize, from: usize, cell: usize, to: usize): void {
  const until = from + matrix.columns * activationSize<T>();
  let weights = matrix.weights;
  let scales = matrix.scales;
  const end = scales + (<usize>matrix.rows << 2);
  for (; scales < end; scales += 64) {
    let i = i32x4.splat(0);
    let f = i32x4.splat(0);
    let g = i32x4.splat(0);
    let o = i32x4.splat(0);
    for (let x = from; x < until; x += 2 * SPLAT) {
      let h = v128.load32_splat(x);
      i = multiplyAdd<T>(i, weight<T>(weights), h);
      f = multiplyAdd<T>(f, weight<T>(weights + vectorBytes<T>()), h);
      g = multiplyAdd<T>(g, weight<T>(weights + 2 * vectorBytes<T>()), h);
      o = multiplyAdd<T>(o, weight<T>(weights + 3 * vectorBytes<T>()), h);
      h = v128.load32_splat(x + SPLAT);
      i = multiplyAdd<T>(i, weight<T>(weights + 4 * vectorBytes<T>()), h);
      f = multiplyAdd<T>(f, weight<T>(weights + 5 * vectorBytes<T>()), h);
      g = multiplyAdd<T>(g, weight<T>(weights + 6 * vectorBytes<T>()), h);
      o = multiplyAdd<T>(o, weight<T>(weights + 7 * vectorBytes<T>()), h);
      weights += 8 * vectorBytes<T>();
    }
    i = sigmoid(f32x4.add(v128.load(gates), toFloat<T>(i, v128.load(scales))));
    f = sigmoid(f32x4.add(v128.load(gates, 16), toFloat<T>(f, v128.load(scales, 16))));
    g = tanh(f32x4.add(v128.load(gates, 32), toFloat<T>(g, v128.load(scales, 32))));
    o = sigmoid(f32x4.add(v128.load(gates, 48), toFloat<T>(o, v128.load(scales, 48))));
    const c = f32x4.add(f32x4.mul(f, v128.load(cell)), f32x4.mul(i, g));
    v128.store(cell, c);
    storeHidden<T>(to, f32x4.mul(o, tanh(c)));
    gates += 64;
    cell += 16;
    to += 4 * activationSize<T>();
  }
}

/** Four hidden values as activations. */
@inline
function storeHidden<T>(to: usize, h: v128): void {
  if (isFloat<T>()) {
    v128.store(to, h);
  } else if (sizeof<T>() == 1 && RELAXED) {
    let q = i32x4.add(roundToInt(f32x4.mul(h, f32x4.splat(REACH7))), i32x4.splat(ZERO7));
    q = i16x8.narrow_i32x4_s(q, q);
    v128.store32_lane(to, i8x16.narrow_i16x8_u(q, q), 0);
  } else {
    const q = roundToInt(f32x4.mul(h, f32x4.splat(REACH16)));
    v128.store64_lane(to, i16x8.narrow_i32x4_s(q, q), 0);
  }
}

export function makeLstm(inputs: i32, hidden: i32, precision: i32): Lstm {
  const lstm = changetype<Lstm>(reserve(offsetof<Lstm>()));
  lstm.input = makeMatrix(4 * hidden, inputs, precision);
  lstm.hidden = makeMatrix(4 * hidden, hidden, precision);
  return lstm;
}
