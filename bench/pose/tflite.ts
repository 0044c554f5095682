import { chromium } from 'playwright-core';
import { findInPath } from '../../host/build/findInPath.ts';
import { type Poser } from '../../host/pose/poser.ts';
import { buildParts } from '../../tests/support/buildParts.ts';
import { randomFrames } from '../../tests/support/poseWeights.ts';
import { openPosePage } from '../../tests/support/tflitePage.ts';
import { tfliteModules } from '../../tests/support/tfliteRuntimes.ts';

/**
 * Milliseconds a pose of the wasm backend (int16) and of the backend tflite in both runtimes (f16 weights), one thread
 * each, in one page of Chromium, in interleaved rounds; and milliseconds until each is ready. The runtimes come with
 * `npm ci --prefix bench/pose --ignore-scripts`. `node --import ./tests/support/typescript.mjs bench/pose/tflite.ts`
 */
const rounds = 12;
const posesARound = 5;

if (tfliteModules === undefined)
  throw new Error('no tflite runtimes: npm ci --prefix bench/pose --ignore-scripts');
buildParts('poser', 'host');
const executablePath = ['chromium', 'google-chrome'].map(findInPath).find(Boolean);
if (executablePath === undefined) throw new Error('no Chromium');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const { page } = await openPosePage(browser, { runtimes: true });
const frames = randomFrames((rounds + 1) * posesARound, 1).map((frame) => [...frame]);
const result = await page.evaluate(measure, { frames, rounds, posesARound });
await browser.close();
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const lines = result.map(({ name, ready, times }) => ({
  name,
  ready: Math.round(ready),
  least: Math.min(...times),
  median: median(times),
}));
console.log(JSON.stringify(lines, null, 2));

/** Runs in the page, so it uses nothing from outside. */
async function measure({
  frames,
  rounds,
  posesARound,
}: {
  frames: number[][];
  rounds: number;
  posesARound: number;
}): Promise<{ name: string; ready: number; times: number[] }[]> {
  const fetched = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const host = '/dist/host/pose/poser.js';
  const { Poser: Engine } = (await import(host)) as { Poser: typeof Poser };
  const module = await fetched('/dist/wasm/poser.wasm');
  const weights = await fetched('/host/pose/models/mobileposer.int16.safetensors');
  const model = (name: string) => fetched(`/host/pose/models/mobileposer.${name}.f16.tflite`);
  const models = {
    joints: await model('joints'),
    pose: await model('pose'),
    contact: await model('contact'),
    velocity: await model('velocity'),
  };
  const { tf, tflite } = globalThis as unknown as Record<string, unknown>;
  const makers = {
    wasm: () => Engine.create({ module, weights }),
    'tfjs-tflite': () =>
      Engine.create({
        backend: 'tflite',
        module,
        models,
        runtime: {
          name: 'tfjs-tflite',
          wasmPath: '/modules/@tensorflow/tfjs-tflite/wasm/',
          load: () => Promise.resolve({ tf, tflite }),
        },
      }),
    litert: () =>
      Engine.create({
        backend: 'tflite',
        module,
        models,
        runtime: { name: 'litert', wasmPath: '/modules/@litertjs/core/wasm/' },
      }),
  };
  const contenders: { name: string; ready: number; times: number[]; poser: Poser }[] = [];
  for (const [name, make] of Object.entries(makers)) {
    const start = performance.now();
    const poser = await make();
    contenders.push({ name, ready: performance.now() - start, times: [], poser });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { poser, times } of contenders) {
      const start = performance.now();
      for (let i = 0; i < posesARound; i++) {
        await poser.stepAsync(Float32Array.from(frames[round * posesARound + i]!));
      }
      // The first round fills the window and warms up.
      if (round > 0) times.push((performance.now() - start) / posesARound);
    }
  }
  return contenders.map(({ name, ready, times }) => ({ name, ready, times }));
}
