/**
 * How weights and hidden activations are stored. Inputs, sums over gates, cell states and outputs are f32 in all of them.
 *
 *   F32  weights f32, activations f32.
 *   I16  weights i16 with a scale a row, activations i16 within +-4095. The host chooses a row's scale such that
 *        sum |w| <= 524287: then no sum of products can leave 32 bits, whatever the input.
 *   I8   weights i8 with a scale a row. Built without relaxed SIMD they are widened and meet the activations of I16.
 *        Built with it, activations have 7 bits and no sign, so that the relaxed product has one defined result:
 *        64 + round(63 h) for a hidden state; the host takes 64 times the row's sum off the bias.
 */
export const F32: i32 = 0;
export const I16: i32 = 1;
export const I8: i32 = 2;

/** Whether the I8 kernels are those of relaxed SIMD. */
export const RELAXED: bool = ASC_FEATURE_RELAXED_SIMD;

/** Largest activation of the integer kernels. */
export const REACH16: f32 = 4095;
export const REACH7: f32 = 63;
export const ZERO7: i32 = 64;

/** Columns that one splat of the activations holds, for weights of type T. */
@inline
export function group<T>(): i32 {
  if (isFloat<T>()) return 1;
  return sizeof<T>() == 1 && RELAXED ? 4 : 2;
}

/** Bytes of an activation that meets weights of type T. */
@inline
export function activationSize<T>(): i32 {
  if (isFloat<T>()) return 4;
  return sizeof<T>() == 1 && RELAXED ? 1 : 2;
}

export function activationBytes(precision: i32): i32 {
  if (precision == F32) return activationSize<f32>();
  return precision == I16 ? activationSize<i16>() : activationSize<i8>();
}

/** The scale of a hidden state's activations. */
export function hiddenScale(precision: i32): f32 {
  if (precision == F32) return 1;
  return precision == I8 && RELAXED ? 1 / REACH7 : 1 / REACH16;
}

export function hiddenZero(precision: i32): i32 {
  return precision == I8 && RELAXED ? ZERO7 : 0;
}
