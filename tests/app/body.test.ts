import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';
import { shippedWeights } from '../../host/pose/shippedModels.ts';
import { LiveServer } from '../../host/server/liveServer.ts';
import type { PageFigures } from '../../host/server/pageFigures.ts';
import { staticFile, type StaticFile } from '../../host/server/staticFiles.ts';
import type { WearerSource } from '../../host/server/wearerSource.ts';
import { buildParts } from '../support/buildParts.ts';
import { buildPage, launchBrowser, testInBrowser, watch } from './browser.ts';

let browser: Browser | undefined;
let built: ReturnType<typeof buildPage> | undefined;
const open: { close: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  if (!browser) return;
  built = buildPage();
  buildParts('poser');
}, 120_000);

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

afterAll(async () => {
  await browser?.close();
  built?.remove();
});

const generated: WearerSource = {
  ...{ kind: 'generated', seconds: 30, seed: 1 },
  ...{ slots: [0, 3, 4], model: 'mobileposer' },
};

async function serve(
  source: WearerSource = generated,
  more: [string, StaticFile][] = [],
  onFigures: (figures: PageFigures) => void = () => {},
): Promise<LiveServer> {
  const octets = 'application/octet-stream';
  const files = new Map<string, StaticFile>([
    ['/poser.wasm', staticFile(readFileSync('dist/wasm/poser.wasm'), 'application/wasm')],
    ['/models/mobileposer.safetensors', staticFile(shippedWeights('mobileposer'), octets)],
    ['/models/small.safetensors', staticFile(shippedWeights('small'), octets)],
    ['/wearer.json', staticFile(Buffer.from(JSON.stringify(source)), 'application/json')],
    ...more,
  ]);
  const server = await LiveServer.start({ port: 0, appDir: built!.appDir, files, onFigures });
  open.push(server);
  return server;
}

async function view(server: LiveServer): Promise<{ page: Page; errors: string[]; foreign: string[] }> {
  const page = await browser!.newPage({ viewport: { width: 900, height: 600 } });
  open.push(page);
  const watched = watch(page);
  await page.goto(`${server.url}body.html`);
  return { page, ...watched };
}

const figure = async (page: Page, name: string): Promise<number> =>
  parseFloat(await page.locator(`[data-figure=${name}] dd`).innerText());

async function reach(page: Page, poses: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await figure(page, 'poses')) < poses) {
    if (Date.now() > deadline) throw new Error(`no ${poses} poses in a minute`);
    await page.waitForTimeout(200);
  }
}

testInBrowser(
  'the body page runs the networks itself: poses come, near the generated truth, and nothing leaves',
  async () => {
    const told: PageFigures[] = [];
    const { page, errors, foreign } = await view(await serve(generated, [], (figures) => told.push(figures)));
    await reach(page, 60);
    expect(await figure(page, 'error')).toBeLessThan(30);
    expect(await figure(page, 'median')).toBeGreaterThan(0);
    expect(await figure(page, 'latency')).toBe(133);
    expect(errors.filter((text) => !/GPU stall|swiftshader|WebGL/i.test(text))).toEqual([]);
    expect(foreign).toEqual([]);
    expect(told.at(-1)).toMatchObject({ model: 'mobileposer', precision: 'int16', latencyFrames: 4 });
    expect(told.at(-1)!.poses).toBeGreaterThanOrEqual(30);
    expect(told.at(-1)!.positionErrorCm).toBeLessThan(30);
    const drawn = await page.locator('canvas').screenshot();
    await reach(page, 90);
    expect((await page.locator('canvas').screenshot()).equals(drawn)).toBe(false);
  },
);

testInBrowser('devices come and go while it runs, and the small model has no look-ahead', async () => {
  const { page } = await view(await serve());
  await reach(page, 30);
  const head = page.getByRole('button', { name: 'Head' });
  expect(await head.getAttribute('aria-pressed')).toBe('true');
  await head.click();
  expect(await head.getAttribute('aria-pressed')).toBe('false');
  const before = await figure(page, 'poses');
  await reach(page, before + 30);
  await page.getByLabel('Model').selectOption('small');
  const deadline = Date.now() + 30_000;
  while ((await figure(page, 'latency')) !== 0 && Date.now() < deadline) await page.waitForTimeout(100);
  expect(await figure(page, 'latency')).toBe(0);
  await reach(page, (await figure(page, 'poses')) + 30);
});

interface BodyElement extends HTMLElement {
  pose: { rotations: Float32Array };
}

/** 24 x 9 of the latest pose. */
const rotations = (page: Page): Promise<number[]> =>
  page.locator('solstice-body').evaluate((element) => [...(element as BodyElement).pose.rotations]);

testInBrowser(
  'what is not worn is not read: without any device the pose stands still, whatever the wearer does',
  async () => {
    const { page } = await view(await serve());
    await reach(page, 60);
    const moving = await rotations(page);
    await reach(page, 75);
    expect(await rotations(page)).not.toEqual(moving);
    for (const name of ['Left wrist', 'Right pocket', 'Head'])
      await page.getByRole('button', { name }).click();
    // The last reading is held for a few frames and stays in the window for 45.
    await reach(page, (await figure(page, 'poses')) + 80);
    const still = await rotations(page);
    await reach(page, (await figure(page, 'poses')) + 20);
    expect(await rotations(page)).toEqual(still);
    await page.getByRole('button', { name: 'Head' }).click();
    await reach(page, (await figure(page, 'poses')) + 20);
    expect(await rotations(page)).not.toEqual(still);
  },
);

testInBrowser('the page pauses, its view turns by keys, and a reload begins again', async () => {
  const { page, errors } = await view(await serve());
  await reach(page, 40);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForTimeout(1000);
  const held = await rotations(page);
  /** Between the names of the two, pixels: they stand in line when they are seen from the side. */
  const apart = (): Promise<number> =>
    page.locator('.stage').evaluate((stage) => {
      const [estimate, truth] = ['estimate', 'truth'].map(
        (who) => stage.querySelector(`.name.${who}`)!.getBoundingClientRect().x,
      );
      return Math.abs(truth! - estimate!);
    });
  const before = await apart();
  expect(before).toBeGreaterThan(100);
  await page.locator('canvas').focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowRight');
  const deadline = Date.now() + 15_000;
  while ((await apart()) > before / 2 && Date.now() < deadline) await page.waitForTimeout(200);
  expect(await apart()).toBeLessThan(before / 2);
  expect(await rotations(page)).toEqual(held);
  await page.reload();
  await reach(page, 40);
  expect(errors.filter((text) => !/GPU stall|swiftshader|WebGL/i.test(text))).toEqual([]);
});

testInBrowser('a recorded movement is shown by its name', async () => {
  const motion = generateMotion({ seconds: 6, seed: 9 });
  const numbers = Float32Array.from([...motion.rotations, ...motion.roots]);
  const { frames } = motion;
  const source: WearerSource = { kind: 'movement', name: 'take-7', frames, slots: [2], model: 'mobileposer' };
  const bytes = staticFile(Buffer.from(numbers.buffer), 'application/octet-stream');
  const { page } = await view(await serve(source, [['/wearer.bin', bytes]]));
  await reach(page, 20);
  expect(await page.locator('.wearer').innerText()).toBe('take-7');
  expect(await page.getByRole('button', { name: 'Left pocket' }).getAttribute('aria-pressed')).toBe('true');
});

testInBrowser(
  'readings have no truth: the body moves alone, and a device that is away is said to be',
  async () => {
    const { frames, ...motion } = generateMotion({ seconds: 8, seed: 9 });
    const slots = [0, 4];
    const imus = virtualImus({ frames, ...motion }, slots);
    // The head's device is away from the second second on.
    for (let frame = 60; frame < frames; frame++) {
      imus.fill(0, 60 * frame + 12, 60 * frame + 15);
      imus.fill(0, 60 * frame + 51, 60 * frame + 60);
    }
    const source: WearerSource = { kind: 'readings', name: 'worn.csv', frames, slots, model: 'small' };
    const told: PageFigures[] = [];
    const bytes = staticFile(Buffer.from(imus.buffer), 'application/octet-stream');
    const { page, errors } = await view(
      await serve(source, [['/wearer.bin', bytes]], (one) => told.push(one)),
    );
    await reach(page, 20);
    expect(await page.locator('.badge').innerText()).toMatch(/recorded/i);
    expect(await page.locator('.wearer').innerText()).toBe('worn.csv');
    expect(await page.getByRole('group', { name: 'Truth' }).count()).toBe(0);
    expect(await page.locator('.name.truth').evaluate((name) => getComputedStyle(name).visibility)).toBe(
      'hidden',
    );
    expect(await figure(page, 'latency')).toBe(0);
    expect(await page.locator('[data-figure=error]').count()).toBe(0);
    const moving = await rotations(page);
    await page.getByRole('button', { name: 'Head (away)' }).waitFor({ timeout: 30_000 });
    expect(await rotations(page)).not.toEqual(moving);
    expect(await page.getByRole('button', { name: 'Left wrist', exact: true }).isEnabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Right pocket' }).isDisabled()).toBe(true);
    await reach(page, 65);
    expect(told.at(-1)).toMatchObject({ model: 'small', precision: 'int8', positionErrorCm: null });
    expect(errors.filter((text) => !/GPU stall|swiftshader|WebGL/i.test(text))).toEqual([]);
  },
);

testInBrowser('without WebGL, or without the host, the page says so', async () => {
  const server = await serve();
  const page = await browser!.newPage();
  open.push(page);
  await page.addInitScript(() => {
    HTMLCanvasElement.prototype.getContext = () => null;
  });
  await page.goto(`${server.url}body.html`);
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').innerText()).toMatch(/WebGL/);
  await reach(page, 20);

  const { page: second } = await view(
    await serve(generated, [['/wearer.json', staticFile(Buffer.from('no'), 'application/json')]]),
  );
  await second.getByRole('alert').waitFor();
  expect(await second.getByRole('alert').innerText()).toMatch(/did not load/);
});

testInBrowser('only a page with a WebAssembly module may compile one', async () => {
  const plain = await LiveServer.start({ port: 0, appDir: built!.appDir });
  open.push(plain);
  const policy = async (server: LiveServer): Promise<string> =>
    (await fetch(server.url)).headers.get('content-security-policy')!;
  expect(await policy(plain)).not.toContain('wasm');
  expect(await policy(await serve())).toContain("script-src 'self' 'wasm-unsafe-eval'");
});

testInBrowser("the sampling page loads nothing of the body's", async () => {
  const server = await serve();
  const page = await browser!.newPage();
  open.push(page);
  const scripts = async (path: string): Promise<string[]> => {
    const paths: string[] = [];
    page.on('request', (request) => paths.push(new URL(request.url()).pathname));
    await page.goto(`${server.url}${path}`);
    await page.waitForTimeout(500);
    page.removeAllListeners('request');
    return paths.filter((one) => /body|poser/i.test(one));
  };
  expect(await scripts('')).toEqual([]);
  expect(await scripts('body.html')).toContainEqual(expect.stringMatching(/bodyScene/));
});
