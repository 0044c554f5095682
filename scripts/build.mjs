#!/usr/bin/env node
/**
 * Builds what is out of date: `wasm` (assembly -> dist/wasm), `host` (host -> dist/host), `app` (host/app -> dist/app).
 * `npm run build` does all three, `npm run build -- wasm` one of them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (path) => join(root, 'node_modules', path);

/** A module of asconfig.json's target of the same name. */
function assembly(target, inputs, entry = `assembly/${target}/api.ts`) {
  const asc = bin('assemblyscript/bin/asc.js');
  return {
    inputs: [...inputs, 'assembly/tsconfig.json', 'asconfig.json'],
    output: `dist/wasm/${target}.wasm`,
    command: [asc, '--config', 'asconfig.json', entry, '--target', target],
  };
}

const parts = {
  wasm: assembly('seasons', ['assembly/seasons', 'assembly/common']),
  poser: assembly('poser', ['assembly/poser']),
  poserRelaxed: assembly('poser-relaxed', ['assembly/poser'], 'assembly/poser/api.ts'),
  host: {
    inputs: ['host', 'tsconfig.json'],
    except: ['host/app'],
    output: 'dist/host/cli/main.js',
    command: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'],
  },
  app: {
    inputs: [
      'host/app',
      'host/server/events.ts',
      'host/server/boundedSeries.ts',
      'host/server/bodySource.ts',
      'host/motion',
      'host/pose',
    ],
    output: 'dist/app/index.html',
    command: [bin('vite/bin/vite.js'), 'build', '--config', 'host/app/vite.config.ts', '--logLevel', 'warn'],
  },
};

function* files(path) {
  if (!statSync(join(root, path)).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(join(root, path)).sort()) yield* files(`${path}/${name}`);
}

/** A digest of a part's inputs: names and contents, and the installed packages' versions. */
function digest({ inputs, except = [] }) {
  const hash = createHash('sha256');
  for (const input of ['package-lock.json', ...inputs]) {
    for (const file of files(input)) {
      if (except.some((prefix) => file.startsWith(`${prefix}/`))) continue;
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(root, file)));
    }
  }
  return hash.digest('hex');
}

/** Builds the named parts that are out of date. Throws with the compiler's output when one fails. */
export function build(names = Object.keys(parts)) {
  for (const name of names) {
    const part = parts[name];
    if (!part) throw new Error(`no part named ${name}; there are ${Object.keys(parts).join(', ')}`);
    const stamp = join(root, 'dist', `.${name}.stamp`);
    const wanted = digest(part);
    const current = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
    if (current === wanted && existsSync(join(root, part.output))) continue;
    process.stderr.write(`building ${name}\n`);
    const { status, stdout, stderr, error } = spawnSync(process.execPath, part.command, {
      cwd: root,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`building ${name} failed\n${error ?? ''}${stdout}${stderr}`);
    mkdirSync(join(root, 'dist'), { recursive: true });
    writeFileSync(stamp, wanted);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    build(process.argv.length > 2 ? process.argv.slice(2) : undefined);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
