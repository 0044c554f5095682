import { UserError } from '../errors.ts';
import { axisRotation, identity, multiply, rotate, type Vector } from './rotation.ts';

export interface BvhJoint {
  name: string;
  /** -1: a root. */
  parent: number;
  /** From the parent, in the file's unit. */
  offset: Vector;
  /** In the order in which they turn. */
  channels: { kind: 'position' | 'rotation'; axis: number }[];
  /** Of the first channel in a frame's numbers. */
  column: number;
  /** Where the bone ends, from this joint, where the file has an end site. */
  end?: Vector;
}

/** A Biovision hierarchy file: angles in degrees, lengths in a unit that the format does not tell. */
export interface Bvh {
  joints: BvhJoint[];
  frames: number;
  /** Seconds from frame to frame. */
  frameTime: number;
  /** Numbers of a frame. */
  columns: number;
  /** Frames x columns. */
  values: Float64Array;
  /** Frames that the header promises and the file does not have: it was cut off. */
  missing: number;
}

export interface BvhPose {
  /** A joint's global rotation, 3 x 3 by rows. */
  rotations: number[][];
  /** Global, in the file's unit. */
  positions: Vector[];
}

/** Reads the text of a BVH file. What is wrong is named with its line; a cut-off file keeps its whole frames. */
export function parseBvh(text: string, name: string): Bvh {
  const lines = text.split(/\r\n|\r|\n/);
  const motion = lines.findIndex((line) => line.trim().toUpperCase() === 'MOTION');
  const fail = (line: number, what: string): UserError =>
    new UserError(`${name}, line ${line + 1}: ${what}`, {
      hint: 'It takes BVH files: HIERARCHY with ROOT, JOINT, OFFSET and CHANNELS, then MOTION with Frames and Frame Time.',
    });
  if (motion < 0)
    throw fail(Math.max(0, lines.length - 1), 'there is no MOTION part; this is no whole BVH file');

  const joints: BvhJoint[] = [];
  /** Joints whose braces are open; undefined: an end site. */
  const open: (BvhJoint | undefined)[] = [];
  let upcoming: BvhJoint | undefined;
  let columns = 0;
  for (let i = 0; i < motion; i++) {
    const [word, ...rest] = lines[i]!.trim().split(/\s+/);
    const joint = open.at(-1);
    switch (word?.toUpperCase()) {
      case '':
      case 'HIERARCHY':
        break;
      case 'ROOT':
      case 'JOINT': {
        const parent = joint ? joints.indexOf(joint) : -1;
        upcoming = { name: rest.join(' '), parent, offset: [0, 0, 0], channels: [], column: columns };
        joints.push(upcoming);
        break;
      }
      case 'END':
        upcoming = undefined;
        break;
      case '{':
        open.push(upcoming);
        break;
      case '}':
        if (open.length === 0) throw fail(i, 'a } too many');
        open.pop();
        break;
      case 'OFFSET': {
        const [x, y, z] = rest.map(Number);
        if (![x, y, z].every(Number.isFinite)) throw fail(i, 'an OFFSET has three numbers');
        const offset: Vector = [x!, y!, z!];
        if (joint) joint.offset = offset;
        else if (open.at(-2)) open.at(-2)!.end = offset;
        break;
      }
      case 'CHANNELS':
        if (!joint || Number(rest[0]) !== rest.length - 1)
          throw fail(i, 'CHANNELS and their count do not fit');
        joint.column = columns;
        joint.channels = rest.slice(1).map((channel) => {
          const [, axis, kind] = /^([xyz])(position|rotation)$/i.exec(channel) ?? [];
          if (axis === undefined) throw fail(i, `${channel} is no channel`);
          const rotation = kind!.toLowerCase() === 'rotation';
          return { kind: rotation ? 'rotation' : 'position', axis: 'xyz'.indexOf(axis.toLowerCase()) };
        });
        columns += joint.channels.length;
        break;
      default:
        throw fail(i, `${word} is not expected here`);
    }
  }
  if (joints.length === 0 || columns === 0) throw fail(motion, 'the hierarchy has no joint that moves');

  const promised = Number(/^\s*Frames\s*:\s*(\d+)\s*$/i.exec(lines[motion + 1] ?? '')?.[1] ?? NaN);
  const frameTime = Number(/^\s*Frame\s+Time\s*:\s*(\S+)\s*$/i.exec(lines[motion + 2] ?? '')?.[1] ?? NaN);
  if (!Number.isFinite(promised)) throw fail(motion + 1, 'expected "Frames: N"');
  if (!(frameTime > 0 && frameTime < 10)) throw fail(motion + 2, 'expected "Frame Time: SECONDS"');

  const rows: number[][] = [];
  for (let i = motion + 3; i < lines.length && rows.length < promised; i++) {
    const line = lines[i]!.trim();
    if (line === '') continue;
    const row = line.split(/\s+/).map(Number);
    if (row.length !== columns) {
      // A file that was cut off ends within a line.
      if (row.length < columns && lines.slice(i + 1).every((rest) => rest.trim() === '')) break;
      throw fail(i, `a frame has ${row.length} numbers instead of ${columns}`);
    }
    if (!row.every(Number.isFinite)) throw fail(i, 'a frame holds something that is no number');
    rows.push(row);
  }
  if (rows.length === 0) throw fail(lines.length - 1, 'there is no whole frame');
  const values = Float64Array.from(rows.flat());
  return { joints, frames: rows.length, frameTime, columns, values, missing: promised - rows.length };
}

/** Forward kinematics of a frame; `rest`: with all channels at zero. */
export function bvhPose({ joints, columns, values }: Bvh, frame: number | 'rest'): BvhPose {
  const rotations: number[][] = [];
  const positions: Vector[] = [];
  for (const { parent, offset, channels, column } of joints) {
    let turned: number[] = parent < 0 ? [...identity] : rotations[parent]!;
    const shift: [number, number, number] = [...offset];
    let moved = false;
    channels.forEach(({ kind, axis }, i) => {
      const value = frame === 'rest' ? 0 : values[frame * columns + column + i]!;
      if (kind === 'rotation') turned = multiply(turned, axisRotation(axis, (value * Math.PI) / 180));
      else if (frame !== 'rest') {
        // Positions replace the offset.
        if (!moved) shift.fill(0);
        moved = true;
        shift[axis] = value;
      }
    });
    const at = parent < 0 ? shift : rotate(rotations[parent]!, shift);
    const from = parent < 0 ? [0, 0, 0] : positions[parent]!;
    rotations.push(turned);
    positions.push([from[0]! + at[0], from[1]! + at[1], from[2]! + at[2]]);
  }
  return { rotations, positions };
}
