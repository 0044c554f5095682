import type { ClockReading } from '../record/recorder.ts';

export interface Exchange {
  /** Host time of the request and of the answer, in Unix microseconds. */
  askedMicros: number;
  answeredMicros: number;
  slot: number;
  micros: number;
  slotMicros: number;
}

/** Readings that are compared with each other. */
const KEPT = 8;
/** Two crystals drift apart by no more than this; a reading that differs by more belongs to another clock. */
const MAX_DRIFT = 500e-6;

/** The node answered somewhere between request and answer: the midpoint is wrong by half the round trip at most. */
export function readClock({ askedMicros, answeredMicros, slot, micros, slotMicros }: Exchange): ClockReading {
  const midpoint = (askedMicros + answeredMicros) / 2;
  return {
    slot,
    micros,
    slotMicros,
    offsetMicros: Math.round(midpoint - (slot * slotMicros + micros)),
    roundTripMicros: Math.round(answeredMicros - askedMicros),
  };
}

/** Picks the reading to trust: the shortest round trip among the recent ones that agree with the newest. */
export class ClockEstimate {
  #recent: { reading: ClockReading; at: number }[] = [];

  /** Adds a reading taken at host time `at` (microseconds) and returns the best. */
  add(reading: ClockReading, at: number): ClockReading {
    const agrees = (other: { reading: ClockReading; at: number }): boolean => {
      const tolerance =
        (reading.roundTripMicros + other.reading.roundTripMicros) / 2 + MAX_DRIFT * Math.abs(at - other.at);
      return (
        other.reading.slotMicros === reading.slotMicros &&
        Math.abs(other.reading.offsetMicros - reading.offsetMicros) <= tolerance
      );
    };
    this.#recent = [...this.#recent.filter(agrees), { reading, at }].slice(-KEPT);
    return this.best!;
  }

  get best(): ClockReading | undefined {
    let best: ClockReading | undefined;
    for (const { reading } of this.#recent) {
      // The newer of two equals has drifted less.
      if (!best || reading.roundTripMicros <= best.roundTripMicros) best = reading;
    }
    return best;
  }
}
