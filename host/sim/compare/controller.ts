import type { Samples } from '../../link/samples.ts';

/** What runs on a simulated node. Its state is non-volatile; calls that a power failure cuts off are not repeated. */
export interface Controller {
  /** The node has power again (or for the first time). */
  boot(): void;
  /** What to do in `slot` with `energy` nanojoules at hand: an action of `actions`. */
  next(slot: number, energy: number): number;
  /** After `sleep`: the slot to wake in. */
  wakeSlot(): number;
  /** A sample, one integer per axis. */
  push(slot: number, values: Int32Array): void;
  /** Forms the packet to send, or the one in flight again, and returns the length of its body in bytes. */
  form(): number;
  /** The packet that was formed last has arrived. Returns its samples. */
  acknowledge(): Samples;
  /** Samples that wait, and slots since the oldest of them was taken (0 without any). */
  held(): number;
  oldestAge(slot: number): number;
  /** Samples given up because they could not be sent by the bound. */
  expired(): number;
}

/** Bytes that a frame has besides its body: CRC-16, COBS for less than 254 bytes, two delimiters. */
export const FRAME_OVERHEAD = 5;
