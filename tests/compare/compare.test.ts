import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { csvOf } from '../../host/sim/compare/csv.ts';
import { regimes } from '../../host/sim/compare/regimes.ts';
import { policyNames } from '../../host/sim/compare/policies.ts';
import { reportHtml } from '../../host/sim/compare/report.ts';
import type { CellResult } from '../../host/sim/compare/runCell.ts';
import { runSuite } from '../../host/sim/compare/runSuite.ts';
import {
  cellKey,
  cellsOf,
  openHarvestHalves,
  openSignalHalves,
  quickSuite,
  type Suite,
} from '../../host/sim/compare/suite.ts';
import { summarise } from '../../host/sim/compare/summary.ts';
import { openHarvest } from '../../host/sim/harvest/readHarvest.ts';
import { openSignal } from '../../host/sim/signal/readSignal.ts';
import { imbalance } from '../../host/sim/ledger.ts';

const suite: Suite = { ...quickSuite(), slots: 256, latencies: [8], regimes: regimes.slice(0, 2) };
let dir: string;
let results: CellResult[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'solstice-compare-'));
  results = await runSuite(suite, { workers: 0 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('a suite', () => {
  test('has one row for every policy in every cell, with balanced books', () => {
    expect(results.map(({ key }) => key)).toEqual(cellsOf(suite).map(cellKey));
    for (const { rows } of results) {
      expect(rows.map(({ policy }) => policy).sort()).toEqual([...policyNames].sort());
      for (const { energy } of rows) expect(imbalance(energy)).toBeLessThan(1e-9);
    }
  });

  test('gives every policy but the battery the same harvest, and the battery no more than it stores', () => {
    for (const { rows } of results) {
      const harvested = rows
        .filter(({ policy }) => policy !== 'battery-asa')
        .map(({ energy }) => energy.harvested);
      for (const joules of harvested) expect(joules).toBeCloseTo(harvested[0]!, 9);
      const battery = rows.find(({ policy }) => policy === 'battery-asa')!;
      expect(battery.energy.harvested).toBe(0);
      expect(battery.energy.load).toBeLessThan(harvested[0]! - battery.energy.stored);
    }
  });

  test('goes on from a results file, a cut-off last line included, and gives the same results', async () => {
    const path = join(dir, 'results.jsonl');
    await runSuite({ ...suite, regimes: suite.regimes.slice(0, 1) }, { workers: 0, results: path });
    appendFileSync(path, '{"key":"cut off');
    const run: string[] = [];
    const again = await runSuite(suite, {
      workers: 0,
      results: path,
      progress: (_done, _all, key) => run.push(key),
    });
    expect(run).toEqual([results[1]!.key]);
    expect(JSON.stringify(again)).toBe(JSON.stringify(results));
    const third = await runSuite(suite, {
      workers: 0,
      results: path,
      progress: (_done, _all, key) => run.push(key),
    });
    expect(run).toHaveLength(1);
    expect(JSON.stringify(third)).toBe(JSON.stringify(results));
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(1 + results.length);
  });

  test('refuses the results file of other settings', async () => {
    const path = join(dir, 'other.jsonl');
    await runSuite({ ...suite, signals: [] }, { workers: 0, results: path });
    await expect(
      runSuite({ ...suite, policies: ['uniform'] }, { workers: 0, results: path }),
    ).rejects.toThrow(/another suite/);
    await expect(runSuite({ ...suite, seed: 2 }, { workers: 0, results: path })).rejects.toThrow(
      /another suite/,
    );
  });

  test('keeps the reported half of a signal out of the training half, and takes both from all over it', () => {
    const source = { name: 'synthetic', spec: 'synthetic' };
    const whole = openSignal('synthetic', { seed: 1 });
    const { training, test: rest } = openSignalHalves(source, 800, 1);
    const segment = whole.length / 16;
    for (let i = 0; i < 8; i++) {
      expect(training.at(i * 100)).toEqual(whole.at(2 * i * segment));
      expect(rest.at(i * 100 + 99)).toEqual(whole.at((2 * i + 1) * segment + 99));
    }
  });

  test('keeps the second half of a harvest out of the first', () => {
    const source = { name: 'solar', spec: 'solar' };
    const { training, test: rest } = openHarvestHalves(source, { training: 10, test: 10 }, 1 / 16, 1);
    const trace = openHarvest('solar', { seed: 1 });
    expect(training.watts[0]).toBeCloseTo(trace.at(0).watts, 12);
    expect(rest.watts[0]).toBeCloseTo(trace.at(trace.duration / 2).watts, 12);
  });
});

describe('the summary', () => {
  /** Results with given errors: uniform 2, seasons as told, battery 1. */
  function cell(key: string, seasons: number | null): CellResult {
    const [first] = results;
    const errors: Record<string, number | null> = { seasons, 'intermittent-uniform': 2, 'battery-asa': 1 };
    return {
      ...first!,
      key,
      rows: first!.rows.map((row) => ({ ...row, mae: row.policy in errors ? errors[row.policy]! : row.mae })),
      windows: [
        {
          start: 0,
          signalOptimum: 0,
          prefixBound: 0,
          offlineOptimum: 1,
          intermittentUniform: 3,
          seasons: 2,
        },
      ],
    };
  }

  test('takes geometric means over feasible cells and names the others', () => {
    const summary = summarise([cell('a', 1), cell('b', 4), cell('c', null)]);
    expect(summary.cells).toBe(2);
    expect(summary.reductionVsIntermittentUniform).toBeCloseTo(0, 12);
    expect(summary.ratioToBatteryBacked).toBeCloseTo(2, 12);
    expect(summary.capturedOfOptimum).toBeCloseTo(0.5, 12);
    expect(summary.ratioToOfflineOptimum).toBeCloseTo(2, 12);
    expect(summary.infeasible.map(({ cell: key }) => key)).toEqual(['c']);
    expect(summary.losing).toMatchObject([{ cell: 'b', ratio: 2 }]);
  });
});

describe('files', () => {
  test('CSV has a row for each policy and cell, as wide as its header', () => {
    const lines = csvOf(results.flatMap(({ rows }) => rows))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(1 + results.length * policyNames.length);
    expect(lines[0]).toMatch(/^signal,harvest,regime,policy,latency,budget,storage,parameters,mae,/);
  });

  test('the report is one page that loads nothing', () => {
    const html = reportHtml('<Comparison>', results, summarise(results));
    expect(html).toContain('<h1>&lt;Comparison&gt;</h1>');
    expect(html.match(/<svg/g)!.length).toBeGreaterThan(3);
    expect(html).not.toMatch(/\b(src|href)=|url\(|@import|<script|NaN|undefined/);
  });
});
