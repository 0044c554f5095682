import { Intervals, type Interval } from './intervals.ts';

/** Where intervals that do not fit in memory are kept. */
export interface IntervalStore {
  load(node: number, boot: number): readonly Interval[];
  save(node: number, boot: number, intervals: Iterable<Interval>): void;
  /** The greatest boot saved of the node, 0 if there is none. */
  lastBoot(node: number): number;
}

interface Entry {
  node: number;
  boot: number;
  intervals: Intervals;
  changed: boolean;
}

/** Intervals kept in memory over all nodes and boots: about 2 MB. */
const MAX_INTERVALS = 1 << 15;
/** An entry without any interval costs as much as a few. */
const ENTRY_COST = 4;

/**
 * Which packets are known, by (node, boot, seq). The most recently used boots are in memory, as merged intervals;
 * the rest is in the store. Memory is bounded whatever the number of nodes, boots and packets; only a single boot
 * with more gaps than the limit is kept whole.
 */
export class ReceivedPackets {
  readonly #store: IntervalStore;
  readonly #limit: number;
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>();
  #cost = 0;

  constructor(store: IntervalStore, { limit = MAX_INTERVALS } = {}) {
    this.#store = store;
    this.#limit = limit;
  }

  /** Boots in memory. */
  get size(): number {
    return this.#entries.size;
  }

  has(node: number, boot: number, seq: number): boolean {
    return this.#use(node, boot).intervals.has(seq);
  }

  add(node: number, boot: number, first: number, last = first): void {
    const entry = this.#use(node, boot);
    const before = entry.intervals.size;
    entry.intervals.add(first, last);
    entry.changed = true;
    this.#cost += entry.intervals.size - before;
  }

  /** The greatest boot that packets of the node are known of, 0 if there are none. */
  lastBoot(node: number): number {
    let last = this.#store.lastBoot(node);
    for (const entry of this.#entries.values()) {
      if (entry.node === node && entry.intervals.size > 0) last = Math.max(last, entry.boot);
    }
    return last;
  }

  /** Hands the store what changed; it counts as changed until `markSaved` says that the store has kept it. */
  saveChanged(): void {
    for (const { node, boot, intervals, changed } of this.#entries.values()) {
      if (changed) this.#store.save(node, boot, intervals);
    }
  }

  markSaved(): void {
    for (const entry of this.#entries.values()) entry.changed = false;
  }

  #use(node: number, boot: number): Entry {
    const key = `${node}:${boot}`;
    let entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
    } else {
      entry = { node, boot, intervals: new Intervals(this.#store.load(node, boot)), changed: false };
      this.#cost += entry.intervals.size + ENTRY_COST;
      this.#makeRoom();
    }
    this.#entries.set(key, entry);
    return entry;
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#cost <= this.#limit) return;
      try {
        if (entry.changed) this.#store.save(entry.node, entry.boot, entry.intervals);
      } catch {
        // What the store does not take stays here; `saveChanged` reports why.
        return;
      }
      this.#entries.delete(key);
      this.#cost -= entry.intervals.size + ENTRY_COST;
    }
  }
}
