import { afterEach, expect, test } from '@jest/globals';
import { fetchSource, fetchWearer, isThere, type PageWearer } from '../../host/app/body/wearer.ts';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';
import { findShipped, shippedModels, shippedWeights } from '../../host/pose/shippedModels.ts';
import { bodyFiles, type ShownWearer } from '../../host/server/bodyFiles.ts';
import type { StaticFile } from '../../host/server/staticFiles.ts';

const truth = generateMotion({ seconds: 1, seed: 4 });
const frames = virtualImus(truth, [0, 4]);
const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
});

/** What the page makes of the files that the host hands out. */
function pageOf(files: Map<string, StaticFile>): Promise<PageWearer> {
  globalThis.fetch = (path) => Promise.resolve(new Response(new Uint8Array(files.get(path as string)!.body)));
  return fetchSource().then(({ wearer }) => fetchWearer(wearer));
}

const filesOf = (shown: ShownWearer): Map<string, StaticFile> => bodyFiles(shown, findShipped('small'));

test('the page gets the readings and the truth that the host has read', async () => {
  const wearer = { frames, slots: [0, 4], truth, unusable: 0 };
  const page = await pageOf(filesOf({ wearer, name: 'take', slots: [4] }));
  expect(page).toMatchObject({ name: 'take', frames: truth.frames, has: [0, 4] });
  expect(page.readings).toEqual(frames);
  expect(page.truth!.rotations).toEqual(Float64Array.from(Float32Array.from(truth.rotations)));
  expect(page.truth!.roots).toEqual(Float64Array.from(Float32Array.from(truth.roots)));
  expect([0, 1, 4].map((slot) => isThere(page, 5, slot))).toEqual([true, false, true]);
});

test('a wearer without a truth has none in the page', async () => {
  const page = await pageOf(
    filesOf({ wearer: { frames, slots: [0, 4], unusable: 0 }, name: 'x', slots: [0] }),
  );
  expect(page.truth).toBeUndefined();
  expect(page.readings).toEqual(frames);
});

test('a generated wearer has all five devices', async () => {
  const page = await pageOf(filesOf({ seconds: 1, seed: 4, slots: [0] }));
  expect(page.has).toEqual([0, 1, 2, 3, 4]);
  expect(page.readings).toEqual(virtualImus(truth, [0, 1, 2, 3, 4]));
});

test('every model that ships is offered, each with weights of its own', async () => {
  const files = filesOf({ seconds: 1, seed: 4, slots: [0] });
  await pageOf(files);
  const { models, chosen } = await fetchSource();
  expect(chosen).toEqual({ model: 'small', precision: 'int8' });
  expect(models.map(({ model, precision }) => ({ model, precision }))).toEqual(shippedModels);
  for (const { model, precision, path } of models)
    expect(files.get(path)!.body.equals(shippedWeights(model, precision))).toBe(true);
});
