import { devices } from '../../motion/body.ts';
import { generateMotion } from '../../motion/generateMotion.ts';
import type { Motion } from '../../motion/motion.ts';
import { virtualImus } from '../../motion/virtualImu.ts';
import type { PageModel, WearerSource } from '../../server/wearerSource.ts';

/** Who is shown. */
export interface PageWearer {
  name: string;
  frames: number;
  /** Frames x 60: input of the networks, zeros for a device that is away. */
  imus: Float32Array;
  /** The movement itself; readings do not tell it. */
  truth?: Motion;
  /** Worn at first. */
  slots: number[];
  /** Devices that there are. */
  available: ReadonlySet<number>;
  model: PageModel;
}

const all = devices.map((_, slot) => slot);

export async function fetchWearer(): Promise<PageWearer> {
  const source = (await (await fetchFile('/wearer.json')).json()) as WearerSource;
  const { slots, model } = source;
  if (source.kind === 'generated') {
    return { ...moved({ ...generateMotion(source), name: 'A generated wearer' }), slots, model };
  }
  const { name, frames } = source;
  const numbers = new Float32Array(await (await fetchFile('/wearer.bin')).arrayBuffer());
  if (source.kind === 'readings') {
    return { name, frames, imus: numbers, slots, available: new Set(slots), model };
  }
  const rotations = Float64Array.from(numbers.subarray(0, frames * 216));
  const roots = Float64Array.from(numbers.subarray(frames * 216));
  return { ...moved({ name, frames, rotations, roots }), slots, model };
}

/** A wearer of all virtual devices. */
function moved(truth: Motion): Omit<PageWearer, 'slots' | 'model'> {
  const { name, frames } = truth;
  return { name, frames, imus: virtualImus(truth, all), truth, available: new Set(all) };
}

export async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}
