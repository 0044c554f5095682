import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';

const hasSocat = spawnSync('socat', ['-V']).status === 0;

/** A test on real pseudo-terminals; skipped by name where socat is not installed. */
export function ptyTest(name: string, body: () => Promise<void>): void {
  if (hasSocat) test(name, body);
  else test.skip(`${name} (skipped: no socat)`, body);
}

/** Two serial ports connected to each other, which can be unplugged together and plugged in again. */
export class PtyPair {
  readonly host: string;
  readonly node: string;
  #socat: ChildProcess | undefined;

  constructor(dir: string, name: string) {
    this.host = join(dir, `${name}-host`);
    this.node = join(dir, `${name}-node`);
  }

  static async create(dir: string, name: string): Promise<PtyPair> {
    const pair = new PtyPair(dir, name);
    await pair.plug();
    return pair;
  }

  async plug(): Promise<void> {
    const socat = spawn('socat', [`pty,raw,echo=0,link=${this.host}`, `pty,raw,echo=0,link=${this.node}`], {
      stdio: 'ignore',
    });
    this.#socat = socat;
    const deadline = Date.now() + 5000;
    while (!existsSync(this.host) || !existsSync(this.node)) {
      if (Date.now() > deadline) throw new Error('socat made no ports');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Both ports vanish, and what was in them. */
  async unplug(): Promise<void> {
    const socat = this.#socat;
    if (!socat) return;
    this.#socat = undefined;
    await new Promise<void>((resolve) => {
      socat.once('exit', () => resolve());
      socat.kill();
    });
  }
}
