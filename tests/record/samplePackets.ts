import { decodeMessage } from '../../host/link/message.ts';
import { encodeSamples, type Samples } from '../../host/link/samples.ts';
import type { SamplesMessage } from '../../host/record/readRecording.ts';

/** A pseudo-random whole number in [0, below); the same sequence for the same seed (mulberry32). */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** A packet whose content follows from its name alone, so that any reader can tell whether it is right. */
export function samplesOf(node: number, boot: number, seq: number, { count = 4, axes = 3 } = {}): Samples {
  const next = generator(node * 31 + boot * 7919 + seq);
  const slots = new Uint32Array(count);
  let slot = seq * 1000;
  for (let i = 0; i < count; i++) slots[i] = slot += 1 + next(5);
  const values = Int32Array.from({ length: count * axes }, () => next(20_000) - 10_000);
  return { axes, slots, values };
}

export function packet(
  node: number,
  boot: number,
  seq: number,
  shape: { count?: number; axes?: number } = {},
): SamplesMessage {
  const message = decodeMessage(encodeSamples(node, boot, seq, samplesOf(node, boot, seq, shape)));
  if (typeof message === 'string' || message.name !== 'SAMPLES') throw new Error('the fixture is no packet');
  return message;
}
