import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { DemoSummary } from '../../host/demo/runDemo.ts';
import { findInPath } from '../../host/build/findInPath.ts';
import { recordingInfo } from '../../host/record/recordingInfo.ts';
import { testUnless } from '../support/testUnless.ts';
import { inFolder, run, start } from './support.ts';

const QUICK = ['--speed', 'max', '--for', '120s', '--no-page', '--json'];

function summaryOf(stdout: string): DemoSummary {
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as DemoSummary;
}

/** What must be the same for the same input, whatever ran it and when. */
function essence({
  recording: _,
  node: _n,
  origin: _o,
  ...rest
}: DemoSummary): Omit<DemoSummary, 'recording' | 'node' | 'origin'> {
  return rest;
}

test('the main job: everything sampled and delivered is in the recording, nothing is lost, the energy adds up', () =>
  inFolder(async (dir) => {
    const { code, stdout } = await run(['demo', ...QUICK, '--dir', dir]);
    expect(code).toBe(0);
    const summary = summaryOf(stdout);
    expect(summary).toMatchObject({
      origin: 'simulated',
      node: 'virtual',
      seconds: 120,
      slots: 1920,
      lost: 0,
      duplicates: 0,
    });
    expect(summary.samples).toBeGreaterThan(200);
    expect(summary.taken).toBeGreaterThanOrEqual(summary.samples);
    expect(summary.mae).toBeGreaterThan(0);
    const { harvested, stored, load, losses, leakage, clipped } = summary.energy;
    expect(Math.abs(harvested - (stored + load + losses + leakage + clipped))).toBeLessThanOrEqual(
      1e-9 * harvested,
    );
    const info = await recordingInfo(summary.recording);
    expect(info.verdict.state).toBe('complete');
    expect(info).toMatchObject({ packets: summary.packets, samples: summary.samples });
    expect(info.nodes[0]).toMatchObject({ axes: 3, missingPackets: 0 });
  }));

test.each(['uniform', 'linear', 'deviation', 'litesense', 'skiprnn', 'variation'])(
  'policy %s keeps the rate it is fitted to, if told so',
  (policy) =>
    inFolder(async (dir) => {
      const args = [
        '--policy',
        policy,
        '--rate',
        '0.4',
        '--fixed-rate',
        '--harvest',
        'kinetic',
        '--dir',
        dir,
      ];
      const { slots, taken } = summaryOf((await run(['demo', ...QUICK, ...args])).stdout);
      expect(taken / slots).toBeGreaterThan(0.2);
      expect(taken / slots).toBeLessThan(0.5);
    }),
);

test('the same seed gives the same run at any speed, another seed another', () =>
  inFolder(async (dir) => {
    const args = ['demo', '--no-page', '--json', '--harvest', 'rf', '--dir', dir];
    const fast = await run([...args, '--speed', 'max', '--for', '60s']);
    const paced = await run([...args, '--speed', '30', '--for', '2s']);
    const other = await run([...args, '--speed', 'max', '--for', '60s', '--seed', '2']);
    expect(essence(summaryOf(paced.stdout))).toEqual(essence(summaryOf(fast.stdout)));
    expect(summaryOf(other.stdout).mae).not.toBe(summaryOf(fast.stdout).mae);
  }));

describe('emulated boards', () => {
  const boards = [
    { node: 'rp2040', tools: ['arm-none-eabi-gcc'] },
    { node: 'mps2-an385', tools: ['arm-none-eabi-gcc', 'qemu-system-arm'] },
    { node: 'microbit', tools: ['arm-none-eabi-gcc', 'qemu-system-arm'] },
  ];
  for (const { node, tools } of boards) {
    const missing = tools.filter((tool) => findInPath(tool) === undefined);
    const reason = missing.length > 0 ? `${missing.join(', ')} not installed` : undefined;
    testUnless(reason, `${node} does what the virtual node does, to the last sample`, () =>
      inFolder(async (dir) => {
        const args = ['demo', ...QUICK, '--harvest', 'kinetic', '--dir', dir];
        const virtual = summaryOf((await run(args)).stdout);
        const { code, stdout } = await run([...args, '--node', node]);
        expect(code).toBe(0);
        const board = summaryOf(stdout);
        expect(board).toMatchObject({ origin: 'emulated', node });
        expect(essence(board)).toEqual(essence(virtual));
        expect(virtual.powerFailures).toBeGreaterThan(0);
      }),
    );
  }
});

test('Ctrl-C ends a run in order: summary, exit 0, a whole recording', () =>
  inFolder(async (dir) => {
    const demo = start(['demo', '--no-page', '--json', '--dir', dir]);
    await demo.says('Ctrl-C');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    demo.child.kill('SIGINT');
    const { code, stdout } = await demo.result;
    expect(code).toBe(0);
    expect((await recordingInfo(summaryOf(stdout).recording)).verdict.state).toBe('complete');
  }));

test('kill -9: info says so (3), recover saves every packet (3), and the next run goes on in the same folder', () =>
  inFolder(async (dir) => {
    const demo = start(['demo', '--no-page', '--harvest', 'kinetic', '--dir', dir]);
    await demo.says(/recording {2}(\S+)/);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    demo.child.kill('SIGKILL');
    const { stderr } = await demo.result;
    const path = /recording {2}(\S+)/.exec(stderr)![1]!;
    const info = await run(['info', path, '--json']);
    expect(info.code).toBe(3);
    const { packets } = JSON.parse(info.stdout) as { packets: number };
    expect(packets).toBeGreaterThan(0);
    const recovered = await run(['recover', path, '--json', '-o', join(dir, 'saved.mcap')]);
    expect(recovered.code).toBe(3);
    expect(JSON.parse(recovered.stdout)).toMatchObject({ packets, lostBytes: 0 });
    expect((await run(['info', join(dir, 'saved.mcap')])).code).toBe(0);
    expect((await run(['demo', ...QUICK, '--dir', dir])).code).toBe(0);
  }));

test('export writes a row per sample', () =>
  inFolder(async (dir) => {
    const { recording, samples } = summaryOf((await run(['demo', ...QUICK, '--dir', dir])).stdout);
    const out = join(dir, 'samples.csv');
    expect((await run(['export', recording, '--to', 'csv', '-o', out])).code).toBe(0);
    const lines = (await readFile(out, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(samples + 1);
    expect(lines[0]).toContain('slot');
    expect((await run(['export', recording, '-o', out])).code).toBe(1);
  }));

describe('what goes wrong', () => {
  test.each([
    [['demo', '--policy', 'best'], 2, /policy/],
    [['demo', '--for', 'soon'], 2, /duration/],
    [['demo', '--latency', '1ms'], 2, /latency/],
    [['demo', '--signal', 'nowhere.csv'], 1, /nowhere\.csv/],
    [['demo', '--harvest', 'nowhere.txt'], 1, /nowhere\.txt/],
    [['nonsense'], 2, /nonsense/],
    [['info', 'nowhere.mcap'], 1, /nowhere\.mcap/],
    [['build', '--board', 'toaster'], 2, /toaster/],
  ])('%j: exit %i', async (args, code, says) => {
    const result = await run(args);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.code).toBe(code);
    expect(result.stdout).toBe('');
  });

  test('a malformed signal: line, column and what was expected', () =>
    inFolder(async (dir) => {
      const file = join(dir, 'bad.csv');
      writeFileSync(file, 'time,x\n0,1\n1,2\n2,oops\n');
      const { code, stderr } = await run(['demo', '--signal', file]);
      expect(code).toBe(1);
      expect(stderr).toContain('bad.csv:4:3');
    }));
});
