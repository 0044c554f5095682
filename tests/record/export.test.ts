import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { exportCsv, type ExportOptions, type ExportResult } from '../../host/record/exportCsv.ts';
import { isoTime, recordingInfo } from '../../host/record/recordingInfo.ts';
import {
  NODE,
  START,
  START_NANOS,
  introduce,
  openRecorder,
  packet,
  recordSession,
  samplesOf,
  scratch,
} from './fixtures.ts';

const root = scratch();
const folder = (): string => mkdtempSync(join(root, 'run-'));

async function csv(
  path: string,
  options?: ExportOptions,
): Promise<{ result: ExportResult; rows: string[][] }> {
  const stream = new PassThrough();
  const written = text(stream);
  const result = await exportCsv(path, stream, options);
  stream.end();
  const lines = (await written).trimEnd().split('\n');
  return { result, rows: lines.map((line) => line.split(',')) };
}

test('CSV has one row per sample, scaled by the fraction bits, with the node time', async () => {
  const path = await recordSession(folder(), 3);
  const { result, rows } = await csv(path);
  expect(result).toMatchObject({ rows: 12, packets: 3, verdict: { state: 'complete' } });
  expect(rows[0]).toEqual(['node', 'boot', 'seq', 'slot', 'time', 'seconds', 'axis0', 'axis1', 'axis2']);
  const expected = [0, 1, 2].flatMap((seq) => {
    const { slots, values } = samplesOf(NODE, 1, seq);
    return [...slots].map((slot, i) => [
      '0000002a',
      '1',
      String(seq),
      String(slot),
      isoTime(START_NANOS + BigInt(slot) * 10_000_000n),
      String((slot * 10_000) / 1e6),
      ...[...values.subarray(3 * i, 3 * i + 3)].map((value) => String(value / 256)),
    ]);
  });
  expect(rows.slice(1)).toEqual(expected);
  expect(expected[0]![4]).toBe('2026-01-01T12:00:00.030000Z');
});

test('CSV applies the calibration and names axes and units', async () => {
  const recorder = await openRecorder(folder());
  introduce(recorder);
  const axis = (
    name: string,
    scale: number,
    offset: number,
  ): { name: string; scale: number; offset: number; unit: string } => ({
    name,
    scale,
    offset,
    unit: 'm/s2',
  });
  recorder.addCalibration(NODE, [axis('x', 2, 0), axis('y', 1, 0.5), axis('z, up', 1, 0)], START_NANOS);
  recorder.addSamples(packet(NODE, 1, 0), START_NANOS);
  await recorder.close();
  const { rows } = await csv(recorder.path);
  expect(rows[0]!.slice(6).join()).toBe('x [m/s2],y [m/s2],"z, up [m/s2]"');
  const { values } = samplesOf(NODE, 1, 0);
  expect(rows[1]!.slice(6).map(Number)).toEqual([
    (values[0]! / 256) * 2,
    values[1]! / 256 + 0.5,
    values[2]! / 256,
  ]);
  const raw = await csv(recorder.path, { raw: true });
  expect(raw.rows[1]!.slice(6).map(Number)).toEqual([...values.subarray(0, 3)]);
});

test('CSV of nodes that differ in axes, and without any clock or configuration', async () => {
  const recorder = await openRecorder(folder());
  recorder.addSamples(packet(1, 1, 0, { axes: 1, count: 1 }), START_NANOS);
  recorder.addSamples(packet(2, 1, 0, { axes: 2, count: 1 }), START_NANOS);
  await recorder.close();
  const { rows } = await csv(recorder.path);
  expect(rows[0]).toEqual(['node', 'boot', 'seq', 'slot', 'time', 'seconds', 'axis0', 'axis1']);
  const one = samplesOf(1, 1, 0, { axes: 1, count: 1 });
  expect(rows[1]).toEqual(['00000001', '1', '0', String(one.slots[0]), '', '', String(one.values[0]), '']);
  expect((await csv(recorder.path, { node: 2 })).result.rows).toBe(1);
});

test('info sums a recording up, as JSON can hold it', async () => {
  const recorder = await openRecorder(folder(), { title: 'walk' });
  introduce(recorder);
  for (const seq of [0, 1, 4]) recorder.addSamples(packet(NODE, 1, seq), START_NANOS + BigInt(seq));
  recorder.addSamples(packet(NODE, 2, 0), START_NANOS + 9_000_000n);
  await recorder.close();
  const info = await recordingInfo(recorder.path);
  expect(JSON.parse(JSON.stringify(info))).toMatchObject({
    path: recorder.path,
    session: { title: 'walk', origin: 'simulated', started: new Date(START).toISOString() },
    verdict: { state: 'complete' },
    firstReceived: '2026-01-01T12:00:00.000000Z',
    lastReceived: '2026-01-01T12:00:00.009000Z',
    packets: 4,
    samples: 16,
    nodes: [
      {
        node: '0000002a',
        boots: 2,
        packets: 4,
        missingPackets: 2,
        axes: 3,
        firmware: '00000000000000ff',
        module: '0123456789abcdef',
        protocol: 1,
        clock: { offsetMicros: START * 1000, roundTripMicros: 900 },
        calibration: [{ name: 'axis0', scale: 1 }, { name: 'axis1' }, { name: 'axis2' }],
      },
    ],
  });
});
