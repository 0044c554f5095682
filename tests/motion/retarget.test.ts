import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../host/errors.ts';
import { names } from '../../host/motion/body.ts';
import { bvhPose, parseBvh } from '../../host/motion/bvh.ts';
import { readMotion } from '../../host/motion/readMotion.ts';
import { retarget } from '../../host/motion/retarget.ts';
import { mapRig } from '../../host/motion/rig.ts';
import { axisRotation, multiply, rotate, transpose, type Vector } from '../../host/motion/rotation.ts';
import { writeBvh } from '../../host/motion/writeBvh.ts';
import { Random } from '../../host/sim/random.ts';
import { testWithData } from '../support/data.ts';
import { furthestAngle, generated, meanAngle } from './support.ts';

const motion = generated();
const text = writeBvh(motion);
/** Joints that a file tells; the middle of the spine, toes and fingers follow others. */
const told = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19];
const folder = await mkdtemp(join(tmpdir(), 'motion-'));

/** The file with other joint names; what the table lacks is left as it is. */
function renamed(table: Record<string, string>): string {
  return text.replace(
    /(ROOT|JOINT) (\w+)/g,
    (_, word: string, name: string) => `${word} ${table[name] ?? name}`,
  );
}

describe('a movement written as BVH and read again', () => {
  test('is the same movement', () => {
    const { motion: again, restPose } = retarget(parseBvh(text, 'again.bvh'), 'again');
    // The first frame is a T-pose: it says what the rest pose is, and is no movement.
    expect(restPose).toBe('first frame');
    const rest = { ...motion, frames: motion.frames - 1, rotations: motion.rotations.subarray(216) };
    expect(again.frames).toBe(rest.frames);
    expect(furthestAngle(again, rest, told)).toBeLessThan(2.5);
    for (let at = 0; at < again.roots.length; at++) {
      expect(
        Math.abs(
          again.roots[at]! - (motion.roots[at + 3]! - (at % 3 === 1 ? 0 : motion.roots[(at % 3) + 3]!)),
        ),
      ).toBeLessThan(0.002);
    }
  });

  test('without a first T-pose its zero pose tells, to a hundredth of a degree', () => {
    const later = {
      ...motion,
      frames: 300,
      rotations: motion.rotations.subarray(216 * 200),
      roots: motion.roots.subarray(600),
    };
    const { motion: again, restPose } = retarget(parseBvh(writeBvh(later), 'later.bvh'), 'later');
    expect(restPose).toBe('zero pose');
    const heading = transpose(axisRotation(1, Math.atan2(later.rotations[2]!, later.rotations[8]!)));
    const turned = Float64Array.from(later.rotations.subarray(0, 300 * 216));
    for (let at = 0; at < turned.length; at += 9) turned.set(multiply(heading, turned.slice(at, at + 9)), at);
    expect(furthestAngle(again, { ...later, rotations: turned }, told)).toBeLessThan(0.01);
  });

  test('with a frame time of 1/120 or 1/25 s it comes out at 30 frames a second', () => {
    for (const rate of [120, 25]) {
      const other = text.replace(/Frame Time: \S+/, `Frame Time: ${(1 / rate).toFixed(7)}`);
      const { motion: again } = retarget(parseBvh(other, 'other.bvh'), 'other');
      expect(again.frames).toBe(Math.floor(((motion.frames - 2) / rate) * 30 + 1e-6) + 1);
      expect(again.rotations.every(Number.isFinite)).toBe(true);
    }
  });

  test('in metres, or with z up, it is the same movement', () => {
    const bvh = parseBvh(text, 'metres.bvh');
    for (const joint of bvh.joints)
      joint.offset = joint.offset.map((value) => value / 100) as unknown as Vector;
    for (let at = 0; at < bvh.values.length; at += bvh.columns) {
      for (let axis = 0; axis < 3; axis++) bvh.values[at + axis]! /= 100;
    }
    const metres = retarget(bvh, 'metres').motion;
    expect(furthestAngle(metres, retarget(parseBvh(text, ''), '').motion, told)).toBeLessThan(1e-6);
    expect(Math.max(...metres.roots)).toBeLessThan(20);

    const tipped = tip(parseBvh(text, 'tipped.bvh'));
    const upright = retarget(tipped, 'tipped').motion;
    expect(upright.roots[1]).toBeCloseTo(motion.roots[4]!, 2);
  });
});

describe('rigs of other tools', () => {
  const rigs: Record<string, (name: string) => string> = {
    Mixamo: (name) =>
      `mixamorig:${camel(name, { hip: 'UpLeg', knee: 'Leg', ankle: 'Foot', foot: 'ToeBase', collar: 'Shoulder', shoulder: 'Arm', elbow: 'ForeArm', wrist: 'Hand', hand: 'HandMiddle1' }, { pelvis: 'Hips', spine1: 'Spine', spine2: 'Spine1', spine3: 'Spine2', neck: 'Neck', head: 'Head' })}`,
    LAFAN1: (name) =>
      camel(
        name,
        {
          hip: 'UpLeg',
          knee: 'Leg',
          ankle: 'Foot',
          foot: 'Toe',
          collar: 'Shoulder',
          shoulder: 'Arm',
          elbow: 'ForeArm',
          wrist: 'Hand',
          hand: 'Fingers',
        },
        { pelvis: 'Hips', spine1: 'Spine', spine2: 'Spine1', spine3: 'Spine2', neck: 'Neck', head: 'Head' },
      ),
    '100STYLE': (name) =>
      camel(
        name,
        {
          hip: 'Hip',
          knee: 'Knee',
          ankle: 'Ankle',
          foot: 'Toe',
          collar: 'Collar',
          shoulder: 'Shoulder',
          elbow: 'Elbow',
          wrist: 'Wrist',
          hand: 'Fingers',
        },
        { pelvis: 'Hips', spine1: 'Chest', spine2: 'Chest2', spine3: 'Chest3', neck: 'Neck', head: 'Head' },
      ),
    'Bandai-Namco': (name) =>
      camel(
        name,
        {
          hip: 'UpperLeg',
          knee: 'LowerLeg',
          ankle: 'Foot',
          foot: 'Toes',
          collar: 'Shoulder',
          shoulder: 'UpperArm',
          elbow: 'LowerArm',
          wrist: 'Hand',
          hand: 'Fingers',
        },
        { pelvis: 'Hips', spine1: 'Spine', spine2: 'Spine2', spine3: 'Chest', neck: 'Neck', head: 'Head' },
      ).replace(/^(Left|Right)(.*)$/, (_, side: string, base: string) => `${base}_${side[0]!}`),
    Biped: (name) =>
      `Bip01 ${camel(name, { hip: 'Thigh', knee: 'Calf', ankle: 'Foot', foot: 'Toe0', collar: 'Clavicle', shoulder: 'UpperArm', elbow: 'Forearm', wrist: 'Hand', hand: 'Finger0' }, { pelvis: 'Pelvis', spine1: 'Spine', spine2: 'Spine1', spine3: 'Spine2', neck: 'Neck', head: 'Head' }).replace(/^(L)eft|^(R)ight/, '$1$2 ')}`,
    cgspeed: (name) =>
      camel(
        name,
        {
          hip: 'Thigh',
          knee: 'Shin',
          ankle: 'Foot',
          foot: 'Toe',
          collar: 'Collar',
          shoulder: 'Shldr',
          elbow: 'ForeArm',
          wrist: 'Hand',
          hand: 'Thumb1',
        },
        { pelvis: 'hip', spine1: 'abdomen', spine2: 'waist', spine3: 'chest', neck: 'neck', head: 'head' },
      )
        .replace(/^Left/, 'l')
        .replace(/^Right/, 'r'),
  };

  test.each(Object.entries(rigs))('%s: its names are found', (_, rename) => {
    const table = Object.fromEntries(names.map((name) => [name, rename(name)]));
    const bvh = parseBvh(renamed(table), 'rig.bvh');
    const map = mapRig(bvh, 'rig.bvh');
    for (const joint of told) expect(bvh.joints[map.get(joint)!]!.name).toBe(rename(names[joint]!));
  });

  test('a rig without arms is refused with the names that it has', () => {
    const without = renamed({ left_elbow: 'blob' });
    expect(() => mapRig(parseBvh(without, 'blob.bvh'), 'blob.bvh')).toThrow(/left forearm/);
    expect(() => mapRig(parseBvh(without, 'blob.bvh'), 'blob.bvh')).toThrow(UserError);
  });

  test('joint axes that say nothing (seed 8): the movement tells the rest pose, to some degrees', () => {
    const { motion: plain } = retarget(parseBvh(text, ''), '');
    const { motion: found, restPose } = retarget(scrambled(8), 'scrambled');
    expect(restPose).toBe('movement');
    const offset = { ...plain, frames: plain.frames, rotations: plain.rotations };
    // The scrambled file has no calibration frame to drop.
    const later = { ...found, frames: plain.frames, rotations: found.rotations.subarray(216) };
    expect(meanAngle(later, offset, [0, 1, 2, 4, 5, 9, 15, 16, 17, 18, 19])).toBeLessThan(10);
  });
});

describe('files that are not whole or not right', () => {
  test('a file that was cut off keeps its whole frames and says so', async () => {
    const path = join(folder, 'cut.bvh');
    writeFileSync(path, text.slice(0, text.length * 0.6));
    const notes: string[] = [];
    const cut = await readMotion(path, (note) => notes.push(note));
    expect(cut.frames).toBeGreaterThan(motion.frames * 0.5);
    expect(notes.join()).toMatch(/cut off, \d+ of 900 frames are missing/);
  });

  test.each([
    ['no motion', text.slice(0, 200), /no MOTION part/],
    ['a word that is none', text.replace('OFFSET', 'OFSET'), /line 4: OFSET is not expected/],
    ['a channel that is none', text.replace('Xposition', 'Wposition'), /Wposition is no channel/],
    ['a frame with a number too few', dropNumber(text), /line \d+: a frame has 74 numbers instead of 75/],
    [
      'not a number',
      text.replace(/\n(\S+) (\S+) (\S+) [^\n]*\n$/, (line) => line.replace(/\S+/, 'nan')),
      /no number/,
    ],
    ['no frame time', text.replace(/Frame Time: \S+/, 'Frame Time: 0'), /Frame Time/],
  ])('%s is named with its line', (_, wrong, message) => {
    expect(() => parseBvh(wrong, 'wrong.bvh')).toThrow(message);
    expect(() => parseBvh(wrong, 'wrong.bvh')).toThrow(UserError);
  });

  test('any cut gives whole frames or an error of ours (seed 4)', () => {
    const random = new Random(4);
    for (let i = 0; i < 60; i++) {
      const cut = text.slice(0, Math.floor(random.uniform(0, text.length)));
      try {
        expect(parseBvh(cut, 'cut.bvh').frames).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });
});

describe('CMU takes', () => {
  testWithData(
    'takes become movements without jumps that stand on their feet',
    ['motion/cmu'],
    ([folder]) => {
      const files = readdirSync(folder!).filter((_, i) => i % 16 === 0);
      for (const file of files) {
        const { motion: take } = retarget(parseBvh(readFileSync(join(folder!, file), 'utf8'), file), file);
        expect(take.rotations.every(Number.isFinite)).toBe(true);
        expect(take.roots[1]).toBeGreaterThan(0.5);
        expect(take.roots[1]).toBeLessThan(1.1);
        for (let frame = 1; frame < take.frames; frame++) {
          const step = [0, 1, 2].map(
            (axis) => take.roots[3 * frame + axis]! - take.roots[3 * frame - 3 + axis]!,
          );
          expect(Math.hypot(...step)).toBeLessThan(0.25);
        }
      }
    },
  );
});

function camel(name: string, limbs: Record<string, string>, trunk: Record<string, string>): string {
  const [, side, base] = /^(left|right)_(\w+)$/.exec(name) ?? [];
  return side ? `${side === 'left' ? 'Left' : 'Right'}${limbs[base!]!}` : trunk[name]!;
}

function dropNumber(whole: string): string {
  const lines = whole.split('\n');
  const at = lines.findIndex((line) => line.startsWith('Frame Time')) + 3;
  lines[at] = lines[at]!.replace(/ \S+$/, '');
  return lines.join('\n');
}

/** The same movement in a world with z up. */
function tip(bvh: ReturnType<typeof parseBvh>): ReturnType<typeof parseBvh> {
  // A joint above the root that stands the file's y-up body into a z-up world.
  const joints = bvh.joints.map((joint) => ({
    ...joint,
    parent: joint.parent + 1,
    column: joint.column + 3,
  }));
  const columns = bvh.columns + 3;
  const values = new Float64Array(bvh.frames * columns);
  for (let frame = 0; frame < bvh.frames; frame++) {
    values.set([90, 0, 0], frame * columns);
    values.set(bvh.values.subarray(frame * bvh.columns, (frame + 1) * bvh.columns), frame * columns + 3);
  }
  const rotation = (axis: number) => ({ kind: 'rotation' as const, axis });
  const above = {
    name: 'world',
    parent: -1,
    offset: [0, 0, 0] as const,
    channels: [rotation(0), rotation(1), rotation(2)],
    column: 0,
  };
  return { ...bvh, joints: [above, ...joints], columns, values };
}

/** The same movement with every joint's own axes turned at random, as a file whose zero pose is no pose. */
function scrambled(seed: number): ReturnType<typeof parseBvh> {
  const bvh = parseBvh(text, 'scrambled.bvh');
  const random = new Random(seed);
  const own = bvh.joints.map(() =>
    [0, 1, 2].reduce<number[]>(
      (m, axis) => multiply(m, axisRotation(axis, random.uniform(-3, 3))),
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    ),
  );
  const joints = bvh.joints.map((joint) => ({
    ...joint,
    offset: joint.parent < 0 ? joint.offset : rotate(transpose(own[joint.parent]!), joint.offset),
  }));
  const values = bvh.values.slice();
  for (let frame = 0; frame < bvh.frames; frame++) {
    const { rotations } = bvhPose(bvh, frame);
    const turned = rotations.map((rotation, i) => multiply(rotation, own[i]!));
    bvh.joints.forEach(({ parent, channels, column }, i) => {
      const local = parent < 0 ? turned[i]! : multiply(transpose(turned[parent]!), turned[i]!);
      const [z, x, y] = eulerZxy(local);
      const first = channels.findIndex(({ kind }) => kind === 'rotation');
      values.set([z!, x!, y!], frame * bvh.columns + column + first);
    });
  }
  return { ...bvh, joints, values };
}

function eulerZxy(m: readonly number[]): number[] {
  const x = Math.asin(Math.min(1, Math.max(-1, m[7]!)));
  return [Math.atan2(-m[1]!, m[4]!), x, Math.atan2(-m[6]!, m[8]!)].map((angle) => (angle * 180) / Math.PI);
}
