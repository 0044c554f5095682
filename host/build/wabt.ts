import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import wabt from 'wabt';

let loaded: ReturnType<typeof wabt> | undefined;

/** The wabt library, loaded once. */
export function loadWabt(): ReturnType<typeof wabt> {
  loaded ??= wabt();
  return loaded;
}

/** Path of the Node script that turns a module into C. */
export function wasm2cPath(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wabt')), 'bin', 'wasm2c');
}
