import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { distDir, root } from '../paths.ts';
import { Poser } from './poser.ts';
import type { Model, Precision } from './weights.ts';

/** Weights files of the repository by model and precision; the first is the default. */
const files: Record<Model, Partial<Record<Precision, string>>> = {
  mobileposer: { int16: 'mobileposer.int16', int8: 'mobileposer.int8' },
  small: { int8: 'small.int8' },
  imuposer: { int8: 'imuposer.int8' },
};

/** The bytes of a model that ships with Solstice (docs/model-card.md). */
export function shippedWeights(model: Model, precision?: Precision): Buffer {
  const known = files[model];
  const file = precision === undefined ? Object.values(known)[0]! : known[precision];
  if (file === undefined) {
    throw new UserError(`The model ${model} does not ship as ${precision}.`, {
      hint: `It ships as ${Object.keys(known).join(' and ')}.`,
    });
  }
  return readFileSync(join(root, 'host', 'pose', 'models', `${file}.safetensors`));
}

/** The built poser module. */
export function poserModule(): WebAssembly.Module {
  const path = join(distDir, 'wasm', 'poser.wasm');
  if (!existsSync(path)) {
    throw new UserError(`${path} is not there.`, { hint: 'Build it: npm run build.' });
  }
  return new WebAssembly.Module(readFileSync(path));
}

/** A Poser of a shipped model in Node. */
export function shippedPoser(model: Model, precision?: Precision): Promise<Poser> {
  return Poser.create({ weights: shippedWeights(model, precision), module: poserModule() });
}
