import { frameRate, joints, reduced, sip } from '../motion/body.ts';
import { forwardKinematics, type Motion } from '../motion/motion.ts';
import { angleBetween } from '../motion/rotation.ts';

/** Estimated movement: what stands at index i is of the truth's frame `first` + i. */
export interface Track {
  first: number;
  frames: number;
  /** Frames x 24 x 9 global rotations. */
  rotations: Float32Array;
  /** Frames x 3, metres; undefined where the estimator has no translation: it stands still. */
  roots: Float32Array | undefined;
}

/** Means over frames; sums of several are means again by their counts. */
export interface PoseErrors {
  /** Global rotation of the 16 joints that are estimated, degrees. */
  rotationErrorDeg: number;
  /** The same of hips and shoulders, degrees. */
  sipErrorDeg: number;
  /** All 24 joints, roots at the same place, centimetres. */
  positionErrorCm: number;
  /** Third difference of the joints from the root, 10^2 m/s^3. */
  jitter: number;
  /** The truth's own. */
  trueJitter: number;
  /** Way of the root within 1 s, centimetres off. */
  translationErrorCm1s: number | null;
  /** Way of the root while the truth goes 10 m, centimetres off; null where nobody went that far. */
  translationErrorCm10m: number | null;
}

/** What is summed: a value of each error, times its count. */
export type ErrorSums = Record<keyof PoseErrors, { sum: number; count: number }>;

const longWay = 10;

/** Errors of a track against the movement that it estimates. */
export function measure(track: Track, truth: Motion): ErrorSums {
  const sums: ErrorSums = {
    rotationErrorDeg: { sum: 0, count: 0 },
    sipErrorDeg: { sum: 0, count: 0 },
    positionErrorCm: { sum: 0, count: 0 },
    jitter: { sum: 0, count: 0 },
    trueJitter: { sum: 0, count: 0 },
    translationErrorCm1s: { sum: 0, count: 0 },
    translationErrorCm10m: { sum: 0, count: 0 },
  };
  const add = (name: keyof PoseErrors, value: number): void => {
    sums[name].sum += value;
    sums[name].count++;
  };
  const found = positionsOf(track.rotations, 0, track.frames);
  const real = positionsOf(truth.rotations, track.first, track.frames);
  for (let frame = 0; frame < track.frames; frame++) {
    const estimate = track.rotations.subarray(216 * frame, 216 * (frame + 1));
    const true_ = truth.rotations.subarray(216 * (track.first + frame), 216 * (track.first + frame + 1));
    const angle = (joint: number): number => angleBetween(estimate, true_, 9 * joint);
    add('rotationErrorDeg', mean(reduced.map(angle)));
    add('sipErrorDeg', mean(sip.map(angle)));
    let distance = 0;
    for (let at = 72 * frame; at < 72 * (frame + 1); at += 3) {
      distance += Math.hypot(
        found[at]! - real[at]!,
        found[at + 1]! - real[at + 1]!,
        found[at + 2]! - real[at + 2]!,
      );
    }
    add('positionErrorCm', (100 * distance) / joints);
    if (frame >= 3) {
      add('jitter', jerkAt(found, frame) / 100);
      add('trueJitter', jerkAt(real, frame) / 100);
    }
  }
  measureWay(track, truth, add);
  return sums;
}

export function addSums(into: ErrorSums, more: ErrorSums): void {
  for (const name of Object.keys(into) as (keyof PoseErrors)[]) {
    into[name].sum += more[name].sum;
    into[name].count += more[name].count;
  }
}

export function errorsOf(sums: ErrorSums): PoseErrors {
  return Object.fromEntries(
    Object.entries(sums).map(([name, { sum, count }]) => [name, count > 0 ? round(sum / count) : null]),
  ) as unknown as PoseErrors;
}

function measureWay(
  { first, frames, roots }: Track,
  truth: Motion,
  add: (name: keyof PoseErrors, value: number) => void,
): void {
  const real = (frame: number, axis: number): number => truth.roots[3 * (first + frame) + axis]!;
  const off = (from: number, to: number): number =>
    100 *
    Math.hypot(
      ...[0, 1, 2].map((axis) => {
        const moved = roots ? roots[3 * to + axis]! - roots[3 * from + axis]! : 0;
        return moved - (real(to, axis) - real(from, axis));
      }),
    );
  for (let frame = 0; frame + frameRate < frames; frame++)
    add('translationErrorCm1s', off(frame, frame + frameRate));

  const gone = [0];
  for (let frame = 1; frame < frames; frame++) {
    const step = Math.hypot(real(frame, 0) - real(frame - 1, 0), real(frame, 2) - real(frame - 1, 2));
    gone.push(gone[frame - 1]! + step);
  }
  for (let from = 0, to = 0; from < frames; from += frameRate) {
    while (to < frames && gone[to]! - gone[from]! < longWay) to++;
    if (to === frames) break;
    add('translationErrorCm10m', off(from, to));
  }
}

function positionsOf(rotations: ArrayLike<number>, first: number, frames: number): Float64Array {
  const positions = new Float64Array(frames * 72);
  for (let frame = 0; frame < frames; frame++) {
    forwardKinematics(rotations, 216 * (first + frame), positions, 72 * frame);
  }
  return positions;
}

/** Mean length of the joints' third difference at a frame, m/s^3. */
function jerkAt(positions: Float64Array, frame: number): number {
  let sum = 0;
  for (let at = 72 * frame; at < 72 * (frame + 1); at += 3) {
    const third = [0, 1, 2].map((axis) => {
      const i = at + axis;
      return positions[i]! - 3 * positions[i - 72]! + 3 * positions[i - 144]! - positions[i - 216]!;
    });
    sum += Math.hypot(...third);
  }
  return (sum / joints) * frameRate ** 3;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
