import { frameRate, joints, offsets, parents } from './body.ts';
import { multiply, transpose } from './rotation.ts';

/** Movement of the 24-joint body at 30 frames a second; docs/skeleton.md has its frames and units. */
export interface Motion {
  name: string;
  frames: number;
  /** Frames x 24 x 9: global rotations by rows. */
  rotations: Float64Array;
  /** Frames x 3: the root joint, metres. */
  roots: Float64Array;
}

/** Seconds of a motion. */
export function duration({ frames }: Motion): number {
  return frames / frameRate;
}

/**
 * Forward kinematics: positions of the 24 joints from the root, metres, of the 24 x 9 rotations at `from`, to the 72
 * numbers at `to` of `positions`.
 */
export function forwardKinematics(
  rotations: ArrayLike<number>,
  from: number,
  positions: Float32Array | Float64Array,
  to: number,
): void {
  positions.fill(0, to, to + 3);
  for (let joint = 1; joint < joints; joint++) {
    const parent = parents[joint]!;
    const r = from + 9 * parent;
    const x = offsets[3 * joint]!;
    const y = offsets[3 * joint + 1]!;
    const z = offsets[3 * joint + 2]!;
    for (let axis = 0; axis < 3; axis++) {
      positions[to + 3 * joint + axis] =
        positions[to + 3 * parent + axis]! +
        rotations[r + 3 * axis]! * x +
        rotations[r + 3 * axis + 1]! * y +
        rotations[r + 3 * axis + 2]! * z;
    }
  }
}

/** Rotation of a joint against its parent; the 24 x 9 global rotations begin at `from`. */
export function localRotation(rotations: ArrayLike<number>, from: number, joint: number): number[] {
  const at = (which: number): number[] =>
    Array.from({ length: 9 }, (_, i) => rotations[from + 9 * which + i]!);
  const parent = parents[joint]!;
  return parent < 0 ? at(joint) : multiply(transpose(at(parent)), at(joint));
}

/** Frames x 24 x 3 positions from the root, metres. */
export function jointsOf({ frames, rotations }: Motion): Float64Array {
  const positions = new Float64Array(frames * 72);
  for (let frame = 0; frame < frames; frame++)
    forwardKinematics(rotations, 216 * frame, positions, 72 * frame);
  return positions;
}
