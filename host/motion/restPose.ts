import { offsets, parents } from './body.ts';
import { bvhPose, type Bvh, type BvhPose } from './bvh.ts';
import type { RigMap } from './rig.ts';
import {
  angleBetween,
  between,
  cross,
  dot,
  frameOf,
  identity,
  multiply,
  rotate,
  transpose,
  unit,
  type Vector,
} from './rotation.ts';

/** What turns a file's joint rotations G into the body's: world x G x bone, per joint of the body. */
export interface RestPose {
  world: number[];
  bones: ReadonlyMap<number, number[]>;
  /** Whether the first frame was the rest pose itself and is no movement. */
  firstIsRest: boolean;
  /** Where the rest pose was taken from. */
  from: 'first frame' | 'zero pose' | 'movement';
}

/** A first frame within this many degrees of no rotation, at all joints, is a calibration pose. */
const calibrationDegrees = 25;
/** Limbs of a zero pose further than this from the T-pose's tell that the zero pose is no pose at all. */
const poseDegrees = 60;
/** Frames that are looked at where the movement has to tell. */
const looks = 400;

/** Bones with a direction of their own: joint, child that it points at. */
const limbBones: readonly (readonly [joint: number, child: number])[] = [
  [1, 4],
  [2, 5],
  [4, 7],
  [5, 8],
  [16, 18],
  [17, 19],
  [18, 20],
  [19, 21],
];
/** Joints that take the correction of another one: what the file's own bone says of them is too little. */
const followers: readonly (readonly [joint: number, leader: number])[] = [
  [7, 4],
  [8, 5],
  [20, 18],
  [21, 19],
];

/**
 * The rest pose of a file, by the first of three ways that holds. A first frame with hardly any rotation over a zero
 * pose that is a T-pose is a calibration pose and taken as it is. A zero pose with limbs near a T- or A-pose is set
 * right bone by bone. Otherwise the joints' own axes are arbitrary (LAFAN1's lie along the bones), and the movement
 * tells them: a knee and an elbow turn about one axis, the trunk's joints face the same way on the average.
 */
export function restPose(bvh: Bvh, map: RigMap): RestPose {
  const zero = bvhPose(bvh, 'rest');
  const at = (joint: number): Vector => zero.positions[map.get(joint)!]!;
  const trunk = trunkTurn(at);
  const straight = transpose(trunk);
  const worst = Math.max(
    ...limbBones
      .filter(([, child]) => map.has(child))
      .map(([joint, child]) =>
        degreesBetween(rotate(straight, subtract(at(child), at(joint))), boneAtRest(child)),
      ),
  );
  if (worst > poseDegrees) return fromMovement(bvh, map);

  const first = bvhPose(bvh, 0);
  const calibrated =
    bvh.frames > 1 &&
    angleBetween(trunk, identity) < calibrationDegrees &&
    [...map.values()].every((joint) => angleBetween(first.rotations[joint]!, identity) < calibrationDegrees);
  if (calibrated) {
    const bones = new Map([...map].map(([joint, source]) => [joint, transpose(first.rotations[source]!)]));
    return { world: [...identity], bones, firstIsRest: true, from: 'first frame' };
  }

  const bones = new Map<number, number[]>([...map.keys()].map((joint) => [joint, trunk]));
  for (const [joint, child] of limbBones) {
    if (!map.has(child)) continue;
    const direction = rotate(straight, subtract(at(child), at(joint)));
    bones.set(joint, multiply(trunk, between(boneAtRest(child), direction)));
  }
  for (const [joint, leader] of followers) if (map.has(joint)) bones.set(joint, bones.get(leader)!);
  return { world: upright(bvh, map), bones, firstIsRest: false, from: 'zero pose' };
}

/** The turn from the T-pose's trunk to that of the zero pose: hips and the way to the head. */
function trunkTurn(at: (joint: number) => Vector): number[] {
  const frame = (place: (joint: number) => Vector): number[] =>
    frameOf(subtract(place(1), place(2)), subtract(place(15), place(0)));
  return multiply(frame(at), transpose(frame(placeAtRest)));
}

/** Turns the file's world so that y is up: heads are above pelvises on the average. */
function upright(bvh: Bvh, map: RigMap): number[] {
  const sum: [number, number, number] = [0, 0, 0];
  forSomeFrames(bvh, ({ positions }) => {
    const up = unit(subtract(positions[map.get(15)!]!, positions[map.get(0)!]!));
    up.forEach((value, axis) => (sum[axis]! += value));
  });
  const axis = [0, 1, 2].reduce((best, one) => (Math.abs(sum[one]!) > Math.abs(sum[best]!) ? one : best), 1);
  const up: Vector = [0, 1, 2].map((one) => (one === axis ? Math.sign(sum[axis]!) : 0)) as unknown as Vector;
  return between(up, [0, 1, 0]);
}

function fromMovement(bvh: Bvh, map: RigMap): RestPose {
  const source = (joint: number): number => map.get(joint)!;
  /** Where `child` is, in the frame of `joint`: the same in all frames. */
  const local = (joint: number, child: number): Vector => {
    const pose = bvhPose(bvh, 'rest');
    return rotate(
      transpose(pose.rotations[source(joint)]!),
      subtract(pose.positions[source(child)]!, pose.positions[source(joint)]!),
    );
  };
  const bones = new Map<number, number[]>();
  /** A trunk joint by what is fixed to it: a pair to its left and right, and what is above. */
  const seat = (joint: number, left: number, right: number, above: number): number[] => {
    const frame = (place: (child: number) => Vector): number[] =>
      frameOf(subtract(place(left), place(right)), place(above));
    const restPlace = (child: number): Vector => subtract(placeAtRest(child), placeAtRest(joint));
    return multiply(
      frame((child) => local(joint, child)),
      transpose(frame(restPlace)),
    );
  };
  bones.set(0, seat(0, 1, 2, 3));
  bones.set(9, map.has(13) && map.has(14) ? seat(9, 13, 14, 12) : seat(9, 16, 17, 12));
  if (source(3) === source(9)) bones.set(3, bones.get(9)!);
  else bones.set(3, meanRotation(bvh, source(3), source(0), bones.get(0)!));
  for (const joint of [12, 15, 13, 14]) {
    if (map.has(joint)) bones.set(joint, meanRotation(bvh, source(joint), source(9), bones.get(9)!));
  }
  // Flexed: thigh x shin is the left direction, upper arm x forearm is down at the left and up at the right.
  const chains = [
    { upper: 1, lower: 4, end: 7, hinge: [1, 0, 0] },
    { upper: 2, lower: 5, end: 8, hinge: [1, 0, 0] },
    { upper: 16, lower: 18, end: 20, hinge: [0, -1, 0] },
    { upper: 17, lower: 19, end: 21, hinge: [0, 1, 0] },
  ] as const;
  for (const { upper, lower, end, hinge } of chains) {
    const upperBone = local(upper, lower);
    const lowerBone = map.has(end) ? local(lower, end) : (bvh.joints[source(lower)]!.end ?? upperBone);
    const axes = hingeAxes(bvh, source(upper), source(lower), upperBone, lowerBone);
    bones.set(upper, alignment(boneAtRest(lower), hinge, upperBone, axes.upper));
    bones.set(lower, alignment(boneAtRest(end), hinge, lowerBone, axes.lower));
    if (map.has(end)) bones.set(end, meanRotation(bvh, source(end), source(lower), bones.get(lower)!));
  }
  return { world: upright(bvh, map), bones, firstIsRest: false, from: 'movement' };
}

/** The rotation that takes the body's bone and hinge at rest to a file's joint frame, the bone exactly. */
function alignment(bone: Vector, hinge: Vector, localBone: Vector, localHinge: Vector): number[] {
  return multiply(frameOf(localBone, localHinge), transpose(frameOf(bone, hinge)));
}

/** Mean of upper x lower bone in the frames of both joints, weighted by how far they are flexed. */
function hingeAxes(
  bvh: Bvh,
  upper: number,
  lower: number,
  upperBone: Vector,
  lowerBone: Vector,
): { upper: Vector; lower: Vector } {
  const sums: [number, number, number][] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  forSomeFrames(bvh, ({ rotations }) => {
    const a = rotate(rotations[upper]!, unit(upperBone));
    const b = rotate(rotations[lower]!, unit(lowerBone));
    const axis = cross(a, b);
    [upper, lower].forEach((joint, i) => {
      rotate(transpose(rotations[joint]!), axis).forEach((value, k) => (sums[i]![k]! += value));
    });
  });
  return { upper: sums[0]!, lower: sums[1]! };
}

/** The bone frame with which a joint turns as its leader does on the average. */
function meanRotation(bvh: Bvh, joint: number, leader: number, leaderBone: number[]): number[] {
  const sum = new Array<number>(9).fill(0);
  forSomeFrames(bvh, ({ rotations }) => {
    const relative = multiply(transpose(rotations[joint]!), multiply(rotations[leader]!, leaderBone));
    relative.forEach((value, i) => (sum[i]! += value));
  });
  return frameOf([sum[0]!, sum[3]!, sum[6]!], [sum[1]!, sum[4]!, sum[7]!]);
}

function forSomeFrames(bvh: Bvh, visit: (pose: BvhPose) => void): void {
  const step = Math.max(1, Math.floor(bvh.frames / looks));
  for (let frame = 0; frame < bvh.frames; frame += step) visit(bvhPose(bvh, frame));
}

/** Where a joint is in the T-pose, from the pelvis. */
function placeAtRest(joint: number): Vector {
  const place: [number, number, number] = [0, 0, 0];
  for (let at = joint; at > 0; at = parents[at]!)
    boneAtRest(at).forEach((value, axis) => (place[axis]! += value));
  return place;
}

/** The bone to `child` in the T-pose. */
function boneAtRest(child: number): Vector {
  return offsets.slice(3 * child, 3 * child + 3) as unknown as Vector;
}

function degreesBetween(a: Vector, b: Vector): number {
  return (Math.acos(Math.min(1, Math.max(-1, dot(unit(a), unit(b))))) * 180) / Math.PI;
}

function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
