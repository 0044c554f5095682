import { type TfliteRuntime } from './tfliteRuntime.ts';

/** What is used of @litertjs/core. */
interface Litert {
  loadLiteRt(path: string, options: { threads: boolean }): Promise<unknown>;
  getGlobalLiteRtPromise(): Promise<unknown> | undefined;
  loadAndCompile(model: Uint8Array, options: { accelerator: 'wasm' }): Promise<Compiled>;
  Tensor: new (data: Float32Array, shape: number[]) => Tensor;
}

interface Tensor {
  data(): Promise<Float32Array>;
  delete(): void;
}

interface Compiled {
  getInputDetails(): readonly { shape: ArrayLike<number> }[];
  getOutputDetails(): readonly { shape: ArrayLike<number> }[];
  run(input: Tensor): Promise<Tensor[]>;
}

/** LiteRT.js on the CPU, one thread. `module`: @litertjs/core. It has one instance a page, which is shared. */
export async function openLitert(module: unknown, wasmPath: string): Promise<TfliteRuntime> {
  const litert = module as Litert;
  await (litert.getGlobalLiteRtPromise() ?? litert.loadLiteRt(wasmPath, { threads: false }));
  return {
    name: 'litert',
    async load(model) {
      const compiled = await litert.loadAndCompile(model, { accelerator: 'wasm' });
      const shape = Array.from(compiled.getInputDetails()[0]!.shape);
      return {
        inputs: count(shape),
        outputs: count(compiled.getOutputDetails()[0]!.shape),
        async run(values) {
          const input = new litert.Tensor(values, shape);
          const outputs = await compiled.run(input);
          input.delete();
          const result = Float32Array.from(await outputs[0]!.data());
          for (const output of outputs) output.delete();
          return result;
        },
      };
    },
  };
}

function count(shape: ArrayLike<number>): number {
  return Array.from(shape).reduce((product, size) => product * size, 1);
}
