import { BoundedSeries } from './boundedSeries.ts';
import type {
  CountersEvent,
  EndEvent,
  HistoryEvent,
  LiveEvent,
  PowerEvent,
  QueueEvent,
  RunEvent,
  SamplesEvent,
} from './events.ts';

interface Row {
  slot: number;
  values: number[];
}

/** Nodes whose samples and queues are kept; further ones are passed on live only. */
const MAX_NODES = 64;

/** What a client that joins late is told: at most `limit` rows per kind of event and node, and the latest of the rest. */
export class LiveHistory {
  readonly #limit: number;
  #run: RunEvent | undefined;
  #counters: CountersEvent | undefined;
  #end: EndEvent | undefined;
  #truth: BoundedSeries<Row>;
  #power: BoundedSeries<PowerEvent>;
  readonly #samples = new Map<number, { rows: BoundedSeries<Row>; late: number }>();
  readonly #queues = new Map<number, BoundedSeries<QueueEvent>>();

  constructor(limit: number) {
    this.#limit = limit;
    this.#truth = new BoundedSeries(limit);
    this.#power = new BoundedSeries(limit);
  }

  /** A run event forgets all that came before it. */
  add(event: LiveEvent): void {
    switch (event.type) {
      case 'run':
        this.#reset(event);
        break;
      case 'truth':
        addRows(this.#truth, event.slots, event.values);
        break;
      case 'samples':
        this.#addSamples(event);
        break;
      case 'power':
        this.#power.add(event);
        break;
      case 'queue':
        this.#addQueue(event);
        break;
      case 'counters':
        this.#counters = event;
        break;
      case 'end':
        this.#end = event;
    }
  }

  /** The run so far as one message. */
  message(): [HistoryEvent, ...LiveEvent[]] {
    const events: LiveEvent[] = [];
    if (this.#run) events.push(this.#run);
    if (this.#truth.rows.length > 0) events.push({ type: 'truth', ...columns(this.#truth.rows) });
    for (const [node, { rows, late }] of this.#samples) {
      events.push({ type: 'samples', node, ...columns(rows.rows), late });
    }
    events.push(...this.#power.rows);
    for (const queue of this.#queues.values()) events.push(...queue.rows);
    if (this.#counters) events.push(this.#counters);
    if (this.#end) events.push(this.#end);
    return [{ type: 'history', thinned: this.#thinned() }, ...events];
  }

  /** The latest state without the curves. */
  summary(): object {
    return {
      run: this.#run ?? null,
      counters: this.#counters?.counters ?? {},
      ended: this.#end !== undefined,
      summary: this.#end?.summary ?? null,
    };
  }

  #reset(run: RunEvent): void {
    this.#run = run;
    this.#counters = undefined;
    this.#end = undefined;
    this.#truth = new BoundedSeries(this.#limit);
    this.#power = new BoundedSeries(this.#limit);
    this.#samples.clear();
    this.#queues.clear();
  }

  #addSamples({ node, slots, values, late }: SamplesEvent): void {
    let samples = this.#samples.get(node);
    if (!samples) {
      if (this.#samples.size >= MAX_NODES) return;
      samples = { rows: new BoundedSeries(this.#limit), late: 0 };
      this.#samples.set(node, samples);
    }
    samples.late += late;
    addRows(samples.rows, slots, values);
  }

  #addQueue(event: QueueEvent): void {
    let queue = this.#queues.get(event.node);
    if (!queue) {
      if (this.#queues.size >= MAX_NODES) return;
      queue = new BoundedSeries(this.#limit);
      this.#queues.set(event.node, queue);
    }
    queue.add(event);
  }

  #thinned(): boolean {
    const series = [...this.#samples.values()].map(({ rows }) => rows);
    return [this.#truth, this.#power, ...series, ...this.#queues.values()].some(({ thinned }) => thinned);
  }
}

function addRows(series: BoundedSeries<Row>, slots: number[], values: number[][]): void {
  slots.forEach((slot, index) => series.add({ slot, values: values[index] ?? [] }));
}

function columns(rows: readonly Row[]): { slots: number[]; values: number[][] } {
  return { slots: rows.map(({ slot }) => slot), values: rows.map(({ values }) => values) };
}
