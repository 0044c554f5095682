import { UserError } from '../errors.ts';

const slots = 5;
const numbers = 60;
/** Accelerations come in units of 30 m/s^2; no worn sensor measures beyond 32 g. */
const maxAcceleration = (32 * 9.80665) / 30;
/** How far R R^T may be from the identity: generous for sensors' rounding, narrow enough for a wrong quaternion. */
const tolerance = 0.05;

/**
 * Lets only readings through that the networks can take. A device is present in a frame if its rotation is a rotation
 * and its acceleration finite and within 32 g; otherwise it is absent: all zeros (as sent by who has no such device),
 * NaN, a scaled or mirrored matrix. A device that was present is held at its last rotation, with no acceleration, for
 * up to `holdFrames` absent frames, then it counts as absent until it is back.
 */
export class FrameGuard {
  readonly #holdFrames: number;
  readonly #last = new Float32Array(slots * 9);
  /** Frames for which a device may still be held. */
  readonly #left = new Int32Array(slots);

  constructor(holdFrames: number) {
    this.#holdFrames = holdFrames;
  }

  /** Writes what the networks get for `frame` to `out`, both 60 f32. */
  check(frame: Float32Array, out: Float32Array): void {
    if (frame.length !== numbers) {
      throw new UserError(`A frame has ${frame.length} numbers instead of ${numbers}.`, {
        hint: 'A frame is 5 x 3 of acceleration, then 5 x 9 of rotation; absent devices are zeros.',
      });
    }
    out.fill(0);
    for (let slot = 0; slot < slots; slot++) {
      const at = 15 + 9 * slot;
      if (isRotation(frame, at) && isAcceleration(frame, 3 * slot)) {
        for (let i = 0; i < 3; i++) out[3 * slot + i] = frame[3 * slot + i]!;
        for (let i = 0; i < 9; i++) this.#last[9 * slot + i] = out[at + i] = frame[at + i]!;
        this.#left[slot] = this.#holdFrames;
      } else if (this.#left[slot]! > 0) {
        this.#left[slot]!--;
        for (let i = 0; i < 9; i++) out[at + i] = this.#last[9 * slot + i]!;
      }
    }
  }

  reset(): void {
    this.#left.fill(0);
  }
}

function isAcceleration(values: Float32Array, at: number): boolean {
  // NaN fails every comparison.
  return [0, 1, 2].every((i) => Math.abs(values[at + i]!) <= maxAcceleration);
}

/** Whether the 3 x 3 by rows at `at` is orthonormal and right-handed. */
function isRotation(m: Float32Array, at: number): boolean {
  const dot = (a: number, b: number): number =>
    m[at + a]! * m[at + b]! + m[at + a + 1]! * m[at + b + 1]! + m[at + a + 2]! * m[at + b + 2]!;
  for (let a = 0; a < 9; a += 3) {
    for (let b = a; b < 9; b += 3) {
      if (!(Math.abs(dot(a, b) - (a === b ? 1 : 0)) <= tolerance)) return false;
    }
  }
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = m.subarray(at, at + 9) as unknown as number[];
  return xx! * (yy! * zz! - yz! * zy!) - xy! * (yx! * zz! - yz! * zx!) + xz! * (yx! * zy! - yy! * zx!) > 0;
}
