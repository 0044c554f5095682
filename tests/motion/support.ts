import { generateMotion } from '../../host/motion/generateMotion.ts';
import type { Motion } from '../../host/motion/motion.ts';
import { angleBetween } from '../../host/motion/rotation.ts';

/** Half a minute of everything that the generated wearer does. */
export const generated = (): Motion => generateMotion({ seconds: 30, seed: 5 });

/** The largest angle between two movements' rotations, degrees, at some joints. */
export function furthestAngle(a: Motion, b: Motion, joints: readonly number[]): number {
  let most = 0;
  for (let frame = 0; frame < Math.min(a.frames, b.frames); frame++) {
    for (const joint of joints) {
      most = Math.max(most, angleBetween(a.rotations, b.rotations, 216 * frame + 9 * joint));
    }
  }
  return most;
}

/** The mean angle. */
export function meanAngle(a: Motion, b: Motion, joints: readonly number[]): number {
  let sum = 0;
  for (let frame = 0; frame < a.frames; frame++) {
    for (const joint of joints) sum += angleBetween(a.rotations, b.rotations, 216 * frame + 9 * joint);
  }
  return sum / a.frames / joints.length;
}
