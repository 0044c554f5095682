/** ReLU of the first Linear, stored as activations. */
import { roundToInt } from './activation';
import { F32, I16, REACH16, RELAXED } from './precision';

/** `count` f32 (a multiple of 8) at `from` to activations at `to` with their scale at `scale`. */
export function relu(precision: i32, from: usize, count: i32, to: usize, scale: usize): void {
  const end = from + (<usize>count << 2);
  const zero = f32x4.splat(0);
  if (precision == F32) {
    for (; from < end; from += 16, to += 16) v128.store(to, f32x4.pmax(zero, v128.load(from)));
    store<f32>(scale, 1);
    return;
  }
  let top = zero;
  for (let x = from; x < end; x += 16) top = f32x4.pmax(top, v128.load(x));
  const largest: f32 = max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
  const narrow = RELAXED && precision != I16;
  const reach: f32 = narrow ? 127 : REACH16;
  store<f32>(scale, largest / reach);
  const by = f32x4.splat(largest > 1e-30 ? reach / largest : 0);
  for (; from < end; from += 32) {
    const a = roundToInt(f32x4.mul(by, f32x4.pmax(zero, v128.load(from))));
    const b = roundToInt(f32x4.mul(by, f32x4.pmax(zero, v128.load(from, 16))));
    const q = i16x8.narrow_i32x4_s(a, b);
    if (narrow) {
      v128.store64_lane(to, i8x16.narrow_i16x8_u(q, q), 0);
      to += 8;
    } else {
      v128.store(to, q);
      to += 16;
    }
  }
}
