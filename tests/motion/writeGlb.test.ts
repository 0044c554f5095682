import { expect, test } from '@jest/globals';
import { NodeIO } from '@gltf-transform/core';
import { names, parents } from '../../host/motion/body.ts';
import { jointsOf } from '../../host/motion/motion.ts';
import { fromQuaternion, rotate, type Vector } from '../../host/motion/rotation.ts';
import { writeGlb } from '../../host/motion/writeGlb.ts';
import { generated } from './support.ts';

const motion = generated();

test('binary glTF: its nodes, moved by its channels, are where forward kinematics puts the joints', async () => {
  const document = await new NodeIO().readBinary(await writeGlb(motion));
  const [animation] = document.getRoot().listAnimations();
  const nodes = new Map(
    document
      .getRoot()
      .listNodes()
      .map((node) => [node.getName(), node]),
  );
  const valuesOf = (name: string, path: string, frame: number, count: number): number[] => {
    const channel = animation!
      .listChannels()
      .find((one) => one.getTargetNode()?.getName() === name && one.getTargetPath() === path)!;
    const sampler = channel.getSampler()!;
    expect(sampler.getInput()!.getCount()).toBe(motion.frames);
    return [
      ...sampler
        .getOutput()!
        .getArray()!
        .slice(count * frame, count * (frame + 1)),
    ];
  };
  const expected = jointsOf(motion);
  for (const frame of [0, 200, 500, motion.frames - 1]) {
    const turned: number[][] = [];
    const placed: Vector[] = [];
    names.forEach((name, joint) => {
      const [x, y, z, w] = valuesOf(name, 'rotation', frame, 4) as [number, number, number, number];
      const parent = parents[joint]!;
      const local = fromQuaternion([w, x, y, z]);
      const at = nodes.get(name)!.getTranslation() as unknown as Vector;
      if (parent < 0) {
        turned.push(local);
        placed.push([0, 0, 0]);
      } else {
        const shift = rotate(turned[parent]!, at);
        placed.push(placed[parent]!.map((value, i) => value + shift[i]!) as unknown as Vector);
        const m = turned[parent]!;
        turned.push(
          [0, 3, 6].flatMap((row) =>
            [0, 1, 2].map(
              (c) => m[row]! * local[c]! + m[row + 1]! * local[c + 3]! + m[row + 2]! * local[c + 6]!,
            ),
          ),
        );
      }
      placed[joint]!.forEach((value, axis) =>
        expect(value).toBeCloseTo(expected[72 * frame + 3 * joint + axis]!, 4),
      );
    });
    valuesOf('pelvis', 'translation', frame, 3).forEach((value, axis) =>
      expect(value).toBeCloseTo(motion.roots[3 * frame + axis]!, 5),
    );
  }
});

test('neighbouring quaternions never turn the long way round', async () => {
  const document = await new NodeIO().readBinary(await writeGlb(motion));
  for (const channel of document.getRoot().listAnimations()[0]!.listChannels()) {
    if (channel.getTargetPath() !== 'rotation') continue;
    const values = channel.getSampler()!.getOutput()!.getArray()!;
    for (let at = 4; at < values.length; at += 4) {
      const cosine = [0, 1, 2, 3].reduce((sum, i) => sum + values[at + i]! * values[at - 4 + i]!, 0);
      expect(cosine).toBeGreaterThan(0);
    }
  }
});

test('the shape of a bone has its outside outside', async () => {
  const document = await new NodeIO().readBinary(await writeGlb(motion));
  const [primitive] = document.getRoot().listMeshes()[0]!.listPrimitives();
  const positions = primitive!.getAttribute('POSITION')!.getArray()!;
  const normals = primitive!.getAttribute('NORMAL')!.getArray()!;
  for (let at = 0; at < positions.length; at += 9) {
    const centre = [0, 1, 2].map(
      (axis) => (positions[at + axis]! + positions[at + 3 + axis]! + positions[at + 6 + axis]!) / 3,
    );
    const outward = centre[0]! * normals[at]! + centre[2]! * normals[at + 2]!;
    expect(outward).toBeGreaterThan(0);
  }
});
