import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from '@jest/globals';
import { SerialTransport } from '../../host/link/serial.ts';
import { root } from '../../host/paths.ts';
import { Random } from '../link/support.ts';
import { PtyPair, testWithPty } from '../support/ptyPair.ts';
import { ScriptedNode, samplesOf } from './scriptedNode.ts';
import { recordedPackets, scratch } from './support.ts';

const ROUNDS = 6;
const LOADER = join(root, 'tests/support/typescript.mjs');
const HOST = join(root, 'tests/collect/collectingProcess.ts');
const folder = scratch();

/** A collecting host in a process of its own. */
class Host {
  readonly #child: ChildProcess;
  readonly #ended: Promise<NodeJS.Signals | null>;
  #output = '';
  #errors = '';

  constructor(dir: string, ports: readonly string[]) {
    this.#child = spawn(process.execPath, ['--import', LOADER, HOST, dir, ...ports], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#ended = new Promise((resolve) => this.#child.once('exit', (_code, signal) => resolve(signal)));
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!this.#output.startsWith('open\n')) {
      if (this.#child.exitCode !== null || Date.now() > deadline) throw new Error(`no host: ${this.#errors}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** SIGKILL: no handler runs, nothing is flushed. Fails when the host had ended by itself. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    const signal = await this.#ended;
    if (signal !== 'SIGKILL') throw new Error(`the host ended by itself: ${this.#errors}`);
  }
}

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

testWithPty(
  'a host killed in mid-recording: nothing acknowledged is missing, nothing is there twice',
  async () => {
    const seed = Date.now() % 2 ** 32;
    const random = new Random(seed);
    const pairs = [await PtyPair.open(), await PtyPair.open()];
    const nodes: ScriptedNode[] = [];
    for (const [i, pair] of pairs.entries()) {
      closing.push(() => pair.close());
      const transport = await SerialTransport.open(pair.node);
      closing.push(() => transport.close());
      nodes.push(...ScriptedNode.several(transport, i === 0 ? [1, 2] : [3]));
    }
    const dir = join(folder, 'recordings');
    mkdirSync(dir);

    let running = true;
    /** Sends a window of packets again and again until all of it is acknowledged: many are in flight at any time. */
    const transmit = async (node: ScriptedNode): Promise<void> => {
      for (let first = 0; running;) {
        const open = Array.from({ length: 8 }, (_, i) => first + i).filter(
          (seq) => !node.acknowledged.has(seq),
        );
        if (open.length === 0) {
          first += 8;
          continue;
        }
        await node.send(...open);
        await node.until(() => open.every((seq) => node.acknowledged.has(seq)), 100);
      }
    };
    const transmitting = nodes.map(transmit);
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const before = nodes.map(({ acknowledged }) => acknowledged.size);
        const host = new Host(
          dir,
          pairs.map((pair) => pair.host),
        );
        closing.push(() => host.kill().catch(() => undefined));
        await host.ready();
        for (const [i, node] of nodes.entries()) {
          const more = await node.until(() => node.acknowledged.size > before[i]! + 16, 20_000);
          expect({ seed, round, node: node.node, more }).toEqual({
            seed,
            round,
            node: node.node,
            more: true,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, random.below(150)));
        await host.kill();
      }
    } finally {
      running = false;
      await Promise.all(transmitting);
    }

    const packets = await recordedPackets(dir);
    const names = packets.map(({ node, seq }) => `${node}:${seq}`);
    const found = new Set(names);
    const missing = nodes.flatMap(({ node, acknowledged }) =>
      [...acknowledged].map((seq) => `${node}:${seq}`).filter((name) => !found.has(name)),
    );
    expect({ seed, missing }).toEqual({ seed, missing: [] });
    expect({ seed, twice: names.length - found.size }).toEqual({ seed, twice: 0 });
    for (const { node, seq, samples } of packets) {
      expect({ node, seq, samples }).toEqual({ node, seq, samples: samplesOf(node, seq) });
    }
  },
);
