import { frameRate, joints, legLength, parents, thighLength } from './body.ts';
import { bvhPose, type Bvh } from './bvh.ts';
import type { Motion } from './motion.ts';
import { restPose, type RestPose } from './restPose.ts';
import { mapRig } from './rig.ts';
import { axisRotation, blend, multiply, rotate, type Vector } from './rotation.ts';

export interface Retargeted {
  motion: Motion;
  restPose: RestPose['from'];
}

/** A frame time is written with few digits: what is this share of a frame off a frame is that frame. */
const hair = 0.01;
/** Joints that no file gives as the networks know them: they turn with their parents. */
const ends = [10, 11, 22, 23];

/**
 * A file's movement on the 24-joint body at 30 frames a second: rotations as they are, from rest pose to rest pose, the
 * root's way scaled by the lengths of the legs (which settles the file's unit), resampled between frames, and turned
 * about y so that the wearer faces +z at x = z = 0 in the first frame, as after a calibration.
 */
export function retarget(bvh: Bvh, name: string): Retargeted {
  const map = mapRig(bvh, name);
  const rest = restPose(bvh, map);
  const skip = rest.firstIsRest ? 1 : 0;
  const scale = legLength / rigLegLength(bvh, map);
  const last = bvh.frames - 1 - skip;
  const frames = Math.floor(last * bvh.frameTime * frameRate + hair) + 1;
  const rotations = new Float64Array(frames * joints * 9);
  const roots = new Float64Array(frames * 3);

  const read = (frame: number): { turned: number[][]; root: Vector } => {
    const pose = bvhPose(bvh, Math.min(frame, last) + skip);
    const turned = parents.map((_, joint) => {
      const source = map.get(joint);
      return source === undefined
        ? []
        : multiply(multiply(rest.world, pose.rotations[source]!), rest.bones.get(joint)!);
    });
    const root = rotate(rest.world, pose.positions[map.get(0)!]!).map((value) => value * scale);
    return { turned: complete(turned), root: root as unknown as Vector };
  };

  let heading: number[] | undefined;
  let start: Vector = [0, 0, 0];
  for (let frame = 0; frame < frames; frame++) {
    const exact = frame / frameRate / bvh.frameTime;
    const near = Math.abs(exact - Math.round(exact)) < hair ? Math.round(exact) : exact;
    const below = Math.floor(near);
    const share = near - below;
    const now = read(below);
    const next = share > 0 ? read(below + 1) : now;
    if (!heading) {
      const pelvis = now.turned[0]!;
      heading = axisRotation(1, -Math.atan2(pelvis[2]!, pelvis[8]!));
      start = now.root;
    }
    now.turned.forEach((turned, joint) => {
      const between = share > 0 ? blend(turned, next.turned[joint]!, share) : turned;
      rotations.set(multiply(heading!, between), (frame * joints + joint) * 9);
    });
    const root = now.root.map((value, axis) => value + share * (next.root[axis]! - value));
    roots.set(rotate(heading, [root[0]! - start[0], root[1]!, root[2]! - start[2]]), frame * 3);
  }
  return { motion: { name, frames, rotations, roots }, restPose: rest.from };
}

/** Fills in the joints that the file does not have. */
function complete(turned: number[][]): number[][] {
  turned[6] = blend(turned[3]!, turned[9]!, 0.5);
  for (const joint of [7, 8, 13, 14, 20, 21, ...ends]) {
    if (turned[joint]!.length === 0) turned[joint] = turned[parents[joint]!]!;
  }
  return turned;
}

/** Hip to ankle, in the file's unit; where the file has no ankles, the thigh as a share of the body's leg. */
function rigLegLength(bvh: Bvh, map: ReadonlyMap<number, number>): number {
  const { positions } = bvhPose(bvh, 'rest');
  const between = (a: number, b: number): number =>
    Math.hypot(...positions[map.get(a)!]!.map((value, axis) => value - positions[map.get(b)!]![axis]!));
  const thigh = between(1, 4);
  return map.has(7) ? thigh + between(4, 7) : (thigh * legLength) / thighLength;
}
