import { Document, NodeIO, type Accessor, type Mesh, type Node } from '@gltf-transform/core';
import { frameRate, joints, names, offsets, parents } from './body.ts';
import { localRotation } from './motion.ts';
import { between, toQuaternion } from './rotation.ts';
import type { Animation } from './writeBvh.ts';

/** Half the width of a bone's shape, as a share of its length, and where along it is widest. */
const waist = { width: 0.09, at: 0.2 };

/** A movement of the body as binary glTF 2.0: a node a joint (metres, y up), a bone's shape on each, one animation. */
export async function writeGlb({ frames, rotations, roots }: Animation): Promise<Uint8Array> {
  const document = new Document();
  const buffer = document.createBuffer();
  const accessor = (type: 'SCALAR' | 'VEC3' | 'VEC4', values: Float32Array): Accessor =>
    document.createAccessor().setType(type).setArray(values).setBuffer(buffer);
  const shape = boneShape(document, accessor);
  const nodes = names.map((name, joint) => {
    const at = offsets.slice(3 * joint, 3 * joint + 3) as [number, number, number];
    return document.createNode(name).setTranslation(joint === 0 ? [0, 0, 0] : at);
  });
  parents.forEach((parent, joint) => {
    if (parent < 0) return;
    nodes[parent]!.addChild(nodes[joint]!);
    nodes[parent]!.addChild(bone(document, shape, joint));
  });
  document.createScene('solstice').addChild(nodes[0]!);

  const times = accessor(
    'SCALAR',
    Float32Array.from({ length: frames }, (_, frame) => frame / frameRate),
  );
  const animation = document.createAnimation('movement');
  const animate = (node: Node, path: 'rotation' | 'translation', output: Accessor): void => {
    const sampler = document
      .createAnimationSampler()
      .setInput(times)
      .setOutput(output)
      .setInterpolation('LINEAR');
    animation.addSampler(sampler);
    animation.addChannel(
      document.createAnimationChannel().setTargetNode(node).setTargetPath(path).setSampler(sampler),
    );
  };
  nodes.forEach((node, joint) => {
    const values = new Float32Array(frames * 4);
    for (let frame = 0; frame < frames; frame++) {
      const [w, x, y, z] = toQuaternion(localRotation(rotations, frame * joints * 9, joint));
      // Neighbours on the same side, or players turn the long way round.
      const before = values.subarray(4 * frame - 4, 4 * frame);
      const flip =
        frame > 0 && x * before[0]! + y * before[1]! + z * before[2]! + w * before[3]! < 0 ? -1 : 1;
      values.set([flip * x, flip * y, flip * z, flip * w], 4 * frame);
    }
    animate(node, 'rotation', accessor('VEC4', values));
  });
  animate(nodes[0]!, 'translation', accessor('VEC3', Float32Array.from(roots)));
  return new NodeIO().writeBinary(document);
}

/** The bone that ends at `joint`, hung on its parent. */
function bone(document: Document, shape: Mesh, joint: number): Node {
  const [x, y, z] = offsets.slice(3 * joint, 3 * joint + 3) as [number, number, number];
  const length = Math.hypot(x, y, z);
  const [qw, qx, qy, qz] = toQuaternion(between([0, 1, 0], [x, y, z]));
  return document
    .createNode(`${names[joint]!}_bone`)
    .setMesh(shape)
    .setRotation([qx, qy, qz, qw])
    .setScale([length, length, length]);
}

/** Two pyramids on a square, from the origin to (0, 1, 0), flat-shaded. */
function boneShape(document: Document, accessor: (type: 'VEC3', values: Float32Array) => Accessor): Mesh {
  const { width, at } = waist;
  const ring = [
    [width, at, width],
    [-width, at, width],
    [-width, at, -width],
    [width, at, -width],
  ];
  const positions = ring.flatMap((corner, i) => {
    const next = ring[(i + 1) % 4]!;
    return [[0, 1, 0], next, corner, [0, 0, 0], corner, next].map((point) => [...point]);
  });
  const normals: number[][] = [];
  for (let i = 0; i < positions.length; i += 3) {
    const [a, b, c] = [positions[i]!, positions[i + 1]!, positions[i + 2]!];
    const u = b.map((value, k) => value - a[k]!);
    const v = c.map((value, k) => value - a[k]!);
    const n = [u[1]! * v[2]! - u[2]! * v[1]!, u[2]! * v[0]! - u[0]! * v[2]!, u[0]! * v[1]! - u[1]! * v[0]!];
    const length = Math.hypot(...n);
    const normal = n.map((value) => value / length);
    normals.push(normal, normal, normal);
  }
  const material = document
    .createMaterial('bone')
    .setBaseColorFactor([0.85, 0.55, 0.2, 1])
    .setRoughnessFactor(0.8);
  const primitive = document
    .createPrimitive()
    .setMaterial(material)
    .setAttribute('POSITION', accessor('VEC3', Float32Array.from(positions.flat())))
    .setAttribute('NORMAL', accessor('VEC3', Float32Array.from(normals.flat())));
  return document.createMesh('bone').addPrimitive(primitive);
}
