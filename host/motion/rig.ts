import { UserError } from '../errors.ts';
import type { Bvh, BvhJoint } from './bvh.ts';

/** Which joint of a file is which of the body: indices into the file's joints by the body's joint number. */
export type RigMap = ReadonlyMap<number, number>;

type Side = 'left' | 'right';

/** What the joints of limbs are called, without the side, the surest name first; [left, right] of the 24 joints. */
const limbs: readonly { target: readonly [number, number]; names: readonly string[]; optional?: true }[] = [
  { target: [1, 2], names: ['upleg', 'upperleg', 'thigh', 'femur', 'hip'] },
  { target: [4, 5], names: ['lowerleg', 'loleg', 'lowleg', 'shin', 'calf', 'tibia', 'knee', 'leg'] },
  { target: [7, 8], names: ['ankle', 'foot'], optional: true },
  { target: [16, 17], names: ['upperarm', 'uparm', 'shldr', 'humerus', 'arm', 'shoulder'] },
  { target: [18, 19], names: ['forearm', 'lowerarm', 'loarm', 'lowarm', 'radius', 'ulna', 'elbow'] },
  { target: [20, 21], names: ['wrist', 'hand'], optional: true },
  { target: [13, 14], names: ['collar', 'clavicle', 'scapula', 'shoulder'], optional: true },
];

/**
 * Finds the body's joints in a file by their names, in the usual namings of capture and animation tools (cgspeed, CMU,
 * Mixamo, Biped, SMPL, LAFAN1, Bandai-Namco, 100STYLE), and trunk joints by their place in the tree: the pelvis is
 * where the legs meet, the chest where the arms meet. A file without legs, arms or head is refused.
 */
export function mapRig({ joints }: Bvh, name: string): RigMap {
  const sided = joints.map(({ name: joint }) => sideOf(joint));
  const taken = new Set<number>();
  const map = new Map<number, number>();
  for (const { target, names, optional } of limbs) {
    (['left', 'right'] as const).forEach((side, i) => {
      const found = names
        .map((base) =>
          sided.findIndex((one, joint) => one.side === side && one.base === base && !taken.has(joint)),
        )
        .find((joint) => joint >= 0);
      if (found !== undefined) {
        taken.add(found);
        map.set(target[i]!, found);
      } else if (!optional) {
        throw unmapped(name, `${side} ${names[0]}`, joints);
      }
    });
  }
  const path = (joint: number): number[] => (joint < 0 ? [] : [...path(joints[joint]!.parent), joint]);
  const meeting = (a: number, b: number): number =>
    path(a)
      .filter((joint) => path(b).includes(joint))
      .at(-1) ?? -1;
  const pelvis = meeting(map.get(1)!, map.get(2)!);
  const chest = meeting(map.get(16)!, map.get(17)!);
  const head = sided.findIndex(({ side, base }) => side === undefined && base === 'head');
  if (head < 0) throw unmapped(name, 'head', joints);
  const spine = path(chest).slice(path(pelvis).length);
  const neck = path(head).slice(path(chest).length);
  if (pelvis < 0 || spine.length === 0 || neck.length === 0 || !path(chest).includes(pelvis)) {
    throw unmapped(name, 'trunk from pelvis to chest to head', joints);
  }
  map.set(0, pelvis);
  map.set(3, spine[0]!);
  map.set(9, chest);
  map.set(12, neck[0]!);
  map.set(15, head);
  return map;
}

/** The side that a joint's name tells, and the name without it: lower case letters only. */
function sideOf(name: string): { side: Side | undefined; base: string } {
  const bare = name.replace(/^.*:/, '').replace(/^(mixamorig\d*|Bip0?\d+|joint)[ _]?/i, '');
  const patterns: [RegExp, Side][] = [
    [/^(left|l_|l(?=[A-Z ]))[ _.-]?/, 'left'],
    [/^(Left|LEFT|L_|L(?=[A-Z ]))[ _.-]?/, 'left'],
    [/[ _.-](l|L|left|Left|LEFT)$/, 'left'],
    [/^(right|r_|r(?=[A-Z ]))[ _.-]?/, 'right'],
    [/^(Right|RIGHT|R_|R(?=[A-Z ]))[ _.-]?/, 'right'],
    [/[ _.-](r|R|right|Right|RIGHT)$/, 'right'],
  ];
  const found = patterns.find(([pattern]) => pattern.test(bare));
  const rest = found ? bare.replace(found[0], '') : bare;
  return { side: found?.[1], base: rest.toLowerCase().replace(/[^a-z]/g, '') };
}

function unmapped(name: string, what: string, joints: readonly BvhJoint[]): UserError {
  return new UserError(`${name}: no joint found for the ${what}`, {
    hint: `The file has ${joints
      .map((joint) => joint.name)
      .slice(0, 30)
      .join(', ')}. docs/skeleton.md lists the names that are known.`,
  });
}
