import { BoundedSeries } from '../server/boundedSeries.ts';
import type {
  HistoryEvent,
  LiveEvent,
  LiveMessage,
  PowerEvent,
  QueueEvent,
  RunEvent,
} from '../server/events.ts';

export interface SignalRow {
  slot: number;
  values: number[];
}

export interface NodeData {
  samples: BoundedSeries<SignalRow>;
  queue: BoundedSeries<QueueEvent>;
  late: number;
}

/** Rows kept per curve. */
const LIMIT = 20_000;
/** Nodes kept; the page leaves further ones out. */
const MAX_NODES = 64;

/** All that the page knows of a run, in bounded memory. Knows nothing of how it is shown. */
export class LiveStore {
  readonly #limit: number;
  run: RunEvent | undefined;
  counters: Readonly<Record<string, number>> = {};
  summary: Readonly<Record<string, unknown>> | undefined;
  truth: BoundedSeries<SignalRow>;
  power: BoundedSeries<PowerEvent>;
  readonly nodes = new Map<number, NodeData>();
  /** First and latest slot of any curve; undefined before there is one. */
  firstSlot: number | undefined;
  lastSlot: number | undefined;
  #historyThinned = false;

  constructor({ limit = LIMIT } = {}) {
    this.#limit = limit;
    this.truth = new BoundedSeries(limit);
    this.power = new BoundedSeries(limit);
  }

  /** Whether the past is coarser than it was published. */
  get thinned(): boolean {
    return (
      this.#historyThinned ||
      this.truth.thinned ||
      this.power.thinned ||
      [...this.nodes.values()].some(({ samples, queue }) => samples.thinned || queue.thinned)
    );
  }

  apply(message: LiveMessage): void {
    for (const event of message) this.#add(event);
  }

  #add(event: LiveEvent | HistoryEvent): void {
    switch (event.type) {
      case 'history':
        this.#reset(undefined);
        this.#historyThinned = event.thinned;
        break;
      case 'run':
        this.#reset(event);
        break;
      case 'truth':
        this.#addRows(this.truth, event.slots, event.values);
        break;
      case 'samples': {
        const node = this.#node(event.node);
        if (!node) break;
        node.late += event.late;
        this.#addRows(node.samples, event.slots, event.values);
        break;
      }
      case 'power':
        this.#addRow(this.power, event);
        break;
      case 'queue': {
        const node = this.#node(event.node);
        if (node) this.#addRow(node.queue, event);
        break;
      }
      case 'counters':
        this.counters = event.counters;
        break;
      case 'end':
        this.summary = event.summary;
    }
  }

  #reset(run: RunEvent | undefined): void {
    // A run that follows a history is part of it.
    if (this.run || !run) this.#historyThinned = false;
    this.run = run;
    this.counters = {};
    this.summary = undefined;
    this.truth = new BoundedSeries(this.#limit);
    this.power = new BoundedSeries(this.#limit);
    this.nodes.clear();
    this.firstSlot = undefined;
    this.lastSlot = undefined;
  }

  #node(node: number): NodeData | undefined {
    let data = this.nodes.get(node);
    if (!data && this.nodes.size < MAX_NODES) {
      data = { samples: new BoundedSeries(this.#limit), queue: new BoundedSeries(this.#limit), late: 0 };
      this.nodes.set(node, data);
    }
    return data;
  }

  #addRows(series: BoundedSeries<SignalRow>, slots: number[], values: number[][]): void {
    slots.forEach((slot, index) => this.#addRow(series, { slot, values: values[index] ?? [] }));
  }

  #addRow<T extends { slot: number }>(series: BoundedSeries<T>, row: T): void {
    series.add(row);
    this.firstSlot = Math.min(this.firstSlot ?? row.slot, row.slot);
    this.lastSlot = Math.max(this.lastSlot ?? row.slot, row.slot);
  }
}
