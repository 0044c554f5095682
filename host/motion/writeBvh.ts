import { frameRate, joints, names, offsets, parents } from './body.ts';
import { localRotation } from './motion.ts';

/** What is exported: frames x 24 x 9 global rotations by rows, frames x 3 of the root in metres. */
export interface Animation {
  frames: number;
  rotations: ArrayLike<number>;
  roots: ArrayLike<number>;
}

const centimetres = 100;

/** A movement of the body as a BVH file: centimetres, degrees, the zero pose is the T-pose. */
export function writeBvh({ frames, rotations, roots }: Animation): string {
  const lines = ['HIERARCHY'];
  const childrenOf = (joint: number): number[] =>
    parents.flatMap((parent, child) => (parent === joint ? [child] : []));
  const place = (joint: number, factor = 1): string =>
    [0, 1, 2].map((axis) => (offsets[3 * joint + axis]! * centimetres * factor).toFixed(4)).join(' ');
  const write = (joint: number, indent: string): void => {
    const children = childrenOf(joint);
    lines.push(`${indent}${joint === 0 ? 'ROOT' : 'JOINT'} ${names[joint]!}`, `${indent}{`);
    lines.push(`${indent}  OFFSET ${joint === 0 ? '0 0 0' : place(joint)}`);
    const position = joint === 0 ? 'Xposition Yposition Zposition ' : '';
    lines.push(`${indent}  CHANNELS ${joint === 0 ? 6 : 3} ${position}Zrotation Xrotation Yrotation`);
    for (const child of children) write(child, `${indent}  `);
    if (children.length === 0) {
      lines.push(
        `${indent}  End Site`,
        `${indent}  {`,
        `${indent}    OFFSET ${place(joint, 0.5)}`,
        `${indent}  }`,
      );
    }
    lines.push(`${indent}}`);
  };
  write(0, '');
  lines.push('MOTION', `Frames: ${frames}`, `Frame Time: ${(1 / frameRate).toFixed(8)}`);
  const order = depthFirst(0, childrenOf);
  for (let frame = 0; frame < frames; frame++) {
    const root = [0, 1, 2].map((axis) => (roots[3 * frame + axis]! * centimetres).toFixed(4));
    const angles = order.flatMap((joint) => eulerZxy(localRotation(rotations, frame * joints * 9, joint)));
    lines.push([...root, ...angles.map((angle) => angle.toFixed(4))].join(' '));
  }
  return `${lines.join('\n')}\n`;
}

function depthFirst(joint: number, childrenOf: (joint: number) => number[]): number[] {
  return [joint, ...childrenOf(joint).flatMap((child) => depthFirst(child, childrenOf))];
}

/** Degrees about z, x and y of R = Rz Rx Ry; where x is a right angle, all of the turn goes to z. */
function eulerZxy(m: readonly number[]): [number, number, number] {
  const degrees = 180 / Math.PI;
  const x = Math.asin(Math.min(1, Math.max(-1, m[7]!)));
  if (Math.abs(m[7]!) > 1 - 1e-9) return [Math.atan2(m[3]!, m[0]!) * degrees, x * degrees, 0];
  return [Math.atan2(-m[1]!, m[4]!) * degrees, x * degrees, Math.atan2(-m[6]!, m[8]!) * degrees];
}
