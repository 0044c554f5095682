import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import type { LiveView } from '../../host/app/liveView.ts';
import type { Plot } from '../../host/app/signalPlot.ts';
import type { LiveEvent } from '../../host/server/events.ts';
import { LiveServer } from '../../host/server/liveServer.ts';
import { buildPage, launchBrowser, testInBrowser, watch } from './browser.ts';
import { FakeFeed } from './fakeFeed.ts';

let browser: Browser | undefined;
let built: ReturnType<typeof buildPage> | undefined;
const open: { close: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  if (browser) built = buildPage();
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

afterAll(async () => {
  await browser?.close();
  built?.remove();
});

async function serve(port = 0): Promise<LiveServer> {
  const server = await LiveServer.start({ port, appDir: built!.appDir });
  open.push(server);
  return server;
}

interface Viewing {
  page: Page;
  errors: string[];
  foreign: string[];
}

async function view(server: LiveServer, { width = 1280, height = 800, dark = false } = {}): Promise<Viewing> {
  const page = await browser!.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  open.push(page);
  const watched = watch(page);
  await page.goto(server.url);
  return { page, ...watched };
}

function publish(server: LiveServer, events: Iterable<LiveEvent>): LiveEvent[] {
  const list = [...events];
  for (const event of list) server.publish(event);
  return list;
}

const status = (page: Page): Locator => page.getByRole('status');
const figure = (page: Page, name: string): Locator => page.locator(`figures-row [data-figure=${name}] dd`);
const chart = (page: Page, panel: string): Locator => page.locator(`${panel} time-chart`).first();

interface ChartElement extends HTMLElement {
  plot: Plot;
  levels: { label: string }[];
  shades: [number, number][];
  valueRange: [number, number];
}

interface LiveElement extends HTMLElement {
  view: LiveView;
}

const plotOf = (locator: Locator): Promise<Plot> =>
  locator.evaluate((element) => (element as ChartElement).plot);

/** Slots of the samples that the page holds, and the stretch that it shows. */
function held(
  page: Page,
): Promise<{ slots: number[]; truth: number; from: number; to: number; lastSlot: number }> {
  return page.locator('solstice-live').evaluate((element) => {
    const { store, node, from, to } = (element as LiveElement).view;
    const slots = node?.samples.rows.map(({ slot }) => slot) ?? [];
    return { slots, truth: store.truth.rows.length, from, to, lastSlot: store.lastSlot ?? -1 };
  });
}

/** How many pixels of a chart's canvas have (nearly) the colour of a custom property. */
function painted(locator: Locator, property: string): Promise<number> {
  return locator.evaluate((element, name) => {
    const canvas = element.shadowRoot!.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    const probe = document.createElement('canvas').getContext('2d')!;
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const wanted = [1, 3, 5].map((at) => parseInt(String(probe.fillStyle).slice(at, at + 2), 16));
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      const near = wanted.every((channel, index) => Math.abs(channel - data[at + index]!) < 24);
      if (near && data[at + 3]! > 200) pixels++;
    }
    return pixels;
  }, property);
}

/** Reads until `holds` is true of what was read; gives up, with the last reading, when the test does. */
async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const value = await read();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`still ${JSON.stringify(await read())} after many tries`);
}

function sampleSlots(events: LiveEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'samples' ? event.slots : [])).sort((a, b) => a - b);
}

testInBrowser('the page shows what is published, without an error or a request off loopback', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  const events = publish(server, [feed.run, ...feed.next(20)]);
  const { page, errors, foreign } = await view(server);
  await status(page).filter({ hasText: 'Live' }).waitFor();

  const header = (await page.locator('run-header dl').innerText()).replace(/\s+/g, ' ');
  expect(header).toContain('Node virtual Policy deviation Signal synthetic (activity, seed 1)');
  expect(header).toContain('Harvest solar (seed 1) Slot 20.0 ms Latency bound 8.0 s Speed 1×');
  expect(await page.locator('run-header .badge').textContent()).toBe('simulated');
  expect(await figure(page, 'samples').innerText()).toBe(String(feed.counters.samples));
  expect(await figure(page, 'packets').innerText()).toBe(String(feed.counters.packets));
  expect(await figure(page, 'lost').innerText()).toBe('0');
  expect(await figure(page, 'mae').innerText()).toBe('0.0214 g');

  const [times, truth, , , dots] = await plotOf(chart(page, 'signal-panel'));
  const published = sampleSlots(events);
  expect(times.filter((_, index) => dots![index] !== null).map((time) => Math.round(time * 50))).toEqual(
    published,
  );
  expect(truth!.filter((value) => value !== null)).toHaveLength(1000);

  const power = events.flatMap((event) => (event.type === 'power' ? [event] : []));
  expect(await plotOf(chart(page, 'capacitor-panel'))).toEqual([
    power.map(({ slot }) => slot * feed.run.slotSeconds),
    power.map(({ volts }) => volts),
  ]);
  const queue = events.flatMap((event) => (event.type === 'queue' ? [event] : []));
  const [, lengths] = await plotOf(page.locator('queue-panel time-chart').nth(0));
  const [, ages] = await plotOf(page.locator('queue-panel time-chart').nth(1));
  expect(lengths).toEqual(queue.map(({ length }) => length));
  expect(ages).toEqual(queue.map(({ oldestAge }) => oldestAge * feed.run.slotSeconds));

  const row = (part: string): Promise<string> =>
    page.locator(`energy-panel tr[data-part=${part}]`).innerText();
  const { harvested } = power.at(-1)!.ledger;
  expect(await row('harvested')).toContain(`${(1e3 * harvested!).toPrecision(3)} mJ`);
  expect(await row('harvested')).toContain('100.0 %');
  for (const part of [
    'boot',
    'sleep',
    'sense',
    'compute',
    'radio',
    'losses',
    'leakage',
    'clipped',
    'stored',
  ]) {
    expect(await row(part)).toMatch(/ [µm]?J/);
  }
  expect(errors).toEqual([]);
  expect(foreign).toEqual([]);
});

testInBrowser('curves, thresholds and stretches without power are on the canvas', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  const events = publish(server, [feed.run, ...feed.next(47)]);
  const { page } = await view(server);
  await status(page).filter({ hasText: 'Live' }).waitFor();
  const capacitor = chart(page, 'capacitor-panel');
  const { levels, shades, valueRange } = await capacitor.evaluate((element) => {
    const { levels, shades, valueRange } = element as ChartElement;
    return { levels, shades, valueRange };
  });
  expect(levels.map(({ label }) => label)).toEqual(['max 5.2 V', 'on 3.0 V', 'off 2.4 V']);
  expect(valueRange[0]).toBeLessThan(2.4);
  expect(valueRange[1]).toBeGreaterThan(5.2);
  const off = events.flatMap((event) => (event.type === 'power' && !event.on ? [event.slot / 50] : []));
  const inView = off.filter((time) => time > 18);
  expect(inView.length).toBeGreaterThan(0);
  expect(inView.every((time) => shades.some(([from, to]) => time >= from - 1e-9 && time <= to + 1e-9))).toBe(
    true,
  );

  await eventually(
    () => painted(chart(page, 'signal-panel'), '--reconstruction'),
    (pixels) => pixels > 200,
  );
  expect(await painted(chart(page, 'signal-panel'), '--samples')).toBeGreaterThan(200);
  expect(await painted(chart(page, 'signal-panel'), '--truth')).toBeGreaterThan(20);
  expect(await painted(capacitor, '--volts')).toBeGreaterThan(200);
  expect(await painted(capacitor, '--shade')).toBeGreaterThan(2000);
  expect(await painted(page.locator('queue-panel time-chart').nth(0), '--queue')).toBeGreaterThan(100);
  expect(await painted(page.locator('queue-panel time-chart').nth(1), '--bound')).toBeGreaterThan(50);
  expect(await painted(chart(page, 'power-panel'), '--harvested')).toBeGreaterThan(50);

  // The other colour scheme is painted without a reload.
  await page.emulateMedia({ colorScheme: 'dark' });
  await eventually(
    () => painted(capacitor, '--volts'),
    (pixels) => pixels > 200,
  );
});

testInBrowser('the axis chooser shows another axis', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  const events = publish(server, [feed.run, ...feed.next(10)]);
  const truth = events.flatMap((event) => (event.type === 'truth' ? event.values : []));
  const { page, errors } = await view(server);
  const axes = page.getByRole('group', { name: 'Axis' }).getByRole('button');
  await axes.first().waitFor();
  expect(await axes.allInnerTexts()).toEqual(['x', 'y', 'z']);
  for (const [axis, name] of ['x', 'y', 'z'].entries()) {
    await axes.filter({ hasText: name }).click();
    expect(await axes.nth(axis).getAttribute('aria-pressed')).toBe('true');
    const [, shown] = await plotOf(chart(page, 'signal-panel'));
    expect(shown).toEqual(truth.map((values) => values[axis]));
    await page.getByRole('img', { name: `Signal, axis ${name}` }).waitFor();
  }
  expect(errors).toEqual([]);
});

testInBrowser('pause holds the view while data comes in, resume catches up', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  publish(server, [feed.run, ...feed.next(40)]);
  const { page } = await view(server);
  await page.getByRole('button', { name: 'Pause' }).click();
  const before = await held(page);
  expect(before.to).toBeCloseTo(before.lastSlot / 50);
  expect(before.to - before.from).toBeCloseTo(30);
  publish(server, feed.next(10));
  const after = await eventually(
    () => held(page),
    ({ lastSlot }) => lastSlot > before.lastSlot,
  );
  expect([after.from, after.to]).toEqual([before.from, before.to]);
  await page.getByText('Paused, 10.0 s behind').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  expect((await held(page)).to).toBeCloseTo(after.lastSlot / 50);
});

testInBrowser('the time shown can be chosen', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  publish(server, [feed.run, ...feed.next(100)]);
  const { page } = await view(server);
  const buttons = page.getByRole('group', { name: 'Time shown' }).getByRole('button');
  await buttons.getByText('10 s', { exact: true }).click();
  const { from, to } = await held(page);
  expect(to - from).toBeCloseTo(10);
  await buttons.getByText('All', { exact: true }).click();
  expect((await held(page)).from).toBe(0);
});

testInBrowser('values under the pointer are read out in every panel', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  const events = publish(server, [feed.run, ...feed.next(30)]);
  const power = events.flatMap((event) => (event.type === 'power' ? [event] : []));
  const { page } = await view(server);
  const reading = page.locator('capacitor-panel .readout dd').first();
  const reads = (slot: number): Promise<string> =>
    eventually(
      () => reading.innerText(),
      (text) => text === `${power.findLast((event) => event.slot <= slot)!.volts.toFixed(2)} V`,
    );
  await reads(30 * 50);
  const box = (await chart(page, 'signal-panel').boundingBox())!;
  // Midway between two rows, which come every five slots.
  for (const slot of [302.5, 752.5, 1342.5]) {
    const plotWidth = box.width - 54 - 12;
    await page.mouse.move(box.x + 54 + (slot / 1500) * plotWidth, box.y + 100);
    await reads(slot);
  }
  await page.mouse.move(5, 5);
  await reads(30 * 50);
});

testInBrowser('each of several nodes can be chosen', async () => {
  const server = await serve();
  const { run } = new FakeFeed();
  publish(server, [
    run,
    { type: 'samples', node: 7, slots: [1], values: [[1, 2, 3]], late: 0 },
    { type: 'samples', node: 9, slots: [2], values: [[4, 5, 6]], late: 0 },
  ]);
  const { page } = await view(server);
  const chooser = page.getByRole('combobox', { name: 'Node' });
  await chooser.waitFor();
  expect((await held(page)).slots).toEqual([1]);
  await chooser.selectOption('9');
  expect((await held(page)).slots).toEqual([2]);
});

testInBrowser('the page waits for a run', async () => {
  const server = await serve();
  const { page, errors } = await view(server);
  await page.getByText('No run yet').waitFor();
  expect(await status(page).textContent()).toBe('Waiting for the host');
  const feed = new FakeFeed();
  publish(server, [feed.run, ...feed.next(1)]);
  await status(page).filter({ hasText: 'Live' }).waitFor();
  expect(errors).toEqual([]);
});

testInBrowser(
  'a lost connection keeps the data; a host that comes back replaces it, each point once',
  async () => {
    const first = await serve();
    const port = Number(new URL(first.url).port);
    const feed = new FakeFeed();
    const events = publish(first, [feed.run, ...feed.next(20)]);
    const { page } = await view(first);
    await status(page).filter({ hasText: 'Live' }).waitFor();
    await first.close();
    await status(page).filter({ hasText: 'Connection lost' }).waitFor();
    expect((await held(page)).slots).toEqual(sampleSlots(events));

    const second = await serve(port);
    events.push(...feed.next(10));
    publish(second, events);
    await status(page).filter({ hasText: 'Live' }).waitFor();
    const after = await eventually(
      () => held(page),
      ({ lastSlot }) => lastSlot === 30 * 50 - 1,
    );
    expect(after.slots).toEqual(sampleSlots(events));
    expect(after.truth).toBe(30 * 50);
  },
);

testInBrowser('the end is shown with the summary, and stays when the host has gone', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  publish(server, [feed.run, ...feed.next(20)]);
  const { page } = await view(server);
  await status(page).filter({ hasText: 'Live' }).waitFor();
  publish(server, [feed.end()]);
  await server.close();
  await status(page).filter({ hasText: 'Ended' }).waitFor();
  const summary = (await page.locator('summary-panel dl').innerText()).replace(/\s+/g, ' ');
  expect(summary).toContain(`Samples ${feed.counters.samples} Packets ${feed.counters.packets} Lost 0`);
  expect(summary).toContain('Mean abs. error 0.0214 g Recording recordings/demo-1.mcap');
  await page.waitForEvent('console', {
    predicate: (message) => /ERR_CONNECTION_REFUSED/.test(message.text()),
  });
  expect(await status(page).textContent()).toBe('Ended');
});

testInBrowser('what ought to be zero and is not is marked in words', async () => {
  const server = await serve();
  publish(server, [
    new FakeFeed().run,
    { type: 'counters', counters: { samples: 5, lost: 2, linkErrors: 3 } },
  ]);
  const { page } = await view(server);
  await figure(page, 'lost').filter({ hasText: '2' }).waitFor();
  const marks = await page
    .locator('figures-row [data-figure] dt')
    .evaluateAll((elements) => elements.map((element) => getComputedStyle(element, '::after').content));
  expect(marks.filter((mark) => mark.includes('not zero'))).toHaveLength(1);
  expect(await figure(page, 'linkErrors').innerText()).toBe('3');
});

testInBrowser('all fits on a desktop, nothing overflows sideways on a phone', async () => {
  const server = await serve();
  const feed = new FakeFeed();
  publish(server, [feed.run, ...feed.next(47)]);
  const overflow = (page: Page): Promise<[number, number]> =>
    page.evaluate(() => {
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
      return [scrollWidth - clientWidth, scrollHeight - clientHeight];
    });
  const desktop = await view(server);
  await chart(desktop.page, 'power-panel').waitFor();
  expect(await overflow(desktop.page)).toEqual([0, 0]);
  const phone = await view(server, { width: 360, height: 740 });
  await chart(phone.page, 'power-panel').waitFor();
  expect((await overflow(phone.page))[0]).toBe(0);
  for (const each of await phone.page.locator('time-chart').all()) {
    expect((await each.boundingBox())!.width).toBeGreaterThan(250);
  }
});

for (const dark of [false, true]) {
  testInBrowser(`text has a contrast of at least 4.5 in the ${dark ? 'dark' : 'light'} scheme`, async () => {
    const { page } = await view(await serve(), { dark });
    const colors = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const names = ['panel', 'page', 'ink', 'muted', 'warn', 'bound', 'accent', 'threshold', 'warn-back'];
      const probe = document.createElement('canvas').getContext('2d')!;
      return Object.fromEntries(
        names.map((name) => {
          probe.fillStyle = style.getPropertyValue(`--${name}`).trim();
          return [name, String(probe.fillStyle)];
        }),
      );
    });
    for (const [front, back] of [
      ...['ink', 'muted', 'warn', 'bound', 'threshold'].map((name) => [name, 'panel'] as const),
      ...['ink', 'muted', 'accent'].map((name) => [name, 'page'] as const),
      ['warn', 'warn-back'] as const,
    ]) {
      expect(contrast(colors[front]!, colors[back]!)).toBeGreaterThanOrEqual(4.5);
    }
  });
}

/** WCAG 2.2 contrast ratio of two colours written as #rrggbb. */
function contrast(first: string, second: string): number {
  const luminance = (color: string): number => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const channel = parseInt(color.slice(at, at + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}
