import { statfsSync } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { RecordingFile } from '../../host/record/recordingFile.ts';
import type { Recorder } from '../../host/record/recorder.ts';
import { NODE, START_NANOS, introduce, openRecorder, packet, readAll, scratch } from './fixtures.ts';
import { mountSmall, testOnSmallDisk } from '../support/smallDisk.ts';

const disk = mountSmall('512k');
const onSmallDisk = testOnSmallDisk(disk);

onSmallDisk(`a full disk fails the commit, loses nothing acknowledged, and recording goes on`, async () => {
  const filler = join(disk!, 'filler');
  const recorder = await openRecorder(disk!);
  introduce(recorder);
  const { bavail, bsize } = statfsSync(disk!);
  await writeFile(filler, new Uint8Array(bavail * bsize - 6 * bsize));
  const acknowledged: number[] = [];
  let failure: unknown;
  let seq = 0;
  for (; failure === undefined; seq++) {
    recorder.addSamples(packet(NODE, 1, seq, { count: 20 }), START_NANOS);
    await recorder.commit().then(
      () => acknowledged.push(seq),
      (error: unknown) => (failure = error),
    );
  }
  expect(failure).toMatchObject({ name: 'UserError', hint: expect.stringContaining('free some space') });
  expect(String(failure)).toContain('the disk is full (ENOSPC)');
  expect(String(failure)).toContain(disk!);
  expect((await readAll(recorder.path)).seqs).toEqual(acknowledged);
  expect(await outcome(recorder, seq - 2)).toBe('duplicate');
  expect(recorder.addSamples(packet(NODE, 1, seq - 1, { count: 20 }), START_NANOS)).toBe('new');
  await expect(recorder.commit()).rejects.toThrow(/the disk is full/);

  await rm(filler);
  for (const again of [seq - 1, seq]) {
    expect(recorder.addSamples(packet(NODE, 1, again, { count: 20 }), START_NANOS)).toBe('new');
    await recorder.commit();
    acknowledged.push(again);
  }
  recorder.addSamples(packet(NODE + 1, 1, 0), START_NANOS);
  await recorder.close();
  const { seqs, verdict, items } = await readAll(recorder.path);
  expect(verdict).toMatchObject({ state: 'complete', lostMessages: 0, damagedPlaces: 0 });
  expect(seqs).toEqual([...acknowledged, 0]);
  expect(items.some(({ type }) => type === 'Configuration')).toBe(true);
});

async function outcome(recorder: Recorder, seq: number): Promise<string> {
  const result = recorder.addSamples(packet(NODE, 1, seq, { count: 20 }), START_NANOS);
  await recorder.commit();
  return result;
}

onSmallDisk(`a folder on a full disk cannot be opened, and the reason is named`, async () => {
  const filler = join(disk!, 'filler');
  const { bavail, bsize } = statfsSync(disk!);
  await writeFile(filler, new Uint8Array(bavail * bsize));
  await expect(openRecorder(join(disk!, 'other'))).rejects.toMatchObject({ name: 'UserError' });
  await rm(filler);
  await (await openRecorder(join(disk!, 'other'))).close();
});

const dir = scratch();

test('commits that build on a failed write fail with it, and the packets count as unknown', async () => {
  const recorder = await openRecorder(dir);
  const append = RecordingFile.prototype.append;
  let fail = true;
  RecordingFile.prototype.append = function (this: RecordingFile, bytes: Uint8Array): Promise<void> {
    if (!fail) return append.call(this, bytes);
    fail = false;
    return new Promise((_, reject) => setTimeout(() => reject(new Error('no disk')), 20));
  };
  try {
    introduce(recorder);
    recorder.addSamples(packet(NODE, 1, 0), START_NANOS);
    const first = recorder.commit();
    await new Promise((resolve) => setTimeout(resolve, 5));
    // While the first write is under way: a retransmission of the same packet, and a new one.
    expect(recorder.addSamples(packet(NODE, 1, 0), START_NANOS)).toBe('duplicate');
    const retransmitted = recorder.commit();
    expect(recorder.addSamples(packet(NODE, 1, 1), START_NANOS)).toBe('new');
    const second = recorder.commit();
    const results = await Promise.allSettled([first, retransmitted, second]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(recorder.addSamples(packet(NODE, 1, 0), START_NANOS)).toBe('new');
    expect(recorder.addSamples(packet(NODE, 1, 1), START_NANOS)).toBe('new');
    await recorder.commit();
  } finally {
    RecordingFile.prototype.append = append;
  }
  await recorder.close();
  const { seqs, verdict, items } = await readAll(recorder.path);
  expect(seqs).toEqual([0, 1]);
  expect(verdict).toMatchObject({ state: 'complete', lostMessages: 0 });
  expect(items.slice(0, 5).map(({ type }) => type)).toEqual([
    'Session',
    'Identity',
    'Configuration',
    'Calibration',
    'Clock',
  ]);
});

test('an append that fails half way leaves the file as it was, for shorter appends too', async () => {
  const path = join(dir, 'appended');
  const file = await RecordingFile.create(path, Buffer.from('start,'));
  const handle = await open(path);
  const prototype = Object.getPrototypeOf(handle) as {
    write: (...args: unknown[]) => Promise<{ bytesWritten: number }>;
  };
  await handle.close();
  const { write } = prototype;
  let calls = 0;
  prototype.write = function (this: unknown, ...args: unknown[]): Promise<{ bytesWritten: number }> {
    const [bytes, at, , position] = args as [Uint8Array, number, number, number];
    if (++calls === 3) return Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    return write.call(this, bytes, at, 4, position);
  };
  try {
    await expect(file.append(Buffer.from('lost, long'))).rejects.toThrow(/input\/output error \(EIO\)/);
    expect(await readFile(path, 'utf8')).toBe('start,');
  } finally {
    prototype.write = write;
  }
  await file.append(Buffer.from('end'));
  expect(await readFile(path, 'utf8')).toBe('start,end');
  expect([file.length, file.crc]).toEqual([9, crc32('start,end')]);
  await file.close();
});
