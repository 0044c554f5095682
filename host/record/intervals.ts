/** Numbers `first` to `last`, both included. */
export interface Interval {
  first: number;
  last: number;
}

/** A set of whole numbers kept as merged intervals: its size is the number of gaps, not of members. */
export class Intervals {
  readonly #intervals: Interval[];

  constructor(intervals: readonly Interval[] = []) {
    this.#intervals = [];
    for (const { first, last } of intervals) this.add(first, last);
  }

  /** How many intervals there are. */
  get size(): number {
    return this.#intervals.length;
  }

  has(value: number): boolean {
    const interval = this.#intervals[this.#find(value)];
    return interval !== undefined && interval.first <= value;
  }

  add(first: number, last = first): void {
    // All intervals that overlap or touch [first, last] become one.
    const from = this.#find(first - 1);
    let to = from;
    for (; to < this.#intervals.length && this.#intervals[to]!.first <= last + 1; to++) {
      first = Math.min(first, this.#intervals[to]!.first);
      last = Math.max(last, this.#intervals[to]!.last);
    }
    this.#intervals.splice(from, to - from, { first, last });
  }

  /** Members in all, and numbers missing between the least and the greatest. */
  count(): { members: number; missing: number } {
    let members = 0;
    for (const { first, last } of this.#intervals) members += last - first + 1;
    const least = this.#intervals[0];
    const span = least ? this.#intervals.at(-1)!.last - least.first + 1 : 0;
    return { members, missing: span - members };
  }

  *[Symbol.iterator](): IterableIterator<Readonly<Interval>> {
    yield* this.#intervals;
  }

  /** The place of the first interval that ends at `value` or later. */
  #find(value: number): number {
    let low = this.#intervals.length - 1;
    // Almost always the last one is meant.
    if (low < 0 || this.#intervals[low]!.last < value) return low + 1;
    let high = low;
    low = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#intervals[middle]!.last < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
