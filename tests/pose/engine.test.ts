import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { buildParts } from '../support/buildParts.ts';
import { WasmBackend } from '../../host/pose/wasmBackend.ts';
import { type Model, type Precision, type Weights, readWeights } from '../../host/pose/weights.ts';
import { PoseReference } from '../support/poseReference.ts';
import { randomFrames, randomTensors, weightsFile } from '../support/poseWeights.ts';

const seed = 20_261_123;
let module: WebAssembly.Module;
const made = new Map<Model, Weights>();

beforeAll(() => {
  buildParts('poser');
  module = new WebAssembly.Module(readFileSync('dist/wasm/poser.wasm'));
}, 120_000);

function weightsOf(model: Model): Weights {
  let weights = made.get(model);
  if (weights === undefined) {
    weights = readWeights(weightsFile(model, randomTensors(model, seed), 'f32'));
    made.set(model, weights);
  }
  return weights;
}

/** Runs frames through a backend; copies of every step's pose and raw outputs. */
function runAll(backend: WasmBackend, frames: Float32Array[]) {
  return frames.map((frame) => {
    backend.frame.set(frame);
    return backend.step() ? { pose: backend.pose.slice(), raw: backend.raw.slice() } : undefined;
  });
}

const furthest = (a: Float32Array, b: ArrayLike<number>): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe(`the poser module (seed ${seed})`, () => {
  // The reference takes a second a window: the networks' first window, and the second for what is carried over.
  for (const [model, count] of [
    ['mobileposer', 6],
    ['imuposer', 6],
    ['small', 40],
  ] as const) {
    test(`${model} in f32 follows the float64 reference`, async () => {
      const backend = await WasmBackend.create(module, weightsOf(model), 'f32');
      const reference = new PoseReference(weightsOf(model));
      const frames = randomFrames(count, seed);
      for (const [t, output] of runAll(backend, frames).entries()) {
        const expected = reference.step(frames[t]!);
        expect(output === undefined).toBe(expected === undefined);
        if (output === undefined || expected === undefined) continue;
        expect(furthest(output.raw.subarray(0, 96), expected.sixD)).toBeLessThan(2e-5);
        expect(furthest(output.raw.subarray(168), expected.logits)).toBeLessThan(2e-5);
        expect(furthest(output.raw.subarray(96, 99), expected.velocity)).toBeLessThan(2e-5);
        expect(furthest(output.pose.subarray(0, 216), expected.rotations)).toBeLessThan(1e-3);
        expect(furthest(output.pose.subarray(216, 288), expected.joints)).toBeLessThan(1e-3);
        expect(furthest(output.pose.subarray(288, 291), expected.translation)).toBeLessThan(5e-3);
        expect(furthest(output.pose.subarray(291), expected.contact)).toBeLessThan(1e-5);
      }
    }, 180_000);
  }

  for (const [model, precision] of [
    ['mobileposer', 'f32'],
    ['mobileposer', 'int16'],
    ['mobileposer', 'int8'],
    ['imuposer', 'int16'],
  ] as [Model, Precision][]) {
    test(`${model} in ${precision}: streaming gives every bit of recomputing the window`, async () => {
      const streaming = await WasmBackend.create(module, weightsOf(model), precision);
      const naive = await WasmBackend.create(module, weightsOf(model), precision);
      naive.recompute(true);
      // Longer than the window, so that its ring wraps.
      const frames = randomFrames(50, seed + 1);
      const expected = runAll(naive, frames);
      expect(runAll(streaming, frames)).toEqual(expected);
      streaming.reset();
      expect(runAll(streaming, frames.slice(0, 6))).toEqual(expected.slice(0, 6));
    }, 180_000);
  }

  test('integer precisions stay near f32, int16 nearer', async () => {
    const frames = randomFrames(8, seed + 2);
    const reference = await WasmBackend.create(module, weightsOf('imuposer'), 'f32');
    const expected = runAll(reference, frames);
    const worst = async (precision: Precision): Promise<number> => {
      const backend = await WasmBackend.create(module, weightsOf('imuposer'), precision);
      const sixD = runAll(backend, frames).map((out, t) =>
        out ? furthest(out.raw.subarray(0, 96), expected[t]!.raw) : 0,
      );
      return Math.max(...sixD);
    };
    expect(await worst('int16')).toBeLessThan(3e-3);
    expect(await worst('int8')).toBeLessThan(0.1);
  }, 180_000);

  test.each([
    ['zeros', [0, 0, 0, 0, 0, 0]],
    ['columns along each other', [0, 2, 0, 0, 5, 0]],
    ['a first column without length', [0, 0, 0, 0, 0, 3]],
  ])('6D of %s still gives rotations', async (_, columns) => {
    const backend = await WasmBackend.create(module, weightsOf('small'), 'f32');
    for (let at = 0; at < 96; at += 6) backend.raw.set(columns, at);
    backend.compose(new Float32Array(0));
    const [a, b, c, d, e, f, g, h, i] = backend.pose as unknown as number[];
    const determinant = a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
    expect(determinant).toBeCloseTo(1, 5);
    expect(backend.pose.every(Number.isFinite)).toBe(true);
  });

  test('memory does not grow after the start', async () => {
    const bytes = readFileSync('dist/wasm/poser.wasm');
    const { exports } = await WebAssembly.instantiate(new WebAssembly.Module(bytes));
    const { memory, start, step } = exports as unknown as {
      memory: WebAssembly.Memory;
      start(model: number, precision: number, hidden: number): void;
      step(): number;
    };
    start(0, 1, 0);
    const { byteLength } = memory.buffer;
    for (let t = 0; t < 10; t++) step();
    expect(memory.buffer.byteLength).toBe(byteLength);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([]);
  });
});
