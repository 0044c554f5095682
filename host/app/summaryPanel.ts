import { LitElement, css, html } from 'lit';
import { count, number, si, words } from './format.ts';
import { panelStyles } from './panelStyles.ts';

/** What the run came to, once it has ended. */
export class SummaryPanel extends LitElement {
  static override properties = { summary: { attribute: false }, unit: {} };
  static override styles = [
    panelStyles,
    css`
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 3px 14px;
        margin: 0;
        padding: 6px 12px 12px;
        font-size: 12px;
        overflow-y: auto;
      }
      dt {
        color: var(--muted);
      }
      dd {
        margin: 0;
        text-align: right;
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare summary: Readonly<Record<string, unknown>>;
  declare unit: string;

  override render(): unknown {
    return html`<header><h2>Summary of the run</h2></header>
      <dl>
        ${entries(this.summary).map(
          ([path, value]) =>
            html`<dt>${path.map(label).join(', ')}</dt>
              <dd>${this.#show(path, value)}</dd>`,
        )}
      </dl>`;
  }

  #show(path: readonly string[], value: unknown): string {
    if (typeof value !== 'number') return String(value);
    if (path[0] === 'energy') return si(value, 'J');
    if (path.at(-1) === 'mae') return `${number(value, 3)} ${this.unit}`;
    return Number.isInteger(value) ? count(value) : number(value);
  }
}

function label(key: string): string {
  return key === 'mae' ? 'Mean abs. error' : words(key);
}

/** Leaves of a nested record with their paths; empty ones are left out. */
function entries(record: Readonly<Record<string, unknown>>, path: string[] = []): [string[], unknown][] {
  return Object.entries(record).flatMap(([key, value]): [string[], unknown][] => {
    if (value === null || value === undefined) return [];
    if (typeof value === 'object') return entries(value as Record<string, unknown>, [...path, key]);
    return [[[...path, key], value]];
  });
}

customElements.define('summary-panel', SummaryPanel);
