#!/usr/bin/env node
/**
 * Samples per second through serial pty -> decode -> record (acknowledged after fdatasync), beside the same bytes
 * through the pty alone and the same records through the MCAP writer alone. The host's end runs on one core, sender and
 * pty on another. `npm run -s bench:link -- [--json] [--rounds N] [--packets N] [--soak 10m [--rate packets/s]]`
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '7' },
    packets: { type: 'string', default: '40000' },
    window: { type: 'string', default: '2048' },
    soak: { type: 'string' },
    rate: { type: 'string', default: '4000' },
    dir: { type: 'string' },
  },
});
const packets = Number(flags.packets);
const window = Number(flags.window);

build(['host']);
const folder = mkdtempSync(join(flags.dir ?? tmpdir(), 'solstice-bench-'));
const taskset = spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0 && cpus().length > 1;
const pinned = (core, command, args) =>
  taskset ? ['taskset', ['-c', `${core}`, command, ...args]] : [command, args];
const children = [];
let failed = false;

function start(core, command, args, stdio) {
  const child = spawn(...pinned(core, command, args), { stdio });
  children.push(child);
  child.on('exit', (code) => {
    if (code) failed = true;
  });
  return child;
}

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const host = join(folder, 'host');
const node = join(folder, 'node');
const result = {};
try {
  start(1, 'socat', ['-b', '65536', `pty,raw,echo=0,link=${host}`, `pty,raw,echo=0,link=${node}`], 'ignore');
  while (!existsSync(host) || !existsSync(node)) await new Promise((resolve) => setTimeout(resolve, 20));
  const ipc = ['ignore', 'inherit', 'inherit', 'ipc'];
  const sender = start(1, process.execPath, [script('sender.mjs'), node], ipc);
  await message(sender, 'ready');
  const receiver = start(0, process.execPath, [script('receiver.mjs'), host, folder], ipc);
  receiver.on('message', ({ start: order }) => order && sender.send(order));
  await message(receiver, 'ready');
  Object.assign(result, flags.soak ? await soak(sender, receiver) : await rounds(sender, receiver));
  sender.send({ end: true });
  receiver.send({ end: true });
} finally {
  for (const child of children) setTimeout(() => child.kill(), 500).unref();
  await new Promise((resolve) => setTimeout(resolve, 600));
  rmSync(folder, { recursive: true, force: true });
}
console.log(flags.json ? JSON.stringify(result) : render(result));

/** The next message of a child that has `key`. */
function message(child, key) {
  return new Promise((resolve, reject) => {
    const receive = (content) => {
      if (!(key in content)) return;
      child.off('message', receive);
      child.off('exit', exit);
      resolve(content[key]);
    };
    const exit = () => reject(new Error('a part of the measurement ended early'));
    child.on('message', receive);
    child.on('exit', exit);
  });
}

async function rounds(sender, receiver) {
  sender.send({ prepare: packets });
  await message(sender, 'prepared');
  const measured = { pipeline: [], raw: [], writer: [] };
  let batch = window;
  // The first round warms up.
  for (let round = 0; round <= Number(flags.rounds); round++) {
    for (const mode of ['pipeline', 'raw', 'writer']) {
      const done = message(receiver, 'result');
      receiver.send({ mode, packets, window, batch });
      const outcome = await done;
      // The writer alone syncs as often as the pipeline did.
      if (mode === 'pipeline') batch = Math.max(1, Math.round(packets / outcome.commits));
      if (round > 0) measured[mode].push(outcome);
    }
  }
  const rate = (mode) => median(measured[mode].map(({ samples, seconds }) => samples / seconds));
  const cpu = (mode) => median(measured[mode].map(({ samples, cpuSeconds }) => samples / cpuSeconds));
  const samplesPerSecond = { pipeline: rate('pipeline'), raw: rate('raw'), writer: rate('writer') };
  const { pipeline, raw, writer } = samplesPerSecond;
  const each = measured.pipeline.map(({ samples, seconds }, i) => {
    const slower = Math.min(...['raw', 'writer'].map((mode) => samples / measured[mode][i].seconds));
    return samples / seconds / slower;
  });
  return {
    rounds: Number(flags.rounds),
    packets,
    samples: measured.pipeline[0].samples,
    window,
    commits: median(measured.pipeline.map(({ commits }) => commits)),
    pinned: taskset,
    samplesPerSecond,
    samplesPerCpuSecond: { pipeline: cpu('pipeline'), raw: cpu('raw'), writer: cpu('writer') },
    ratioToRaw: pipeline / raw,
    ratioToWriter: pipeline / writer,
    ratioToSlower: pipeline / Math.min(raw, writer),
    ratioToSlowerByRound: { min: Math.min(...each), median: median(each), max: Math.max(...each) },
  };
}

async function soak(sender, receiver) {
  const [, amount, unit] = /^(\d+)(s|m|h)$/.exec(flags.soak) ?? [];
  const seconds = Number(amount) * { s: 1, m: 60, h: 3600 }[unit];
  if (!(seconds > 0)) throw new Error('--soak needs a duration such as 10m');
  const soaking = message(receiver, 'soaking');
  receiver.send({ mode: 'soak' });
  await soaking;
  sender.send({ steady: Number(flags.rate) });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const sent = message(sender, 'sent');
  sender.send({ stop: true });
  const sentPackets = await sent;
  const done = message(receiver, 'result');
  receiver.send({ finish: true });
  const { memory, ...rest } = await done;
  const mebibytes = (key) => {
    const all = memory.map((sample) => sample[key] / 2 ** 20);
    const minute = Math.min(60, Math.ceil(all.length / 4));
    // Means over the first and last minute: a single reading depends on when garbage was last collected.
    const mean = (part) => part.reduce((sum, value) => sum + value, 0) / part.length;
    return { start: mean(all.slice(0, minute)), end: mean(all.slice(-minute)), max: Math.max(...all) };
  };
  return {
    soakSeconds: seconds,
    sentPackets,
    ...rest,
    rssMiB: mebibytes('rss'),
    heapMiB: mebibytes('heapUsed'),
  };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function render(outcome, indent = '') {
  return Object.entries(outcome)
    .map(([key, value]) =>
      typeof value === 'object'
        ? `${indent}${key}\n${render(value, `${indent}  `)}`
        : `${indent}${key}: ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`,
    )
    .join('\n');
}
if (failed) process.exitCode = 1;
