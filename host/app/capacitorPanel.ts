import { LitElement, html } from 'lit';
import type { PowerEvent } from '../server/events.ts';
import { fixed } from './format.ts';
import type { LiveView } from './liveView.ts';
import { panelStyles } from './panelStyles.ts';
import { describe, readout, type Reading } from './readout.ts';
import { rowAt, rowsAround } from './signalAt.ts';
import type { Plot } from './signalPlot.ts';
import './timeChart.ts';
import type { Curve, Level } from './timeChart.ts';

const CURVES: Curve[] = [{ label: 'voltage', color: 'volts', shape: 'line' }];

/** The voltage of the capacitor between its thresholds; dark where the node has no power. */
export class CapacitorPanel extends LitElement {
  static override properties = { view: { attribute: false } };
  static override styles = panelStyles;
  declare view: LiveView;

  override render(): unknown {
    const { store, run, from, to, cursor } = this.view;
    const { slotSeconds, thresholds } = run;
    const rows = rowsAround(store.power.rows, from / slotSeconds, to / slotSeconds);
    const plot: Plot = [rows.map(({ slot }) => slot * slotSeconds), rows.map(({ volts }) => volts)];
    const levels: Level[] = thresholds
      ? [
          {
            value: thresholds.max,
            label: `max ${fixed(thresholds.max, 1)} V`,
            color: 'threshold',
            dash: [1, 3],
          },
          {
            value: thresholds.on,
            label: `on ${fixed(thresholds.on, 1)} V`,
            color: 'threshold',
            dash: [6, 3],
          },
          {
            value: thresholds.off,
            label: `off ${fixed(thresholds.off, 1)} V`,
            color: 'threshold',
            dash: [2, 3],
          },
        ]
      : [];
    const at =
      cursor === undefined
        ? store.power.rows.at(-1)
        : rowAt(store.power.rows, Math.floor(cursor / slotSeconds));
    const readings: Reading[] = [
      { label: 'voltage', value: at ? `${fixed(at.volts, 2)} V` : '–', curve: CURVES[0]! },
      { label: 'node', value: at ? (at.on ? 'powered' : 'off') : '–' },
    ];
    return html`<header>
        <h2>Capacitor <small>V, shaded while the node is off</small></h2>
        ${readout(readings)}
      </header>
      <time-chart
        .label=${`Capacitor: ${describe(readings)}`}
        .curves=${CURVES}
        .plot=${plot}
        .levels=${levels}
        .shades=${offStretches(rows, slotSeconds)}
        .from=${from}
        .to=${to}
      ></time-chart>`;
  }
}

/** The times between a row without power and the next one with it. */
function offStretches(rows: readonly PowerEvent[], slotSeconds: number): [number, number][] {
  const stretches: [number, number][] = [];
  let start: number | undefined;
  for (const { slot, on } of rows) {
    if (!on) start ??= slot;
    if (!on || start === undefined) continue;
    stretches.push([start * slotSeconds, slot * slotSeconds]);
    start = undefined;
  }
  if (start !== undefined) stretches.push([start * slotSeconds, rows.at(-1)!.slot * slotSeconds]);
  return stretches;
}

customElements.define('capacitor-panel', CapacitorPanel);
