import { poserBytes, shippedModels, shippedWeights, type ShippedModel } from '../pose/shippedModels.ts';
import type { Wearer } from '../pose/wearer.ts';
import type { BodySource, WearerSource } from './bodySource.ts';
import { staticFile, type StaticFile } from './staticFiles.ts';

/** Who is shown: a wearer that the page generates, or one that was read, under its name. `slots` are worn at first. */
export type ShownWearer =
  | { seconds: number; seed: number; slots: readonly number[] }
  | { wearer: Wearer; name: string; slots: readonly number[] };

const octets = 'application/octet-stream';

/** What the body page fetches besides itself, by URL path: who is shown, the poser module, and the weights of all models. */
export function bodyFiles(shown: ShownWearer, chosen: ShippedModel): Map<string, StaticFile> {
  const models = shippedModels.map((one) => ({
    ...one,
    path: `/models/${one.model}.${one.precision}.safetensors`,
  }));
  const source: BodySource = { wearer: sourceOf(shown), chosen, models };
  const files = new Map([
    ['/body.json', staticFile(Buffer.from(JSON.stringify(source)), 'application/json')],
    ['/poser.wasm', staticFile(poserBytes(), 'application/wasm')],
  ]);
  for (const { model, precision, path } of models)
    files.set(path, staticFile(shippedWeights(model, precision), octets));
  if ('wearer' in shown) files.set('/wearer.bin', staticFile(wearerBytes(shown.wearer), octets));
  return files;
}

function sourceOf(shown: ShownWearer): WearerSource {
  if (!('wearer' in shown)) return { kind: 'generated', ...shown };
  const { wearer, name, slots } = shown;
  const frames = wearer.frames.length / 60;
  return { kind: 'recorded', name, frames, truth: wearer.truth !== undefined, has: wearer.slots, slots };
}

/** f32: frames x 60 of readings, then what is known of the truth (see WearerSource). */
function wearerBytes({ frames, truth }: Wearer): Buffer {
  const { rotations, roots } = truth ?? { rotations: [], roots: [] };
  const numbers = new Float32Array(frames.length + rotations.length + roots.length);
  numbers.set(frames);
  numbers.set(rotations, frames.length);
  numbers.set(roots, frames.length + rotations.length);
  return Buffer.from(numbers.buffer);
}
