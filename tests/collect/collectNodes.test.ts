import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { collectNodes, type CollectOptions, type Collection } from '../../host/collect/collectNodes.ts';
import { readConfigFile } from '../../host/cli/nodeConfigFile.ts';
import { configureNode } from '../../host/demo/nodeConfig.ts';
import { UserError, exitCodes } from '../../host/errors.ts';
import { encodeFrame } from '../../host/link/frame.ts';
import { encodeSamples } from '../../host/link/samples.ts';
import { SerialTransport } from '../../host/link/serial.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { root } from '../../host/paths.ts';
import { readRecording } from '../../host/record/readRecording.ts';
import { openHarvest } from '../../host/sim/harvest/readHarvest.ts';
import { defaultNode } from '../../host/sim/nodeDescription.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { openSignal } from '../../host/sim/signal/readSignal.ts';
import { SimulatedEnvironment } from '../../host/sim/simulatedEnvironment.ts';
import { VirtualNode } from '../../host/sim/virtualNode.ts';
import { PtyPair, testWithPty, until } from '../support/ptyPair.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const tell = {
  recording: () => undefined,
  node: () => undefined,
  link: () => undefined,
  recordError: () => undefined,
  unconfigured: () => undefined,
};

function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'solstice-collect-'));
}

function start(dir: string, options: Partial<CollectOptions>): Promise<Collection> {
  const given = { ports: ['auto'], baudRate: 115200, waitSeconds: 10, origin: 'emulated' as const };
  return collectNodes({ dir, log: silent, tell, ...given, ...options });
}

/** A node that runs seasons.wasm at the far end of a pty, faster than life. */
async function runNode(
  path: string,
  node: number,
): Promise<{ config: NodeConfig; end: () => Promise<void> }> {
  const image = loadSeasons();
  const signal = openSignal('synthetic', { seed: node });
  const fixed = toFixed(signal);
  const sampling = { policy: 'uniform', rate: 0.5, latency: 160 * signal.samplePeriod } as const;
  const config = configureNode(image, signal, fixed, defaultNode, sampling);
  const harvester = openHarvest('solar', { seed: node });
  const speed = 2000 * signal.samplePeriod;
  const environment = new SimulatedEnvironment({ harvester, signal, fixed, speed });
  const link = await SerialTransport.open(path);
  const done = new VirtualNode({ node, image, environment, link }).run();
  const end = async (): Promise<void> => {
    environment.stop();
    await done;
    await link.close();
  };
  return { config, end };
}

/** Names of the packets in a recording, and how many samples they hold. */
async function recorded(path: string): Promise<{ packets: string[]; samples: number; state: string }> {
  const packets: string[] = [];
  let samples = 0;
  let state = '';
  for await (const item of readRecording(path)) {
    if (item.type === 'Verdict') state = item.verdict.state;
    if (item.type !== 'Samples') continue;
    const { node, boot, seq } = item.message.fields;
    packets.push(`${node}:${boot}:${seq}`);
    samples += item.message.samples.slots.length;
  }
  return { packets, samples, state };
}

testWithPty('auto finds two nodes beside a silent port, and records both', async () => {
  const dir = scratch();
  const ptys = await Promise.all([1, 2, 3].map(() => PtyPair.open()));
  const nodes = [await runNode(ptys[0]!.node, 0x11), await runNode(ptys[1]!.node, 0x12)];
  const collection = await start(dir, {
    patterns: ptys.map(({ host }) => host),
    configFor: ({ node }) => nodes[node - 0x11]!.config,
    waitSeconds: 3,
  });
  await until(() => {
    const { perNode } = collection.counters();
    return perNode.length === 2 && perNode.every(({ packets }) => packets >= 5);
  });
  await Promise.all(nodes.map(({ end }) => end()));
  collection.stop();
  const summary = await collection.finished;
  expect(summary.ports.sort()).toEqual([ptys[0]!.host, ptys[1]!.host].sort());
  expect(summary.nodes.map(({ node }) => node).sort()).toEqual(['00000011', '00000012']);
  expect(summary).toMatchObject({ origin: 'emulated', lost: 0, refusedFrames: 0, failedCommits: 0 });
  const { packets, samples, state } = await recorded(summary.recording);
  expect(state).toBe('complete');
  expect(packets).toHaveLength(summary.packets);
  expect(new Set(packets).size).toBe(packets.length);
  expect(samples).toBe(summary.samples);
  await Promise.all(ptys.map((pty) => pty.close()));
  rmSync(dir, { recursive: true });
});

testWithPty('a port named twice over, by path and by auto, is collected from once', async () => {
  const dir = scratch();
  const pty = await PtyPair.open();
  const node = await runNode(pty.node, 0x21);
  const collection = await start(dir, {
    ports: [pty.host, 'auto'],
    patterns: [pty.host],
    configFor: () => node.config,
    waitSeconds: 0.5,
  });
  await until(() => collection.counters().packets >= 5);
  await node.end();
  collection.stop();
  const summary = await collection.finished;
  expect(summary.ports).toEqual([pty.host]);
  expect(summary.lost).toBe(0);
  await pty.close();
  rmSync(dir, { recursive: true });
});

test('where no node is heard there is no recording: exit code 4', async () => {
  const dir = scratch();
  const error = await start(dir, { ports: ['/dev/solstice-none'] }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitCode).toBe(exitCodes.noDevice);
  expect(readdirSync(dir)).toEqual([]);
  rmSync(dir, { recursive: true });
});

/** Runs `solstice ARGS` from the sources, in a process of its own. */
function cli(args: string[]): {
  kill: () => void;
  stderr: () => string;
  done: Promise<{ code: number | null; stdout: string }>;
} {
  const main = `import(${JSON.stringify(join(root, 'host/cli/main.ts'))}).then(({ main }) => main(process.argv)).then((code) => (process.exitCode = code))`;
  const typescript = join(root, 'tests/support/typescript.mjs');
  // `-e` leaves the script's own name out of argv.
  const child = spawn(process.execPath, ['--import', typescript, '-e', main, 'solstice', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const done = new Promise<{ code: number | null; stdout: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout }));
  });
  return { kill: () => child.kill('SIGINT'), stderr: () => stderr, done };
}

testWithPty(
  'solstice collect ends with a summary at Ctrl-C, and with exit code 3 when packets were lost',
  async () => {
    const dir = scratch();
    const pty = await PtyPair.open();
    const node = await SerialTransport.open(pty.node);
    let answers = 0;
    node.onData(() => answers++);
    const process = cli(['collect', '--port', pty.host, '--dir', dir, '--json']);
    await until(() => process.stderr().includes('Ctrl-C'), 60_000);
    for (const seq of [0, 1, 3]) {
      const samples = { axes: 1, slots: Uint32Array.of(seq), values: Int32Array.of(seq) };
      await node.write(encodeFrame(encodeSamples(7, 1, seq, samples)));
      const before = answers;
      await until(() => answers > before);
    }
    process.kill();
    const { code, stdout } = await process.done;
    expect(code).toBe(exitCodes.partial);
    const summary = JSON.parse(stdout) as { recording: string };
    expect(summary).toMatchObject({ origin: 'hardware', packets: 3, samples: 3, lost: 1, duplicates: 0 });
    expect((await recorded(summary.recording)).packets).toEqual(['7:1:0', '7:1:1', '7:1:3']);
    await node.close();
    await pty.close();
    rmSync(dir, { recursive: true });
  },
);

test('a configuration file is judged field by field, and by the node module', async () => {
  const dir = scratch();
  const path = join(dir, 'config.json');
  const image = loadSeasons();
  const signal = openSignal('synthetic', { seed: 1 });
  const sampling = { policy: 'linear', rate: 0.5, latency: 160 * signal.samplePeriod } as const;
  const config = configureNode(image, signal, toFixed(signal), defaultNode, sampling);
  const read = (content: unknown): NodeConfig => {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return readConfigFile(path, image);
  };
  expect(read(config)).toEqual(config);
  expect(read({ ...config, policy: 'linear' })).toEqual(config);
  const incomplete: Partial<NodeConfig> = { ...config };
  delete incomplete.axes;
  for (const [content, message] of [
    ['{', 'JSON'],
    ['[]', 'JSON object'],
    [incomplete, 'axes is missing'],
    [{ ...config, axis: 3 }, 'unknown field axis'],
    [{ ...config, latencySlots: 1.5 }, 'latencySlots: expected a whole number from 0 to 4294967295'],
    [{ ...config, policy: 'guess' }, 'policy'],
    [{ ...config, axes: 10 }, 'the node module refuses'],
  ] as const) {
    expect(() => read(content)).toThrow(message);
  }
  rmSync(dir, { recursive: true });
});
