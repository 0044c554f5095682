import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { Recorder, type RecorderOptions } from '../../host/record/recorder.ts';
import { readRecording, type RecordingItem, type Verdict } from '../../host/record/readRecording.ts';
import { packet } from './samplePackets.ts';

export { generator, packet, samplesOf } from './samplePackets.ts';

export const NODE = 0x2a;
export const START = 1_767_268_800_000;
export const START_NANOS = BigInt(START) * 1_000_000n;

export const config: NodeConfig = {
  policy: 1,
  axes: 3,
  fractionBits: 8,
  batch: 8,
  slotMicros: 10_000,
  latencySlots: 500,
  sendSlots: 20,
  minSkip: 0,
  maxSkip: 40,
  rate: 20_000,
  threshold: -77,
  sampleNanojoules: 1000,
  packetNanojoules: 2000,
  byteNanojoules: 30,
  horizon: 256,
  reserve: 51,
  density: 4,
};

/** A folder that is removed after the tests of the file. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'solstice-record-'));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export function openRecorder(dir: string, options: Partial<RecorderOptions> = {}): Promise<Recorder> {
  return Recorder.open({ dir, origin: 'simulated', now: () => START, ...options });
}

/** Identity, configuration and clock of a node, as a HELLO brings them. */
export function introduce(recorder: Recorder, node = NODE, boot = 1): void {
  const firmware = '00000000000000ff';
  const identity = { protocol: 1, node, boot, firmware, module: '0123456789abcdef', slot: 5, configId: 0 };
  recorder.addIdentity(identity, START_NANOS);
  recorder.addConfiguration(node, config, START_NANOS);
  const clock = { slot: 7, micros: 12, slotMicros: 10_000, offsetMicros: START * 1000, roundTripMicros: 900 };
  recorder.addClock(node, clock, START_NANOS);
}

export const STATUS = {
  node: NODE,
  boot: 1,
  slot: 900,
  millivolts: 2800,
  queue: 3,
  oldestAge: 40,
  sampled: 100,
  formed: 12,
  acknowledged: 11,
  blocked: 2,
  late: 0,
  pruned: 0,
  expired: 0,
  linkErrors: 1,
};

/** Records packets 0 to `packets - 1` of `NODE`'s first boot, one commit each, and closes. */
export async function recordSession(
  dir: string,
  packets: number,
  shape: { count?: number } = {},
): Promise<string> {
  const recorder = await openRecorder(dir, { title: 'a test' });
  introduce(recorder);
  for (let seq = 0; seq < packets; seq++) {
    recorder.addSamples(packet(NODE, 1, seq, shape), START_NANOS + BigInt(seq) * 1_000_000n);
    await recorder.commit();
  }
  recorder.addStatus(STATUS, START_NANOS + 5_000_000_000n);
  await recorder.close();
  return recorder.path;
}

/** Everything in a file, with what is only valid until the next item copied. */
export async function readAll(
  path: string,
): Promise<{ items: RecordingItem[]; verdict: Verdict; seqs: number[] }> {
  const items: RecordingItem[] = [];
  const seqs: number[] = [];
  let verdict: Verdict | undefined;
  for await (const item of readRecording(path)) {
    if (item.type === 'Verdict') verdict = item.verdict;
    if (item.type === 'Samples') {
      seqs.push(item.message.fields.seq);
      items.push({ ...item, message: { ...item.message, body: item.message.body.slice() } });
    } else items.push(item);
  }
  return { items, verdict: verdict!, seqs };
}
