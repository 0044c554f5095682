import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';
import { findShipped } from '../../host/pose/shippedModels.ts';
import { readWearer } from '../../host/pose/wearer.ts';
import { bodyFiles, type ShownWearer } from '../../host/server/bodyFiles.ts';
import { LiveServer } from '../../host/server/liveServer.ts';
import type { PageFigures } from '../../host/server/pageFigures.ts';
import { staticFile, type StaticFile } from '../../host/server/staticFiles.ts';
import { inFolder, start } from '../cli/support.ts';
import { buildParts } from '../support/buildParts.ts';
import { wearerTable } from '../support/wearerTable.ts';
import { buildPage, launchBrowser, testInBrowser, watch } from './browser.ts';

let browser: Browser | undefined;
let built: ReturnType<typeof buildPage> | undefined;
const open: { close: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  if (!browser) return;
  built = buildPage();
  buildParts('poser', 'host', 'app');
}, 120_000);

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

afterAll(async () => {
  await browser?.close();
  built?.remove();
});

const generated: ShownWearer = { seconds: 30, seed: 1, slots: [0, 3, 4] };

async function serve(
  shown: ShownWearer = generated,
  more: [string, StaticFile][] = [],
  onFigures: (figures: PageFigures) => void = () => {},
): Promise<LiveServer> {
  const files = new Map([...bodyFiles(shown, findShipped('mobileposer')), ...more]);
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
  await page.getByLabel('Model').selectOption('small, int8');
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
  const truth = generateMotion({ seconds: 6, seed: 9 });
  const slots = [0, 1, 2, 3, 4];
  const wearer = { frames: virtualImus(truth, slots), slots, truth, unusable: 0 };
  const { page } = await view(await serve({ wearer, name: 'take-7', slots: [2, 3] }));
  await reach(page, 60);
  expect(await figure(page, 'error')).toBeLessThan(30);
  expect(await page.locator('.wearer').innerText()).toBe('take-7');
  expect(await page.getByRole('button', { name: 'Left pocket' }).getAttribute('aria-pressed')).toBe('true');
  expect(await page.locator('.badge').last().innerText()).toMatch(/simulated/i);
});

/** Six seconds of a left wrist, a right pocket and a head; the head has no readings from 2 s to 4 s. */
function writeTable(path: string): void {
  const slots = [0, 3, 4];
  const imus = virtualImus(generateMotion({ seconds: 6, seed: 9 }), slots);
  const lines = wearerTable(imus, slots).trimEnd().split('\n');
  const headAway = lines.map((line, at) =>
    at > 60 && at <= 120 ? `${line.split(',').slice(0, -7).join(',')}${','.repeat(7)}` : line,
  );
  writeFileSync(path, `${headAway.join('\n')}\n`);
}

testInBrowser('a recorded wearer is shown without a truth, and a device that is away as such', () =>
  inFolder(async (dir) => {
    const path = join(dir, 'worn.csv');
    writeTable(path);
    const wearer = await readWearer(path);
    const told: PageFigures[] = [];
    const shown = { wearer, name: 'worn.csv', slots: wearer.slots };
    const { page, errors } = await view(await serve(shown, [], (figures) => told.push(figures)));
    const head = page.getByRole('button', { name: 'Head' });
    await head.getByText('away').waitFor({ timeout: 30_000 });
    expect(await head.getAttribute('aria-pressed')).toBe('true');
    await head.getByText('away').waitFor({ state: 'detached', timeout: 30_000 });
    await reach(page, 100);
    const moving = await rotations(page);
    await reach(page, (await figure(page, 'poses')) + 15);
    expect(await rotations(page)).not.toEqual(moving);

    expect(await page.locator('.source').innerText()).toMatch(
      /^recorded\s+worn\.csv.*true pose is not known/i,
    );
    expect(await page.locator('.name.estimate').isVisible()).toBe(true);
    expect(await page.locator('.name.truth').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: /^Truth/ }).count()).toBe(0);
    expect(await page.locator('[data-figure=error]').count()).toBe(0);
    expect(await page.getByText('Joints off').count()).toBe(0);
    expect(await figure(page, 'median')).toBeGreaterThan(0);
    expect(told.at(-1)).toMatchObject({ model: 'mobileposer', positionErrorCm: null });
    expect(told.at(-1)!.poses).toBeGreaterThanOrEqual(90);
    expect(await page.getByRole('button', { name: 'Right wrist' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Left wrist' }).isDisabled()).toBe(false);
    expect(errors.filter((text) => !/GPU stall|swiftshader|WebGL/i.test(text))).toEqual([]);
  }),
);

/** What the command line tells after a page has had 40 poses of what `args` ask for. */
async function live(args: string[]): Promise<Record<string, unknown>> {
  const { child, result, says } = start(['pose', 'live', '--no-open', '--port', '0', '--json', ...args]);
  try {
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await says(/body\.html/);
    const page = await browser!.newPage();
    open.push(page);
    await page.goto(/http:\S+body\.html/.exec(said)![0]);
    await reach(page, 40);
  } finally {
    child.kill('SIGINT');
  }
  return JSON.parse((await result).stdout) as Record<string, unknown>;
}

testInBrowser('pose live shows a table, with the model and the devices that are asked for', () =>
  inFolder(async (dir) => {
    const path = join(dir, 'worn.csv');
    writeTable(path);
    const told = await live([path, '--model', 'small', '--devices', 'lw,rp']);
    expect(told).toMatchObject({ input: path, devices: ['lw', 'rp'], model: 'small', precision: 'int8' });
    const page = { model: 'small', precision: 'int8', latencyFrames: 0, positionErrorCm: null };
    expect(told['page']).toMatchObject(page);
  }),
);

testInBrowser('pose live runs the precision that is asked for', async () => {
  const { page } = await live(['--precision', 'int8']);
  expect(page).toMatchObject({ model: 'mobileposer', precision: 'int8', latencyFrames: 4 });
});

testInBrowser('pose live runs the single-stage baseline too', async () => {
  const { page } = await live(['--model', 'imuposer']);
  expect(page).toMatchObject({ model: 'imuposer', precision: 'int8', latencyFrames: 4 });
});

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
    await serve(generated, [['/body.json', staticFile(Buffer.from('no'), 'application/json')]]),
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
