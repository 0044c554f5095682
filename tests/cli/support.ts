import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../host/paths.ts';

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  result: Promise<Result>;
  /** Resolves when stderr has the text. */
  says(text: string | RegExp): Promise<void>;
}

/** Starts the real command line, as `npm run -s solstice -- ARGS` does. */
export function start(args: readonly string[], cwd = root): Running {
  const child = spawn(process.execPath, [join(root, 'scripts/solstice.mjs'), ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const watcher of watchers) watcher();
  });
  const result = new Promise<Result>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const says = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (typeof text === 'string' ? stderr.includes(text) : text.test(stderr)) resolve();
      };
      watchers.add(look);
      void result.then(() => reject(new Error(`ended without saying ${String(text)}: ${stderr}`)));
      look();
    });
  return { child, result, says };
}

export const run = (args: readonly string[]): Promise<Result> => start(args).result;

/** A fresh folder for the time of `body`. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'solstice-cli-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
