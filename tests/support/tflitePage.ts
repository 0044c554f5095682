import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { root } from '../../host/paths.ts';
import { tfliteModules } from './tfliteRuntimes.ts';

const origin = 'http://pose.test';
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const imports = {
  '@litertjs/core': '/modules/@litertjs/core/dist/index.js',
  '@litertjs/wasm-utils': '/modules/@litertjs/wasm-utils/dist/index.js',
};
const scripts = [
  'tfjs-core/dist/tf-core.min.js',
  'tfjs-backend-cpu/dist/tf-backend-cpu.min.js',
  'tfjs-tflite/dist/tf-tflite.min.js',
];

/** A page that can import the built host and the runtimes: tfjs-tflite by script tags, LiteRT.js by an import map. */
export async function openPosePage(
  browser: Browser,
  { runtimes }: { runtimes: boolean },
): Promise<{ page: Page; requests: string[] }> {
  const requests: string[] = [];
  const page = await browser.newPage();
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    requests.push(pathname);
    if (pathname === '/') {
      const map = runtimes ? `<script type="importmap">${JSON.stringify({ imports })}</script>` : '';
      return route.fulfill({
        body: `<!doctype html><title>pose</title>${map}<body></body>`,
        contentType: 'text/html',
      });
    }
    const file = pathname.startsWith('/modules/')
      ? join(tfliteModules ?? '', pathname.slice('/modules/'.length))
      : join(root, pathname.slice(1));
    if (!existsSync(file)) return route.fulfill({ status: 404, body: '' });
    const contentType = types[extname(file)] ?? 'application/octet-stream';
    return route.fulfill({ body: readFileSync(file), contentType });
  });
  await page.goto(`${origin}/`);
  if (runtimes) {
    for (const script of scripts) await page.addScriptTag({ url: `${origin}/modules/@tensorflow/${script}` });
  }
  return { page, requests };
}
