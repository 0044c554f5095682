import { sources, subsets } from '../motion/body.ts';
import type { Motion } from '../motion/motion.ts';
import { frameOf } from '../motion/rotation.ts';
import { virtualImus } from '../motion/virtualImu.ts';
import { estimate } from './estimate.ts';
import meanPose from './meanPose.json' with { type: 'json' };
import { measure, type ErrorSums, type Track } from './metrics.ts';
import type { Poser } from './poser.ts';
import { shippedPoser } from './shippedModels.ts';
import type { Model, Precision } from './weights.ts';

/** `mean`: the mean pose of the training takes, whatever the devices say. */
export type System = { model: Model; precision?: Precision } | 'mean';

/** One movement, seen by one system through the devices of one subset (none: no device at all). */
export interface Task {
  system: System;
  motion: number;
  subset: string | 'none';
}

/** Runs tasks one after another, with a poser a system. */
export class Evaluator {
  readonly #motions: readonly Motion[];
  readonly #posers = new Map<string, Promise<Poser>>();

  constructor(motions: readonly Motion[]) {
    this.#motions = motions;
  }

  async run({ system, motion: index, subset }: Task): Promise<ErrorSums> {
    const motion = this.#motions[index]!;
    if (system === 'mean') return measure(standing(motion.frames), motion);
    const poser = await this.#poser(system);
    const frames = virtualImus(motion, slotsOf(subset));
    const track = estimate(poser, frames);
    // A single-stage network has no translation of its own.
    return measure(system.model === 'imuposer' ? { ...track, roots: undefined } : track, motion);
  }

  #poser({ model, precision }: Exclude<System, 'mean'>): Promise<Poser> {
    const key = `${model} ${precision ?? ''}`;
    const poser = this.#posers.get(key) ?? shippedPoser(model, precision);
    this.#posers.set(key, poser);
    return poser;
  }
}

export function slotsOf(subset: string): readonly number[] {
  return subset === 'none' ? [] : subsets.find(({ name }) => name === subset)!.slots;
}

/** The training takes' mean pose, standing still. */
function standing(frames: number): Track {
  const six = meanPose.six as [number, number, number, number, number, number][];
  const pose = sources.flatMap((source) => {
    const [a, b, c, d, e, f] = six[source]!;
    return frameOf([a, b, c], [d, e, f]);
  });
  const rotations = new Float32Array(frames * pose.length);
  for (let frame = 0; frame < frames; frame++) rotations.set(pose, frame * pose.length);
  return { first: 0, frames, rotations, roots: undefined };
}
