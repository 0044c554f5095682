import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testUnless } from './testUnless.ts';

const available = spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;

/** A test that needs pairs of pseudo-terminals; skipped by name where socat is not installed. */
export function testWithPty(name: string, body: () => Promise<void>): void {
  testUnless(available ? undefined : 'socat is not installed', name, body);
}

/** Two pseudo-terminals joined by a socat of their own: what is written to one is read from the other. */
export class PtyPair {
  readonly host: string;
  readonly node: string;
  readonly #dir: string;
  #socat: ChildProcess | undefined;

  private constructor(dir: string) {
    this.#dir = dir;
    this.host = join(dir, 'host');
    this.node = join(dir, 'node');
  }

  static async open(): Promise<PtyPair> {
    const pair = new PtyPair(mkdtempSync(join(tmpdir(), 'solstice-pty-')));
    await pair.plug();
    return pair;
  }

  /** Makes both ends, at the same paths as before. */
  async plug(): Promise<void> {
    const end = (path: string): string => `pty,raw,echo=0,link=${path}`;
    this.#socat = spawn('socat', [end(this.host), end(this.node)], { stdio: 'ignore' });
    await until(() => exists(this.host) && exists(this.node));
  }

  /** Both ends vanish, as when a cable is pulled. */
  async unplug(): Promise<void> {
    const socat = this.#socat;
    this.#socat = undefined;
    if (!socat) return;
    const ended = new Promise((resolve) => socat.once('exit', resolve));
    socat.kill('SIGTERM');
    await ended;
  }

  async close(): Promise<void> {
    await this.unplug();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** Waits until the condition holds; fails with its text after `millis`. */
export async function until(condition: () => boolean, millis = 20_000): Promise<void> {
  const deadline = Date.now() + millis;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${millis} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
