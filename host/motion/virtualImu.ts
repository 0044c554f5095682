import { devices, frameRate } from './body.ts';
import { jointsOf, type Motion } from './motion.ts';

/** Reach of the second difference in frames: as long a time at 30 Hz as the published n = 4 at 60 Hz. */
const reach = 2;
/** The networks take accelerations in units of 30 m/s^2. */
const accelerationUnit = 30;

/**
 * What devices on a moving body measure, frames x 60 as the networks take them: 5 x 3 of acceleration (m/s^2 / 30,
 * global, without gravity), then 5 x 9 of rotation (bone to world, by rows). Devices that are not in `slots` are zeros.
 * Acceleration is the smoothed central second difference (p[i-n] + p[i+n] - 2 p[i]) / (n dt)^2 of the sensor's
 * position, n = 2; the first and last two frames repeat their neighbour. Source: MobilePoser (UIST 2024), section 4.
 */
export function virtualImus(motion: Motion, slots: readonly number[]): Float32Array {
  const { frames, rotations } = motion;
  const positions = jointsOf(motion);
  const out = new Float32Array(frames * 60);
  const path = new Float64Array(frames * 3);
  const scale = (frameRate / reach) ** 2 / accelerationUnit;
  for (const slot of slots) {
    const { joint, offset } = devices[slot]!;
    for (let frame = 0; frame < frames; frame++) {
      const r = 216 * frame + 9 * joint;
      for (let i = 0; i < 9; i++) out[60 * frame + 15 + 9 * slot + i] = rotations[r + i]!;
      for (let axis = 0; axis < 3; axis++) {
        path[3 * frame + axis] =
          motion.roots[3 * frame + axis]! +
          positions[72 * frame + 3 * joint + axis]! +
          rotations[r + 3 * axis]! * offset[0] +
          rotations[r + 3 * axis + 1]! * offset[1] +
          rotations[r + 3 * axis + 2]! * offset[2];
      }
    }
    if (frames <= 2 * reach) continue;
    for (let frame = 0; frame < frames; frame++) {
      const middle = Math.min(Math.max(frame, reach), frames - 1 - reach);
      for (let axis = 0; axis < 3; axis++) {
        const at = 3 * middle + axis;
        const second = path[at - 3 * reach]! + path[at + 3 * reach]! - 2 * path[at]!;
        out[60 * frame + 3 * slot + axis] = second * scale;
      }
    }
  }
  return out;
}
