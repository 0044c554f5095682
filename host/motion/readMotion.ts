import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { diskError } from '../record/diskError.ts';
import { parseBvh } from './bvh.ts';
import type { Motion } from './motion.ts';
import { retarget } from './retarget.ts';

/** Reads a BVH file onto the body. `warn` hears of what the file lacks; the whole frames of a cut-off file are kept. */
export async function readMotion(path: string, warn: (text: string) => void = () => {}): Promise<Motion> {
  const name = basename(path);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw diskError(cause, path, 'read');
  });
  const bvh = parseBvh(text, name);
  if (bvh.missing > 0)
    warn(`${name}: cut off, ${bvh.missing} of ${bvh.frames + bvh.missing} frames are missing`);
  return retarget(bvh, name.replace(/\.bvh$/i, '')).motion;
}
