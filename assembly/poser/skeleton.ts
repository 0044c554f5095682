/** The body, as the host describes it, and the pose that follows from 6D rotations. */
import { reserve } from './memory';

export const BONES: i32 = 24;
/** Joints whose 6D rotation a network gives. */
export const REDUCED: i32 = 16;

/** Parent of every joint (parents first; the root's is not read), i32. */
export let parents: usize = 0;
/** Which of the 6D rotations every joint takes, i32. */
export let sources: usize = 0;
/** Which of the 6D rotations is that of each device's bone, i32. */
export let devices: usize = 0;
/** Offset from the parent in the rest pose, metres, 3 f32 a joint. */
export let offsets: usize = 0;

export function makeSkeleton(): usize {
  parents = reserve(BONES * 20 + 20);
  sources = parents + BONES * 4;
  offsets = sources + BONES * 4;
  devices = offsets + BONES * 12;
  return parents;
}

/** 16 rotations in 6D to 24 global rotations, 3 x 3 by rows. Always rotations, whatever the numbers. */
export function toRotations(sixD: usize, rotations: usize): void {
  for (let joint = 0; joint < BONES; joint++) {
    orthonormal(sixD + load<i32>(sources + (joint << 2)) * 24, rotations + joint * 36);
  }
}

/** The first two columns, orthonormal by Gram and Schmidt, and their cross product; columns of no length are replaced. */
function orthonormal(sixD: usize, to: usize): void {
  let ax = load<f32>(sixD), ay = load<f32>(sixD, 4), az = load<f32>(sixD, 8);
  let bx = load<f32>(sixD, 12), by = load<f32>(sixD, 16), bz = load<f32>(sixD, 20);
  let length = sqrt<f32>(ax * ax + ay * ay + az * az);
  if (length > 1e-6) {
    ax /= length;
    ay /= length;
    az /= length;
  } else {
    ax = 1;
    ay = 0;
    az = 0;
  }
  const along = ax * bx + ay * by + az * bz;
  bx -= along * ax;
  by -= along * ay;
  bz -= along * az;
  length = sqrt<f32>(bx * bx + by * by + bz * bz);
  if (!(length > 1e-6)) {
    // The axis that a leans on least, less its part along a.
    const leastX = abs(ax) <= abs(ay) && abs(ax) <= abs(az);
    const leastY = !leastX && abs(ay) <= abs(az);
    const part = leastX ? ax : leastY ? ay : az;
    bx = (leastX ? <f32>1 : <f32>0) - part * ax;
    by = (leastY ? <f32>1 : <f32>0) - part * ay;
    bz = (leastX || leastY ? <f32>0 : <f32>1) - part * az;
    length = sqrt<f32>(bx * bx + by * by + bz * bz);
  }
  bx /= length;
  by /= length;
  bz /= length;
  store<f32>(to, ax);
  store<f32>(to, bx, 4);
  store<f32>(to, ay * bz - az * by, 8);
  store<f32>(to, ay, 12);
  store<f32>(to, by, 16);
  store<f32>(to, az * bx - ax * bz, 20);
  store<f32>(to, az, 24);
  store<f32>(to, bz, 28);
  store<f32>(to, ax * by - ay * bx, 32);
}

/** Forward kinematics: positions of the joints from the root, metres, 3 f32 a joint. */
export function toPositions(rotations: usize, positions: usize): void {
  memory.fill(positions, 0, 12);
  for (let joint = 1; joint < BONES; joint++) {
    const parent = load<i32>(parents + (joint << 2));
    const r = rotations + parent * 36;
    const from = positions + parent * 12;
    const to = positions + joint * 12;
    const offset = offsets + joint * 12;
    const x = load<f32>(offset), y = load<f32>(offset, 4), z = load<f32>(offset, 8);
    store<f32>(to, load<f32>(from) + load<f32>(r) * x + load<f32>(r, 4) * y + load<f32>(r, 8) * z);
    store<f32>(to, load<f32>(from, 4) + load<f32>(r, 12) * x + load<f32>(r, 16) * y + load<f32>(r, 20) * z, 4);
    store<f32>(to, load<f32>(from, 8) + load<f32>(r, 24) * x + load<f32>(r, 28) * y + load<f32>(r, 32) * z, 8);
  }
}
