import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { DeviceFrames } from '../../host/pose/deviceFrames.ts';
import { FrameGuard } from '../../host/pose/frameGuard.ts';
import { Poser } from '../../host/pose/poser.ts';
import { readWeights } from '../../host/pose/weights.ts';
import { buildParts } from '../support/buildParts.ts';
import { randomFrames, randomTensors, weightsFile } from '../support/poseWeights.ts';

const seed = 31;
const tensors = randomTensors('small', seed);
let module: WebAssembly.Module;

beforeAll(() => {
  buildParts('poser');
  module = new WebAssembly.Module(readFileSync('dist/wasm/poser.wasm'));
}, 120_000);

const makePoser = (): Promise<Poser> =>
  Poser.create({ weights: weightsFile('small', tensors, 'int16'), module });

describe(`Poser (seed ${seed})`, () => {
  test('the causal model answers every frame with poses of its own', async () => {
    const poser = await makePoser();
    const [a, b] = randomFrames(2, seed).map((frame) => poser.step(frame));
    expect(poser.latencyFrames).toBe(0);
    expect([a?.frame, b?.frame]).toEqual([0, 1]);
    expect(a?.rotations).not.toEqual(b?.rotations);
    expect([a?.joints.length, a?.translation.length, a?.contact.length]).toEqual([72, 3, 2]);
  });

  test('reset gives the first poses again', async () => {
    const poser = await makePoser();
    const frames = randomFrames(10, seed);
    const once = frames.map((frame) => poser.step(frame));
    poser.reset();
    expect(frames.map((frame) => poser.step(frame))).toEqual(once);
  });

  test('the windowed model answers from the fifth frame on, four frames late', async () => {
    const weights = weightsFile('imuposer', randomTensors('imuposer', seed), 'int8');
    const poser = await Poser.create({ weights, module });
    const poses = randomFrames(6, seed).map((frame) => poser.step(frame)?.frame);
    expect(poser.latencyFrames).toBe(4);
    expect(poses).toEqual([undefined, undefined, undefined, undefined, 0, 1]);
  }, 120_000);

  test('whatever comes in, rotations are rotations and all numbers finite', async () => {
    const poser = await makePoser();
    const number = fc.oneof(fc.float(), fc.constantFrom(NaN, Infinity, -Infinity, 0, 1e38));
    const frames = fc.array(fc.array(number, { minLength: 60, maxLength: 60 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 1000 }), (wild, good) => {
        for (const frame of [...randomFrames(2, good), ...wild.map((one) => Float32Array.from(one))]) {
          const { rotations, joints, translation, contact } = poser.step(frame)!;
          for (const values of [rotations, joints, translation, contact]) {
            if (!values.every(Number.isFinite)) return false;
          }
          for (let joint = 0; joint < 24; joint++) {
            const [a, b, c] = rotations.subarray(9 * joint, 9 * joint + 3);
            if (Math.abs(a! * a! + b! * b! + c! * c! - 1) > 1e-4) return false;
          }
        }
        return true;
      }),
      { seed, numRuns: 60 },
    );
  });

  test('a frame of another length and an unknown module are named', async () => {
    const poser = await makePoser();
    expect(() => poser.step(new Float32Array(59))).toThrow(/59 numbers instead of 60/);
    const weights = weightsFile('small', tensors, 'f32');
    const other = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
    await expect(Poser.create({ weights, module: other })).rejects.toThrow(/another interface/);
  });
});

describe('FrameGuard', () => {
  const good = randomFrames(1, seed, [1])[0]!;
  const pass = (guard: FrameGuard, frame: Float32Array): Float32Array => {
    const out = new Float32Array(60);
    guard.check(frame, out);
    return out;
  };

  test('lets good readings through as they are', () => {
    expect(pass(new FrameGuard(3), good)).toEqual(good);
  });

  test.each([
    ['NaN in the acceleration', 3, NaN],
    ['40 g', 4, 13.08],
    ['infinity in the rotation', 26, Infinity],
    ['a stretched rotation', 24, 2],
  ])('%s makes the device absent', (_, index, value) => {
    const frame = good.slice();
    frame[index] = value;
    expect(pass(new FrameGuard(3), frame)).toEqual(new Float32Array(60));
  });

  test('a mirrored rotation makes the device absent', () => {
    const frame = good.map((value, i) => (i >= 15 ? -value : value));
    expect(pass(new FrameGuard(3), frame)).toEqual(new Float32Array(60));
  });

  test('a device that drops out is held for so many frames, without acceleration, then absent, then back', () => {
    const guard = new FrameGuard(2);
    pass(guard, good);
    const held = good.map((value, i) => (i < 15 ? 0 : value));
    const none = new Float32Array(60);
    expect([none, none, none, good].map((frame) => pass(guard, frame))).toEqual([held, held, none, good]);
  });
});

test('DeviceFrames drops what is out of order, keeps what is late and forgets what is stale', () => {
  const frames = new DeviceFrames({ staleSeconds: 0.1 });
  const rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const push = (seconds: number, x: number): void =>
    frames.push({ slot: 2, seconds, acceleration: [x, 0, 0], rotation });
  push(1, 0.5);
  push(0.98, 0.25);
  push(NaN, 0.125);
  expect(frames.dropped).toBe(2);
  expect(frames.frameAt(1.05)[6]).toBe(0.5);
  expect(frames.frameAt(1.05)[33]).toBe(1);
  expect(frames.frameAt(0.99)[33]).toBe(0);
  expect(frames.frameAt(1.2)[33]).toBe(0);
});

describe('readWeights', () => {
  const file = weightsFile('small', tensors, 'int16');
  const edited = (
    change: (header: Record<string, { shape: number[] } & Record<string, unknown>>) => void,
  ): Uint8Array => {
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    change(header);
    const text = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + file.length - 8 - length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    bytes.set(file.subarray(8 + length), 8 + text.length);
    return bytes;
  };

  test('reads the same numbers from a Buffer within a larger one', () => {
    const buffer = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
    const values = readWeights(buffer).networks[0]!.input.weight.values;
    const exact = tensors.get('small.input.weight')!.values;
    expect(values.every((value, i) => Math.abs(value - exact[i]!) < 1e-4)).toBe(true);
  });

  test.each([
    ['empty', new Uint8Array(0), /shorter than/],
    ['cut off', file.subarray(0, file.length - 4), /is cut off/],
    ['no safetensors', new TextEncoder().encode('this is certainly not one'), /header is cut off/],
    ['other format', edited((h) => (h.__metadata__!.format = 'x')), /format is x/],
    ['unknown model', edited((h) => (h.__metadata__!.model = 'large')), /model large/],
    ['missing tensor', edited((h) => delete h['small.lstm1.hh']), /small\.lstm1\.hh is missing/],
    ['wrong shape', edited((h) => (h['small.lstm1.hh']!.shape = [576, 143])), /576 x 143, not 576 x 144/],
    ['wrong type', edited((h) => (h['small.lstm1.hh']!.dtype = 'F64')), /type F64/],
  ])('a file that is %s is named', (_, bytes, message) => {
    expect(() => readWeights(bytes)).toThrow(message);
  });

  test('a number that is not finite is named', () => {
    const broken = new Map(tensors);
    const { shape, values } = tensors.get('small.output.bias')!;
    broken.set('small.output.bias', { shape, values: values.map((value, i) => (i === 3 ? NaN : value)) });
    expect(() => readWeights(weightsFile('small', broken, 'f32'))).toThrow(/small\.output\.bias.*not finite/);
  });
});
