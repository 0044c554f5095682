import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { root } from '../../host/paths.ts';

/** Folder of real data (SOURCES.md): SOLSTICE_DATA, else ../shared/data beside the checkout. */
export const dataDir = process.env['SOLSTICE_DATA'] ?? join(root, '..', 'shared', 'data');

/** A test that needs files of the data folder; skipped by name where they are missing. */
export function testWithData(
  name: string,
  files: string[],
  body: (paths: string[]) => void | Promise<void>,
): void {
  const paths = files.map((file) => join(dataDir, file));
  if (paths.every((path) => existsSync(path))) test(name, () => body(paths));
  else test.skip(`${name} (skipped: no data)`, () => undefined);
}
