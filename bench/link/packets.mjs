import { encodeFrame } from '../../dist/host/link/frame.js';
import { encodeSamples } from '../../dist/host/link/samples.js';

export const NODE = 0x501;
export const BOOT = 1;
export const AXES = 3;
/** Samples in a full packet of a node with three axes. */
export const SAMPLES_PER_PACKET = 31;
/** What differs between packets repeats after so many. */
const VARIETY = 512;

const shapes = Array.from({ length: VARIETY }, (_, shape) => {
  const skips = new Uint32Array(SAMPLES_PER_PACKET);
  const values = new Int32Array(SAMPLES_PER_PACKET * AXES);
  for (let i = 0; i < SAMPLES_PER_PACKET; i++) {
    const t = (shape * SAMPLES_PER_PACKET + i) / 25;
    skips[i] = i === 0 ? 0 : 1 + Math.floor(2 + 2 * Math.sin(t * 3.1));
    for (let axis = 0; axis < AXES; axis++) {
      values[i * AXES + axis] = Math.round(2048 * Math.sin(t + axis) + 300 * Math.sin(17 * t + 2 * axis));
    }
  }
  return { skips, values };
});

/** Packet `seq`: an accelerometer-like signal, steps of two bytes an axis. */
export function samplesOf(seq) {
  const { skips, values } = shapes[seq % VARIETY];
  const slots = new Uint32Array(SAMPLES_PER_PACKET);
  let slot = seq * 128;
  for (let i = 0; i < SAMPLES_PER_PACKET; i++) slots[i] = slot += skips[i];
  return { axes: AXES, slots, values };
}

export function bodyOf(seq) {
  return encodeSamples(NODE, BOOT, seq, samplesOf(seq));
}

export function frameOf(seq) {
  return encodeFrame(bodyOf(seq));
}
