import { unlink, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { UserError, exitCodes } from '../errors.ts';
import { frameRate, joints, names, parents } from '../motion/body.ts';
import { forwardKinematics } from '../motion/motion.ts';
import { toQuaternion } from '../motion/rotation.ts';
import { writeBvh } from '../motion/writeBvh.ts';
import { writeGlb } from '../motion/writeGlb.ts';
import { diskError } from '../record/diskError.ts';
import type { Estimate } from './estimate.ts';

const writers: Record<string, (estimate: Estimate) => string | Promise<Uint8Array>> = {
  '.bvh': writeBvh,
  '.glb': writeGlb,
  '.json': writeJson,
};

/** Refuses, before the work is done, a name that `writePoses` does not know. */
export function checkPosesPath(path: string): void {
  if (extname(path).toLowerCase() in writers) return;
  throw new UserError(`${path} is of no known kind.`, {
    exitCode: exitCodes.usage,
    hint: `Poses are written as ${Object.keys(writers).join(', ')}.`,
  });
}

/** Writes poses as the file's name says. A file that is there already stays; a write that fails leaves none. */
export async function writePoses(path: string, estimate: Estimate): Promise<number> {
  checkPosesPath(path);
  const content = await writers[extname(path).toLowerCase()]!(estimate);
  try {
    await writeFile(path, content, { flag: 'wx' });
  } catch (cause) {
    // What stands there already is not ours to remove.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') await unlink(path).catch(() => {});
    throw diskError(cause, path, 'write');
  }
  return content.length;
}

/** docs/pose.md describes it: a row a frame, quaternions (w, x, y, z) bone to world, metres. */
function writeJson({ frames, rotations, roots, contact }: Estimate): string {
  const positions = new Float64Array(joints * 3);
  const round = (values: ArrayLike<number>): number[] =>
    Array.from(values, (value) => Math.round(value * 1e5) / 1e5);
  const rows = Array.from({ length: frames }, (_, frame) => {
    const from = frame * joints * 9;
    forwardKinematics(rotations, from, positions, 0);
    return JSON.stringify({
      frame,
      translation: round(roots.subarray(3 * frame, 3 * frame + 3)),
      rotations: names.map((_, joint) =>
        round(toQuaternion(rotations.subarray(from + 9 * joint, from + 9 * joint + 9))),
      ),
      joints: names.map((_, joint) => round(positions.subarray(3 * joint, 3 * joint + 3))),
      contact: round(contact.subarray(2 * frame, 2 * frame + 2)),
    });
  });
  const head = JSON.stringify({ format: 'solstice-poses-1', frameRate, names, parents }).slice(0, -1);
  return `${head},"frames":[\n${rows.join(',\n')}\n]}\n`;
}
