import { mkdtempSync } from 'node:fs';
import { open, readFile, readdir, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { McapIndexedReader, McapStreamReader, type McapTypes } from '@mcap/core';
import Database from 'libsql';
import { UserError } from '../../host/errors.ts';
import { RecordingIndex } from '../../host/record/recordingIndex.ts';
import { stockType } from './stockProtobuf.ts';
import {
  NODE,
  START,
  START_NANOS,
  config,
  introduce,
  openRecorder,
  packet,
  readAll,
  recordSession,
  scratch,
} from './fixtures.ts';

const root = scratch();
const folder = (): string => mkdtempSync(join(root, 'run-'));

function messagesOf(bytes: Uint8Array): { records: McapTypes.TypedMcapRecord[]; done: boolean } {
  const reader = new McapStreamReader({ validateCrcs: true });
  reader.append(bytes);
  const records: McapTypes.TypedMcapRecord[] = [];
  for (let record; (record = reader.nextRecord());) records.push(record);
  return { records, done: reader.done() };
}

test('a recording opens in the stock readers and decodes with its own descriptors', async () => {
  const path = await recordSession(folder(), 5);
  const bytes = await readFile(path);
  const { records, done } = messagesOf(bytes);
  expect(done).toBe(true);
  const schemas = new Map(records.flatMap((r) => (r.type === 'Schema' ? [[r.id, r] as const] : [])));
  const channels = new Map(records.flatMap((r) => (r.type === 'Channel' ? [[r.id, r] as const] : [])));
  const decoded = records.flatMap((record) => {
    if (record.type !== 'Message') return [];
    const channel = channels.get(record.channelId)!;
    const schema = schemas.get(channel.schemaId)!;
    const type = stockType(schema.data, schema.name);
    return [
      {
        topic: channel.topic,
        fields: type.toObject(type.decode(record.data), { longs: Number, defaults: true }),
      },
    ];
  });
  const samples = decoded.filter(({ topic }) => topic === '/node/0000002a/samples');
  expect(samples).toHaveLength(5);
  samples.forEach(({ fields }, seq) => {
    const { body, samples: truth } = packet(NODE, 1, seq);
    expect(fields).toMatchObject({
      node: NODE,
      boot: 1,
      seq,
      slot: truth.slots[0],
      axes: 3,
      fractionBits: 8,
    });
    expect(Buffer.from(fields.packet as Uint8Array).equals(body)).toBe(true);
    expect(fields.slots).toEqual([...truth.slots]);
    expect(fields.values).toEqual([...truth.values]);
  });
  const configuration = decoded.find(({ topic }) => topic.endsWith('/configuration'))!;
  expect(configuration.fields).toMatchObject({ ...config });
  for (const leaf of ['identity', 'calibration', 'clock', 'status']) {
    expect(decoded.some(({ topic }) => topic === `/node/0000002a/${leaf}`)).toBe(true);
  }

  const readable = {
    size: () => Promise.resolve(BigInt(bytes.length)),
    read: (offset: bigint, length: bigint) =>
      Promise.resolve(new Uint8Array(bytes.subarray(Number(offset), Number(offset + length)))),
  };
  const indexed = await McapIndexedReader.Initialize({ readable });
  expect(indexed.statistics?.messageCount).toBe(BigInt(decoded.length));
  expect([...indexed.channelsById.values()].map(({ topic }) => topic)).toContain('/node/0000002a/samples');
});

test('reading back gives what was recorded, with the node time', async () => {
  const path = await recordSession(folder(), 3);
  const { items, verdict, seqs } = await readAll(path);
  expect(verdict).toMatchObject({ state: 'complete', damagedPlaces: 0, lostBytes: 0, lostMessages: 0 });
  expect(seqs).toEqual([0, 1, 2]);
  expect(items.map(({ type }) => type)).toEqual([
    'Session', 'Identity', 'Configuration', 'Calibration', 'Clock', 'Samples', 'Samples', 'Samples', 'Status', 'Verdict',
  ]); // prettier-ignore
  for (const item of items) {
    if (item.type !== 'Samples') continue;
    const { seq } = item.message.fields;
    const truth = packet(NODE, 1, seq);
    expect(item.message).toEqual({ ...truth, body: Uint8Array.from(truth.body) });
    expect(item.logTime).toBe(START_NANOS + BigInt(seq) * 1_000_000n);
    expect(item.publishTime).toBe(START_NANOS + BigInt(truth.samples.slots[0]!) * 10_000_000n);
  }
});

test('a packet is recorded once, whatever comes again, in this session and the next ones', async () => {
  const dir = folder();
  let recorder = await openRecorder(dir);
  expect(recorder.addSamples(packet(NODE, 1, 0), START_NANOS)).toBe('new');
  expect(recorder.addSamples(packet(NODE, 1, 0), START_NANOS)).toBe('duplicate');
  await recorder.commit();
  expect(recorder.addSamples(packet(NODE, 1, 0), START_NANOS)).toBe('duplicate');
  expect(recorder.addSamples(packet(NODE, 2, 0), START_NANOS)).toBe('new');
  expect(recorder.addSamples(packet(NODE + 1, 1, 0), START_NANOS)).toBe('new');
  await recorder.close();
  expect(recorder.counters).toMatchObject({ packets: 3, samples: 12, duplicates: 2 });
  recorder = await openRecorder(dir);
  expect(recorder.restored).toEqual([]);
  expect(recorder.addSamples(packet(NODE, 2, 0), START_NANOS)).toBe('duplicate');
  expect(recorder.addSamples(packet(NODE, 2, 1), START_NANOS)).toBe('new');
  await recorder.close();
});

test('a session that never hears a HELLO still says how its samples are to be read', async () => {
  const dir = folder();
  await recordSession(dir, 1);
  const recorder = await openRecorder(dir);
  recorder.addSamples(packet(NODE, 1, 7), START_NANOS);
  await recorder.close();
  const { items } = await readAll(recorder.path);
  const configuration = items.find(({ type }) => type === 'Configuration');
  expect(configuration).toMatchObject({ fields: { node: NODE, ...config } });
  expect(items.find(({ type }) => type === 'Samples')).toMatchObject({ fractionBits: 8 });
});

test('commits made while one is under way share the next write', async () => {
  const recorder = await openRecorder(folder());
  const commits: Promise<void>[] = [];
  for (let seq = 0; seq < 50; seq++) {
    recorder.addSamples(packet(NODE, 1, seq), START_NANOS);
    commits.push(recorder.commit());
  }
  await commits[0];
  recorder.addSamples(packet(NODE, 1, 50), START_NANOS);
  await Promise.all([...commits, recorder.commit(), recorder.commit()]);
  expect(recorder.counters).toMatchObject({ commits: 2, packets: 51 });
  await recorder.close();
});

test('what a commit resolved for is in the file at that moment', async () => {
  const recorder = await openRecorder(folder());
  for (let seq = 0; seq < 20; seq++) {
    recorder.addSamples(packet(NODE, 1, seq), START_NANOS);
    await recorder.commit();
    const { seqs, verdict } = await readAll(recorder.path);
    expect(seqs).toHaveLength(seq + 1);
    expect(verdict).toMatchObject({ state: 'cut', lostBytes: 0 });
  }
  await recorder.close();
});

test('a commit waits for fdatasync', async () => {
  const recorder = await openRecorder(folder());
  const handle = await open(recorder.path);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const { datasync } = prototype;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  prototype.datasync = async function (this: FileHandle): Promise<void> {
    await held;
    return datasync.call(this);
  };
  try {
    recorder.addSamples(packet(NODE, 1, 0), START_NANOS);
    let done = false;
    const commit = recorder.commit().then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(done).toBe(false);
    release();
    await commit;
  } finally {
    prototype.datasync = datasync;
  }
  await recorder.close();
});

test('two recorders cannot have one folder', async () => {
  const dir = folder();
  const recorder = await openRecorder(dir);
  await expect(openRecorder(dir)).rejects.toThrow(/another Solstice process is recording into/);
  await recorder.close();
  await (await openRecorder(dir)).close();
});

test('a folder that cannot be made is named', async () => {
  const file = join(folder(), 'file');
  await writeFile(file, '');
  await expect(openRecorder(join(file, 'below'))).rejects.toThrow(UserError);
});

test('the index tells nodes and sessions', async () => {
  const dir = folder();
  await recordSession(dir, 4);
  const { index } = RecordingIndex.open(join(dir, 'index.sqlite'), START);
  expect(index.sessions()).toMatchObject([
    { state: 'closed', packets: 4, samples: 16, started: START, ended: START },
  ]);
  expect(index.nodes()).toMatchObject([
    {
      node: NODE,
      firstSeen: START,
      lastSeen: START + 5000,
      identity: { module: '0123456789abcdef' },
      configuration: config,
    },
  ]);
  expect(index.load(NODE, 1)).toEqual([{ first: 0, last: 3 }]);
  index.close();
});

test.each(['deleted', 'garbage', 'torn', 'emptied tables', 'another database'])(
  'an index that is lost (%s) is rebuilt from the recordings',
  async (how) => {
    const dir = folder();
    await recordSession(dir, 6);
    const second = await openRecorder(dir, { now: () => START + 60_000 });
    second.addSamples(packet(NODE, 1, 9), START_NANOS);
    await second.close();
    const path = join(dir, 'index.sqlite');
    if (how === 'deleted') await rm(path);
    else if (how === 'garbage') await writeFile(path, 'no database '.repeat(1000));
    else if (how === 'torn') await truncate(path, (await readFile(path)).length - 5000);
    else {
      const db = new Database(path);
      if (how === 'emptied tables') db.exec('DELETE FROM sessions; DELETE FROM received; DELETE FROM nodes');
      else db.exec('DROP TABLE received');
      db.close();
    }
    const recorder = await openRecorder(dir);
    const setAside = (await readdir(dir)).filter((name) => /^index\.sqlite\.broken-\d{8}T\d{6}Z$/.test(name));
    expect(setAside).toHaveLength(how === 'deleted' || how === 'emptied tables' ? 0 : 1);
    expect(recorder.restored.map(({ packets, state }) => ({ packets, state }))).toEqual([
      { packets: 6, state: 'closed' },
      { packets: 1, state: 'closed' },
    ]);
    for (const seq of [0, 1, 2, 3, 4, 5, 9])
      expect(recorder.addSamples(packet(NODE, 1, seq), START_NANOS)).toBe('duplicate');
    expect(recorder.addSamples(packet(NODE, 1, 6), START_NANOS)).toBe('new');
    await recorder.close();
    expect((await readAll(recorder.path)).items).toContainEqual(
      expect.objectContaining({ type: 'Configuration' }),
    );
  },
);

test('an index of a newer version is left alone', async () => {
  const dir = folder();
  await recordSession(dir, 1);
  const db = new Database(join(dir, 'index.sqlite'));
  db.pragma('user_version = 99');
  db.close();
  await expect(openRecorder(dir)).rejects.toThrow(/newer Solstice/);
});

test('files that are no recordings are left alone', async () => {
  const dir = folder();
  const junk = Buffer.alloc(5000, 'MCAP');
  await writeFile(join(dir, 'a.mcap'), junk);
  await writeFile(join(dir, 'b.mcap'), '');
  const recorder = await openRecorder(dir);
  expect(recorder.restored.map(({ file, state }) => [file, state])).toEqual([
    ['a.mcap', 'foreign'],
    ['b.mcap', 'foreign'],
  ]);
  await recorder.close();
  expect((await readFile(join(dir, 'a.mcap'))).equals(junk)).toBe(true);
  const again = await openRecorder(dir);
  expect(again.restored).toEqual([]);
  await again.close();
});

test('repeated configurations are recorded once, changed ones again', async () => {
  const recorder = await openRecorder(folder());
  introduce(recorder);
  introduce(recorder);
  recorder.addConfiguration(NODE, { ...config, axes: 6 }, START_NANOS);
  await recorder.close();
  const { items } = await readAll(recorder.path);
  expect(items.filter(({ type }) => type === 'Configuration')).toHaveLength(2);
  const calibrations = items.flatMap((item) =>
    item.type === 'Calibration' ? [item.fields.scale.length] : [],
  );
  expect(calibrations).toEqual([3, 6]);
});
