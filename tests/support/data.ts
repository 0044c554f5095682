import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataDir } from '../../host/paths.ts';
import { testUnless } from './testUnless.ts';

/** A test that needs files of the data folder; skipped by name where they are missing. */
export function testWithData(
  name: string,
  files: string[],
  body: (paths: string[]) => void | Promise<void>,
): void {
  const paths = files.map((file) => join(dataDir(), file));
  const reason = paths.every((path) => existsSync(path)) ? undefined : 'no data';
  testUnless(reason, name, () => body(paths));
}
