/** Logarithm and power of two in fixed point, linear between powers of two: at most 0.09 off in the logarithm. */

/** 256 log2(x); x at least 1. Rises with x. */
@inline
export function log2(x: u32): i32 {
  const whole = 31 - clz(x);
  return <i32>((whole << 8) | (((x << (31 - whole)) >> 23) & 0xff));
}

/** 2^(x / 256) for x in [0, 31 * 256]. */
@inline
export function exp2(x: i32): u32 {
  const whole = <u32>x >> 8;
  const mantissa = <u32>((x & 0xff) | 0x100);
  return whole >= 8 ? mantissa << (whole - 8) : mantissa >> (8 - whole);
}
