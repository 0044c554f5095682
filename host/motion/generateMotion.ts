import { Random } from '../sim/random.ts';
import { frameRate, joints, parents } from './body.ts';
import { forwardKinematics, type Motion } from './motion.ts';
import { axisRotation, multiply } from './rotation.ts';

/** Joint angles in degrees, as a person would say them; flexion is positive, the pairs are [left, right]. */
interface Angles {
  hip: Pair;
  /** Legs apart. */
  spread: Pair;
  knee: Pair;
  /** Upper arm below the horizontal. */
  down: Pair;
  /** Upper arm forward. */
  swing: Pair;
  elbow: Pair;
  /** Trunk forward, to the left, and twisted to the left. */
  bend: number;
  lean: number;
  twist: number;
  /** Head down, and to the left. */
  nod: number;
  look: number;
  /** Turning of the whole body to the left, degrees a second. */
  turn: number;
  /** Both feet above the floor, metres. */
  hop: number;
}
type Pair = [left: number, right: number];

interface Act {
  seconds: number;
  angles: (seconds: number) => Angles;
}

const standing: Angles = {
  hip: [0, 0],
  spread: [2, 2],
  knee: [3, 3],
  down: [76, 76],
  swing: [4, 4],
  elbow: [14, 14],
  bend: 1,
  lean: 0,
  twist: 0,
  nod: 2,
  look: 0,
  turn: 0,
  hop: 0,
};
/** Acts flow into one another for so long. */
const blendSeconds = 0.5;
const toes: Pair = [10, 11];
const ankles: Pair = [7, 8];

/**
 * Movement of our own making, the same for the same seed: T-pose, standing, walking straight and in a curve, squatting,
 * waving, reaching for the floor, a hop, boxing, and over again. Feet that stand do not slide. No recorded motion is in it.
 */
export function generateMotion({ seconds, seed = 1 }: { seconds: number; seed?: number }): Motion {
  const random = new Random(seed);
  const acts = program((low, high) => random.uniform(low, high));
  const total = acts.reduce((sum, act) => sum + act.seconds, 0);
  const frames = Math.max(1, Math.round(seconds * frameRate));
  const rotations = new Float64Array(frames * joints * 9);
  const roots = new Float64Array(frames * 3);
  const now = new Float64Array(72);
  const before = new Float64Array(72);
  let heading = 0;
  for (let frame = 0; frame < frames; frame++) {
    const angles = anglesAt(acts, (frame / frameRate) % total);
    heading += (frame === 0 ? 0 : angles.turn) / frameRate;
    rotations.set(pose(angles, heading), frame * joints * 9);
    before.set(now);
    forwardKinematics(rotations, frame * joints * 9, now, 0);
    roots[3 * frame + 1] = angles.hop - Math.min(soleOf(now, 0), soleOf(now, 1));
    if (frame === 0) continue;
    // The lower foot bears the body; the weight passes over while both are near the floor.
    const share = 1 / (1 + Math.exp((soleOf(now, 0) - soleOf(now, 1)) / 0.004));
    for (const axis of [0, 2]) {
      const step = (foot: 0 | 1): number => before[3 * toes[foot] + axis]! - now[3 * toes[foot] + axis]!;
      const moved = share * step(0) + (1 - share) * step(1);
      roots[3 * frame + axis] = roots[3 * frame - 3 + axis]! + (angles.hop > 0 ? 0 : moved);
    }
  }
  return { name: `generated-${seed}`, frames, rotations, roots };
}

function program(between: (low: number, high: number) => number): Act[] {
  const walk = (seconds: number, turn: number): Act => {
    const steps = between(0.85, 1.05);
    const stride = between(20, 26);
    const arms = between(14, 24);
    return {
      seconds,
      angles: (t) => {
        const phase = 2 * Math.PI * steps * t;
        const leg = (at: number): [number, number] => [
          6 + stride * Math.sin(at),
          6 + 54 * Math.max(0, Math.cos(at)) ** 2,
        ];
        const [leftHip, leftKnee] = leg(phase);
        const [rightHip, rightKnee] = leg(phase + Math.PI);
        return {
          ...standing,
          hip: [leftHip, rightHip],
          knee: [leftKnee, rightKnee],
          swing: [-arms * Math.sin(phase), arms * Math.sin(phase)],
          elbow: [24 - 8 * Math.sin(phase), 24 + 8 * Math.sin(phase)],
          bend: 4,
          twist: 5 * Math.sin(phase),
          turn,
        };
      },
    };
  };
  const hold = (seconds: number, changes: Partial<Angles>): Act => ({
    seconds,
    angles: () => ({ ...standing, ...changes }),
  });
  /** There and back over the act, `times` times. */
  const wave = (seconds: number, times: number, make: (share: number) => Partial<Angles>): Act => ({
    seconds,
    angles: (t) => ({ ...standing, ...make((1 - Math.cos((2 * Math.PI * times * t) / seconds)) / 2) }),
  });
  const deep = between(70, 95);
  const side = between(-60, 60) > 0 ? 0 : 1;
  const one = (raised: number, other: number): Pair => (side === 0 ? [raised, other] : [other, raised]);
  return [
    hold(1.5, { down: [0, 0], swing: [0, 0], elbow: [0, 0], knee: [0, 0], spread: [0, 0], bend: 0, nod: 0 }),
    hold(1.5, { look: between(-20, 20) }),
    walk(between(5, 7), 0),
    walk(between(4, 6), between(20, 35)),
    wave(5, 2, (share) => ({
      hip: [deep * share, deep * share],
      knee: [3 + 1.15 * deep * share, 3 + 1.15 * deep * share],
      bend: 1 + 28 * share,
      swing: [4 + 70 * share, 4 + 70 * share],
    })),
    wave(4, 5, (share) => ({
      down: one(-35, 76),
      elbow: one(40 + 70 * share, 14),
      lean: one(-4, 4)[0],
      look: 12,
    })),
    walk(between(4, 6), between(-40, -25)),
    wave(4, 1, (share) => ({
      hip: [50 * share, 50 * share],
      knee: [3 + 45 * share, 3 + 45 * share],
      bend: 1 + 60 * share,
      swing: one(4 + 55 * share, 4),
      twist: one(-15, 15)[0] * share,
      nod: 2 + 15 * share,
    })),
    wave(3, 3, (share) => ({
      hip: [22 * (1 - share), 22 * (1 - share)],
      knee: [3 + 42 * (1 - share), 3 + 42 * (1 - share)],
      hop: Math.max(0, 0.25 * (share - 0.6)),
      swing: [60 * share - 20, 60 * share - 20],
    })),
    {
      seconds: between(4, 5),
      angles: (t) => {
        const left = Math.max(0, Math.sin(2 * Math.PI * 0.8 * t)) ** 2;
        const right = Math.max(0, -Math.sin(2 * Math.PI * 0.8 * t)) ** 2;
        return {
          ...standing,
          hip: [18, 4],
          knee: [24, 20],
          down: [55, 55],
          swing: [35 + 45 * left, 35 + 45 * right],
          elbow: [115 - 95 * left, 115 - 95 * right],
          twist: 18 * (right - left),
          bend: 8,
        };
      },
    },
  ];
}

/** The angles at a time of the program, with its acts flowing into one another. */
function anglesAt(acts: readonly Act[], seconds: number): Angles {
  let at = seconds;
  let index = 0;
  while (index < acts.length - 1 && at >= acts[index]!.seconds) at -= acts[index++]!.seconds;
  const act = acts[index]!;
  const next = acts[(index + 1) % acts.length]!;
  const left = act.seconds - at;
  if (left >= blendSeconds) return act.angles(at);
  const share = 1 - left / blendSeconds;
  return mix(act.angles(at), next.angles(0), share * share * (3 - 2 * share));
}

function mix(a: Angles, b: Angles, share: number): Angles {
  const number = (x: number, y: number): number => x + share * (y - x);
  return Object.fromEntries(
    Object.entries(a).map(([name, value]: [string, number | Pair]) => {
      const other = b[name as keyof Angles];
      return [
        name,
        typeof value === 'number'
          ? number(value, other as number)
          : value.map((v, i) => number(v, (other as Pair)[i]!)),
      ];
    }),
  ) as unknown as Angles;
}

/** 24 x 9 global rotations. */
function pose(angles: Angles, heading: number): Float64Array {
  const turn = (axis: number, degrees: number): number[] => axisRotation(axis, (degrees * Math.PI) / 180);
  const { bend, lean, twist, nod, look } = angles;
  const third = multiply(turn(1, twist / 3), multiply(turn(2, -lean / 3), turn(0, bend / 3)));
  const local = new Map<number, number[]>([
    [0, turn(1, heading)],
    [3, third],
    [6, third],
    [9, third],
    [12, multiply(turn(1, look / 2), turn(0, nod / 2))],
    [15, multiply(turn(1, look / 2), turn(0, nod / 2))],
  ]);
  ([0, 1] as const).forEach((side) => {
    const out = side === 0 ? 1 : -1;
    const hip = multiply(turn(2, out * angles.spread[side]), turn(0, -angles.hip[side]));
    local.set(1 + side, hip);
    local.set(4 + side, turn(0, angles.knee[side]));
    // The foot stays level.
    local.set(7 + side, turn(0, angles.hip[side] - angles.knee[side]));
    local.set(16 + side, multiply(turn(0, -angles.swing[side]), turn(2, -out * angles.down[side])));
    local.set(18 + side, turn(1, -out * angles.elbow[side]));
  });
  const rotations = new Float64Array(joints * 9);
  const global: number[][] = [];
  for (let joint = 0; joint < joints; joint++) {
    const own = local.get(joint);
    const parent = global[parents[joint]!];
    const turned = !parent ? own! : own ? multiply(parent, own) : parent;
    global.push(turned);
    rotations.set(turned, 9 * joint);
  }
  return rotations;
}

/** Height of a foot's sole, from the root: of its toe joint or as far below its ankle as at rest, whichever is lower. */
function soleOf(positions: Float64Array, foot: 0 | 1): number {
  const ankle = positions[3 * ankles[foot] + 1]!;
  const toe = positions[3 * toes[foot] + 1]!;
  return Math.min(toe, ankle - ankleHeight);
}

const ankleHeight = 0.037;
