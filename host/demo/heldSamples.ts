import type { Environment, Moment } from '../sim/environment.ts';

/**
 * An environment seen from outside: knows which samples a node has taken and not yet delivered, whatever kind of
 * node it is.
 */
export class HeldSamples implements Environment {
  readonly #environment: Environment;
  readonly #held: number[] = [];
  #taken = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Samples taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Samples not yet delivered. */
  get length(): number {
    return this.#held.length;
  }

  /** Slots since the oldest of them was taken, 0 if there is none. */
  oldestAge(slot: number): number {
    const oldest = this.#held[0];
    return oldest === undefined ? 0 : slot - oldest;
  }

  /** Samples that are older than `bound` slots. */
  olderThan(bound: number, slot: number): number {
    return this.#held.filter((taken) => slot - taken > bound).length;
  }

  /**
   * The host has these on disk. Packets go in the order of their samples: what was taken before the last of these and is
   * still held was left out. Returns the slots of those.
   */
  delivered(slots: ArrayLike<number>): number[] {
    const here = new Set(Array.from(slots));
    const last = Math.max(...here);
    const leftOut = this.#held.filter((slot) => slot < last && !here.has(slot));
    const rest = this.#held.filter((slot) => slot > last);
    this.#held.splice(0, this.#held.length, ...rest);
    return leftOut;
  }

  powerOn(): Promise<Moment> {
    return this.#environment.powerOn();
  }

  sleepUntil(slot: number): Promise<Moment> {
    return this.#environment.sleepUntil(slot);
  }

  async sense(): Promise<Moment & { values: Int32Array }> {
    const sensed = await this.#environment.sense();
    this.#taken++;
    this.#held.push(sensed.slot);
    return sensed;
  }

  transmit(length: number): Promise<Moment> {
    return this.#environment.transmit(length);
  }
}
