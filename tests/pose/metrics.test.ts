import { describe, expect, test } from '@jest/globals';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import { axisRotation, multiply } from '../../host/motion/rotation.ts';
import { addSums, errorsOf, measure, type Track } from '../../host/pose/metrics.ts';

const truth = generateMotion({ seconds: 20, seed: 2 });
const exact = (): Track => ({
  first: 0,
  frames: truth.frames,
  rotations: Float32Array.from(truth.rotations),
  roots: Float32Array.from(truth.roots),
});
const turn = (rotations: Float32Array, degrees: number, joints: readonly number[]): Float32Array => {
  const by = axisRotation(2, (degrees * Math.PI) / 180);
  for (let frame = 0; frame < truth.frames; frame++) {
    for (const joint of joints) {
      const at = 216 * frame + 9 * joint;
      rotations.set(multiply(rotations.slice(at, at + 9), by), at);
    }
  }
  return rotations;
};

describe('pose errors', () => {
  test('of the truth are nothing, and its jitter is its own', () => {
    const errors = errorsOf(measure(exact(), truth));
    expect(errors.rotationErrorDeg).toBeLessThan(1e-3);
    expect(errors.positionErrorCm).toBeLessThan(1e-3);
    expect(errors.translationErrorCm1s).toBeLessThan(1e-3);
    expect(errors.jitter).toBeCloseTo(errors.trueJitter, 3);
    expect(errors.jitter).toBeGreaterThan(0.05);
  });

  test('a track that begins later is held against its own frames', () => {
    const later = exact();
    const cut = {
      ...later,
      first: 50,
      frames: 100,
      rotations: later.rotations.slice(216 * 50),
      roots: later.roots!.slice(150),
    };
    expect(errorsOf(measure(cut, truth)).rotationErrorDeg).toBeLessThan(1e-3);
    expect(errorsOf(measure({ ...cut, first: 60 }, truth)).rotationErrorDeg).toBeGreaterThan(0.5);
  });

  test('10 degrees at one of the 16 joints are 10/16 on the mean, and of SIP only where SIP looks', () => {
    const elbow = { ...exact(), rotations: turn(exact().rotations, 10, [18]) };
    expect(errorsOf(measure(elbow, truth)).rotationErrorDeg).toBeCloseTo(10 / 16, 3);
    expect(errorsOf(measure(elbow, truth)).sipErrorDeg).toBeLessThan(1e-3);
    const hip = { ...exact(), rotations: turn(exact().rotations, 10, [1]) };
    expect(errorsOf(measure(hip, truth)).sipErrorDeg).toBeCloseTo(10 / 4, 3);
    // Hands are not estimated and do not count.
    const hand = { ...exact(), rotations: turn(exact().rotations, 10, [22]) };
    expect(errorsOf(measure(hand, truth)).rotationErrorDeg).toBeLessThan(1e-3);
  });

  test('a forearm off by an angle moves wrist and hand by its chord', () => {
    const elbow = { ...exact(), rotations: turn(exact().rotations, 30, [18, 20, 22]) };
    const chord = 2 * Math.sin((15 * Math.PI) / 180);
    const expected = (100 * chord * (0.2368 + (0.2368 + 0.09))) / 24;
    expect(errorsOf(measure(elbow, truth)).positionErrorCm).toBeCloseTo(expected, 2);
  });

  test('standing still where the truth walks is off by the way walked', () => {
    const still = errorsOf(measure({ ...exact(), roots: undefined }, truth));
    let sum = 0;
    let count = 0;
    for (let frame = 0; frame + 30 < truth.frames; frame++, count++) {
      sum += Math.hypot(
        ...[0, 1, 2].map((axis) => truth.roots[3 * (frame + 30) + axis]! - truth.roots[3 * frame + axis]!),
      );
    }
    expect(still.translationErrorCm1s).toBeCloseTo((100 * sum) / count, 3);
    expect(still.translationErrorCm10m).toBeGreaterThan(100);
  });

  test('sums of two recordings are means over their frames', () => {
    const a = measure(exact(), truth);
    const b = measure({ ...exact(), rotations: turn(exact().rotations, 32, [0]) }, truth);
    addSums(a, b);
    expect(errorsOf(a).rotationErrorDeg).toBeCloseTo(1, 3);
  });
});
