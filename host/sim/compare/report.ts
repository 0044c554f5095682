import { policyNames, type ComparedPolicy } from './policies.ts';
import type { CellResult, Row } from './runCell.ts';
import type { TimelinePoint } from './runNode.ts';
import { rowOf, type Figures, type Summary } from './summary.ts';
import { escapeHtml, plot, type Series } from './svg.ts';

/** Colours that remain apart for the colour-blind (Okabe and Ito). */
const COLOURS: Partial<Record<ComparedPolicy, string>> = {
  'intermittent-uniform': '#e69f00',
  catnap: '#999999',
  'asa-capacitor': '#cc79a7',
  seasons: '#0072b2',
  'battery-asa': '#009e73',
};
const SHOWN = Object.keys(COLOURS) as ComparedPolicy[];
/** Timelines of at most this many cells, evenly chosen. */
const TIMELINES = 6;

/** A page that needs nothing but itself: figures, plots and the table of cells. */
export function reportHtml(title: string, results: readonly CellResult[], summary: Summary): string {
  return page(
    title,
    `<h2>Figures</h2>
<div class="scroll">${figuresTable(summary)}</div>
<p>Reduction: 1 minus the geometric mean of the ratio of errors, SEASONS to energy-aware uniform intermittent sampling, at the
same harvest. Captured: share of the offline optimum's gain, on short windows. Misses: samples later than the bound.</p>
<h2>Error against energy</h2>
<div class="plots">${[...new Set(results.map((result) => rowOf(result, 'seasons').signal))].map((signal) => energyPlot(signal, results)).join('\n')}</div>
<h2>Age of data on delivery</h2>
<div class="plots">${[...new Set(results.map((result) => rowOf(result, 'seasons').latency))].map((latency) => agePlot(latency, results)).join('\n')}</div>
<h2>Timelines of SEASONS</h2>
<div class="plots">${timelineCells(results)
      .map(({ key, timeline }) => timelinePlots(key, timeline))
      .join('\n')}</div>
${listOf('Cells where it loses', summary.losing, ({ cell, ratio, reason }) => `${cell}: ${ratio.toFixed(2)} times the error. ${reason}`)}
${listOf('Cells that are not feasible', summary.infeasible, ({ cell, reason }) => `${cell}: ${reason}`)}
<details><summary>All rows</summary><div class="scroll">${rowsTable(results.flatMap(({ rows }) => rows))}</div></details>
`,
  );
}

/** One run: its capacitor and its queue over time. */
export function runReportHtml(title: string, run: { ages: number[]; timeline: TimelinePoint[] }): string {
  const delivered = Math.max(
    1,
    run.ages.reduce((sum, count) => sum + count, 0),
  );
  const ages = plot({
    title: 'Age of data on delivery',
    xLabel: 'slots (last point: beyond the bound)',
    yLabel: 'share of delivered samples',
    kind: 'line',
    series: [
      {
        name: 'delivered samples',
        colour: COLOURS.seasons!,
        points: run.ages.map((count, age) => [age, count / delivered] as const),
      },
    ],
  });
  return page(title, `<div class="plots">${timelinePlots('run', run.timeline)}${ages}</div>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.85rem; }
th, td { padding: 0.2rem 0.6rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child, td.text { text-align: left; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: currentColor; }
svg .grid { stroke: #8883; } svg .line { fill: none; stroke-width: 1.5; }
.legend { margin: 0; } .legend span { margin-right: 1rem; } .legend i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.3em; }
details { margin: 1rem 0; } .scroll { overflow-x: auto; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

function figuresTable(summary: Summary): string {
  const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
  const number = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
  const line = (name: string, figures: Figures): string =>
    `<tr><td>${escapeHtml(name)}</td><td>${figures.cells}</td><td>${percent(figures.reductionVsIntermittentUniform)}</td><td>${percent(figures.capturedOfOptimum)}</td><td>${number(figures.ratioToBatteryBacked)}</td><td>${number(figures.ratioToOfflineOptimum)}</td><td>${figures.misses}</td></tr>`;
  return `<table><tr><th>Cells</th><th>n</th><th>reduction</th><th>captured of optimum</th><th>to battery-backed</th><th>to offline optimum</th><th>misses</th></tr>
${line('all feasible', summary)}
${line('radio dominates', summary.radioDominates)}
${line('sensor dominates', summary.sensorDominates)}
${Object.entries(summary.byRegime)
  .map(([regime, figures]) => line(regime, figures))
  .join('\n')}
</table>`;
}

function energyPlot(signal: string, results: readonly CellResult[]): string {
  const cells = results.filter((result) => rowOf(result, 'seasons').signal === signal);
  return plot({
    title: `${signal}: error of each cell`,
    xLabel: 'energy delivered to the node per slot (µJ)',
    yLabel: 'MAE as a share of the range',
    kind: 'dots',
    logX: true,
    logY: true,
    series: SHOWN.map((policy): Series => {
      const rows = cells.map((cell) => rowOf(cell, policy)).filter((row) => row.nmae !== null);
      return {
        name: policy,
        colour: COLOURS[policy]!,
        points: rows.map((row) => [(row.energy.load / row.slots) * 1e6, row.nmae!]),
      };
    }),
  });
}

function agePlot(latency: number, results: readonly CellResult[]): string {
  const cells = results.filter((result) => rowOf(result, 'seasons').latency === latency);
  return plot({
    title: `Bound of ${latency} slots`,
    xLabel: 'age on delivery, share of the bound (last point: beyond it)',
    yLabel: 'share of delivered samples',
    kind: 'line',
    series: SHOWN.map((policy): Series => {
      const rows = cells.map((cell) => rowOf(cell, policy)).filter((row) => row.samples > 0);
      const mean = (tenth: number): number =>
        rows.reduce((sum, row) => sum + row.ages[tenth]!, 0) / Math.max(1, rows.length);
      return {
        name: policy,
        colour: COLOURS[policy]!,
        points: Array.from({ length: 11 }, (_, tenth) => [(tenth + 0.5) / 10, mean(tenth)] as const),
      };
    }),
  });
}

function timelineCells(results: readonly CellResult[]): CellResult[] {
  const stride = Math.max(1, Math.ceil(results.length / TIMELINES));
  return results.filter((_, i) => i % stride === 0);
}

function timelinePlots(key: string, timeline: readonly TimelinePoint[]): string {
  const volts: Series = {
    name: 'capacitor (V)',
    colour: '#e69f00',
    points: timeline.map((point) => [point.slot, point.volts]),
  };
  const queue: Series = {
    name: 'samples waiting',
    colour: '#0072b2',
    points: timeline.map((point) => [point.slot, point.queue]),
  };
  const oldest: Series = {
    name: 'age of the oldest (slots)',
    colour: '#cc79a7',
    points: timeline.map((point) => [point.slot, point.oldestAge]),
  };
  return [
    plot({ title: key, xLabel: 'slot', yLabel: 'V', kind: 'line', series: [volts], height: 200 }),
    plot({
      title: `${key}: queue`,
      xLabel: 'slot',
      yLabel: 'samples, slots',
      kind: 'line',
      series: [queue, oldest],
      height: 200,
    }),
  ].join('\n');
}

function listOf<T>(title: string, entries: readonly T[], text: (entry: T) => string): string {
  if (entries.length === 0) return '';
  const items = entries.map((entry) => `<li>${escapeHtml(text(entry))}</li>`).join('\n');
  return `<h2>${escapeHtml(title)}</h2>\n<ul>\n${items}\n</ul>`;
}

function rowsTable(rows: readonly Row[]): string {
  const order = new Map(policyNames.map((name, i) => [name, i]));
  const sorted = [...rows].sort(
    (a, b) =>
      a.signal.localeCompare(b.signal) ||
      a.harvest.localeCompare(b.harvest) ||
      a.regime.localeCompare(b.regime) ||
      a.latency - b.latency ||
      order.get(a.policy)! - order.get(b.policy)!,
  );
  const lines = sorted.map(
    (row) =>
      `<tr><td>${escapeHtml(`${row.signal} / ${row.harvest}`)}</td><td class="text">${row.regime}</td><td>${row.latency}</td><td class="text">${row.policy}</td><td>${row.mae?.toPrecision(3) ?? '–'}</td><td>${row.nmae === null ? '–' : `${(100 * row.nmae).toFixed(2)} %`}</td><td>${row.samples}</td><td>${row.misses}</td><td>${row.dropped}</td><td>${row.powerFailures}</td></tr>`,
  );
  return `<table><tr><th>signal / harvest</th><th>regime</th><th>bound</th><th>policy</th><th>MAE</th><th>of range</th><th>samples</th><th>misses</th><th>dropped</th><th>power failures</th></tr>\n${lines.join('\n')}\n</table>`;
}
