import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { HistoryEvent, LiveEvent, LiveMessage, RunEvent } from '../../host/server/events.ts';

export const run: RunEvent = {
  type: 'run',
  title: 'a run',
  origin: 'simulated',
  node: 'virtual',
  policy: 'deviation',
  signal: 'synthetic',
  harvest: 'solar',
  axes: ['x'],
  unit: 'g',
  slotSeconds: 0.02,
  latencySlots: 500,
  speed: 1,
};

/** A stand-in for the built page, beside a file that must never be served. */
export function makeAppDir(): { appDir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'solstice-app-'));
  const appDir = join(dir, 'app');
  mkdirSync(join(appDir, 'assets'), { recursive: true });
  writeFileSync(join(dir, 'secret.html'), 'secret');
  writeFileSync(join(appDir, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(appDir, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(appDir, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(appDir, '.stamp'), 'not for the web');
  symlinkSync(join(dir, 'secret.html'), join(appDir, 'link.html'));
  return { appDir, remove: () => rmSync(dir, { recursive: true }) };
}

export type Message = (HistoryEvent | LiveEvent)[];

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request whose path is sent as it is written (fetch would normalise `..`). */
export function get(
  url: string,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A WebSocket client that keeps the messages it got. */
export class Listener {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  #wake: (() => void) | undefined;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}live`, { headers });
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as LiveMessage);
      this.#wake?.();
    });
  }

  /** Waits until `found` holds for the messages so far. */
  async until(found: (messages: Message[]) => boolean): Promise<void> {
    while (!found(this.messages)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** The HTTP status that refused the upgrade, or 101. */
  opened(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.once('open', () => resolve(101));
      this.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode!));
      this.socket.on('error', () => undefined);
    });
  }
}
