import { LitElement, css, html, svg } from 'lit';
import type { PowerEvent } from '../server/events.ts';
import { fixed, si, words } from './format.ts';
import type { LiveView } from './liveView.ts';
import { panelStyles } from './panelStyles.ts';
import { indexAtOrAfter } from '../server/boundedSeries.ts';

interface Entry {
  name: string;
  /** Joules since the start. */
  total: number;
  /** Mean watts over the stretch shown. */
  power: number | undefined;
  color: string;
  /** A part of the load, listed under it. */
  isPart: boolean;
}

const PARTS = ['boot', 'sleep', 'sense', 'compute', 'radio'];
const USES = ['load', 'losses', 'leakage', 'clipped', 'stored'];
const COLORED = new Set(['harvested', ...PARTS, ...USES]);

/** Where the harvested energy went. */
export class EnergyPanel extends LitElement {
  static override properties = { view: { attribute: false } };
  static override styles = [
    panelStyles,
    css`
      .body {
        padding: 8px 12px 12px;
        overflow-y: auto;
      }
      .total {
        display: block;
        width: 100%;
        height: 18px;
        border-radius: 3px;
      }
      table {
        width: 100%;
        margin-top: 10px;
        border-collapse: collapse;
        font-size: 12px;
      }
      th,
      td {
        padding: 3px 0;
        font-weight: 400;
        text-align: right;
        white-space: nowrap;
        border-bottom: 1px solid var(--grid);
      }
      tbody tr:last-child > * {
        border-bottom: 0;
      }
      thead th {
        color: var(--muted);
        border-bottom-color: var(--edge);
      }
      th:first-child {
        text-align: left;
      }
      td + td {
        padding-left: 12px;
      }
      .group > * {
        font-weight: 600;
      }
      .part th {
        padding-left: 14px;
      }
      .name {
        display: flex;
        align-items: center;
        gap: 7px;
      }
      .share {
        width: 22%;
        padding-left: 10px;
      }
      .share svg {
        display: block;
        width: 100%;
        height: 8px;
      }
      .empty {
        margin: 8px 0;
        color: var(--muted);
      }
    `,
  ];
  declare view: LiveView;

  override render(): unknown {
    const { store } = this.view;
    const latest = store.power.rows.at(-1);
    return html`<header>
        <h2>Energy <small>since the start; power over the time shown</small></h2>
      </header>
      <div class="body">
        ${latest ? this.#balance(latest) : html`<p class="empty">The node has not told its energy yet.</p>`}
      </div>`;
  }

  #balance(latest: PowerEvent): unknown {
    const harvested = latest.ledger['harvested'] ?? 0;
    const entries = this.#entries(latest);
    const most = Math.max(harvested, ...entries.map(({ total }) => total), Number.MIN_VALUE);
    return html`${this.#bar(entries)}
      <table>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <td class="share"><span class="hidden">Share</span></td>
            <th scope="col">Energy</th>
            <th scope="col">Share</th>
            <th scope="col">Power</th>
          </tr>
        </thead>
        <tbody>
          ${entries.map((entry) => this.#row(entry, harvested, most))}
        </tbody>
      </table>`;
  }

  #row({ name, total, power, color, isPart }: Entry, harvested: number, most: number): unknown {
    const share = Math.max(0, total / most) * 100;
    const kind = isPart ? 'part' : name === 'load' || name === 'harvested' ? 'group' : '';
    return html`<tr class=${kind} data-part=${name}>
      <th scope="row">
        <span class="name">
          ${
            name === 'load'
              ? ''
              : html`<svg width="8" height="8" aria-hidden="true">
                  <rect width="8" height="8" rx="1.5" fill=${color} />
                </svg>`
          }
          ${words(name)}
        </span>
      </th>
      <td class="share">
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect width=${share} height="8" fill=${color} />
        </svg>
      </td>
      <td>${si(total, 'J')}</td>
      <td>${harvested > 0 ? `${fixed((100 * total) / harvested, 1)} %` : '–'}</td>
      <td>${power === undefined ? '–' : si(power, 'W')}</td>
    </tr>`;
  }

  /** The harvest as one bar, cut into its uses. */
  #bar(entries: readonly Entry[]): unknown {
    const uses = entries.filter(({ name, total }) => name !== 'harvested' && name !== 'load' && total > 0);
    const sum = uses.reduce((total, use) => total + use.total, 0);
    let left = 0;
    const segments = uses.map(({ name, total, color }) => {
      const width = (1000 * total) / sum;
      const segment = svg`<rect x=${left} width=${Math.max(0, width - 2)} height="10" fill=${color}>
        <title>${words(name)} ${si(total, 'J')}</title>
      </rect>`;
      left += width;
      return segment;
    });
    return html`<svg
      class="total"
      viewBox="0 0 1000 10"
      preserveAspectRatio="none"
      role="img"
      aria-label="Uses of the harvested energy, as in the table below"
    >
      ${segments}
    </svg>`;
  }

  #entries({ ledger, parts }: PowerEvent): Entry[] {
    const first = this.#rowBefore(this.view.from);
    const last = this.#rowBefore(this.view.to);
    const seconds = first && last ? (last.slot - first.slot) * this.view.run.slotSeconds : 0;
    const entry = (name: string, source: 'ledger' | 'parts'): Entry => {
      const total = (source === 'ledger' ? ledger : parts)[name]!;
      const change = (last?.[source][name] ?? NaN) - (first?.[source][name] ?? NaN);
      return {
        name,
        total,
        power: seconds > 0 ? change / seconds : undefined,
        color: `var(--${name === 'load' ? 'ink' : COLORED.has(name) ? name : 'other'})`,
        isPart: source === 'parts',
      };
    };
    const ordered = inOrder(ledger, ['harvested', ...USES]).map((name) => entry(name, 'ledger'));
    const load = ordered.findIndex(({ name }) => name === 'load');
    ordered.splice(load + 1, 0, ...inOrder(parts, PARTS).map((name) => entry(name, 'parts')));
    return ordered;
  }

  #rowBefore(time: number): PowerEvent | undefined {
    const { rows } = this.view.store.power;
    return rows[Math.max(0, indexAtOrAfter(rows, time / this.view.run.slotSeconds) - 1)];
  }
}

/** The keys of a record: the known ones first, in their order. */
function inOrder(record: Readonly<Record<string, number>>, known: readonly string[]): string[] {
  return [
    ...known.filter((key) => key in record),
    ...Object.keys(record).filter((key) => !known.includes(key)),
  ];
}

customElements.define('energy-panel', EnergyPanel);
