import { LitElement, html } from 'lit';
import { reading } from './format.ts';
import type { LiveView } from './liveView.ts';
import { panelStyles } from './panelStyles.ts';
import { describe, readout, type Reading } from './readout.ts';
import { rowAt, signalAt } from './signalAt.ts';
import { signalPlot } from './signalPlot.ts';
import './timeChart.ts';
import type { Curve } from './timeChart.ts';

const HELD_DASH = [3, 3];
const CURVES: Curve[] = [
  { label: 'truth', color: 'truth', shape: 'line', width: 1 },
  { label: 'reconstruction', color: 'reconstruction', shape: 'line', width: 1.75 },
  { label: 'held', color: 'reconstruction', shape: 'line', width: 1.25, dash: HELD_DASH },
  { label: 'samples', color: 'samples', shape: 'dots' },
];

/** The signal of one axis: what it was, what was sampled, and what the samples say it was. */
export class SignalPanel extends LitElement {
  static override properties = { view: { attribute: false } };
  static override styles = panelStyles;
  declare view: LiveView;

  override render(): unknown {
    const { store, run, node, axis, from, to } = this.view;
    const samples = node?.samples.rows ?? [];
    const { slotSeconds, unit } = run;
    const plot = signalPlot({
      truth: store.truth.rows,
      samples,
      axis,
      slotSeconds,
      from: from / slotSeconds,
      to: to / slotSeconds,
      now: store.lastSlot ?? 0,
    });
    const readings = this.#readings();
    const values = describe(readings);
    return html`<header>
        <h2>Signal <small>${unit}</small></h2>
        ${this.#axes()} ${readout(readings)}
      </header>
      <time-chart
        .label=${`Signal, axis ${run.axes[axis] ?? axis}: ${values}`}
        .curves=${CURVES}
        .plot=${plot}
        .from=${from}
        .to=${to}
      ></time-chart>`;
  }

  #readings(): Reading[] {
    const { store, run, node, axis, cursor } = this.view;
    const samples = node?.samples.rows ?? [];
    const slot = cursor === undefined ? (store.lastSlot ?? 0) : cursor / run.slotSeconds;
    const show = (value: number | undefined): string => (value === undefined ? '–' : reading(value));
    return [
      { label: 'truth', value: show(signalAt(store.truth.rows, slot, axis)), curve: CURVES[0]! },
      { label: 'reconstruction', value: show(signalAt(samples, slot, axis)), curve: CURVES[1]! },
      { label: 'held', curve: CURVES[2]! },
      { label: 'sample', value: show(rowAt(samples, slot)?.values[axis]), curve: CURVES[3]! },
    ];
  }

  #axes(): unknown {
    const { run, axis } = this.view;
    if (run.axes.length < 2) return '';
    return html`<div class="segments" role="group" aria-label="Axis">
      ${run.axes.map(
        (name, index) =>
          html`<button type="button" aria-pressed=${index === axis} @click=${() => this.#choose(index)}>
            ${name}
          </button>`,
      )}
    </div>`;
  }

  #choose(axis: number): void {
    this.dispatchEvent(new CustomEvent('choose-axis', { detail: axis, bubbles: true, composed: true }));
  }
}

customElements.define('signal-panel', SignalPanel);
