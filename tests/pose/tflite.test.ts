import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type Browser } from 'playwright-core';
import { type Pose, Poser } from '../../host/pose/poser.ts';
import { type Precision } from '../../host/pose/weights.ts';
import { launchBrowser, testInBrowser } from '../app/browser.ts';
import { buildParts } from '../support/buildParts.ts';
import { testUnless } from '../support/testUnless.ts';
import { openPosePage } from '../support/tflitePage.ts';
import { tfliteModules } from '../support/tfliteRuntimes.ts';

type Runtime = 'tfjs-tflite' | 'litert';
/** A pose's numbers as they come out of the page. */
type Plain = Record<'rotations' | 'joints' | 'translation' | 'contact', number[]> & { frame: number };

const { imu } = JSON.parse(readFileSync('tests/pose/golden.mobileposer.json', 'utf8')) as { imu: number[][] };
let browser: Browser | undefined;

// Windows are slow on a busy machine.
jest.setTimeout(300_000);

beforeAll(async () => {
  buildParts('poser', 'host');
  browser = await launchBrowser();
}, 240_000);

afterAll(() => browser?.close());

/** A test that needs both runtimes in the browser. */
function testWithRuntimes(name: string, body: () => Promise<void>): void {
  if (tfliteModules === undefined) testUnless('no tflite runtimes in bench/pose', name, body);
  else testInBrowser(name, body);
}

/** Poses of the same frames by the wasm backend, from the shipped int16 weights in arithmetic of `precision`. */
async function reference(precision: Precision): Promise<(Pose | undefined)[]> {
  const poser = await Poser.create({
    weights: readFileSync('host/pose/models/mobileposer.int16.safetensors'),
    module: readFileSync('dist/wasm/poser.wasm'),
    precision,
  });
  return imu.map((frame) => poser.step(Float32Array.from(frame)));
}

/** Runs in the page, so it uses nothing from outside. Poses of all frames, asked for without waiting between them. */
async function inPage({
  runtime,
  frames,
  models: changed,
  wasmPath,
}: {
  runtime: Runtime | 'wasm';
  frames: number[][];
  /** Files in place of the networks' own. */
  models?: Record<string, string>;
  wasmPath?: string;
}): Promise<{ once: (Plain | null)[]; again: (Plain | null)[] } | { error: string; name: string }> {
  const fetched = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const host = '/dist/host/pose/poser.js';
  const { Poser: Engine } = (await import(host)) as { Poser: typeof Poser };
  const module = await fetched('/dist/wasm/poser.wasm');
  const folder = '/host/pose/models/mobileposer';
  const model = (name: string) => fetched(changed?.[name] ?? `${folder}.${name}.f16.tflite`);
  const packages = { 'tfjs-tflite': '@tensorflow/tfjs-tflite', litert: '@litertjs/core' };
  const open = async (): Promise<Poser> => {
    if (runtime === 'wasm') {
      return Engine.create({
        weights: await fetched('/host/pose/models/mobileposer.int16.safetensors'),
        module,
      });
    }
    const { tf, tflite } = globalThis as unknown as Record<string, unknown>;
    return Engine.create({
      backend: 'tflite',
      module,
      models: {
        joints: await model('joints'),
        pose: await model('pose'),
        contact: await model('contact'),
        velocity: await model('velocity'),
      },
      runtime: {
        name: runtime,
        wasmPath: wasmPath ?? `/modules/${packages[runtime]}/wasm/`,
        ...(tflite !== undefined && runtime === 'tfjs-tflite'
          ? { load: () => Promise.resolve({ tf, tflite }) }
          : {}),
      },
    });
  };
  try {
    const poser = await open();
    const ask = (count: number) =>
      frames.slice(0, count).map(async (numbers) => {
        const pose = await poser.stepAsync(Float32Array.from(numbers));
        if (pose === undefined) return null;
        const { rotations, joints, translation, contact } = pose;
        return {
          frame: pose.frame,
          rotations: [...rotations],
          joints: [...joints],
          translation: [...translation],
          contact: [...contact],
        };
      });
    const once = ask(frames.length);
    poser.reset();
    const again = ask(7);
    return { once: await Promise.all(once), again: await Promise.all(again) };
  } catch (error) {
    const { name, message, hint } = error as Error & { hint?: string };
    return { name, error: `${message} ${hint ?? ''}` };
  }
}

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

/** The largest angle between two poses' joints, degrees. */
function angle(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let joint = 0; joint < 24; joint++) {
    let square = 0;
    for (let i = 9 * joint; i < 9 * joint + 9; i++) square += (a[i]! - b[i]!) ** 2;
    // |A - B| in the Frobenius norm is 2 sqrt(2) sin(angle / 2).
    worst = Math.max(worst, 2 * Math.asin(Math.min(1, Math.sqrt(square / 8))));
  }
  return (worst * 180) / Math.PI;
}

describe('the backend tflite in Chromium', () => {
  for (const runtime of ['tfjs-tflite', 'litert'] as const) {
    testWithRuntimes(`${runtime} follows the wasm backend frame by frame`, async () => {
      const { page } = await openPosePage(browser!, { runtimes: true });
      const result = await page.evaluate(inPage, { runtime, frames: imu });
      await page.close();
      if ('error' in result) throw new Error(result.error);
      const exact = await reference('f32');
      const shipped = await reference('int16');
      expect(result.once.map((pose) => pose?.frame)).toEqual(exact.map((pose) => pose?.frame));
      const worst = { angle: 0, shipped: 0, joints: 0, translation: 0, contact: 0 };
      for (const [t, pose] of result.once.entries()) {
        const expected = exact[t];
        if (pose === null || expected === undefined) continue;
        worst.angle = Math.max(worst.angle, angle(pose.rotations, expected.rotations));
        worst.shipped = Math.max(worst.shipped, angle(pose.rotations, shipped[t]!.rotations));
        worst.joints = Math.max(worst.joints, apart(pose.joints, expected.joints));
        worst.translation = Math.max(worst.translation, apart(pose.translation, expected.translation));
        worst.contact = Math.max(worst.contact, apart(pose.contact, expected.contact));
      }
      expect(worst.angle).toBeLessThan(0.05);
      expect(worst.shipped).toBeLessThan(0.3);
      expect(worst.joints).toBeLessThan(5e-4);
      expect(worst.translation).toBeLessThan(2e-3);
      expect(worst.contact).toBeLessThan(2e-3);
      // What was asked for after the reset: the first poses once more.
      expect(result.again).toEqual(result.once.slice(0, 7));
    });
  }

  testInBrowser('the wasm backend loads nothing of tflite', async () => {
    const { page, requests } = await openPosePage(browser!, { runtimes: false });
    const result = await page.evaluate(inPage, { runtime: 'wasm' as const, frames: imu.slice(0, 6) });
    await page.close();
    expect('once' in result && result.once[5]?.frame).toBe(1);
    expect(requests.filter((path) => /tflite|litert|tfjs|modules/i.test(path))).toEqual([]);
    expect(requests).toContain('/dist/host/pose/wasmBackend.js');
  });

  testInBrowser('a runtime that is not installed is named, with a way on', async () => {
    const { page } = await openPosePage(browser!, { runtimes: false });
    for (const runtime of ['tfjs-tflite', 'litert'] as const) {
      const result = await page.evaluate(inPage, { runtime, frames: [] });
      expect(result).toMatchObject({ name: 'UserError' });
      expect(result).toMatchObject({
        error: expect.stringMatching(
          new RegExp(`runtime ${runtime} cannot be loaded.*Install @.*or use the backend wasm`, 's'),
        ),
      });
    }
    await page.close();
  });

  for (const runtime of ['tfjs-tflite', 'litert'] as const) {
    testWithRuntimes(`${runtime}: files that are no network, or another one, are named`, async () => {
      const { page } = await openPosePage(browser!, { runtimes: true });
      const run = (models: Record<string, string>) => page.evaluate(inPage, { runtime, frames: [], models });
      expect(await run({ pose: '/package.json' })).toMatchObject({
        name: 'UserError',
        error: expect.stringContaining(`${runtime} does not take the network pose`),
      });
      const contact = '/host/pose/models/mobileposer.contact.f16.tflite';
      expect(await run({ pose: contact })).toMatchObject({
        name: 'UserError',
        error: expect.stringContaining('network pose takes 5940 numbers and gives 2, not 5940 and 96'),
      });
      await page.close();
    });
  }
});

test('in Node the backend tflite names the page as its place', async () => {
  const bytes = new Uint8Array(0);
  const models = { joints: bytes, pose: bytes, contact: bytes, velocity: bytes };
  const module = readFileSync('dist/wasm/poser.wasm');
  for (const name of ['tfjs-tflite', 'litert'] as const) {
    const created = Poser.create({ backend: 'tflite', module, models, runtime: { name, wasmPath: '/' } });
    await expect(created).rejects.toThrow(/browser's page only/);
  }
});
