/** A measured clock: Unix microseconds = offsetMicros + slot * slotMicros + microseconds into the slot. */
export interface ClockReading {
  slot: number;
  micros: number;
  slotMicros: number;
  offsetMicros: number;
  roundTripMicros: number;
}

/** A node's answer to a TIME request. */
export interface TimeAnswer {
  /** The host's clock when it asked. */
  hostMicros: bigint;
  slot: number;
  micros: number;
  slotMicros: number;
}

/** A node is asked for its clock this often at most. */
const INTERVAL_MICROS = 60_000_000n;
/** Of the answers this recent the one with the shortest round trip counts. */
const WINDOW_MICROS = 600_000_000n;

/**
 * A node's clock from TIME exchanges: the node is taken to have answered halfway between question and answer
 * (Cristian's algorithm), so that an offset is wrong by at most half its round trip.
 */
export class ClockEstimate {
  #askedAt: bigint | undefined;
  #best: { roundTrip: bigint; at: bigint } | undefined;

  isDue(nowMicros: bigint): boolean {
    return this.#askedAt === undefined || nowMicros - this.#askedAt >= INTERVAL_MICROS;
  }

  asked(nowMicros: bigint): void {
    this.#askedAt = nowMicros;
  }

  /** The reading, if it is better than those of the last ten minutes; undefined for one that is not, or not asked for. */
  answered(
    { hostMicros, slot, micros, slotMicros }: TimeAnswer,
    nowMicros: bigint,
  ): ClockReading | undefined {
    if (hostMicros !== this.#askedAt) return undefined;
    const roundTrip = nowMicros - hostMicros;
    if (roundTrip < 0n) return undefined;
    const best = this.#best;
    if (best && nowMicros - best.at < WINDOW_MICROS && best.roundTrip <= roundTrip) return undefined;
    this.#best = { roundTrip, at: nowMicros };
    const middle = Number(hostMicros + roundTrip / 2n);
    return {
      slot,
      micros,
      slotMicros,
      offsetMicros: middle - slot * slotMicros - micros,
      roundTripMicros: Number(roundTrip),
    };
  }
}
