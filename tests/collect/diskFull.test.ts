import { statfsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect } from '@jest/globals';
import { Collector } from '../../host/collect/collector.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { Recorder } from '../../host/record/recorder.ts';
import { mountSmall, testOnSmallDisk } from '../support/smallDisk.ts';
import { config } from './nodeConfig.ts';
import { ScriptedNode, samplesOf } from './scriptedNode.ts';
import { eventually, recordedPackets } from './support.ts';

const disk = mountSmall('512k');
let finish = (): Promise<void> => Promise.resolve();

afterEach(() => finish());

testOnSmallDisk(disk)('a disk that fills up costs nothing but time', async () => {
  const dir = disk!;
  const filler = join(dir, 'filler');
  const recorder = await Recorder.open({ dir, origin: 'simulated' });
  const collector = new Collector({ recorder, configFor: () => config });
  const [host, end] = createVirtualLink();
  collector.attach(host);
  finish = async () => {
    finish = () => Promise.resolve();
    await collector.close();
    await recorder.close();
  };
  const errors: unknown[] = [];
  collector.on('recordError', ({ error }) => errors.push(error));
  const node = ScriptedNode.one(end);
  await node.greet();
  await node.deliver(0, 1, 2);
  const { bavail, bsize } = statfsSync(dir);
  await writeFile(filler, new Uint8Array((bavail - 2) * bsize));

  let seq = 3;
  for (; errors.length === 0; seq++) {
    await node.send(seq);
    await eventually(() => node.acknowledged.has(seq) || errors.length > 0, `packet ${seq}`);
  }
  expect(errors[0]).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('the disk is full'),
  });
  const stored = seq - 1;
  expect(node.acknowledged.has(stored)).toBe(false);
  await node.send(stored, seq);
  await eventually(() => errors.length > 1, 'the disk being full still');
  expect(node.acknowledged.has(stored)).toBe(false);

  await rm(filler);
  await node.deliver(stored, seq, seq + 1);
  await finish();
  const packets = await recordedPackets(dir);
  expect(packets.map((packet) => packet.seq)).toEqual(Array.from({ length: seq + 2 }, (_, each) => each));
  for (const packet of packets) expect(packet.samples).toEqual(samplesOf(7, packet.seq));
  const counters = collector.counters();
  expect(counters).toMatchObject({ packets: seq + 2, lost: 0, duplicates: 0 });
  expect(counters.failedCommits).toBe(errors.length);
  expect(counters.deferred).toBeGreaterThanOrEqual(2);
});
