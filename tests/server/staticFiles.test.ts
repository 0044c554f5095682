import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tmpdir } from 'node:os';
import { UserError } from '../../host/errors.ts';
import { LiveServer } from '../../host/server/liveServer.ts';
import { get, makeAppDir, run } from './support.ts';

const { appDir, remove } = makeAppDir();
let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start({ port: 0, appDir });
});

afterAll(async () => {
  await server.close();
  remove();
});

test.each([
  ['/', 'text/html; charset=utf-8'],
  ['/index.html?x=1', 'text/html; charset=utf-8'],
  ['/assets/main.js', 'text/javascript; charset=utf-8'],
  ['/icon.svg', 'image/svg+xml'],
])('%s is served as %s with the security headers', async (path, type) => {
  const { status, headers, body } = await get(server.url, path);
  expect(status).toBe(200);
  expect(headers['content-type']).toBe(type);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['content-security-policy']).toMatch(/^default-src 'self'/);
  expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
});

test.each([
  '/../secret.html',
  '/assets/../../secret.html',
  '/%2e%2e/secret.html',
  '/..%2fsecret.html',
  '/assets/..%5c..%5csecret.html',
  '//secret.html',
  '/link.html',
  '/.stamp',
  '/assets',
  '/assets/',
  '/index.html%00.js',
  '/__proto__',
])('%s is not served', async (path) => {
  const { status, body } = await get(server.url, path);
  expect(status).toBe(404);
  expect(body).not.toContain('secret');
});

test('HEAD has no body, other methods are refused, a known version is not sent again', async () => {
  const head = await get(server.url, '/', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: '' });
  expect((await get(server.url, '/', { method: 'POST' })).status).toBe(405);
  const again = await get(server.url, '/', { headers: { 'If-None-Match': head.headers.etag! } });
  expect(again).toMatchObject({ status: 304, body: '' });
});

test('the summary is JSON: the run, the latest counters, and the end', async () => {
  const { body: before } = await get(server.url, '/api/summary');
  expect(JSON.parse(before)).toEqual({ run: null, counters: {}, ended: false, summary: null });
  server.publish(run);
  server.publish({ type: 'counters', counters: { samples: 1 } });
  server.publish({ type: 'counters', counters: { samples: 2 } });
  server.publish({ type: 'end', summary: { lost: 0 } });
  const { headers, body } = await get(server.url, '/api/summary');
  expect(headers['content-type']).toBe('application/json');
  expect(JSON.parse(body)).toEqual({ run, counters: { samples: 2 }, ended: true, summary: { lost: 0 } });
});

test('a page that is not built is an error that says how to build it', async () => {
  const started = LiveServer.start({ port: 0, appDir: `${tmpdir()}/no-such-page` });
  await expect(started).rejects.toThrow(UserError);
  await expect(started).rejects.toMatchObject({ hint: expect.stringContaining('npm run build') });
});
