import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { testUnless } from './testUnless.ts';

/** A file system of `size` of its own, until the tests of the file are over; undefined where this process may not mount one. */
export function mountSmall(size: string): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'solstice-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  afterAll(async () => {
    execFileSync('umount', ['-l', dir]);
    await rm(dir, { recursive: true });
  });
  return dir;
}

/** A test on a small file system; skipped by name where there is none. */
export function testOnSmallDisk(disk: string | undefined): (name: string, body: () => Promise<void>) => void {
  const reason = disk === undefined ? 'no permission to mount a small file system' : undefined;
  return (name, body) => testUnless(reason, name, body);
}
