import { describe, expect, test } from '@jest/globals';
import { frameRate, names, parents } from '../../host/motion/body.ts';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import { jointsOf, localRotation } from '../../host/motion/motion.ts';
import { angleBetween, identity, multiply, transpose } from '../../host/motion/rotation.ts';

const motion = generateMotion({ seconds: 60, seed: 3 });
const positions = jointsOf(motion);
const height = (frame: number, joint: number): number =>
  motion.roots[3 * frame + 1]! + positions[72 * frame + 3 * joint + 1]!;

describe('the generated wearer', () => {
  test('is the same for the same seed and another for another', () => {
    expect(generateMotion({ seconds: 5, seed: 3 }).rotations).toEqual(
      motion.rotations.slice(0, 5 * 30 * 216),
    );
    expect(generateMotion({ seconds: 60, seed: 4 }).rotations).not.toEqual(motion.rotations);
  });

  test('begins in the T-pose, facing +z, on the floor', () => {
    names.forEach((_, joint) =>
      expect(angleBetween(motion.rotations.slice(9 * joint), identity)).toBeLessThan(3),
    );
    expect(Math.abs(Math.min(height(0, 10), height(0, 11)))).toBeLessThan(0.01);
  });

  test('is made of rotations', () => {
    for (let at = 0; at < motion.rotations.length; at += 9 * 97) {
      const m = motion.rotations.slice(at, at + 9);
      expect(angleBetween(multiply(m, transpose(m)), identity)).toBeLessThan(1e-6);
    }
  });

  test('moves as people can: no joint turns faster than 900 degrees a second, knees and elbows bend one way', () => {
    for (let frame = 1; frame < motion.frames; frame++) {
      for (let joint = 0; joint < 24; joint++) {
        const now = localRotation(motion.rotations, 216 * frame, joint);
        const before = localRotation(motion.rotations, 216 * (frame - 1), joint);
        expect(angleBetween(now, before) * frameRate).toBeLessThan(900);
      }
      for (const knee of [4, 5]) {
        const [, , , , , sine] = localRotation(motion.rotations, 216 * frame, knee);
        expect(sine).toBeLessThan(1e-9);
      }
      expect(localRotation(motion.rotations, 216 * frame, 18)[6]).toBeGreaterThan(-1e-9);
      expect(localRotation(motion.rotations, 216 * frame, 19)[6]).toBeLessThan(1e-9);
    }
    expect(parents).toHaveLength(24);
  });

  test('no foot goes through the floor, and one that stands does not slide', () => {
    for (let frame = 1; frame < motion.frames; frame++) {
      for (const toe of [10, 11]) expect(height(frame, toe)).toBeGreaterThan(-0.001);
      const [low, high] = height(frame, 10) < height(frame, 11) ? [10, 11] : [11, 10];
      // Where the weight passes over, the feet share it.
      if (height(frame, high) - height(frame, low) < 0.03 || height(frame - 1, low) > 0.005) continue;
      const slid = [0, 2].map((axis) => {
        const at = (f: number): number => motion.roots[3 * f + axis]! + positions[72 * f + 3 * low + axis]!;
        return at(frame) - at(frame - 1);
      });
      expect(Math.hypot(...slid)).toBeLessThan(0.003);
    }
  });
});
