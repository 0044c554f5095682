import { type TfliteRuntime } from './tfliteRuntime.ts';

/** What is used of @tensorflow/tfjs-core and @tensorflow/tfjs-tflite. */
interface Modules {
  tf: { tensor(values: Float32Array, shape: number[]): Tensor };
  tflite: {
    setWasmPath(path: string): void;
    loadTFLiteModel(model: ArrayBuffer, options: { numThreads: number }): Promise<Model>;
  };
}

interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}

interface Model {
  inputs: readonly { shape: number[] }[];
  outputs: readonly { shape: number[] }[];
  predict(input: Tensor): Tensor;
}

/** tfjs-tflite on the CPU, one thread. `module`: { tf, tflite }. */
export function openTfjsTflite(module: unknown, wasmPath: string): Promise<TfliteRuntime> {
  const { tf, tflite } = module as Modules;
  tflite.setWasmPath(wasmPath);
  return Promise.resolve({
    name: 'tfjs-tflite',
    async load(bytes) {
      const model = await tflite.loadTFLiteModel(bytes.slice().buffer, { numThreads: 1 });
      const { shape } = model.inputs[0]!;
      return {
        inputs: count(shape),
        outputs: count(model.outputs[0]!.shape),
        run(values) {
          const input = tf.tensor(values, shape);
          const output = model.predict(input);
          const result = Float32Array.from(output.dataSync());
          input.dispose();
          output.dispose();
          return Promise.resolve(result);
        },
      };
    },
  });
}

function count(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
