import { LitElement, css, html } from 'lit';
import './capacitorPanel.ts';
import './energyPanel.ts';
import './figuresRow.ts';
import { duration } from './format.ts';
import { LiveConnection, type ConnectionState } from './liveConnection.ts';
import { LiveStore } from './liveStore.ts';
import { defaultWindow, stretch, windows, type LiveView } from './liveView.ts';
import { pageStyles } from './pageStyles.ts';
import { panelStyles } from './panelStyles.ts';
import './powerPanel.ts';
import './queuePanel.ts';
import './runHeader.ts';
import './signalPanel.ts';
import './summaryPanel.ts';

/** What the page is doing, as it says it. */
type Phase = 'waiting' | 'live' | 'lost' | 'ended';

const PHASES: Readonly<Record<Phase, string>> = {
  waiting: 'Waiting for the host',
  live: 'Live',
  lost: 'Connection lost, trying again',
  ended: 'Ended',
};

/** The live page: takes what the host publishes and shows a stretch of it. */
export class SolsticeLive extends LitElement {
  static override properties = {
    axis: { state: true },
    windowLength: { state: true },
    pausedAt: { state: true },
    pointer: { state: true },
    connection: { state: true },
    chosenNode: { state: true },
  };

  static override styles = [
    panelStyles,
    pageStyles,
    css`
      .segments,
      .pause {
        background: var(--panel);
      }
      .pause {
        min-width: 76px;
      }
      .pause[aria-pressed='true'] {
        background: var(--ink);
        border-color: var(--ink);
        color: var(--panel);
      }
      .status {
        display: inline-flex;
        align-items: center;
        gap: 7px;
        margin: 0;
        padding: 3px 10px;
        border: 1px solid var(--edge);
        border-radius: 4px;
        background: var(--panel);
      }
      .status::before {
        content: '';
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--muted);
      }
      .status.live::before {
        background: var(--good);
      }
      .status.waiting::before {
        background: none;
        border: 1.5px solid var(--muted);
        box-sizing: border-box;
      }
      .status.lost {
        border-color: var(--warn);
        background: var(--warn-back);
        color: var(--warn);
      }
      .status.lost::before {
        border-radius: 0;
        background: var(--warn);
        clip-path: polygon(50% 0, 100% 100%, 0 100%);
      }
      .status.ended::before {
        border-radius: 1px;
      }
      .panels {
        flex: 1;
        display: grid;
        grid-template-columns: minmax(0, 1fr) 350px;
        gap: 10px;
        min-height: 0;
      }
      .curves {
        display: grid;
        grid-template-rows: minmax(210px, 5fr) minmax(160px, 4fr) minmax(140px, 3fr);
        gap: 10px;
        min-width: 0;
        min-height: 0;
      }
      .side {
        display: flex;
        flex-direction: column;
        gap: 10px;
        min-width: 0;
        min-height: 0;
      }
      energy-panel {
        flex: 0 1 auto;
      }
      power-panel {
        flex: 1 1 170px;
      }
      summary-panel {
        flex: 0 1 auto;
      }
      .note {
        margin: 0;
        font-size: 12px;
        color: var(--muted);
      }
      .wait {
        margin: auto;
        max-width: 44ch;
        padding: 24px;
        text-align: center;
        color: var(--muted);
      }
      .wait h2 {
        margin-bottom: 6px;
        font-size: 16px;
        color: var(--ink);
      }
      .wait code {
        font-size: 12px;
        color: var(--ink);
      }
      @media (min-width: 1000px) and (min-height: 700px) {
        :host {
          height: 100dvh;
        }
      }
      @media (max-width: 999px) {
        .panels {
          display: flex;
          flex-direction: column;
        }
        .curves {
          grid-template-rows: 300px 220px auto;
        }
      }
      @media (max-width: 640px) {
        :host {
          padding: 10px;
        }
        .status,
        .pause {
          order: -1;
        }
      }
    `,
  ];

  readonly store = new LiveStore();
  declare axis: number;
  /** Seconds; undefined until it is chosen. */
  declare windowLength: number | undefined;
  /** The latest time when the page was paused. */
  declare pausedAt: number | undefined;
  /** Where the pointer is, as a part of the charts' width. */
  declare pointer: number | undefined;
  declare connection: ConnectionState;
  declare chosenNode: number | undefined;
  readonly #link = new LiveConnection({
    url: `${location.origin.replace(/^http/, 'ws')}/live`,
    onMessage: (message) => {
      this.store.apply(message);
      const { run, lastSlot = 0 } = this.store;
      // A pause ends with the run that it was in.
      if (run && this.pausedAt !== undefined && lastSlot * run.slotSeconds < this.pausedAt)
        this.pausedAt = undefined;
      this.#showSoon();
    },
    onState: (state) => (this.connection = state),
  });
  #isDrawing = false;
  readonly #onVisible = (): void => {
    if (document.visibilityState === 'visible') this.#link.open();
  };

  constructor() {
    super();
    this.axis = 0;
    this.connection = { name: 'connecting' };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisible);
    this.#link.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#link.close();
  }

  get phase(): Phase {
    if (this.store.summary) return 'ended';
    if (!this.store.run) return 'waiting';
    return this.connection.name === 'open' ? 'live' : 'lost';
  }

  /** What the panels show now; undefined before there is a run. */
  get view(): LiveView | undefined {
    const { store } = this;
    const { run } = store;
    if (!run) return undefined;
    const first = (store.firstSlot ?? 0) * run.slotSeconds;
    const now = this.pausedAt ?? (store.lastSlot ?? 0) * run.slotSeconds;
    const length = this.windowLength ?? defaultWindow(run.speed ?? Infinity);
    const node = store.nodes.get(this.chosenNode ?? NaN) ?? store.nodes.values().next().value;
    const axis = Math.min(this.axis, run.axes.length - 1);
    const { from, to } = stretch(length, first, now);
    const cursor = this.pointer === undefined ? undefined : from + this.pointer * (to - from);
    return { store, run, node, axis, from, to, cursor };
  }

  override render(): unknown {
    const { view, phase } = this;
    return html`<run-header .run=${this.store.run}>
        <div class="tools">
          ${view ? this.#tools(view) : ''}
          <p class="status ${phase}" role="status">${PHASES[phase]}</p>
        </div>
      </run-header>
      ${view ? this.#panels(view) : this.#waiting()}`;
  }

  #tools(view: LiveView): unknown {
    const paused = this.pausedAt !== undefined;
    const chosen = this.windowLength ?? defaultWindow(view.run.speed ?? Infinity);
    return html`${this.#nodes()}
      <div class="segments" role="group" aria-label="Time shown">
        ${windows.map(
          (length) =>
            html`<button
              type="button"
              aria-pressed=${length === chosen}
              @click=${() => (this.windowLength = length)}
            >
              ${windowName(length)}
            </button>`,
        )}
      </div>
      <button type="button" class="pause" aria-pressed=${paused} @click=${this.#togglePause}>
        ${paused ? 'Resume' : 'Pause'}
      </button>`;
  }

  #nodes(): unknown {
    const nodes = [...this.store.nodes.keys()];
    if (nodes.length < 2) return '';
    const chosen = this.chosenNode ?? nodes[0];
    return html`<label>
      <span class="hidden">Node</span>
      <select
        @change=${(event: Event) => (this.chosenNode = Number((event.target as HTMLSelectElement).value))}
      >
        ${nodes.map((node) => html`<option value=${node} ?selected=${node === chosen}>Node ${node}</option>`)}
      </select>
    </label>`;
  }

  #panels(view: LiveView): unknown {
    const { store, run } = view;
    const seconds = ((store.lastSlot ?? 0) - (store.firstSlot ?? 0)) * run.slotSeconds;
    return html`<figures-row .run=${run} .counters=${store.counters} .seconds=${seconds}></figures-row>
      ${this.#notes(view)}
      <div
        class="panels"
        @choose-axis=${({ detail }: CustomEvent<number>) => (this.axis = detail)}
        @pointer-part=${({ detail }: CustomEvent<number | null>) => (this.pointer = detail ?? undefined)}
      >
        <div class="curves">
          <signal-panel .view=${view}></signal-panel>
          <capacitor-panel .view=${view}></capacitor-panel>
          <queue-panel .view=${view}></queue-panel>
        </div>
        <div class="side">
          ${store.summary ? this.#summary(view) : ''}
          <energy-panel .view=${view}></energy-panel>
          ${store.summary ? '' : html`<power-panel .view=${view}></power-panel>`}
        </div>
      </div>`;
  }

  /** Energy is left to the energy panel where there is one. */
  #summary({ store, run }: LiveView): unknown {
    const { energy, ...others } = store.summary!;
    const summary = store.power.rows.length > 0 ? others : { ...others, energy };
    return html`<summary-panel .summary=${summary} .unit=${run.unit}></summary-panel>`;
  }

  #notes({ store, run, from }: LiveView): unknown {
    const notes: string[] = [];
    if (this.pausedAt !== undefined) {
      const behind = (store.lastSlot ?? 0) * run.slotSeconds - this.pausedAt;
      notes.push(`Paused, ${duration(behind)} behind; data still comes in.`);
    }
    if (store.thinned && from <= (store.truth.rows[0] ?? { slot: 0 }).slot * run.slotSeconds) {
      notes.push('The older part of a long run is drawn with fewer points.');
    }
    return notes.length > 0 ? html`<p class="note">${notes.join(' ')}</p>` : '';
  }

  #waiting(): unknown {
    return html`<div class="wait">
      <h2>${this.connection.name === 'open' ? 'No run yet' : 'The host does not answer yet'}</h2>
      ${
        this.connection.name === 'open'
          ? html`<p>The host is there. Curves appear as soon as a node runs.</p>`
          : html`<p>This page tries again by itself. Start a run with <code>npm start</code>.</p>`
      }
    </div>`;
  }

  #togglePause(): void {
    const { run, lastSlot } = this.store;
    this.pausedAt = this.pausedAt === undefined ? (lastSlot ?? 0) * run!.slotSeconds : undefined;
  }

  /** Draws at the next frame; hidden pages do not draw. */
  #showSoon(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.requestUpdate();
    });
  }
}

function windowName(length: number): string {
  if (length === Infinity) return 'All';
  if (length < 60) return `${length} s`;
  return length < 3600 ? `${length / 60} min` : `${length / 3600} h`;
}

customElements.define('solstice-live', SolsticeLive);
