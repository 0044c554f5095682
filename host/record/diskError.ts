import { dirname } from 'node:path';
import { UserError } from '../errors.ts';

const CAUSES: Readonly<Record<string, [what: string, hint: string]>> = {
  ENOSPC: [
    'the disk is full',
    'free some space; what was acknowledged is safe, and nodes send the rest again',
  ],
  EDQUOT: [
    'the disk quota is used up',
    'free some space; what was acknowledged is safe, and nodes send the rest again',
  ],
  EFBIG: [
    'the file is as large as this system allows',
    'raise the limit (ulimit -f) or start another recording',
  ],
  EIO: ['the disk reports an input/output error', 'check the disk (dmesg), then record to another one'],
  EROFS: ['the disk is read-only', 'choose another folder'],
  EACCES: ['permission denied', 'choose a folder that you may write to'],
  EEXIST: ['the file exists already', 'choose another name; nothing is ever written over'],
  ENOENT: ['there is no such file or folder', 'check the path'],
  EISDIR: ['this is a folder', 'give the path of a file'],
  ENOTDIR: ['a part of the path is a file', 'check the path'],
};

/** An error of the file system, as a person can act on it; anything else is returned as it is. */
export function diskError(error: unknown, path: string, doing: 'read' | 'write'): Error {
  const { code } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : CAUSES[code];
  if (!known) return error as Error;
  const [what, writeHint] = known;
  const hint =
    code === 'EACCES' && doing === 'read' ? 'get the right to read it, or give another file' : writeHint;
  return new UserError(`cannot ${doing} ${path} (disk of ${dirname(path)}): ${what} (${code})`, {
    hint,
    cause: error,
  });
}
