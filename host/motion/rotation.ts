/** Rotations as 3 x 3 matrices by rows, 9 numbers, bone to world: a column is where a bone's axis points. */
export type Matrix = ArrayLike<number>;
export type Vector = readonly [number, number, number];

export const identity: readonly number[] = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function multiply(a: Matrix, b: Matrix): number[] {
  const out = new Array<number>(9);
  for (let row = 0; row < 9; row += 3) {
    for (let column = 0; column < 3; column++) {
      out[row + column] = a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
    }
  }
  return out;
}

/** The inverse of a rotation. */
export function transpose(m: Matrix): number[] {
  return [m[0]!, m[3]!, m[6]!, m[1]!, m[4]!, m[7]!, m[2]!, m[5]!, m[8]!];
}

export function rotate(m: Matrix, [x, y, z]: Vector): Vector {
  return [
    m[0]! * x + m[1]! * y + m[2]! * z,
    m[3]! * x + m[4]! * y + m[5]! * z,
    m[6]! * x + m[7]! * y + m[8]! * z,
  ];
}

/** By `radians` about the coordinate axis 0, 1 or 2. */
export function axisRotation(axis: number, radians: number): number[] {
  const c = Math.cos(radians);
  const s = Math.sin(radians);
  if (axis === 0) return [1, 0, 0, 0, c, -s, 0, s, c];
  if (axis === 1) return [c, 0, s, 0, 1, 0, -s, 0, c];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** The least rotation that takes the direction `from` to `to`; half a turn about any normal where they are opposite. */
export function between(from: Vector, to: Vector): number[] {
  const a = unit(from);
  const b = unit(to);
  const [x, y, z] = cross(a, b);
  const cosine = dot(a, b);
  if (cosine < -1 + 1e-9) {
    const [u, v, w] = unit(cross(a, Math.abs(a[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
    return [
      2 * u * u - 1,
      2 * u * v,
      2 * u * w,
      2 * u * v,
      2 * v * v - 1,
      2 * v * w,
      2 * u * w,
      2 * v * w,
      2 * w * w - 1,
    ];
  }
  const k = 1 / (1 + cosine);
  return [
    1 - k * (y * y + z * z),
    k * x * y - z,
    k * x * z + y,
    k * x * y + z,
    1 - k * (x * x + z * z),
    k * y * z - x,
    k * x * z - y,
    k * y * z + x,
    1 - k * (x * x + y * y),
  ];
}

/** The rotation whose columns are `first`, the part of `second` at right angles to it, and their cross product. */
export function frameOf(first: Vector, second: Vector): number[] {
  const a = unit(first);
  const along = dot(a, second);
  const b = unit([second[0] - along * a[0], second[1] - along * a[1], second[2] - along * a[2]]);
  const c = cross(a, b);
  return [a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]];
}

/** Degrees of the rotation from `a` to `b`, exact also near zero. The matrices begin at `at`. */
export function angleBetween(a: Matrix, b: Matrix, at = 0): number {
  let square = 0;
  for (let i = at; i < at + 9; i++) square += (a[i]! - b[i]!) ** 2;
  return (360 / Math.PI) * Math.asin(Math.min(1, Math.sqrt(square / 8)));
}

/** Unit quaternion (w, x, y, z) of a rotation: Shepperd's way, by the largest of the four divisors. */
export function toQuaternion(m: Matrix): [number, number, number, number] {
  const trace = m[0]! + m[4]! + m[8]!;
  const squares = [trace, m[0]!, m[4]!, m[8]!];
  const best = squares.indexOf(Math.max(...squares));
  const x = m[7]! - m[5]!;
  const y = m[2]! - m[6]!;
  const z = m[3]! - m[1]!;
  const xy = m[1]! + m[3]!;
  const xz = m[2]! + m[6]!;
  const yz = m[5]! + m[7]!;
  const q: [number, number, number, number] =
    best === 0
      ? [1 + trace, x, y, z]
      : best === 1
        ? [x, 1 + 2 * m[0]! - trace, xy, xz]
        : best === 2
          ? [y, xy, 1 + 2 * m[4]! - trace, yz]
          : [z, xz, yz, 1 + 2 * m[8]! - trace];
  const length = Math.hypot(...q);
  return [q[0] / length, q[1] / length, q[2] / length, q[3] / length];
}

/** The rotation of a quaternion (w, x, y, z) of any length but zero. */
export function fromQuaternion([w, x, y, z]: readonly [number, number, number, number]): number[] {
  const s = 2 / (w * w + x * x + y * y + z * z);
  return [
    1 - s * (y * y + z * z),
    s * (x * y - w * z),
    s * (x * z + w * y),
    s * (x * y + w * z),
    1 - s * (x * x + z * z),
    s * (y * z - w * x),
    s * (x * z - w * y),
    s * (y * z + w * x),
    1 - s * (x * x + y * y),
  ];
}

/** `share` of the way from `a` to `b`: normalised linear blend of their quaternions along the shorter way. */
export function blend(a: Matrix, b: Matrix, share: number): number[] {
  const p = toQuaternion(a);
  const q = toQuaternion(b);
  const sign = p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3] < 0 ? -share : share;
  return fromQuaternion([0, 1, 2, 3].map((i) => (1 - share) * p[i]! + sign * q[i]!) as unknown as typeof p);
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** A vector of length 1; a zero vector stays. */
export function unit(v: Vector): Vector {
  const length = Math.hypot(...v) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
}
