/** The two instructions that all the time goes into: a splat of activations and its product with 4 rows' weights. */
import { RELAXED, group } from './precision';

/** Bytes of activations that one splat takes: 1 f32, 2 i16 or 4 of 7 bits. */
export const SPLAT: usize = 4;

/** Bytes of one vector of weights: four rows of a group. */
@inline
export function vectorBytes<T>(): usize {
  return 4 * group<T>() * sizeof<T>();
}

/** Four rows' weights of a group, as the product wants them. */
@inline
export function weight<T>(address: usize): v128 {
  if (!isFloat<T>() && sizeof<T>() == 1 && !RELAXED) return v128.load8x8_s(address);
  return v128.load(address);
}

/** sum + weights . x, lane by lane. */
@inline
export function multiplyAdd<T>(sum: v128, weights: v128, x: v128): v128 {
  if (isFloat<T>()) return f32x4.add(sum, f32x4.mul(weights, x));
  if (sizeof<T>() == 1 && RELAXED) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sum);
  return i32x4.add(sum, i32x4.dot_i16x8_s(weights, x));
}

/** A row's sum as f32, in the unit of its output. */
@inline
export function toFloat<T>(acc: v128, scale: v128): v128 {
  if (isFloat<T>()) return acc;
  return f32x4.mul(f32x4.convert_i32x4_s(acc), scale);
}
