import { devices } from '../../motion/body.ts';
import { generateMotion } from '../../motion/generateMotion.ts';
import type { Motion } from '../../motion/motion.ts';
import { virtualImus } from '../../motion/virtualImu.ts';
import type { BodySource, WearerSource } from '../../server/bodySource.ts';

/** Who is shown. */
export interface PageWearer {
  name: string;
  frames: number;
  /** Frames x 60, as the networks take them, of every device that it has. */
  readings: Float32Array;
  /** The movement itself, where it is known: then the devices are virtual. */
  truth?: Motion;
  /** Slots with readings. */
  has: readonly number[];
}

/** What the host wants to be shown and run. */
export async function fetchSource(): Promise<BodySource> {
  return (await (await fetchFile('/body.json')).json()) as BodySource;
}

export async function fetchWearer(source: WearerSource): Promise<PageWearer> {
  if (source.kind === 'generated') {
    const truth = generateMotion(source);
    const has = devices.map((_, slot) => slot);
    return {
      name: 'A generated wearer',
      frames: truth.frames,
      readings: virtualImus(truth, has),
      truth,
      has,
    };
  }
  const { name, frames, has } = source;
  const numbers = new Float32Array(await (await fetchFile('/wearer.bin')).arrayBuffer());
  const readings = numbers.subarray(0, frames * 60);
  if (!source.truth) return { name, frames, readings, has };
  const rotations = Float64Array.from(numbers.subarray(frames * 60, frames * 276));
  const roots = Float64Array.from(numbers.subarray(frames * 276));
  return { name, frames, readings, truth: { name, frames, rotations, roots }, has };
}

/** Whether a device was there: its nine numbers of rotation are zeros where it was away. */
export function isThere({ readings }: PageWearer, frame: number, slot: number): boolean {
  const at = 60 * frame + 15 + 9 * slot;
  return readings.subarray(at, at + 9).some((value) => value !== 0);
}

export async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}
