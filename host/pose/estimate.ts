import { joints } from '../motion/body.ts';
import type { Track } from './metrics.ts';
import type { Poser } from './poser.ts';

export interface Estimate extends Track {
  roots: Float32Array;
  /** Frames x 2: probability that the left and the right foot stand. */
  contact: Float32Array;
}

export interface EstimateOptions {
  /** Hears of every frame that went in. */
  progress?: (frame: number) => void;
}

/** What a poser makes of a whole recording, frames x 60; it is reset first. */
export function estimate(poser: Poser, frames: Float32Array, { progress }: EstimateOptions = {}): Estimate {
  poser.reset();
  const count = Math.max(0, frames.length / 60 - poser.latencyFrames);
  const rotations = new Float32Array(count * joints * 9);
  const roots = new Float32Array(count * 3);
  const contact = new Float32Array(count * 2);
  for (let at = 0; at < frames.length; at += 60) {
    const pose = poser.step(frames.subarray(at, at + 60));
    progress?.(at / 60);
    if (!pose) continue;
    rotations.set(pose.rotations, pose.frame * joints * 9);
    roots.set(pose.translation, pose.frame * 3);
    contact.set(pose.contact, pose.frame * 2);
  }
  return { first: 0, frames: count, rotations, roots, contact };
}
