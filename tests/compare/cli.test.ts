import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { root } from '../../host/paths.ts';
import { start } from '../cli/support.ts';

const dir = mkdtempSync(join(tmpdir(), 'solstice-sim-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('solstice sim', () => {
  test('compare gives the same rows with threads and without, and writes CSV and report', async () => {
    const args = ['sim', 'compare', '--suite', 'quick', '--regime', 'low-connection', '--json'];
    const csv = join(dir, 'rows.csv');
    const report = join(dir, 'report.html');
    const threads = await start([...args, '--workers', '2', '--csv', csv, '--report', report]).result;
    const alone = await start([...args, '--workers', '0']).result;
    expect(threads.code).toBe(0);
    expect(threads.stdout).toBe(alone.stdout);
    const { rows, summary } = JSON.parse(threads.stdout) as {
      rows: Record<string, unknown>[];
      summary: Record<string, unknown>;
    };
    expect(rows[0]).toMatchObject({ signal: 'synthetic', harvest: 'solar-walk', regime: 'low-connection' });
    expect(Object.keys(summary)).toEqual(
      expect.arrayContaining([
        'reductionVsIntermittentUniform',
        'capturedOfOptimum',
        'ratioToBatteryBacked',
        'ratioToOfflineOptimum',
        'misses',
        'byRegime',
        'infeasible',
        'losing',
      ]),
    );
    expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(rows.length + 1);
    expect(readFileSync(report, 'utf8')).toContain('<svg');
  });

  test('sweep tells one line of figures for each value', async () => {
    const args = ['sim', 'sweep', '--suite', 'quick', '--regime', 'low-connection', '--latency', '64'];
    const { code, stdout } = await start([...args, '--parameter', 'storage', '--values', '1,3', '--json'])
      .result;
    expect(code).toBe(0);
    const { sweep } = JSON.parse(stdout) as { sweep: { value: number; cells: number }[] };
    expect(sweep).toMatchObject([
      { value: 1, cells: 1 },
      { value: 3, cells: 1 },
    ]);
  });

  test('compare takes a described node in place of the regimes', async () => {
    const file = join(dir, 'own.toml');
    const nrf52 = readFileSync(join(root, 'host/sim/nodes/nrf52.toml'), 'utf8');
    writeFileSync(file, nrf52.replace(/^name = .*$/m, 'name = "own node"'));
    const args = ['sim', 'compare', '--suite', 'quick', '--node', file, '--latency', '16', '--json'];
    const { code, stdout } = await start([...args, '--workers', '0']).result;
    expect(code).toBe(0);
    const { rows } = JSON.parse(stdout) as {
      rows: { regime: string; policy: string; mae: number | null }[];
    };
    expect([...new Set(rows.map((row) => row.regime))]).toEqual(['own node']);
    expect(rows.filter((row) => row.policy === 'seasons' && row.mae !== null)).toHaveLength(1);
  });

  test('compare runs the policies that are named, beside the baselines', async () => {
    const args = ['sim', 'compare', '--suite', 'quick', '--regime', 'low-connection', '--latency', '64'];
    const { code, stdout } = await start([...args, '--policy', 'variation', 'deviation', '--json']).result;
    expect(code).toBe(0);
    const { rows } = JSON.parse(stdout) as { rows: { policy: string; parameters: string }[] };
    expect(rows.map(({ policy }) => policy).sort()).toEqual([
      ...['asa-capacitor', 'battery-asa', 'catnap', 'intermittent-uniform'],
      ...['seasons', 'seasons-deviation', 'seasons-variation'],
    ]);
    expect(rows.find(({ policy }) => policy === 'seasons')!.parameters).toMatch(/^(variation|deviation),/);
  });

  test('node follows one run of a node that a TOML file describes', async () => {
    const { code, stdout } = await start(['sim', 'node', '--node', 'nrf52', '--for', '60s', '--json']).result;
    expect(code).toBe(0);
    const run = JSON.parse(stdout) as {
      samples: number;
      taken: number;
      held: number;
      dropped: number;
      timeline: unknown[];
    };
    expect(run.timeline.length).toBeGreaterThan(900);
    expect(run.samples + run.held + run.dropped).toBe(run.taken);

    const file = join(dir, 'bad.toml');
    writeFileSync(file, 'name = 3\n');
    const bad = await start(['sim', 'node', '--node', file]).result;
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('bad.toml');
  });

  test('fit finds a threshold for each rate, from alternate segments of the signal', async () => {
    const args = ['fit', '--signal', 'synthetic', '--rate', '0.3..0.5', '--policy', 'deviation', '--json'];
    const { code, stdout } = await start(args).result;
    expect(code).toBe(0);
    const { fits } = JSON.parse(stdout) as {
      fits: { rate: number; threshold: number; trainingRate: number; testRate: number; errorShare: number }[];
    };
    expect(fits.map(({ rate }) => rate)).toEqual([0.3, 0.4, 0.5]);
    fits.forEach(({ rate, threshold, trainingRate, testRate, errorShare }, i) => {
      expect(errorShare).toBeGreaterThan(0.1);
      expect(errorShare).toBeLessThan(1.2);
      expect(Math.abs(trainingRate - rate)).toBeLessThan(0.1);
      expect(Math.abs(testRate - rate)).toBeLessThan(0.2);
      if (i > 0) expect(threshold).toBeLessThan(fits[i - 1]!.threshold);
    });
  });

  test.each([
    [['fit', '--signal', 'synthetic', '--rate', '0..2']],
    [['sim', 'compare', '--regime', 'none']],
    [['sim', 'sweep', '--parameter', 'colour', '--values', '1']],
    [['sim', 'compare', '--latency', '1.5']],
  ])('%j is a usage error', async (args) => {
    const { code } = await start(args).result;
    expect(code).toBe(2);
  });
});
