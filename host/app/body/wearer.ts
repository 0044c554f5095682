import { generateMotion } from '../../motion/generateMotion.ts';
import type { Motion } from '../../motion/motion.ts';
import type { WearerSource } from '../../server/wearerSource.ts';

/** The movement that is shown, and the devices that are worn at first. */
export async function fetchWearer(): Promise<{ motion: Motion; slots: number[]; recorded: boolean }> {
  const source = (await (await fetchFile('/wearer.json')).json()) as WearerSource;
  if (source.kind === 'generated') {
    return { motion: generateMotion(source), slots: source.slots, recorded: false };
  }
  const numbers = new Float32Array(await (await fetchFile('/wearer.bin')).arrayBuffer());
  const rotations = Float64Array.from(numbers.subarray(0, source.frames * 216));
  const roots = Float64Array.from(numbers.subarray(source.frames * 216));
  return {
    motion: { name: source.name, frames: source.frames, rotations, roots },
    slots: source.slots,
    recorded: true,
  };
}

export async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}
