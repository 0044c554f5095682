import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Poser } from '../../host/pose/poser.ts';
import { type TfliteModels } from '../../host/pose/tfliteBackend.ts';
import { type TfliteRuntime } from '../../host/pose/tfliteRuntime.ts';
import { buildParts } from '../support/buildParts.ts';
import { randomFrames } from '../support/poseWeights.ts';

const seed = 77;
let module: WebAssembly.Module;

beforeAll(() => {
  buildParts('poser');
  module = new WebAssembly.Module(readFileSync('dist/wasm/poser.wasm'));
}, 120_000);

type Name = 'joints' | 'pose' | 'contact' | 'velocity';
const numbers: Record<Name, [inputs: number, outputs: number]> = {
  joints: [45 * 60, 45 * 72],
  pose: [45 * 132, 96],
  contact: [45 * 132, 2],
  velocity: [132 + 1024, 72 + 1024],
};
const names = Object.keys(numbers) as Name[];
const models = Object.fromEntries(names.map((name, i) => [name, Uint8Array.of(i)])) as TfliteModels;

/** A runtime whose networks are these functions; the model's byte says which. They answer later, as real ones do. */
function runtimeOf(
  networks: Partial<Record<Name, (values: Float32Array) => Float32Array>>,
  sizes: Partial<typeof numbers> = {},
): { runtime: TfliteRuntime; calls: { name: Name; values: Float32Array }[] } {
  const calls: { name: Name; values: Float32Array }[] = [];
  const runtime: TfliteRuntime = {
    name: 'test',
    load([byte]) {
      const name = names[byte!]!;
      const [inputs, outputs] = { ...numbers, ...sizes }[name];
      const run = async (values: Float32Array): Promise<Float32Array> => {
        const taken = values.slice();
        await new Promise((resolve) => setTimeout(resolve, calls.length % 3));
        calls.push({ name, values: taken });
        return networks[name]?.(taken) ?? new Float32Array(outputs);
      };
      return Promise.resolve({ inputs, outputs, run });
    },
  };
  return { runtime, calls };
}

const open = (runtime: TfliteRuntime): Promise<Poser> =>
  Poser.create({ backend: 'tflite', module, models, runtime });

/** Columns of the identity, 16 times. */
const identity = Float32Array.from({ length: 96 }, (_, i) => (i % 6 === 0 || i % 6 === 4 ? 1 : 0));

describe(`TfliteBackend (seed ${seed})`, () => {
  const frames = randomFrames(6, seed);

  test('gives the networks the windows, the joints before the frame, and the velocity network its state', async () => {
    const { runtime, calls } = runtimeOf({
      joints: () => Float32Array.from({ length: 45 * 72 }, (_, i) => i),
      velocity: (values) =>
        Float32Array.from({ length: 72 + 1024 }, (_, i) => (i < 72 ? 0 : values[i + 60]! + 1)),
    });
    const poser = await open(runtime);
    const poses = await Promise.all(frames.map((frame) => poser.stepAsync(frame)));
    expect(poses.map((pose) => pose?.frame)).toEqual([undefined, undefined, undefined, undefined, 0, 1]);
    expect(calls.map(({ name }) => name)).toEqual([...names, ...names]);
    // 41 times the first frame and the four after it; then one further.
    const window = (last: number) =>
      Array.from({ length: 45 }, (_, t) => frames[Math.max(0, last - 44 + t)]!);
    for (const [call, last] of [
      [0, 4],
      [4, 5],
    ] as const) {
      expect(calls[call]!.values).toEqual(Float32Array.from(window(last).flatMap((frame) => [...frame])));
      const row = calls[call + 1]!.values.subarray(40 * 132, 41 * 132);
      expect(row.subarray(0, 72)).toEqual(Float32Array.from({ length: 72 }, (_, i) => 40 * 72 + i));
      expect(row.subarray(72)).toEqual(frames[last - 4]);
      expect(calls[call + 3]!.values.subarray(0, 132)).toEqual(row);
    }
    expect(calls[3]!.values.subarray(132)).toEqual(new Float32Array(1024));
    expect(calls[7]!.values.subarray(132)).toEqual(new Float32Array(1024).fill(1));
  });

  test('takes the pose of frame 40 from an output with all frames', async () => {
    const late = new Float32Array(45 * 96).fill(NaN);
    const whole = Float32Array.from({ length: 45 * 96 }, (_, i) =>
      i >= 40 * 96 && i < 41 * 96 ? identity[i % 96]! : 0.5,
    );
    const poses = async (output: Float32Array) => {
      const { runtime } = runtimeOf({ pose: () => output }, { pose: [45 * 132, output.length] });
      const poser = await open(runtime);
      for (const frame of frames.slice(0, 4)) await poser.stepAsync(frame);
      return poser.stepAsync(frames[4]!);
    };
    expect(await poses(whole)).toEqual(await poses(identity));
    await expect(poses(late)).rejects.toThrow(/network pose gave a number that is not finite/);
  });

  test('a step that fails spoils none after it', async () => {
    let broken = true;
    const { runtime } = runtimeOf({
      pose: () => identity,
      velocity: () => new Float32Array(72 + 1024).fill(broken ? Infinity : 0),
    });
    const poser = await open(runtime);
    for (const frame of frames.slice(0, 4)) await poser.stepAsync(frame);
    await expect(poser.stepAsync(frames[4]!)).rejects.toThrow(/velocity/);
    broken = false;
    const pose = await poser.stepAsync(frames[5]!);
    expect(pose?.frame).toBe(1);
    expect(pose?.translation.every(Number.isFinite)).toBe(true);
  });

  test('reset takes its turn; step is refused; a network that is missing is named', async () => {
    const { runtime, calls } = runtimeOf({});
    const poser = await open(runtime);
    const before = frames.slice(0, 5).map((frame) => poser.stepAsync(frame));
    poser.reset();
    const after = frames.slice(0, 5).map((frame) => poser.stepAsync(frame));
    expect((await Promise.all([...before, ...after])).map((pose) => pose?.frame)).toEqual([
      ...[undefined, undefined, undefined, undefined, 0],
      ...[undefined, undefined, undefined, undefined, 0],
    ]);
    expect(calls[4]!.values).toEqual(calls[0]!.values);
    expect(() => poser.step(frames[0]!)).toThrow(/answers later/);
    await expect(
      Poser.create({
        backend: 'tflite',
        module,
        models: { joints: new Uint8Array(1) } as TfliteModels,
        runtime,
      }),
    ).rejects.toThrow(/The network pose is missing/);
  });
});
