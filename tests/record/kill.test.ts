import { spawn, type ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root as repository } from '../../host/paths.ts';
import { generator, openRecorder, packet, readAll, samplesOf, scratch, START_NANOS } from './fixtures.ts';

const folder = scratch();
const ROUNDS = 6;
const LOADER = join(repository, 'tests/support/typescript.mjs');
const HOST = join(repository, 'tests/record/recordingProcess.ts');

interface Killed {
  acknowledged: { node: number; seq: number; outcome: string }[];
  restored: number;
}

/** Runs a recording host until it has acknowledged some packets, kills it with SIGKILL, and tells what it said. */
function runAndKill(dir: string, first: number, afterMs: number): Promise<Killed> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, ['--import', LOADER, HOST, dir, String(first)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes(' new\n')) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the host ended by itself: ${errors}`));
      // The last line may be cut.
      const [opened, ...lines] = output.split('\n').slice(0, -1);
      const acknowledged = lines.map((line) => {
        const [node, seq, outcome] = line.split(' ');
        return { node: Number(node), seq: Number(seq), outcome: outcome! };
      });
      resolve({ acknowledged, restored: Number(opened!.split(' ')[1]) });
    });
  });
}

test('a killed host loses nothing that it acknowledged, and the next one knows it', async () => {
  const dir = folder;
  const seed = Math.floor(Math.random() * 2 ** 32);
  const next = generator(seed);
  const acknowledged = new Set<string>();
  let first = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const killed = await runAndKill(dir, first, 20 + next(200));
    const context = `seed ${seed}, round ${round}`;
    expect({ context, restored: killed.restored }).toEqual({ context, restored: Math.min(round, 1) });
    for (const { node, seq, outcome } of killed.acknowledged) {
      const name = `${node}:${seq}`;
      // Known packets are never recorded again. Those on disk but not yet acknowledged at the kill are known too.
      if (acknowledged.has(name))
        expect({ context, name, outcome }).toEqual({ context, name, outcome: 'duplicate' });
      acknowledged.add(name);
    }
    // Nodes send again what was not acknowledged, and some of what was.
    first = Math.max(0, Math.max(...killed.acknowledged.map(({ seq }) => seq)) - 20);
  }
  const found = new Map<string, number>();
  for (const file of await readdir(dir)) {
    if (!file.endsWith('.mcap')) continue;
    const { items } = await readAll(join(dir, file));
    for (const item of items) {
      if (item.type !== 'Samples') continue;
      const { node, seq } = item.message.fields;
      expect(item.message.samples).toEqual(samplesOf(node, 1, seq));
      found.set(`${node}:${seq}`, (found.get(`${node}:${seq}`) ?? 0) + 1);
    }
  }
  expect({ seed, missing: [...acknowledged].filter((name) => !found.has(name)) }).toEqual({
    seed,
    missing: [],
  });
  expect({ seed, twice: [...found].filter(([, times]) => times > 1) }).toEqual({ seed, twice: [] });
  expect(acknowledged.size).toBeGreaterThan(ROUNDS);

  const recorder = await openRecorder(dir);
  for (const name of acknowledged) {
    const [node, seq] = name.split(':').map(Number) as [number, number];
    expect(recorder.addSamples(packet(node, 1, seq), START_NANOS)).toBe('duplicate');
  }
  await recorder.close();
});
