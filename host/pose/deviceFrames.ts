/** A device's reading: seconds on the receiver's clock, 3 of acceleration (m/s^2 / 30), 9 of rotation by rows. */
export interface Reading {
  slot: number;
  seconds: number;
  acceleration: ArrayLike<number>;
  rotation: ArrayLike<number>;
}

const slots = 5;

/**
 * Readings of several devices, as they come, to frames at a fixed rate: a frame holds each device's latest reading that
 * is not older than `staleSeconds`. A reading older than the device's latest (out of order) or with a time that is no
 * number is dropped and counted; a late one still serves the next frame. Nothing is interpolated and nothing waits.
 */
export class DeviceFrames {
  readonly #frame = new Float32Array(60);
  readonly #values = new Float32Array(slots * 12);
  readonly #seconds = new Float64Array(slots).fill(-Infinity);
  readonly #staleSeconds: number;
  /** Readings that were out of order, or of no device or time. */
  dropped = 0;

  constructor({ staleSeconds = 0.1 }: { staleSeconds?: number } = {}) {
    this.#staleSeconds = staleSeconds;
  }

  push({ slot, seconds, acceleration, rotation }: Reading): void {
    const known =
      Number.isInteger(slot) &&
      slot >= 0 &&
      slot < slots &&
      acceleration.length === 3 &&
      rotation.length === 9;
    if (!known || !Number.isFinite(seconds) || seconds <= this.#seconds[slot]!) {
      this.dropped++;
      return;
    }
    this.#seconds[slot] = seconds;
    this.#values.set(acceleration, 12 * slot);
    this.#values.set(rotation, 12 * slot + 3);
  }

  /** The frame at a time; the same array at every call. */
  frameAt(seconds: number): Float32Array {
    this.#frame.fill(0);
    for (let slot = 0; slot < slots; slot++) {
      const age = seconds - this.#seconds[slot]!;
      if (!(age >= 0 && age <= this.#staleSeconds)) continue;
      this.#frame.set(this.#values.subarray(12 * slot, 12 * slot + 3), 3 * slot);
      this.#frame.set(this.#values.subarray(12 * slot + 3, 12 * slot + 12), 15 + 9 * slot);
    }
    return this.#frame;
  }
}
