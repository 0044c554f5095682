/** Sigmoid and tanh of four lanes, absolute error below 5e-7, and rounding to integers without a conversion. */

/** 1.5 * 2^23: added to a small f32 it leaves the rounded value in the low bits of the mantissa. */
const ROUNDER: f32 = 12582912;
const LOG2E: f32 = 1.44269504;
/** Coefficients of 2^r. */
const C0: f32 = 1.0000000754548972;
const C1: f32 = 0.6931471880262285;
const C2: f32 = 0.2402210748530827;
const C3: f32 = 0.05550357114219032;
const C4: f32 = 0.00967603191832597;
const C5: f32 = 0.0013390863364764831;

/** Nearest integers, ties to even, for |x| < 2^22. */
@inline
export function roundToInt(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, f32x4.splat(ROUNDER)), i32x4.splat(0x4b400000));
}

/** 2^x for |x| <= 60 (beyond: as at the end). 2^r on |r| <= 1/2 interpolates at Chebyshev's nodes, relative error 2e-7. */
@inline
function exp2(x: v128): v128 {
  x = f32x4.pmax(f32x4.splat(-60), f32x4.pmin(f32x4.splat(60), x));
  const shifted = f32x4.add(x, f32x4.splat(ROUNDER));
  const r = f32x4.sub(x, f32x4.sub(shifted, f32x4.splat(ROUNDER)));
  let y = f32x4.add(f32x4.mul(r, f32x4.splat(C5)), f32x4.splat(C4));
  y = f32x4.add(f32x4.mul(r, y), f32x4.splat(C3));
  y = f32x4.add(f32x4.mul(r, y), f32x4.splat(C2));
  y = f32x4.add(f32x4.mul(r, y), f32x4.splat(C1));
  y = f32x4.add(f32x4.mul(r, y), f32x4.splat(C0));
  return i32x4.add(y, i32x4.shl(shifted, 23));
}

@inline
export function sigmoid(x: v128): v128 {
  const e = exp2(f32x4.mul(x, f32x4.splat(-LOG2E)));
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
}

@inline
export function tanh(x: v128): v128 {
  const e = exp2(f32x4.mul(x, f32x4.splat(-2 * LOG2E)));
  return f32x4.sub(f32x4.div(f32x4.splat(2), f32x4.add(f32x4.splat(1), e)), f32x4.splat(1));
}
