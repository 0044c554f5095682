import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { distDir, root } from '../paths.ts';
import { Poser } from './poser.ts';
import type { Model, Precision } from './weights.ts';

/** A model in a precision that it ships in. */
export interface ShippedModel {
  model: Model;
  precision: Precision;
}

/** Every model that ships, in every precision; a model's default comes first. */
export const shippedModels: readonly ShippedModel[] = [
  { model: 'mobileposer', precision: 'int16' },
  { model: 'mobileposer', precision: 'int8' },
  { model: 'small', precision: 'int8' },
  { model: 'imuposer', precision: 'int8' },
];

/** The model that is asked for, in its default precision where none is. */
export function findShipped(model: Model, precision?: Precision): ShippedModel {
  const known = shippedModels.filter((one) => one.model === model);
  const found = known.find((one) => precision === undefined || one.precision === precision);
  if (found) return found;
  throw new UserError(`The model ${model} does not ship as ${precision}.`, {
    hint: `It ships as ${known.map((one) => one.precision).join(' and ')}.`,
  });
}

/** The bytes of a model that ships with Solstice (docs/model-card.md). */
export function shippedWeights(model: Model, precision?: Precision): Buffer {
  const found = findShipped(model, precision);
  return readFileSync(join(root, 'host', 'pose', 'models', `${found.model}.${found.precision}.safetensors`));
}

/** The bytes of the built poser module. */
export function poserBytes(): Buffer<ArrayBuffer> {
  const path = join(distDir, 'wasm', 'poser.wasm');
  if (!existsSync(path)) {
    throw new UserError(`${path} is not there.`, { hint: 'Build it: npm run build.' });
  }
  return readFileSync(path);
}

/** The built poser module. */
export function poserModule(): WebAssembly.Module {
  return new WebAssembly.Module(poserBytes());
}

/** A Poser of a shipped model in Node. */
export function shippedPoser(model: Model, precision?: Precision): Promise<Poser> {
  return Poser.create({ weights: shippedWeights(model, precision), module: poserModule() });
}
