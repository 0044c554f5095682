import { describe, expect, test } from '@jest/globals';
import {
  Collector,
  type CollectedSamples,
  type CollectorOptions,
  type Refusal,
} from '../../host/collect/collector.ts';
import { encodeFrame } from '../../host/link/frame.ts';
import { configId, encodeMessage } from '../../host/link/message.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { encodeSamples } from '../../host/link/samples.ts';
import type { Transport } from '../../host/link/transport.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { Random } from '../link/support.ts';
import { config } from './nodeConfig.ts';
import { ScriptedNode, samplesOf } from './scriptedNode.ts';
import { ScriptedRecorder, deferred, settle } from './support.ts';

function setUp(options: Partial<CollectorOptions> = {}): {
  recorder: ScriptedRecorder;
  collector: Collector;
  node: ScriptedNode;
  host: Transport;
  samples: CollectedSamples[];
  errors: unknown[];
} {
  const recorder = new ScriptedRecorder();
  const collector = new Collector({ recorder, configFor: () => config, ...options });
  const [host, end] = createVirtualLink();
  collector.attach(host);
  const samples: CollectedSamples[] = [];
  const errors: unknown[] = [];
  collector.on('samples', (packet) => samples.push(packet));
  collector.on('recordError', ({ error }) => errors.push(error));
  return { recorder, collector, node: ScriptedNode.one(end), host, samples, errors };
}

const heardNames = (node: ScriptedNode): string[] => node.heard.map(({ name }) => name);

describe('HELLO', () => {
  test('is answered by CONFIG, TIME and ACK, in this order', async () => {
    const { node, recorder } = setUp();
    await node.hello();
    await settle();
    expect(heardNames(node)).toEqual(['CONFIG', 'TIME', 'ACK']);
    expect(node.heard[0]!.fields).toEqual({ node: 7, configId: configId(config), boot: 0, ...config });
    expect(node.heard[2]!.fields).toEqual({ node: 7, boot: 1, seq: 0xffffffff });
    expect(recorder.identities).toMatchObject([{ node: 7, boot: 1, configId: 0 }]);
    expect(recorder.configurations).toEqual([{ node: 7, config }]);
  });

  test('is not needed for a clock exchange: a node that never reboots is asked every hour, before an ACK', async () => {
    let now = 1e12;
    const { node, recorder } = setUp({ now: () => now });
    await node.hello();
    await settle();
    node.heard.length = 0;
    for (const [seq, after] of [0, 3_500_000, 200_000, 3_500_000].entries()) {
      now += after;
      await node.send(seq);
      await settle();
    }
    expect(heardNames(node)).toEqual(['ACK', 'ACK', 'TIME', 'ACK', 'ACK']);
    expect(recorder.clocks).toHaveLength(2);
  });

  test('of a node that has its configuration brings none, and no clock exchange within a minute', async () => {
    let now = 1e12;
    const { node, recorder } = setUp({ now: () => now });
    for (const after of [0, 59_000, 1500]) {
      now += after;
      await node.hello();
      await settle();
    }
    expect(heardNames(node)).toEqual(['CONFIG', 'TIME', 'ACK', 'ACK', 'TIME', 'ACK']);
    expect(recorder.configurations).toEqual([{ node: 7, config }]);
  });

  test('of a node for which there is no configuration brings none', async () => {
    const { node, recorder } = setUp({ configFor: () => undefined });
    await node.hello();
    await settle();
    expect(heardNames(node)).toEqual(['TIME', 'ACK']);
    expect(recorder.configurations).toEqual([]);
  });

  test('of another protocol version is refused', async () => {
    const { node, collector, recorder } = setUp();
    const refusals: Refusal[] = [];
    collector.on('refused', (refusal) => refusals.push(refusal));
    await node.hello({ protocol: 9 });
    await settle();
    expect(node.heard).toEqual([]);
    expect(recorder.identities).toEqual([]);
    expect(refusals).toEqual([{ link: 'virtual', reason: 'protocol', count: 1 }]);
    expect(collector.counters().unexpected).toBe(1);
  });
});

describe('configuration', () => {
  const wider: NodeConfig = { ...config, axes: 3 };

  /** A node that has `config`, under a host that wants `wanted` from its second boot on. */
  async function rebooted(wanted: NodeConfig): Promise<ReturnType<typeof setUp>> {
    const parts = setUp({ configFor: ({ boot }) => (boot === 1 ? config : wanted) });
    await parts.node.hello();
    await settle();
    parts.node.boot = 2;
    await parts.node.hello();
    await settle();
    expect(heardNames(parts.node)).toEqual(['CONFIG', 'TIME', 'ACK', 'CONFIG', 'ACK']);
    return parts;
  }

  test('one that leaves the meaning of samples is in force at once', async () => {
    const { recorder } = await rebooted({ ...config, batch: 9 });
    expect(recorder.configurations.map(({ config: { batch } }) => batch)).toEqual([5, 9]);
  });

  test('one that changes it counts when the node names it', async () => {
    const { node, recorder, samples } = await rebooted({ ...config, fractionBits: 4 });
    await node.send(0);
    await settle();
    expect(samples.map(({ fractionBits }) => fractionBits)).toEqual([8]);
    await node.hello();
    await settle();
    await node.send(1);
    await settle();
    expect(samples.map(({ fractionBits }) => fractionBits)).toEqual([8, 4]);
    expect(recorder.configurations.map(({ config: { fractionBits } }) => fractionBits)).toEqual([8, 4]);
  });

  test('one that the node refused is not recorded', async () => {
    const { node, recorder } = await rebooted(wider);
    node.configId = configId(config);
    await node.hello();
    await settle();
    expect(recorder.configurations).toEqual([{ node: 7, config }]);
    expect(heardNames(node).slice(-2)).toEqual(['CONFIG', 'ACK']);
  });

  test('a packet with the axes of the one on offer shows that it was taken', async () => {
    const { node, recorder } = await rebooted(wider);
    await node.send(0);
    await settle();
    expect(recorder.configurations.map(({ config: { axes } }) => axes)).toEqual([2]);
    await node.raw(encodeFrame(encodeSamples(7, 2, 1, samplesOf(7, 1, { axes: 3 }))));
    await settle();
    expect(recorder.configurations.map(({ config: { axes } }) => axes)).toEqual([2, 3]);
  });

  test('packets of a node whose configuration is unknown are recorded all the same', async () => {
    const { node, samples, recorder } = setUp();
    await node.send(4);
    await settle();
    expect(samples).toMatchObject([
      { node: 7, boot: 1, seq: 4, fractionBits: undefined, samples: samplesOf(7, 4) },
    ]);
    expect(recorder.stored).toEqual(new Set(['7:1:4']));
    expect(heardNames(node)).toEqual(['ACK']);
  });
});

describe('acknowledgement', () => {
  test('waits for the disk, and so does the event', async () => {
    const { node, recorder, samples } = setUp();
    const write = deferred();
    recorder.disk = () => write.promise;
    await node.send(0);
    await settle();
    expect(node.heard).toEqual([]);
    expect(samples).toEqual([]);
    write.resolve();
    await settle();
    expect(node.heard.map(({ fields }) => fields)).toEqual([{ node: 7, boot: 1, seq: 0 }]);
    expect(samples.map(({ seq }) => seq)).toEqual([0]);
  });

  test('what arrives while the disk is busy waits for the next write', async () => {
    const { node, recorder } = setUp();
    const writes = [deferred(), deferred()];
    let begun = 0;
    recorder.disk = () => writes[begun++]!.promise;
    await node.send(0);
    await settle();
    await node.send(1, 2);
    await settle();
    writes[0]!.resolve();
    await settle();
    expect([...node.acknowledged]).toEqual([0]);
    writes[1]!.resolve();
    await settle();
    expect([...node.acknowledged]).toEqual([0, 1, 2]);
    expect(begun).toBe(2);
  });

  test('a duplicate waits for the disk too, and is acknowledged again', async () => {
    const { node, recorder, collector, samples } = setUp();
    await node.send(0);
    await settle();
    const write = deferred();
    recorder.disk = () => write.promise;
    await node.send(0, 0);
    await settle();
    expect(node.heard).toHaveLength(1);
    write.resolve();
    await settle();
    expect(node.heard).toHaveLength(3);
    expect(samples).toHaveLength(1);
    expect(collector.counters()).toMatchObject({ packets: 1, samples: 5, duplicates: 2, lost: 0 });
  });

  test('a failing disk: nothing of it is acknowledged, and collection goes on', async () => {
    const { node, recorder, collector, samples, errors } = setUp();
    const write = deferred();
    recorder.disk = () => write.promise;
    await node.send(0, 1);
    await settle();
    // Comes while the write that fails is under way: the recorder forgets it as well.
    await node.send(2);
    await settle();
    const full = new Error('the disk is full');
    write.reject(full);
    await settle();
    expect(node.heard).toEqual([]);
    expect(samples).toEqual([]);
    expect(errors).toEqual([full]);
    expect(collector.counters()).toMatchObject({ packets: 0, deferred: 3, failedCommits: 1 });
    recorder.disk = () => Promise.resolve();
    await node.send(0, 1, 2);
    await settle();
    expect([...node.acknowledged]).toEqual([0, 1, 2]);
    expect(recorder.stored.size).toBe(3);
    expect(collector.counters()).toMatchObject({ packets: 3, duplicates: 0, lost: 0 });
  });

  test('a recorder that takes nothing is an error of the recorder', async () => {
    const { node, recorder, errors, collector } = setUp();
    const closed = new Error('the recorder is closed');
    recorder.addSamples = () => {
      throw closed;
    };
    await node.send(0);
    await settle();
    expect(errors).toEqual([closed]);
    expect(node.heard).toEqual([]);
    expect(collector.counters()).toMatchObject({ packets: 0, deferred: 1 });
  });

  test('one that does not reach its node does no harm', async () => {
    const { node, recorder, collector, host } = setUp();
    const write = deferred();
    recorder.disk = () => write.promise;
    await node.send(0);
    await settle();
    await host.close();
    write.resolve();
    await settle();
    expect(recorder.stored.size).toBe(1);
    expect(collector.counters()).toMatchObject({ packets: 1, droppedAnswers: 1 });
  });

  test('closing first records and answers all that was received', async () => {
    const { node, recorder, collector } = setUp();
    const write = deferred();
    recorder.disk = () => write.promise;
    await node.send(0, 1);
    await settle();
    let closed = false;
    const closing = collector.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    write.resolve();
    await closing;
    await settle();
    expect([...node.acknowledged]).toEqual([0, 1]);
  });
});

describe('a disk slower than the link', () => {
  test('pauses reading at the limit, and resumes below half of it', async () => {
    const { recorder, collector, node, host } = setUp({ maxPendingBytes: 400 });
    const calls: string[] = [];
    host.pause = () => calls.push('pause');
    host.resume = () => calls.push('resume');
    const write = deferred();
    recorder.disk = () => write.promise;
    for (let seq = 0; seq < 12; seq++) {
      await node.send(seq);
      await settle(2);
    }
    expect(calls).toEqual(['pause']);
    write.resolve();
    await settle();
    expect(calls).toEqual(['pause', 'resume']);
    expect(collector.counters().lost).toBe(0);
  });

  test('where reading cannot pause, packets beyond twice the limit are left to their node', async () => {
    const { recorder, collector, node } = setUp({ maxPendingBytes: 400 });
    const write = deferred();
    recorder.disk = () => write.promise;
    const seqs = Array.from({ length: 100 }, (_, seq) => seq);
    await node.send(...seqs);
    await settle();
    const { deferred: left } = collector.counters();
    expect(left).toBeGreaterThan(70);
    write.resolve();
    await settle();
    expect(node.acknowledged.size).toBe(100 - left);
    await node.send(...seqs.filter((seq) => !node.acknowledged.has(seq)).slice(0, 5));
    await settle();
    expect(node.acknowledged.size).toBe(105 - left);
  });
});

describe('counting', () => {
  test('gaps are lost until they close; each node counts for itself', async () => {
    const recorder = new ScriptedRecorder();
    const collector = new Collector({ recorder });
    const [host, end] = createVirtualLink();
    collector.attach(host);
    const [a, b] = ScriptedNode.several(end, [1, 2]) as [ScriptedNode, ScriptedNode];
    await a.send(10, 13, 12);
    await b.send(5, 5, 7, 6);
    await settle();
    expect(collector.counters()).toMatchObject({ packets: 6, samples: 30, lost: 1, duplicates: 1, nodes: 2 });
    expect(collector.counters().perNode).toEqual([
      { node: 1, packets: 3, samples: 15, lost: 1, duplicates: 0 },
      { node: 2, packets: 3, samples: 15, lost: 0, duplicates: 1 },
    ]);
    await a.send(11);
    await settle();
    expect(collector.counters().lost).toBe(0);
  });

  test('one node heard over two links is one node', async () => {
    const { collector, node, recorder } = setUp();
    const [host, end] = createVirtualLink('other');
    collector.attach(host);
    const again = ScriptedNode.one(end);
    await node.send(0, 1);
    await again.send(1, 2);
    await settle();
    expect(recorder.stored.size).toBe(3);
    expect([...node.acknowledged, ...again.acknowledged]).toEqual([0, 1, 1, 2]);
    expect(collector.counters()).toMatchObject({ packets: 3, duplicates: 1, lost: 0, nodes: 1 });
  });

  test('counters of a detached link stay in the sum', async () => {
    const { collector, node, host } = setUp();
    await node.send(0);
    await node.raw(Uint8Array.of(0, 5, 5, 0));
    await settle();
    const before = collector.counters();
    expect(before).toMatchObject({ frames: 1, badEncoding: 1, discardedBytes: 2 });
    collector.detach(host);
    await node.send(1);
    await settle();
    expect(collector.counters()).toEqual(before);
  });

  test('messages that only a host sends are counted, and not answered', async () => {
    const { collector, node, recorder } = setUp();
    await node.raw(encodeFrame(encodeMessage('ACK', { node: 7, boot: 1, seq: 0 })));
    await node.raw(
      encodeFrame(encodeMessage('TIME', { node: 7, hostMicros: 5n, slot: 0xffffffff, micros: 0 })),
    );
    await node.raw(encodeFrame(encodeMessage('CONFIG', { node: 7, configId: 1, boot: 0, ...config })));
    await settle();
    expect(collector.counters()).toMatchObject({ unexpected: 3, nodes: 0 });
    expect(node.heard).toEqual([]);
    expect(recorder.configurations).toEqual([]);
  });

  test('a corrupted link records only what was sent, and accounts for every byte', async () => {
    const seed = Date.now() % 2 ** 32;
    const random = new Random(seed);
    const { collector, node, recorder, samples } = setUp();
    let bytes = 0;
    let refused = 0;
    collector.on('refused', ({ count }) => (refused += count));
    for (let seq = 0; seq < 500; seq++) {
      const frame = Uint8Array.from(encodeFrame(node.body(seq)));
      const kind = random.below(5);
      if (kind === 0) frame[random.below(frame.length)] = random.below(256);
      const part = kind === 1 ? frame.subarray(0, random.below(frame.length)) : frame;
      const text = kind === 2 ? random.bytes(random.below(30)) : new Uint8Array(0);
      bytes += part.length + text.length;
      await node.raw(Buffer.concat([text, part]));
    }
    await settle();
    for (const { seq, samples: got } of samples)
      expect({ seed, got }).toEqual({ seed, got: samplesOf(7, seq) });
    const counters = collector.counters();
    const { badCrc, badEncoding, tooShort, tooLong, refused: bodies } = counters;
    const bad = badCrc + badEncoding + tooShort + tooLong;
    expect({ seed, refused }).toEqual({
      seed,
      refused: bad + bodies.crc + bodies.length + bodies.malformed + bodies.type,
    });
    expect({ seed, bytes: counters.bytes }).toEqual({ seed, bytes });
    expect(samples.length).toBe(recorder.stored.size);
    expect(samples.length).toBeGreaterThan(250);
    const seqs = samples.map(({ seq }) => seq);
    expect(counters.lost).toBe(Math.max(...seqs) - Math.min(...seqs) + 1 - seqs.length);
  });
});

describe('clock', () => {
  test('is read at the middle of the round trip, and recorded', async () => {
    let now = 1_767_268_800_000;
    const { node, recorder, collector } = setUp({ now: () => now });
    const readings: number[] = [];
    collector.on('clock', ({ reading }) => readings.push(reading.offsetMicros));
    node.clock = () => {
      now += 30;
      return { slot: 40, micros: 500 };
    };
    await node.hello();
    await settle();
    const offsetMicros = 1_767_268_800_000_000 + 15_000 - 40 * 10_000 - 500;
    const clock = { slot: 40, micros: 500, slotMicros: 10_000, offsetMicros, roundTripMicros: 30_000 };
    expect(recorder.clocks).toEqual([clock]);
    expect(readings).toEqual([offsetMicros]);
  });

  test('an answer to a request of another host is ignored', async () => {
    const { node, recorder } = setUp();
    node.clock = undefined;
    await node.hello();
    await settle();
    await node.raw(encodeFrame(encodeMessage('TIME', { node: 7, hostMicros: 12n, slot: 3, micros: 0 })));
    await settle();
    expect(recorder.clocks).toEqual([]);
  });
});

test('STATUS is recorded and told', async () => {
  const { node, recorder, collector } = setUp();
  const told: number[] = [];
  collector.on('status', ({ node: id, status }) => told.push(id, status.millivolts));
  await node.status();
  await settle();
  expect(told).toEqual([7, 2712]);
  expect(recorder.statuses).toMatchObject([{ node: 7, millivolts: 2712, queue: 1 }]);
});
