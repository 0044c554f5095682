import { describe, expect, test } from '@jest/globals';
import { devices, frameRate } from '../../host/motion/body.ts';
import type { Motion } from '../../host/motion/motion.ts';
import { axisRotation, identity } from '../../host/motion/rotation.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';

/** A body in the T-pose that is moved and turned as a whole. */
function moved(frames: number, root: (t: number) => number[], turn: (t: number) => number[]): Motion {
  const rotations = new Float64Array(frames * 216);
  const roots = new Float64Array(frames * 3);
  for (let frame = 0; frame < frames; frame++) {
    for (let joint = 0; joint < 24; joint++) rotations.set(turn(frame / frameRate), 216 * frame + 9 * joint);
    roots.set(root(frame / frameRate), 3 * frame);
  }
  return { name: 'moved', frames, rotations, roots };
}

describe('virtual IMUs', () => {
  test('of a body that stands still measure no acceleration and no rotation', () => {
    const frames = virtualImus(
      moved(
        20,
        () => [0, 1, 0],
        () => [...identity],
      ),
      [0, 4],
    );
    expect([...frames.subarray(0, 15)].every((value) => Math.abs(value) < 1e-6)).toBe(true);
    expect([...frames.subarray(15, 24)]).toEqual([...identity]);
    // Devices that are not worn are zeros.
    expect([...frames.subarray(24, 51)].every((value) => value === 0)).toBe(true);
  });

  test('of a body that speeds up at 6 m/s^2 measure a fifth of 30 m/s^2, at the ends too', () => {
    const frames = virtualImus(
      moved(
        30,
        (t) => [3 * t * t, 1, 0],
        () => [...identity],
      ),
      [2],
    );
    for (let frame = 0; frame < 30; frame++) {
      expect(frames[60 * frame + 6]).toBeCloseTo(0.2, 5);
      expect(frames[60 * frame + 7]).toBeCloseTo(0, 5);
    }
  });

  test('on a turning body feel the way to their own place, not to the joint', () => {
    const speed = 1;
    const frames = virtualImus(
      moved(
        60,
        () => [0, 1, 0],
        (t) => axisRotation(1, speed * t),
      ),
      [2],
    );
    const { joint, offset } = devices[2]!;
    expect(joint).toBe(1);
    const x = 0.0878 + offset[0];
    const z = -0.0098 + offset[2];
    // Towards the axis, by speed^2 x radius; the second difference over four frames loses less than 1 %.
    const felt = Math.hypot(frames[60 * 30 + 6]!, frames[60 * 30 + 8]!) * 30;
    expect(felt / (speed ** 2 * Math.hypot(x, z))).toBeCloseTo(1, 2);
  });

  test('a movement of four frames has rotations and no acceleration', () => {
    const frames = virtualImus(
      moved(
        4,
        (t) => [9 * t * t, 0, 0],
        () => [...identity],
      ),
      [1],
    );
    expect([...frames.subarray(0, 15)].every((value) => value === 0)).toBe(true);
    expect(frames[24]).toBe(1);
  });
});
