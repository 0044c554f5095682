import { LitElement, css, html, svg } from 'lit';
import type { RunEvent } from '../server/events.ts';
import { duration, number, si } from './format.ts';

const ORIGINS: Readonly<Record<RunEvent['origin'], string>> = {
  simulated: 'These figures come from a model of the node.',
  emulated: 'These figures come from firmware on an emulated processor with modelled energy.',
  hardware: 'These figures were measured on hardware.',
  replayed: 'These figures come from a recording.',
};

/** What runs, and where its figures come from. */
export class RunHeader extends LitElement {
  static override properties = { run: { attribute: false } };
  static override styles = css`
    :host {
      display: block;
      min-width: 0;
    }
    .top {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 8px 20px;
    }
    .name {
      display: flex;
      align-items: center;
      flex-wrap: wrap;
      gap: 4px 10px;
    }
    .name svg {
      flex: none;
      color: var(--accent);
    }
    h1 {
      margin: 0;
      font-size: 16px;
      font-weight: 600;
    }
    .title {
      color: var(--muted);
    }
    .badge {
      padding: 1px 7px;
      border: 1px solid var(--accent);
      border-radius: 3px;
      font-size: 11px;
      font-weight: 600;
      letter-spacing: 0.04em;
      text-transform: uppercase;
      color: var(--accent);
    }
    .badge.simulated,
    .badge.replayed {
      border-style: dashed;
    }
    .badge.hardware {
      background: var(--accent);
      color: var(--on-accent);
    }
    dl {
      display: flex;
      flex-wrap: wrap;
      gap: 2px 22px;
      margin: 6px 0 0;
    }
    dl div {
      display: flex;
      gap: 6px;
      min-width: 0;
    }
    dt {
      color: var(--muted);
    }
    dd {
      margin: 0;
      overflow-wrap: anywhere;
    }
  `;
  declare run: RunEvent | undefined;

  override render(): unknown {
    const { run } = this;
    return html`<div class="top">
        <div class="name">
          <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">${sun}</svg>
          <h1>Solstice</h1>
          ${run ? title(run) : ''}
        </div>
        <slot></slot>
      </div>
      ${run ? html`<dl>${facts(run)}</dl>` : ''}`;
  }
}

const sun = svg`<g fill="none" stroke="currentColor" stroke-width="2.8" stroke-linecap="round">
  <circle cx="16" cy="17" r="6.5" />
  <path d="M16 3v4M4.6 8.6l3.2 2.6M27.4 8.6l-3.2 2.6M3 28h26" />
</g>`;

function title(run: RunEvent): unknown {
  return html`<span class="title">${run.title}</span>
    <span class="badge ${run.origin}" title=${ORIGINS[run.origin]}>${run.origin}</span>`;
}

function facts(run: RunEvent): unknown[] {
  const { slotSeconds } = run;
  const rows = [
    ['Node', run.node],
    ['Policy', run.policy],
    ['Signal', run.signal],
    ['Harvest', run.harvest],
    ['Slot', si(slotSeconds, 's')],
    ['Latency bound', duration(run.latencySlots * slotSeconds)],
    ['Speed', run.speed === null ? 'as fast as it goes' : `${number(run.speed)}×`],
  ];
  return rows.map(
    ([name, value]) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`,
  );
}

customElements.define('run-header', RunHeader);
