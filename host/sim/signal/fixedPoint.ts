import type { Signal } from './signal.ts';

const MOST_BITS = 15;
const LARGEST = 32767;
const SMALLEST = -32768;

/** How the node holds a signal: signed 16-bit integers with `fractionBits` bits behind the point. */
export interface FixedPoint {
  readonly fractionBits: number;
  /** Rounded half away from zero and saturated to 16 bits. */
  encode(values: ArrayLike<number>): Int32Array;
  decode(values: ArrayLike<number>): Float64Array;
}

/** The finest fixed point (0 to 15 fraction bits) in which every value of the signal, rounded, fits 16 bits. */
export function toFixed(signal: Signal): FixedPoint {
  let highest = 0;
  let lowest = 0;
  for (let slot = 0; slot < signal.length; slot++) {
    for (const value of signal.at(slot)) {
      if (value > highest) highest = value;
      else if (value < lowest) lowest = value;
    }
  }
  let fractionBits = MOST_BITS;
  const fits = (bits: number) => {
    return roundHalfAway(highest * 2 ** bits) <= LARGEST && roundHalfAway(lowest * 2 ** bits) >= SMALLEST;
  };
  while (fractionBits > 0 && !fits(fractionBits)) fractionBits--;
  return fixedPoint(fractionBits);
}

export function fixedPoint(fractionBits: number): FixedPoint {
  const scale = 2 ** fractionBits;
  return {
    fractionBits,
    encode: (values) =>
      Int32Array.from(values, (value) => Math.max(SMALLEST, Math.min(LARGEST, roundHalfAway(value * scale)))),
    decode: (values) => Float64Array.from(values, (value) => value / scale),
  };
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}
