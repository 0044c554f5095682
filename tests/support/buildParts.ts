import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

/** Builds parts of scripts/build.mjs that are out of date. */
export function buildParts(...names: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [script, ...names], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
