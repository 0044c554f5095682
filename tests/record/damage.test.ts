import { mkdtempSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { McapStreamReader } from '@mcap/core';
import { recoverRecording } from '../../host/record/recoverRecording.ts';
import { scanRecording } from '../../host/record/scanRecording.ts';
import {
  NODE,
  generator,
  openRecorder,
  packet,
  readAll,
  recordSession,
  scratch,
  START_NANOS,
} from './fixtures.ts';

const root = scratch();
const folder = (): string => mkdtempSync(join(root, 'run-'));

/** Where each packet's record ends, in order, and where the data section does. */
async function layout(
  path: string,
): Promise<{ packetEnds: number[]; messageEnds: number[]; dataEnd: number }> {
  const packetEnds: number[] = [];
  const messageEnds: number[] = [];
  let dataEnd = 0;
  let from: 'packet' | 'message' | undefined;
  for await (const item of scanRecording(path)) {
    if (from) messageEnds.push(item.offset);
    if (from === 'packet') packetEnds.push(item.offset);
    from = undefined;
    if (item.kind !== 'record') continue;
    if (item.record.kind === 'message') from = item.record.type === 'Samples' ? 'packet' : 'message';
    if (item.record.kind === 'dataEnd') dataEnd = item.offset;
  }
  return { packetEnds, messageEnds, dataEnd };
}

test('a recording cut at any byte yields every complete packet, and the verdict says so', async () => {
  const dir = folder();
  const bytes = await readFile(await recordSession(dir, 4, { count: 2 }));
  const whole = join(dir, 'whole.mcap');
  await writeFile(whole, bytes);
  const { packetEnds, messageEnds } = await layout(whole);
  expect(packetEnds).toHaveLength(4);
  const cut = join(dir, 'cut.mcap');
  await writeFile(cut, bytes);
  for (let length = bytes.length; length >= 0; length--) {
    await truncate(cut, length);
    const complete = packetEnds.filter((end) => end <= length).length;
    const { seqs, verdict } = await readAll(cut);
    expect(seqs).toEqual([0, 1, 2, 3].slice(0, complete));
    expect(verdict).toMatchObject({ bytes: length, damagedPlaces: 0, lostMessages: 0 });
    expect(verdict.state).toBe(length === bytes.length ? 'complete' : 'cut');
    if (length < bytes.length) expect(verdict.cutAt! + verdict.lostBytes).toBe(length);

    // Each byte around the ends of records, and some between.
    if (length % 32 !== 0 && !messageEnds.some((end) => Math.abs(end - length) < 4)) continue;
    const out = join(dir, `out-${length}.mcap`);
    const messages = messageEnds.filter((end) => end <= length).length;
    const result = await recoverRecording(cut, out);
    expect(result).toMatchObject({ packets: complete, messages, path: messages > 0 ? out : null });
    expect(result.exitCode).toBe(length === bytes.length ? 0 : messages > 0 ? 3 : 1);
    expect((await readFile(cut)).equals(bytes.subarray(0, length))).toBe(true);
    if (messages > 0) {
      const recovered = await readAll(out);
      expect(recovered.verdict.state).toBe('complete');
      expect(recovered.seqs).toEqual(seqs);
    }
  }
}, 180_000);

/** Flips bits or overwrites a stretch. */
function corrupt(bytes: Uint8Array, next: (below: number) => number): void {
  const kind = next(3);
  if (kind === 0) {
    for (let flips = 1 + next(4); flips > 0; flips--) bytes[next(bytes.length)]! ^= 1 << next(8);
  } else {
    const at = next(bytes.length);
    const end = Math.min(bytes.length, at + 1 + next(400));
    if (kind === 1) bytes.fill(0, at, end);
    else for (let i = at; i < end; i++) bytes[i] = next(256);
  }
}

test('no corruption gives a wrong sample, and every loss is counted', async () => {
  const dir = folder();
  const path = await recordSession(dir, 12);
  const clean = await readFile(path);
  const { dataEnd } = await layout(path);
  const damaged = join(dir, 'damaged.mcap');
  const seed = Math.floor(Math.random() * 2 ** 32);
  const next = generator(seed);
  const messages = 12 + 5;
  for (let round = 0; round < 1000; round++) {
    const bytes = Uint8Array.from(clean);
    corrupt(bytes, next);
    // The rest of the file stays: nothing that lies before or after the damage may be lost.
    if (Buffer.from(bytes).equals(clean)) continue;
    const context = `seed ${seed}, round ${round}`;
    await writeFile(damaged, bytes);
    const { items, seqs, verdict } = await readAll(damaged);
    for (const item of items) {
      if (item.type !== 'Samples') continue;
      const { seq } = item.message.fields;
      const truth = packet(NODE, 1, seq);
      expect({ context, samples: item.message.samples }).toEqual({ context, samples: truth.samples });
      expect({ context, logTime: item.logTime }).toEqual({
        context,
        logTime: START_NANOS + BigInt(seq) * 1_000_000n,
      });
    }
    const read = items.filter(({ type }) => type !== 'Session' && type !== 'Verdict').length;
    const counted = read + verdict.lostMessages;
    expect({ context, state: verdict.state }).not.toEqual({ context, state: 'complete' });
    expect({ context, seqs: [...new Set(seqs)] }).toEqual({ context, seqs });
    // A gap tells of every loss; at the end of the data the closing statistics do, unless the damage reaches them.
    const exact = bytes.findLastIndex((byte, i) => byte !== clean[i]) < dataEnd;
    expect({ context, counted }).toEqual({
      context,
      counted: exact ? messages : Math.min(counted, messages),
    });
    if (read < messages) expect({ context, lost: verdict.lostBytes > 0 }).toEqual({ context, lost: true });
  }
});

test('damage costs only the packets that it touches', async () => {
  const dir = folder();
  const path = await recordSession(dir, 20);
  const clean = await readFile(path);
  const { packetEnds } = await layout(path);
  const damaged = join(dir, 'damaged.mcap');
  for (let hit = 1; hit < 20; hit++) {
    for (const place of ['opcode', 'length', 'content', 'crc']) {
      const start = packetEnds[hit - 1]!;
      const at = { opcode: start, length: start + 2, content: start + 60, crc: packetEnds[hit]! - 1 }[place]!;
      const bytes = Uint8Array.from(clean);
      bytes[at]! ^= 0x10;
      await writeFile(damaged, bytes);
      const { seqs, verdict } = await readAll(damaged);
      expect(seqs).toEqual(Array.from({ length: 20 }, (_, seq) => seq).filter((seq) => seq !== hit));
      expect(verdict).toMatchObject({
        state: 'damaged',
        damagedPlaces: 1,
        lostMessages: 1,
        lostBytes: packetEnds[hit]! - start,
      });
      const out = join(dir, `${hit}-${place}.mcap`);
      expect(await recoverRecording(damaged, out)).toMatchObject({
        exitCode: 3,
        packets: 19,
        lostMessages: 1,
      });
      const reader = new McapStreamReader({ validateCrcs: true });
      reader.append(await readFile(out));
      while (reader.nextRecord());
      expect(reader.done()).toBe(true);
    }
  }
});

test('damage to schemas, channels and summary loses no packet and does not go unseen', async () => {
  const dir = folder();
  const path = await recordSession(dir, 3);
  const clean = await readFile(path);
  const damaged = join(dir, 'damaged.mcap');
  const spans: { from: number; to: number; kind: string }[] = [];
  for await (const item of scanRecording(path)) {
    const before = spans.at(-1);
    if (before) before.to = item.offset;
    if (item.kind === 'record') spans.push({ from: item.offset, to: clean.length, kind: item.record.kind });
  }
  const seed = Math.floor(Math.random() * 2 ** 32);
  const next = generator(seed);
  for (const { from, to, kind } of spans) {
    if (kind === 'message') continue;
    for (let round = 0; round < 20; round++) {
      const bytes = Uint8Array.from(clean);
      const at = from + next(to - from);
      bytes[at]! ^= 1 << next(8);
      await writeFile(damaged, bytes);
      const context = `seed ${seed}, byte ${at} of ${kind}`;
      const { seqs, verdict } = await readAll(damaged);
      expect({ context, seqs }).toEqual({ context, seqs: [0, 1, 2] });
      expect({ context, whole: verdict.state === 'complete' }).toEqual({ context, whole: false });
    }
  }
});

test('a file of another program is refused by name', async () => {
  const path = join(folder(), 'ros.mcap');
  const { McapRecordBuilder } = await import('@mcap/core');
  const builder = new McapRecordBuilder();
  builder.writeMagic();
  builder.writeHeader({ profile: 'ros2', library: 'rosbag2' });
  await writeFile(path, builder.buffer);
  await expect(readAll(path)).rejects.toThrow(
    /no Solstice recording: MCAP profile 'ros2', made by 'rosbag2'/,
  );
});

test('recovery never writes over anything', async () => {
  const path = await recordSession(folder(), 2);
  const before = await readFile(path);
  await expect(recoverRecording(path, path)).rejects.toThrow(/exists already/);
  expect((await readFile(path)).equals(before)).toBe(true);
  await expect(recoverRecording(`${path}.none`, `${path}.out`)).rejects.toThrow(/cannot read/);
});

test('a session that a killed host left behind is ended by the next one, and stays readable', async () => {
  const dir = folder();
  const path = await recordSession(dir, 5);
  const clean = await readFile(path);
  const { packetEnds, dataEnd } = await layout(path);
  for (const length of [packetEnds[3]! + 17, packetEnds[4]!, dataEnd]) {
    const next = folder();
    const torn = join(next, '20260101T000000Z-000000.mcap');
    await writeFile(torn, clean.subarray(0, length));
    const recorder = await openRecorder(next);
    const packets = packetEnds.filter((end) => end <= length).length;
    expect(recorder.restored).toMatchObject([{ state: 'recovered', packets, verdict: { state: 'cut' } }]);
    for (let seq = 0; seq < packets; seq++) {
      expect(recorder.addSamples(packet(NODE, 1, seq), START_NANOS)).toBe('duplicate');
    }
    await recorder.close();
    const { seqs, verdict } = await readAll(torn);
    expect(seqs).toHaveLength(packets);
    expect(verdict.state).toBe('complete');
    const reader = new McapStreamReader({ validateCrcs: true });
    reader.append(await readFile(torn));
    while (reader.nextRecord());
    expect(reader.done()).toBe(true);
  }
});

test('a damaged session that was left behind is not touched', async () => {
  const dir = folder();
  const path = await recordSession(dir, 5);
  const bytes = await readFile(path);
  const { packetEnds } = await layout(path);
  const next = folder();
  const torn = join(next, '20260101T000000Z-000000.mcap');
  const left = Uint8Array.from(bytes.subarray(0, packetEnds[4]!));
  left[packetEnds[4]! - 10]! ^= 1;
  await writeFile(torn, left);
  const recorder = await openRecorder(next);
  expect(recorder.restored).toMatchObject([{ state: 'damaged', packets: 4 }]);
  expect(recorder.addSamples(packet(NODE, 1, 4), START_NANOS)).toBe('new');
  await recorder.close();
  expect((await readFile(torn)).equals(left)).toBe(true);
});
