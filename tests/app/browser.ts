import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findInPath } from '../../host/build/findInPath.ts';
import { root } from '../../host/paths.ts';
import { testUnless } from '../support/testUnless.ts';

const executablePath = ['chromium', 'chromium-browser', 'google-chrome'].map(findInPath).find(Boolean);

/** A test in a real browser; skipped by name where there is none. */
export function testInBrowser(name: string, body: () => Promise<void>): void {
  testUnless(executablePath ? undefined : 'no Chromium', name, body);
}

/** Starts Debian's Chromium; undefined where there is none. */
export function launchBrowser(): Promise<Browser | undefined> {
  if (!executablePath) return Promise.resolve(undefined);
  const args = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run'];
  args.push('--disable-background-networking', '--disable-component-update', '--disable-sync');
  return chromium.launch({ executablePath, args, chromiumSandbox: process.getuid?.() !== 0 });
}

/** Builds the page from its sources into a folder of its own. */
export function buildPage(): { appDir: string; remove: () => void } {
  const appDir = mkdtempSync(join(tmpdir(), 'solstice-page-'));
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = ['build', '--config', 'host/app/vite.config.ts', '--outDir', appDir, '--emptyOutDir'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, ...args], {
    cwd: root,
    encoding: 'utf8',
    // Under jest it is "test", with which Lit builds its development version.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) throw new Error(`building the page failed\n${stdout}${stderr}`);
  return { appDir, remove: () => rmSync(appDir, { recursive: true }) };
}

/** What went wrong on a page: console errors, exceptions, and requests that left loopback. */
export function watch(page: Page): { errors: string[]; foreign: string[] } {
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') foreign.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).hostname !== '127.0.0.1') foreign.push(socket.url());
  });
  return { errors, foreign };
}
