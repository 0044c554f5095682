import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, 'package.json'))) dir = dirname(dir);
  return dir;
}

/** The checkout or installed package, whether this runs from host/ or from dist/host/. */
export const root = findRoot();

/** What the build makes: wasm/seasons.wasm, app/ (the page), host/. */
export const distDir = join(root, 'dist');

/** Where real data lies, if it is there: signals, harvests, motion. */
export const dataDir = (): string => process.env['SOLSTICE_DATA'] ?? join(root, '..', 'shared', 'data');
