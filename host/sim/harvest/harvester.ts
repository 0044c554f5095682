/** What the source offers from the asked time up to `until` (seconds, later than the asked time). */
export interface HarvestPiece {
  /** Power at the converter's input, and the voltage at which it is offered. */
  watts: number;
  volts: number;
  until: number;
}

/** An energy source: a piecewise constant function of simulated time (seconds since the start of the run). */
export interface Harvester {
  readonly name: string;
  /** What a reader had to assume or mend, a sentence each. */
  readonly warnings: readonly string[];
  /** A pure function of `seconds` >= 0; fastest when asked in order. */
  at(seconds: number): HarvestPiece;
}

/** A trace: row i holds from starts[i] to starts[i + 1], the last one to `duration`. */
export interface HarvestTrace {
  name: string;
  /** Seconds, from 0 on, ascending. */
  starts: Float64Array;
  watts: Float64Array;
  volts: Float64Array;
  duration: number;
  warnings?: readonly string[];
}

/** Plays a trace and begins it again at its end, for as long as the run lasts. */
export class TraceHarvester implements Harvester {
  readonly name: string;
  readonly warnings: readonly string[];
  /** Seconds after which the trace repeats. */
  readonly duration: number;
  readonly #starts: Float64Array;
  readonly #watts: Float64Array;
  readonly #volts: Float64Array;
  #cycle = 0;
  #index = 0;
  #from = 0;
  #until = 0;

  constructor({ name, starts, watts, volts, duration, warnings = [] }: HarvestTrace) {
    const last = starts.at(-1);
    if (last === undefined || starts[0] !== 0 || !(duration > last)) {
      throw new RangeError('a trace starts at 0 and ends after its last row');
    }
    this.name = name;
    this.warnings = warnings;
    this.duration = duration;
    this.#starts = starts;
    this.#watts = watts;
    this.#volts = volts;
    this.#enter(0, 0);
  }

  at(seconds: number): HarvestPiece {
    if (seconds < this.#from || seconds >= this.#until + this.duration) {
      this.#enter(Math.max(0, Math.floor(seconds / this.duration) - 1), 0);
    }
    // Boundaries are compared as computed, so that every time lies in exactly one piece whatever the rounding.
    while (seconds >= this.#until) {
      if (this.#index + 1 < this.#starts.length) this.#enter(this.#cycle, this.#index + 1);
      else this.#enter(this.#cycle + 1, 0);
    }
    return { watts: this.#watts[this.#index]!, volts: this.#volts[this.#index]!, until: this.#until };
  }

  /** Mean power over one repetition, in watts. */
  meanWatts(): number {
    let joules = 0;
    this.#starts.forEach((start, i) => {
      joules += this.#watts[i]! * ((this.#starts[i + 1] ?? this.duration) - start);
    });
    return joules / this.duration;
  }

  /** The same trace from `seconds` on; what came before follows at its end. */
  startingAt(seconds: number): TraceHarvester {
    const offset = seconds % this.duration;
    const first = this.#starts.findLastIndex((start) => start <= offset);
    const order = [...this.#starts.keys()].map((i) => (first + i) % this.#starts.length);
    // The piece that is cut by the new start is whole again at the end: its first part follows the last piece.
    const rows = order.map((row, i) => ({
      row,
      start: i === 0 ? 0 : this.#starts[row]! - offset + (row < first ? this.duration : 0),
    }));
    if (this.#starts[first]! < offset) {
      rows.push({ row: first, start: this.#starts[first]! - offset + this.duration });
    }
    return new TraceHarvester({
      name: this.name,
      starts: Float64Array.from(rows, ({ start }) => start),
      watts: Float64Array.from(rows, ({ row }) => this.#watts[row]!),
      volts: Float64Array.from(rows, ({ row }) => this.#volts[row]!),
      duration: this.duration,
      warnings: this.warnings,
    });
  }

  #enter(cycle: number, index: number): void {
    const last = index + 1 === this.#starts.length;
    this.#cycle = cycle;
    this.#index = index;
    this.#from = cycle * this.duration + this.#starts[index]!;
    this.#until = last ? (cycle + 1) * this.duration : cycle * this.duration + this.#starts[index + 1]!;
  }
}
