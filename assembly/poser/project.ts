/**
 * out = matrix . x + base for many time steps. A half panel's 8 rows meet 5 time steps at once: 10 sums stay in
 * registers and 7 loads feed 10 products. The panel stays in the first cache while all time steps pass.
 */
import { SPLAT, multiplyAdd, toFloat, vectorBytes, weight } from './dot';
import { Matrix, PANEL } from './matrix';
import { F32, I16, activationSize } from './precision';

const STEPS: i32 = 5;

/**
 * `count` time steps. `x`: activations, `stride` bytes apart; `xScales`: their f32 scales, `xScaleStride` bytes apart.
 * `base` and `out`: f32 rows, `baseStride` and `outStride` bytes apart; they may be the same.
 * A row's sum is formed in the order of the columns whatever the count, so the result does not depend on it.
 */
export function project(
  matrix: Matrix,
  x: usize,
  stride: usize,
  xScales: usize,
  xScaleStride: usize,
  count: i32,
  base: usize,
  baseStride: usize,
  out: usize,
  outStride: usize,
): void {
  if (matrix.precision == F32) {
    projectAll<f32>(matrix, x, stride, xScales, xScaleStride, count, base, baseStride, out, outStride);
  } else if (matrix.precision == I16) {
    projectAll<i16>(matrix, x, stride, xScales, xScaleStride, count, base, baseStride, out, outStride);
  } else {
    projectAll<i8>(matrix, x, stride, xScales, xScaleStride, count, base, baseStride, out, outStride);
  }
}

function projectAll<T>(
  matrix: Matrix,
  x: usize,
  stride: usize,
  xScales: usize,
  xScaleStride: usize,
  count: i32,
  base: usize,
  baseStride: usize,
  out: usize,
  outStride: usize,
): void {
  const bytes = matrix.columns * activationSize<T>();
  const panelBytes = PANEL * matrix.columns * sizeof<T>();
  const half = 2 * vectorBytes<T>();
  let panel = matrix.weights;
  for (let row: usize = 0, end = <usize>matrix.rows << 2; row < end; row += 32) {
    const weights = row & 32 ? panel + half : panel;
    const scale = matrix.scales + row;
    let step = 0;
    let from = x;
    let xScale = xScales;
    let add = base + row;
    let to = out + row;
    for (; step + STEPS <= count; step += STEPS) {
      fiveSteps<T>(weights, bytes, from, stride, scale, xScale, xScaleStride, add, baseStride, to, outStride);
      from += STEPS * stride;
      xScale += STEPS * xScaleStride;
      add += STEPS * baseStride;
      to += STEPS * outStride;
    }
    for (; step < count; step++) {
      oneStep<T>(weights, bytes, from, scale, xScale, add, to);
      from += stride;
      xScale += xScaleStride;
      add += baseStride;
      to += outStride;
    }
    if (row & 32) panel += panelBytes;
  }
}

/** 8 rows of 5 time steps. */
function fiveSteps<T>(
  weights: usize,
  bytes: usize,
  x: usize,
  stride: usize,
  scale: usize,
  xScale: usize,
  xScaleStride: usize,
  base: usize,
  baseStride: usize,
  out: usize,
  outStride: usize,
): void {
  let a0 = i32x4.splat(0), b0 = i32x4.splat(0);
  let a1 = i32x4.splat(0), b1 = i32x4.splat(0);
  let a2 = i32x4.splat(0), b2 = i32x4.splat(0);
  let a3 = i32x4.splat(0), b3 = i32x4.splat(0);
  let a4 = i32x4.splat(0), b4 = i32x4.splat(0);
  let x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride, x4 = x3 + stride;
  for (const end = x + bytes; x < end; x += 2 * SPLAT) {
    let a = weight<T>(weights), b = weight<T>(weights + vectorBytes<T>());
    let s = v128.load32_splat(x);
    a0 = multiplyAdd<T>(a0, a, s);
    b0 = multiplyAdd<T>(b0, b, s);
    s = v128.load32_splat(x1);
    a1 = multiplyAdd<T>(a1, a, s);
    b1 = multiplyAdd<T>(b1, b, s);
    s = v128.load32_splat(x2);
    a2 = multiplyAdd<T>(a2, a, s);
    b2 = multiplyAdd<T>(b2, b, s);
    s = v128.load32_splat(x3);
    a3 = multiplyAdd<T>(a3, a, s);
    b3 = multiplyAdd<T>(b3, b, s);
    s = v128.load32_splat(x4);
    a4 = multiplyAdd<T>(a4, a, s);
    b4 = multiplyAdd<T>(b4, b, s);
    a = weight<T>(weights + 4 * vectorBytes<T>());
    b = weight<T>(weights + 5 * vectorBytes<T>());
    s = v128.load32_splat(x + SPLAT);
    a0 = multiplyAdd<T>(a0, a, s);
    b0 = multiplyAdd<T>(b0, b, s);
    s = v128.load32_splat(x1 + SPLAT);
    a1 = multiplyAdd<T>(a1, a, s);
    b1 = multiplyAdd<T>(b1, b, s);
    s = v128.load32_splat(x2 + SPLAT);
    a2 = multiplyAdd<T>(a2, a, s);
    b2 = multiplyAdd<T>(b2, b, s);
    s = v128.load32_splat(x3 + SPLAT);
    a3 = multiplyAdd<T>(a3, a, s);
    b3 = multiplyAdd<T>(b3, b, s);
    s = v128.load32_splat(x4 + SPLAT);
    a4 = multiplyAdd<T>(a4, a, s);
    b4 = multiplyAdd<T>(b4, b, s);
    weights += 8 * vectorBytes<T>();
    x1 += 2 * SPLAT;
    x2 += 2 * SPLAT;
    x3 += 2 * SPLAT;
    x4 += 2 * SPLAT;
  }
  store<T>(a0, b0, scale, xScale, base, out);
  store<T>(a1, b1, scale, (xScale += xScaleStride), (base += baseStride), (out += outStride));
  store<T>(a2, b2, scale, (xScale += xScaleStride), (base += baseStride), (out += outStride));
  store<T>(a3, b3, scale, (xScale += xScaleStride), (base += baseStride), (out += outStride));
  store<T>(a4, b4, scale, (xScale += xScaleStride), (base += baseStride), (out += outStride));
}

/** 8 rows of one time step. */
function oneStep<T>(
  weights: usize,
  bytes: usize,
  x: usize,
  scale: usize,
  xScale: usize,
  base: usize,
  out: usize,
): void {
  let a = i32x4.splat(0), b = i32x4.splat(0);
  for (const end = x + bytes; x < end; x += SPLAT) {
    const s = v128.load32_splat(x);
    a = multiplyAdd<T>(a, weight<T>(weights), s);
    b = multiplyAdd<T>(b, weight<T>(weights + vectorBytes<T>()), s);
    weights += 4 * vectorBytes<T>();
  }
  store<T>(a, b, scale, xScale, base, out);
}

@inline
function store<T>(a: v128, b: v128, scale: usize, xScale: usize, base: usize, out: usize): void {
  const by = v128.load32_splat(xScale);
  a = toFloat<T>(a, f32x4.mul(v128.load(scale), by));
  b = toFloat<T>(b, f32x4.mul(v128.load(scale, 16), by));
  v128.store(out, f32x4.add(a, v128.load(base)));
  v128.store(out, f32x4.add(b, v128.load(base, 16)), 16);
}
