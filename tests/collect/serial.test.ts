import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from '@jest/globals';
import { Collector } from '../../host/collect/collector.ts';
import { encodeFrame } from '../../host/link/frame.ts';
import { configId } from '../../host/link/message.ts';
import { SerialTransport } from '../../host/link/serial.ts';
import { Recorder } from '../../host/record/recorder.ts';
import { Random } from '../link/support.ts';
import { PtyPair, testWithPty } from '../support/ptyPair.ts';
import { config } from './nodeConfig.ts';
import { ScriptedNode, samplesOf } from './scriptedNode.ts';
import { eventually, recordedPackets, scratch } from './support.ts';

const folder = scratch();
let count = 0;
/** What a test leaves open, in order of making. */
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function plugged(): Promise<PtyPair> {
  const pair = await PtyPair.open();
  open.push(() => pair.close());
  return pair;
}

async function nodeSide(pair: PtyPair): Promise<SerialTransport> {
  const transport = await SerialTransport.open(pair.node);
  open.push(() => transport.close());
  return transport;
}

/** A collector with a recorder of its own, and how to end both. */
async function host(
  ...pairs: PtyPair[]
): Promise<{ collector: Collector; dir: string; end: () => Promise<void> }> {
  const dir = join(folder, `recordings${count++}`);
  mkdirSync(dir);
  const recorder = await Recorder.open({ dir, origin: 'simulated' });
  const collector = new Collector({ recorder, configFor: () => config });
  for (const pair of pairs) collector.attach(await SerialTransport.open(pair.host));
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await collector.close();
    await recorder.close();
  };
  open.push(end);
  return { collector, dir, end };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

async function expectRecorded(dir: string, node: number, seqs: readonly number[]): Promise<void> {
  const packets = (await recordedPackets(dir)).filter((packet) => packet.node === node);
  expect(packets.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(seqs);
  for (const { seq, samples } of packets)
    expect({ seq, samples }).toEqual({ seq, samples: samplesOf(node, seq) });
}

testWithPty('a node introduces itself, is configured, and delivers', async () => {
  const pair = await plugged();
  const { collector, dir, end } = await host(pair);
  const node = ScriptedNode.one(await nodeSide(pair));
  await node.greet();
  expect(node.configId).toBe(configId(config));
  await node.deliver(...range(0, 30));
  await node.status();
  await eventually(() => collector.counters().frames >= 33, 'the STATUS');
  await end();
  expect(collector.counters()).toMatchObject({
    packets: 30,
    samples: 150,
    lost: 0,
    duplicates: 0,
    discardedBytes: 0,
  });
  await expectRecorded(dir, 7, range(0, 30));
  const [first] = await recordedPackets(dir);
  expect(first?.fractionBits).toBe(config.fractionBits);
});

testWithPty('retransmissions, duplicates and a wrong order are recorded once each', async () => {
  const pair = await plugged();
  const { collector, dir, end } = await host(pair);
  const node = ScriptedNode.one(await nodeSide(pair));
  await node.send(0, 1, 1, 4, 2);
  await node.send(0, 5, 4);
  expect(await node.until(() => node.heard.length >= 8)).toBe(true);
  expect(collector.counters()).toMatchObject({ packets: 5, duplicates: 3, lost: 1 });
  await node.deliver(3);
  expect(collector.counters()).toMatchObject({ packets: 6, lost: 0 });
  await end();
  await expectRecorded(dir, 7, range(0, 6));
});

testWithPty('on a noisy line everything arrives in the end, and nothing wrong', async () => {
  const seed = Date.now() % 2 ** 32;
  const random = new Random(seed);
  const pair = await plugged();
  const { collector, dir, end } = await host(pair);
  const node = ScriptedNode.one(await nodeSide(pair));
  const total = 60;
  while (node.acknowledged.size < total) {
    for (const seq of range(0, total).filter((each) => !node.acknowledged.has(each))) {
      const frame = Uint8Array.from(encodeFrame(node.body(seq)));
      const fate = random.below(4);
      if (fate === 0) frame[random.below(frame.length)]! ^= 1 << random.below(8);
      if (fate === 1) await node.raw(random.bytes(1 + random.below(40)));
      await node.raw(fate === 2 ? frame.subarray(random.below(frame.length)) : frame);
    }
    await node.until(() => node.acknowledged.size === total, 200);
  }
  await end();
  await expectRecorded(dir, 7, range(0, total));
  const { badCrc, badEncoding, tooShort, lost } = collector.counters();
  expect({ seed, bad: badCrc + badEncoding + tooShort > 0, lost }).toEqual({ seed, bad: true, lost: 0 });
});

testWithPty('an unplugged port is taken up again when it is back, as another device', async () => {
  const pair = await plugged();
  const { collector, dir, end } = await host(pair);
  const states: boolean[] = [];
  collector.on('linkState', ({ up }) => states.push(up));
  const node = ScriptedNode.one(await nodeSide(pair));
  await node.deliver(...range(0, 10));
  for (const round of [1, 2]) {
    await pair.unplug();
    await eventually(() => states.length === 2 * round - 1, 'the link going down');
    await node.send(10 * round);
    await pair.plug();
    await eventually(() => states.length === 2 * round, 'the link coming up');
    await node.deliver(...range(10 * round, 10 * round + 10));
  }
  await end();
  expect(states).toEqual([false, true, false, true]);
  await expectRecorded(dir, 7, range(0, 30));
  expect(collector.counters().lost).toBe(0);
});

testWithPty('several nodes on one link and on several', async () => {
  const pairs = [await plugged(), await plugged()] as const;
  const { collector, dir, end } = await host(...pairs);
  const nodes = [
    ...ScriptedNode.several(await nodeSide(pairs[0]), [1, 2, 3]),
    ...ScriptedNode.several(await nodeSide(pairs[1]), [4, 5]),
  ];
  await Promise.all(
    nodes.map(async (node) => {
      await node.greet();
      await node.deliver(...range(0, 20));
    }),
  );
  await end();
  for (const { node } of nodes) await expectRecorded(dir, node, range(0, 20));
  expect(collector.counters()).toMatchObject({ packets: 100, lost: 0, nodes: 5 });
});
