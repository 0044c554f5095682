import { LitElement, html } from 'lit';
import type { PowerEvent } from '../server/events.ts';
import { number, reading } from './format.ts';
import type { LiveView } from './liveView.ts';
import { panelStyles } from './panelStyles.ts';
import { describe, readout, type Reading } from './readout.ts';
import { rowsAround, signalAt } from './signalAt.ts';
import type { Plot } from './signalPlot.ts';
import './timeChart.ts';
import type { Curve } from './timeChart.ts';

const CURVES: Curve[] = [
  { label: 'harvest', color: 'harvested', shape: 'steps' },
  { label: 'load', color: 'ink', shape: 'steps' },
];
const ENTRIES = ['harvested', 'load'];
/** Means are taken over the shortest of these that leaves at most MAX_BINS in view. */
const BIN_SECONDS = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];
const MAX_BINS = 60;

/** Mean power harvested and spent over the time shown. */
export class PowerPanel extends LitElement {
  static override properties = { view: { attribute: false } };
  static override styles = panelStyles;
  declare view: LiveView;

  override render(): unknown {
    const { store, run, from, to, cursor } = this.view;
    const width = BIN_SECONDS.find((seconds) => (to - from) / seconds <= MAX_BINS) ?? (to - from) / MAX_BINS;
    const [times, ...watts] = meanPower(store.power.rows, run.slotSeconds, from, to, width);
    const most = Math.max(0, ...watts.flat());
    const [unit, factor] = most < 1e-3 ? ['µW', 1e6] : most < 1 ? ['mW', 1e3] : ['W', 1];
    const plot: Plot = [times, ...watts.map((curve) => curve.map((value) => value * factor))];
    // The last point only closes the last step.
    const latest = times.length - 2;
    const at = cursor === undefined ? latest : times.findLastIndex((time) => time <= cursor);
    const readings: Reading[] = CURVES.map((curve, index) => {
      const value = watts[index]![Math.min(at, latest)];
      return { label: curve.label, value: value === undefined ? '–' : reading(value * factor), curve };
    });
    return html`<header>
        <h2>Power <small>${unit}, mean of ${number(width)} s</small></h2>
        ${readout(readings)}
      </header>
      <time-chart
        .label=${`Power in ${unit}: ${describe(readings)}`}
        .curves=${CURVES}
        .plot=${plot}
        .base=${0}
        .from=${from}
        .to=${to}
      ></time-chart>`;
  }
}

/**
 * Mean watts of each ledger entry in bins of `width` seconds whose edges are multiples of it, so that they do not move
 * with the window. The last value stands twice: at the start and at the end of its bin.
 */
function meanPower(
  rows: readonly PowerEvent[],
  slotSeconds: number,
  from: number,
  to: number,
  width: number,
): [times: number[], ...watts: number[][]] {
  const shown = rowsAround(rows, (from - width) / slotSeconds, (to + width) / slotSeconds);
  const energy = shown.map(({ slot, ledger }) => ({
    slot,
    values: ENTRIES.map((entry) => ledger[entry] ?? 0),
  }));
  const first = Math.max(Math.floor(from / width), Math.ceil(((energy[0]?.slot ?? 0) * slotSeconds) / width));
  const end = Math.floor(Math.min(to, (energy.at(-1)?.slot ?? 0) * slotSeconds) / width);
  const edges = Array.from({ length: Math.max(0, end - first + 1) }, (_, index) => (first + index) * width);
  const curves = ENTRIES.map((_, entry) => {
    const joules = edges.map((time) => signalAt(energy, time / slotSeconds, entry) ?? 0);
    const watts = joules.slice(1).map((after, index) => (after - joules[index]!) / width);
    return watts.length > 0 ? [...watts, watts.at(-1)!] : [];
  });
  return [edges.length > 1 ? edges : [], ...curves];
}

customElements.define('power-panel', PowerPanel);
