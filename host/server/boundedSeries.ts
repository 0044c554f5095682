/**
 * Rows in the order of their slots, at most `limit` of them however long the run: when it is full every second row of
 * the older half goes, so that the past gets coarser and the present stays whole.
 */
export class BoundedSeries<T extends { slot: number }> {
  readonly #limit: number;
  #rows: T[] = [];
  #thinned = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get rows(): readonly T[] {
    return this.#rows;
  }

  /** Whether rows were dropped. */
  get thinned(): boolean {
    return this.#thinned;
  }

  /** Adds a row in its place; a row of the same slot is replaced. */
  add(row: T): void {
    const rows = this.#rows;
    const last = rows.at(-1);
    if (!last || row.slot > last.slot) {
      rows.push(row);
    } else {
      const at = indexAtOrAfter(rows, row.slot);
      rows.splice(at, rows[at]?.slot === row.slot ? 1 : 0, row);
    }
    if (rows.length <= this.#limit) return;
    const older = rows.length >> 1;
    this.#rows = rows.filter((_, index) => index >= older || index % 2 === 0);
    this.#thinned = true;
  }
}

/** Index of the first row whose slot is not below `slot`; the length when there is none. */
export function indexAtOrAfter(rows: readonly { slot: number }[], slot: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.slot < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
