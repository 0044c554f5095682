#!/usr/bin/env node
/** Formatting, lint and types of the whole tree; `--fix` formats. clang-format runs where it is installed. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installPackages } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (path) => join(root, 'node_modules', path);

function cFiles() {
  const names = readdirSync(join(root, 'firmware'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.[ch]$/.test(name)).map((name) => join('firmware', name));
}

function checks(fix) {
  const node = process.execPath;
  return [
    [
      'prettier',
      node,
      [bin('prettier/bin/prettier.cjs'), fix ? '--write' : '--check', '--log-level=warn', '.'],
    ],
    ['eslint', node, [bin('eslint/bin/eslint.js'), ...(fix ? ['--fix'] : []), '.']],
    ['types', node, [bin('typescript/bin/tsc'), '-p', 'tsconfig.check.json']],
    ['types of the page', node, [bin('typescript/bin/tsc'), '-p', 'host/app/tsconfig.json', '--noEmit']],
    ['clang-format', 'clang-format', [...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...cFiles()]],
  ];
}

/** Runs every check; returns the names of those that failed. */
export function lint({ fix = false } = {}) {
  const failed = [];
  for (const [name, command, args] of checks(fix)) {
    const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
    if (error?.code === 'ENOENT') console.error(`lint: ${name} skipped: ${command} is not installed`);
    else if (status !== 0) failed.push(name);
  }
  return failed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  installPackages();
  const failed = lint({ fix: process.argv.includes('--fix') });
  if (failed.length > 0) console.error(`lint: ${failed.join(', ')} failed`);
  process.exit(failed.length > 0 ? 1 : 0);
}
