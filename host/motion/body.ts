import skeleton from '../pose/skeleton.json' with { type: 'json' };
import type { Vector } from './rotation.ts';

/** Frames a second of every motion on this body, and of the networks. */
export const frameRate = skeleton.frameRate;

export const joints = skeleton.names.length;
/** Joint names in the field's usual order of 24. */
export const names: readonly string[] = skeleton.names;

/** The 24 joints' parents (-1: the root), parents first. */
export const parents: readonly number[] = skeleton.parents;

/** Offset from the parent in the rest pose, metres, 3 a joint: T-pose, y up, facing +z, left is +x. */
export const offsets: readonly number[] = skeleton.offsets.flat();

/** Joints whose rotation the networks give. */
export const reduced: readonly number[] = skeleton.reduced;

/** Hips and shoulders: the joints of the field's SIP error. */
export const sip: readonly number[] = skeleton.sip;

/** For every joint the index of the 6D rotation that it takes: its own, or the nearest ancestor's that has one. */
export const sources: readonly number[] = parents.map((_, joint) => {
  let at = joint;
  while (!skeleton.reduced.includes(at)) at = parents[at]!;
  return skeleton.reduced.indexOf(at);
});

/** Worn devices by slot: the bone they sit on and where from its joint, metres in the bone's frame. */
export const devices = skeleton.imus as unknown as readonly { name: string; joint: number; offset: Vector }[];

/** The 24 sets of devices that are worn together, by name (`lw+rp+h`), as slots. */
export const subsets: readonly { name: string; slots: number[] }[] = skeleton.subsets;

/** Hip to ankle at rest, metres. */
export const legLength = length(4) + length(7);
export const thighLength = length(4);

function length(joint: number): number {
  return Math.hypot(...offsets.slice(3 * joint, 3 * joint + 3));
}
