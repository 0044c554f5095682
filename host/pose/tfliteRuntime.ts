import { UserError } from '../errors.ts';
import { openLitert } from './litertRuntime.ts';
import { openTfjsTflite } from './tfjsTfliteRuntime.ts';

/** A network of a .tflite file with one f32 input and one f32 output. */
export interface TfliteNetwork {
  /** How many numbers go in and come out. */
  readonly inputs: number;
  readonly outputs: number;
  /** The output, a copy of its own. */
  run(values: Float32Array): Promise<Float32Array>;
}

/** What runs .tflite files. `load` throws whatever the runtime throws at a file that it does not take. */
export interface TfliteRuntime {
  readonly name: string;
  load(model: Uint8Array): Promise<TfliteNetwork>;
}

export const tfliteRuntimes = ['tfjs-tflite', 'litert'] as const;
export type TfliteRuntimeName = (typeof tfliteRuntimes)[number];

export interface TfliteRuntimeOptions {
  name: TfliteRuntimeName;
  /** URL of the folder with the runtime's own WebAssembly files: the package's `wasm`. */
  wasmPath: string;
  /**
   * Gives the runtime's module: for a bundler, which does not follow the default's import by name, or for a script tag.
   * litert: `() => import('@litertjs/core')`. tfjs-tflite: a promise of { tf, tflite }, the modules
   * `@tensorflow/tfjs-core` (with `@tensorflow/tfjs-backend-cpu` loaded) and `@tensorflow/tfjs-tflite`.
   */
  load?: () => Promise<unknown>;
}

interface Entry {
  packages: readonly string[];
  open(module: unknown, wasmPath: string): Promise<TfliteRuntime>;
  gather(modules: unknown[]): unknown;
}

const entries: Record<TfliteRuntimeName, Entry> = {
  'tfjs-tflite': {
    packages: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-tflite/dist/tf-tflite.fesm.js',
    ],
    open: openTfjsTflite,
    gather: ([tf, , tflite]) => ({ tf, tflite }),
  },
  litert: { packages: ['@litertjs/core'], open: openLitert, gather: ([module]) => module },
};

/** Loads and starts a runtime. Throws a UserError where it is not installed or the engine is no browser. */
export async function openTfliteRuntime({
  name,
  wasmPath,
  load,
}: TfliteRuntimeOptions): Promise<TfliteRuntime> {
  const entry = entries[name] as Entry | undefined;
  if (entry === undefined) {
    throw new UserError(`There is no tflite runtime ${String(name)}.`, {
      hint: `Use one of ${tfliteRuntimes.join(', ')}.`,
    });
  }
  if (!('document' in globalThis)) {
    throw new UserError(`The tflite runtime ${name} runs in a browser's page only.`, {
      hint: 'Use the backend wasm here.',
    });
  }
  let module: unknown;
  try {
    module = await (load?.() ?? byName(entry));
  } catch (cause) {
    throw new UserError(`The tflite runtime ${name} cannot be loaded: ${reason(cause)}`, {
      hint: `Install ${entry.packages.join(', ')}, or use the backend wasm.`,
      cause,
    });
  }
  try {
    return await entry.open(module, wasmPath);
  } catch (cause) {
    throw new UserError(`The tflite runtime ${name} does not start: ${reason(cause)}`, {
      hint: `wasmPath has to be the folder of its WebAssembly files; it is ${wasmPath}.`,
      cause,
    });
  }
}

/** The packages by their names, which an import map or the server resolves; bundlers leave them out of the page. */
async function byName({ packages, gather }: Entry): Promise<unknown> {
  const modules: unknown[] = [];
  for (const name of packages) modules.push(await import(/* @vite-ignore */ name));
  return gather(modules);
}

export function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
