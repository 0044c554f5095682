import { Intervals } from '../record/intervals.ts';
import type { ClockEstimate } from './clockEstimate.ts';

/** What the host knows of one node while it collects. */
export class NodeSession {
  readonly clock: ClockEstimate;
  /** Length of a slot, once the node's configuration is known. */
  slotMicros: number | undefined;
  readonly counters = { packets: 0, samples: 0, duplicates: 0 };
  /** Packet numbers seen. A node numbers its packets without a gap over its whole life. */
  readonly #seen = new Intervals();

  constructor(clock: ClockEstimate) {
    this.clock = clock;
  }

  /** Numbers missing between the least and the greatest seen; one that arrives late is missing no more. */
  get lost(): number {
    return this.#seen.count().missing;
  }

  count(seq: number, samples: number, fresh: boolean): void {
    this.#seen.add(seq);
    if (fresh) {
      this.counters.packets++;
      this.counters.samples += samples;
    } else {
      this.counters.duplicates++;
    }
  }
}
