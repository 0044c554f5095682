#!/usr/bin/env node
/**
 * A picture of the live page, taken with Chromium: `node scripts/screenshot.mjs` runs the demo and makes docs/live.png;
 * `--url URL --out FILE [--dark] [--width N] [--height N] [--wait SECONDS]` takes any live page.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const DEMO = ['demo', '--for', '120s', '--seed', '1', '--no-open', '--port', '0'];

/** The path of Chromium: CHROMIUM, else one on PATH; undefined when there is none. */
export function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) return named;
  const dirs = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return dirs.flatMap((dir) => names.map((name) => join(dir, name))).find((path) => existsSync(path));
}

/** Options for playwright-core: headless, quiet, and without a sandbox only where root leaves no choice. */
export function launchOptions(executablePath) {
  const args = [
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ];
  args.push('--disable-component-update', '--disable-sync');
  return { executablePath, args, chromiumSandbox: process.getuid?.() !== 0 };
}

/** Takes the page at `url` after it has been live for `wait` seconds. */
export async function screenshot({ url, out, dark = false, width = 1280, height = 800, wait = 2 }) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium found; on Debian: apt-get install chromium');
  const browser = await chromium.launch(launchOptions(executablePath));
  try {
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
    });
    await page.goto(url);
    await page.locator('solstice-live .status:is(.live, .ended), solstice-body .stage').waitFor();
    await page.waitForTimeout(1000 * wait);
    await page.screenshot({ path: out, fullPage: width < 1000 });
  } finally {
    await browser.close();
  }
}

/** Starts the demo and waits for the address that it prints. */
async function startDemo() {
  const child = spawn(process.execPath, [join(root, 'scripts/solstice.mjs'), ...DEMO], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const line of createInterface({ input: child.stderr })) {
    said += `${line}\n`;
    const [url] = /http:\/\/[^\s]+/.exec(line) ?? [];
    if (url) {
      child.stderr.resume();
      return { url, stop: () => child.kill('SIGINT') };
    }
  }
  throw new Error(`the demo ended without an address:\n${said}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      out: { type: 'string', default: join(root, 'docs/live.png') },
      dark: { type: 'boolean', default: false },
      width: { type: 'string', default: '1280' },
      height: { type: 'string', default: '800' },
      wait: { type: 'string' },
    },
  });
  const demo = values.url ? undefined : await startDemo();
  try {
    await screenshot({
      url: values.url ?? demo.url,
      out: values.out,
      dark: values.dark,
      width: Number(values.width),
      height: Number(values.height),
      wait: Number(values.wait ?? (demo ? 35 : 2)),
    });
    console.log(values.out);
  } finally {
    demo?.stop();
  }
}
