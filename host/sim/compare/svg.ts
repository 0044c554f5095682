/** Small plots as SVG text for reports that load nothing from elsewhere. */

export interface Series {
  name: string;
  colour: string;
  /** Points in the data's units. */
  points: readonly (readonly [x: number, y: number])[];
}

export interface PlotOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
  kind: 'line' | 'dots';
  /** Logarithmic axes; points at or below 0 are left out. */
  logX?: boolean;
  logY?: boolean;
  width?: number;
  height?: number;
}

const MARGIN = { left: 64, right: 12, top: 28, bottom: 40 };
const TICKS = 5;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

interface Axis {
  place(value: number): number;
  ticks: { at: number; label: string }[];
}

/** Maps values to pixels between `from` and `to`. */
function axis(values: readonly number[], logarithmic: boolean, from: number, to: number): Axis {
  const scale = (value: number): number => (logarithmic ? Math.log10(value) : value);
  let low = Math.min(...values.map(scale));
  let high = Math.max(...values.map(scale));
  if (!Number.isFinite(low)) [low, high] = [0, 1];
  if (high === low) [low, high] = [low - 0.5, high + 0.5];
  const place = (value: number): number => from + ((scale(value) - low) / (high - low)) * (to - from);
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => {
    const at = low + ((high - low) * i) / TICKS;
    const value = logarithmic ? 10 ** at : at;
    return { at: from + ((to - from) * i) / TICKS, label: String(Number(value.toPrecision(3))) };
  });
  return { place, ticks };
}

export function plot(options: PlotOptions): string {
  const { title, xLabel, yLabel, kind, logX = false, logY = false, width = 560, height = 300 } = options;
  const series = options.series.map((one) => ({
    ...one,
    points: one.points.filter(([x, y]) => (!logX || x > 0) && (!logY || y > 0)),
  }));
  const all = series.flatMap(({ points }) => points);
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const x = axis(
    all.map(([value]) => value),
    logX,
    MARGIN.left,
    right,
  );
  const y = axis(
    all.map(([, value]) => value),
    logY,
    bottom,
    MARGIN.top,
  );
  const at = (value: number): string => value.toFixed(1);
  const marks = series.map(({ points, colour, name }) =>
    kind === 'line'
      ? `<path d="${points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${at(x.place(px))} ${at(y.place(py))}`).join('')}" stroke="${colour}" class="line"><title>${escapeHtml(name)}</title></path>`
      : `<g fill="${colour}">${points.map(([px, py]) => `<circle cx="${at(x.place(px))}" cy="${at(y.place(py))}" r="3"><title>${escapeHtml(`${name}: ${px.toPrecision(3)}, ${py.toPrecision(3)}`)}</title></circle>`).join('')}</g>`,
  );
  return [
    `<figure><figcaption>${escapeHtml(title)}</figcaption>`,
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">`,
    ...x.ticks.map(
      ({ at: place, label }) =>
        `<line x1="${at(place)}" x2="${at(place)}" y1="${MARGIN.top}" y2="${bottom}" class="grid"/><text x="${at(place)}" y="${bottom + 14}" text-anchor="middle">${label}</text>`,
    ),
    ...y.ticks.map(
      ({ at: place, label }) =>
        `<line x1="${MARGIN.left}" x2="${right}" y1="${at(place)}" y2="${at(place)}" class="grid"/><text x="${MARGIN.left - 6}" y="${at(place + 4)}" text-anchor="end">${label}</text>`,
    ),
    ...marks,
    `<text x="${(MARGIN.left + right) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>`,
    `<text transform="translate(12 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text>`,
    '</svg>',
    `<p class="legend">${series.map(({ name, colour }) => `<span><i style="background:${colour}"></i>${escapeHtml(name)}</span>`).join('')}</p>`,
    '</figure>',
  ].join('\n');
}
