import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findInPath } from '../../host/build/findInPath.ts';
import { root } from '../../host/paths.ts';
import { testUnless } from '../support/testUnless.ts';

const compiler = ['gcc', 'cc', 'clang'].find((name) => findInPath(name));

/** A test that needs a C compiler for this machine; skipped by name without one. */
export function testWithCompiler(name: string, body: () => void | Promise<void>, timeout?: number): void {
  testUnless(compiler === undefined ? 'no C compiler' : undefined, name, body, timeout);
}

/** Makes a folder that `remove` deletes. */
export function temporaryFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'solstice-c-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Compiles C sources with address and undefined-behaviour checks; returns the program's path. */
export function compileC(
  dir: string,
  sources: readonly string[],
  { defines = [], unchecked = [] }: { defines?: readonly string[]; unchecked?: readonly string[] } = {},
): string {
  const flags = ['-std=c99', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const includes = [join(root, 'firmware', 'core'), join(root, 'firmware', 'wasm'), dir].map(
    (path) => `-I${path}`,
  );
  const run = (args: readonly string[]): void => {
    const { status, stderr } = spawnSync(compiler!, [...flags, ...includes, ...defines, ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${compiler} failed\n${stderr}`);
  };
  const objects = unchecked.map((source, index) => {
    const object = join(dir, `unchecked${index}.o`);
    run(['-w', '-c', source, '-o', object]);
    return object;
  });
  const program = join(dir, 'program');
  run(['-Wall', '-Wextra', '-Werror', ...sources, ...objects, '-lm', '-o', program]);
  return program;
}

/** A program that answers each line on stdin with one line on stdout. */
export class LineProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((line: string) => void)[] = [];
  #rest = '';
  #stderr = '';

  constructor(program: string) {
    this.#child = spawn(program);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop()!;
      for (const line of lines) this.#waiting.shift()?.(line);
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#child.on('close', (code) => {
      for (const resolve of this.#waiting.splice(0)) resolve(`ended with ${code}: ${this.#stderr}`);
    });
  }

  ask(line: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${line}\n`);
    });
  }

  end(): void {
    this.#child.stdin.end();
  }
}
