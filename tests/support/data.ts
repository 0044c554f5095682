import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../host/paths.ts';
import { testUnless } from './testUnless.ts';

/** Folder of real data (SOURCES.md): SOLSTICE_DATA, else ../shared/data beside the checkout. */
export const dataDir = process.env['SOLSTICE_DATA'] ?? join(root, '..', 'shared', 'data');

/** A test that needs files of the data folder; skipped by name where they are missing. */
export function testWithData(
  name: string,
  files: string[],
  body: (paths: string[]) => void | Promise<void>,
): void {
  const paths = files.map((file) => join(dataDir, file));
  const reason = paths.every((path) => existsSync(path)) ? undefined : 'no data';
  testUnless(reason, name, () => body(paths));
}
