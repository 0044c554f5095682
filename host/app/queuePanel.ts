import { LitElement, css, html } from 'lit';
import type { QueueEvent } from '../server/events.ts';
import { count, duration, fixed } from './format.ts';
import type { LiveView } from './liveView.ts';
import { panelStyles } from './panelStyles.ts';
import { readout, type Reading } from './readout.ts';
import { rowAt, rowsAround } from './signalAt.ts';
import './timeChart.ts';
import type { Curve, Level } from './timeChart.ts';

const LENGTH: Curve[] = [{ label: 'samples', color: 'queue', shape: 'steps' }];
const AGE: Curve[] = [{ label: 'age', color: 'age', shape: 'line' }];

/** How many samples the node holds, and how old the oldest is against the latency bound. */
export class QueuePanel extends LitElement {
  static override properties = { view: { attribute: false } };
  static override styles = [
    panelStyles,
    css`
      :host {
        flex-direction: row;
        flex-wrap: wrap;
        overflow: hidden;
      }
      section {
        flex: 1 1 320px;
        display: flex;
        flex-direction: column;
        min-width: 0;
      }
      section + section {
        box-shadow: -1px -1px 0 var(--edge);
      }
    `,
  ];
  declare view: LiveView;

  override render(): unknown {
    const { run, node, from, to, cursor } = this.view;
    const { slotSeconds, latencySlots } = run;
    const all = node?.queue.rows ?? [];
    const rows = rowsAround(all, from / slotSeconds, to / slotSeconds);
    const times = rows.map(({ slot }) => slot * slotSeconds);
    const at = cursor === undefined ? all.at(-1) : rowAt(all, Math.floor(cursor / slotSeconds));
    const bound = latencySlots * slotSeconds;
    const level: Level = { value: bound, label: `bound ${duration(bound)}`, color: 'bound', dash: [6, 3] };
    const length: Reading = { label: 'held', value: at ? count(at.length) : '–', curve: LENGTH[0]! };
    const age: Reading = {
      label: 'age',
      value: at ? `${fixed(at.oldestAge * slotSeconds, 2)} s` : '–',
      curve: AGE[0]!,
      warn: at !== undefined && at.oldestAge > latencySlots,
    };
    return html`<section>
        <header>
          <h2>Queue <small>samples</small></h2>
          ${readout([length])}
        </header>
        <time-chart
          .label=${`Queue: ${length.value} samples held`}
          .curves=${LENGTH}
          .plot=${[times, rows.map((row) => row.length)]}
          .base=${0}
          .whole=${true}
          .from=${from}
          .to=${to}
        ></time-chart>
      </section>
      <section>
        <header>
          <h2>Oldest sample <small>s</small></h2>
          ${readout([age])}
        </header>
        <time-chart
          .label=${`Age of the oldest sample: ${age.value}, bound ${duration(bound)}`}
          .curves=${AGE}
          .plot=${[times, rows.map((row: QueueEvent) => row.oldestAge * slotSeconds)]}
          .levels=${[level]}
          .base=${0}
          .from=${from}
          .to=${to}
        ></time-chart>
      </section>`;
  }
}

customElements.define('queue-panel', QueuePanel);
