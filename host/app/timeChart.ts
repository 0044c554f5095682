import { LitElement, css, html, unsafeCSS, type PropertyValues } from 'lit';
import uPlot from 'uplot';
import uPlotStyles from 'uplot/dist/uPlot.min.css?inline';
import { clock, fixed } from './format.ts';
import { color, darkScheme, type ColorName } from './palette.ts';
import type { Plot } from './signalPlot.ts';

export interface Curve {
  label: string;
  color: ColorName;
  shape: 'line' | 'steps' | 'dots';
  width?: number;
  dash?: number[];
}

/** A horizontal line with a name. */
export interface Level {
  value: number;
  label: string;
  color: ColorName;
  dash: number[];
}

const AXIS_WIDTH = 54;
const AXIS_HEIGHT = 22;
/** A value axis shrinks only when its curves need less than this part of it. */
const SHRINK_BELOW = 0.55;
/** Seconds between the ticks of a time axis. */
const TIME_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].concat(
  [1, 2, 5, 10, 15, 30].map((minutes) => 60 * minutes),
  [1, 2, 3, 6, 12, 24, 48, 168, 720].map((hours) => 3600 * hours),
);
const MOST_RADIUS = 3;
const LEAST_RADIUS = 1;

/** Curves over time on a canvas. All charts of the page share the time under the pointer. */
export class TimeChart extends LitElement {
  static override properties = {
    label: {},
    curves: { attribute: false },
    plot: { attribute: false },
    from: { type: Number },
    to: { type: Number },
    levels: { attribute: false },
    shades: { attribute: false },
    base: { attribute: false },
    whole: { type: Boolean },
  };

  static override styles = [
    unsafeCSS(uPlotStyles),
    css`
      :host {
        display: block;
        position: relative;
        min-width: 0;
        min-height: 0;
        overflow: hidden;
      }
      .frame {
        position: absolute;
        inset: 0;
      }
      .u-hz .u-cursor-x {
        border-right: 1px solid var(--muted);
      }
    `,
  ];

  /** What the chart shows, for those who cannot see it. */
  declare label: string;
  /** Read once, when the chart is first drawn. */
  declare curves: Curve[];
  declare plot: Plot;
  declare from: number;
  declare to: number;
  declare levels: Level[];
  /** Stretches of time to darken. */
  declare shades: [from: number, to: number][];
  /** A value that the axis always includes. */
  declare base: number | undefined;
  /** Whether values are whole numbers. */
  declare whole: boolean;

  #chart: uPlot | undefined;
  #range: [number, number] | undefined;
  readonly #resize = new ResizeObserver(() => this.#fit());
  readonly #recolor = (): void => this.#chart?.redraw(false, true);

  constructor() {
    super();
    this.label = '';
    this.curves = [];
    this.plot = [[]];
    this.from = 0;
    this.to = 1;
    this.levels = [];
    this.shades = [];
    this.whole = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resize.observe(this);
    darkScheme.addEventListener('change', this.#recolor);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize.disconnect();
    darkScheme.removeEventListener('change', this.#recolor);
  }

  /** The value axis as it is drawn. */
  get valueRange(): readonly [number, number] | undefined {
    return this.#range;
  }

  override render(): unknown {
    return html`<div class="frame" role="img" aria-label=${this.label}></div>`;
  }

  override firstUpdated(): void {
    this.#chart = new uPlot(
      this.#options(),
      this.plot,
      this.renderRoot.querySelector<HTMLElement>('.frame')!,
    );
    const { over } = this.#chart;
    over.addEventListener('pointermove', ({ offsetX }) => this.#tellPointer(offsetX / over.clientWidth));
    over.addEventListener('pointerleave', () => this.#tellPointer(null));
    this.#fit();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.size === 1 && changed.has('label')) return;
    this.#chart?.setData(this.plot);
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (this.#chart && width > 0 && height > 0) this.#chart.setSize({ width, height });
  }

  #options(): uPlot.Options {
    const font = `11px ${getComputedStyle(this).fontFamily}`;
    const axis: uPlot.Axis = {
      font,
      stroke: () => color('muted'),
      grid: { stroke: () => color('grid'), width: 1 },
      ticks: { show: false },
      gap: 6,
    };
    return {
      width: Math.max(1, this.clientWidth),
      height: Math.max(1, this.clientHeight),
      legend: { show: false },
      padding: [10, 12, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { show: false },
        sync: { key: 'time', scales: ['x', null] },
      },
      scales: {
        x: { time: false, range: () => [this.from, this.to] },
        y: { range: (_, low, high) => this.#valueRange(low, high) },
      },
      axes: [
        { ...axis, size: AXIS_HEIGHT, space: 70, incrs: TIME_STEPS, values: timeLabels },
        {
          ...axis,
          size: AXIS_WIDTH,
          space: 28,
          values: valueLabels,
          ...(this.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] } : {}),
        },
      ],
      series: [{}, ...this.curves.map(series)],
      hooks: {
        drawClear: [(chart) => this.#drawShades(chart)],
        drawSeries: [(chart, index) => this.#drawDots(chart, index)],
        draw: [(chart) => this.#drawLevels(chart, font)],
      },
    };
  }

  #valueRange(low: number | null, high: number | null): [number, number] {
    const fixedValues = [
      ...this.levels.map(({ value }) => value),
      ...(this.base === undefined ? [] : [this.base]),
    ];
    const values = [...fixedValues, low, high].filter(
      (value) => value !== null && Number.isFinite(value),
    ) as number[];
    if (values.length === 0) return this.#range ?? [0, 1];
    const least = Math.min(...values);
    const most = Math.max(...values);
    const span = most - least || Math.abs(most) || 1;
    const bottom = least === this.base ? least : least - 0.06 * span;
    const top = most + 0.08 * span;
    const before = this.#range;
    const stays =
      before &&
      before[0] <= least &&
      before[1] >= most &&
      (before[0] === least || this.base === undefined) &&
      top - bottom > SHRINK_BELOW * (before[1] - before[0]);
    this.#range = stays ? before : [bottom, top];
    return this.#range;
  }

  #drawShades(chart: uPlot): void {
    const { ctx, bbox } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = color('shade');
    for (const [from, to] of this.shades) {
      const left = chart.valToPos(from, 'x', true);
      const right = chart.valToPos(to, 'x', true);
      ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
    }
    ctx.restore();
  }

  /** Dots get smaller, and lose their rims, where there are many. */
  #drawDots(chart: uPlot, index: number): void {
    const curve = this.curves[index - 1];
    if (curve?.shape !== 'dots') return;
    const { ctx, bbox, data } = chart;
    const values = data[index] as Plot[number];
    const shown = values.reduce<number>((sum, value) => sum + (value === null ? 0 : 1), 0);
    const ratio = uPlot.pxRatio;
    const spacing = bbox.width / ratio / Math.max(1, shown);
    const radius = ratio * Math.max(LEAST_RADIUS, Math.min(MOST_RADIUS, spacing * 0.6));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.beginPath();
    values.forEach((value, at) => {
      if (value === null) return;
      const x = chart.valToPos(data[0][at]!, 'x', true);
      const y = chart.valToPos(value, 'y', true);
      ctx.moveTo(x + radius, y);
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
    });
    ctx.fillStyle = color(curve.color);
    ctx.fill();
    if (radius > 2 * ratio) {
      ctx.lineWidth = ratio;
      ctx.strokeStyle = color('panel');
      ctx.stroke();
    }
    ctx.restore();
  }

  #drawLevels(chart: uPlot, font: string): void {
    const { ctx, bbox } = chart;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.font = font.replace('11px', `${11 * ratio}px`);
    ctx.textAlign = 'right';
    ctx.textBaseline = 'bottom';
    ctx.lineWidth = ratio;
    for (const { value, label, color: name, dash } of this.levels) {
      const y = Math.round(chart.valToPos(value, 'y', true)) + 0.5;
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.strokeStyle = color(name);
      ctx.setLineDash(dash.map((length) => length * ratio));
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      // A halo of the panel's colour keeps the name readable over a curve.
      ctx.setLineDash([]);
      ctx.lineWidth = 4 * ratio;
      ctx.lineJoin = 'round';
      ctx.strokeStyle = color('panel');
      ctx.strokeText(label, bbox.left + bbox.width - 6 * ratio, y - 2 * ratio);
      ctx.lineWidth = ratio;
      ctx.fillStyle = color(name);
      ctx.fillText(label, bbox.left + bbox.width - 6 * ratio, y - 2 * ratio);
    }
    ctx.restore();
  }

  /** Tells where the pointer is as a part of the plot's width, which is the same time in every chart; null when it has left. */
  #tellPointer(part: number | null): void {
    this.dispatchEvent(
      new CustomEvent<number | null>('pointer-part', { detail: part, bubbles: true, composed: true }),
    );
  }
}

function series({ label, color: name, shape, width = 1.5, dash }: Curve): uPlot.Series {
  const common = { label, stroke: () => color(name), width, spanGaps: true, ...(dash ? { dash } : {}) };
  // Dots are drawn by the chart itself.
  if (shape === 'dots') return { ...common, paths: () => null, points: { show: false } };
  const paths = shape === 'steps' ? uPlot.paths.stepped!({ align: 1 }) : uPlot.paths.linear!();
  return { ...common, paths, points: { show: false } };
}

function timeLabels(_: uPlot, splits: number[]): string[] {
  const step = splits.length > 1 ? splits[1]! - splits[0]! : 1;
  return splits.map((time) => clock(time, step, splits.at(-1)!));
}

function valueLabels(_: uPlot, splits: number[]): string[] {
  const step = splits.length > 1 ? splits[1]! - splits[0]! : 1;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return splits.map((value) => fixed(value, Math.min(decimals, 6)));
}

customElements.define('time-chart', TimeChart);
