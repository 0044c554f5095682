import { LitElement, css, html } from 'lit';
import { count, duration, number, words } from './format.ts';
import type { RunEvent } from '../server/events.ts';

interface Figure {
  key: string;
  label: string;
  value: string;
  unit?: string;
  warn?: boolean;
}

const COUNTS: readonly (readonly [key: string, label: string, bad: boolean])[] = [
  ['samples', 'Samples', false],
  ['packets', 'Packets', false],
  ['lost', 'Lost', true],
  ['duplicates', 'Duplicates', true],
  ['deadlineMisses', 'Deadline misses', true],
];

/** The counters of the run. What ought to be zero and is not is marked, in words too. */
export class FiguresRow extends LitElement {
  static override properties = {
    run: { attribute: false },
    counters: { attribute: false },
    seconds: { type: Number },
  };
  static override styles = css`
    :host {
      display: block;
      background: var(--panel);
      border: 1px solid var(--edge);
      border-radius: 6px;
      overflow: hidden;
    }
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(104px, 1fr));
      margin: 0;
    }
    div {
      padding: 6px 12px 7px;
      box-shadow:
        1px 0 0 var(--edge),
        0 1px 0 var(--edge);
    }
    dt {
      font-size: 12px;
      color: var(--muted);
      white-space: nowrap;
    }
    dd {
      margin: 0;
      font-size: 19px;
      line-height: 1.25;
      white-space: nowrap;
    }
    small {
      font-size: 12px;
      color: var(--muted);
    }
    .warn dd {
      color: var(--warn);
      font-weight: 600;
    }
    .warn dt::after {
      content: ' – not zero';
      color: var(--warn);
    }
    @media (max-width: 640px) {
      dd {
        font-size: 17px;
      }
    }
  `;
  declare run: RunEvent;
  declare counters: Readonly<Record<string, number>>;
  /** Length of the run by the node's clock. */
  declare seconds: number;

  override render(): unknown {
    return html`<dl>
      ${this.#figures().map(
        ({ key, label, value, unit, warn }) =>
          html`<div data-figure=${key} class=${warn ? 'warn' : ''}>
            <dt>${label}</dt>
            <dd>${value}${unit ? html` <small>${unit}</small>` : ''}</dd>
          </div>`,
      )}
    </dl>`;
  }

  #figures(): Figure[] {
    const { counters, run } = this;
    const { mae } = counters;
    const known = new Set([...COUNTS.map(([key]) => key), 'mae']);
    return [
      { key: 'time', label: 'Node time', value: duration(this.seconds) },
      ...COUNTS.map(([key, label, bad]) => {
        const value = counters[key];
        return { key, label, value: value === undefined ? '–' : count(value), warn: bad && (value ?? 0) > 0 };
      }),
      {
        key: 'mae',
        label: 'Mean abs. error',
        value: mae === undefined ? '–' : number(mae, 3),
        unit: run.unit,
      },
      ...Object.entries(counters)
        .filter(([key]) => !known.has(key))
        .map(([key, value]) => ({ key, label: words(key), value: number(value) })),
    ];
  }
}

customElements.define('figures-row', FiguresRow);
