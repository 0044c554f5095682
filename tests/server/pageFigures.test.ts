import { afterAll, afterEach, expect, test } from '@jest/globals';
import { LiveServer } from '../../host/server/liveServer.ts';
import type { PageFigures } from '../../host/server/pageFigures.ts';
import { WebSocket } from 'ws';
import { makeAppDir } from './support.ts';

const { appDir, remove } = makeAppDir();
const servers: LiveServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(remove);

const figures: PageFigures = {
  model: 'small',
  precision: 'int8',
  poses: 30,
  positionErrorCm: 6.5,
  latencyFrames: 0,
  stepMillisMedian: 1.5,
  stepMillisP95: 3,
};

async function start(onFigures?: (figures: PageFigures) => void): Promise<string> {
  const server = await LiveServer.start({ port: 0, appDir, ...(onFigures && { onFigures }) });
  servers.push(server);
  return `${server.url.replace('http', 'ws')}figures`;
}

/** The status that refused it, or 101 after the messages have gone out. */
function tell(url: string, messages: string[], headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url, { headers });
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
      socket.close();
    });
    socket.on('close', () => resolve(101));
  });
}

test('what a page measured is heard, and nothing that is not exactly that', async () => {
  const heard: PageFigures[] = [];
  const url = await start((one) => heard.push(one));
  const bad = [
    'no JSON',
    'null',
    '[]',
    JSON.stringify({ ...figures, poses: -1 }),
    JSON.stringify({ ...figures, stepMillisP95: '3' }),
    JSON.stringify({ ...figures, positionErrorCm: undefined }),
    JSON.stringify({ ...figures, positionErrorCm: -1 }),
    JSON.stringify({ ...figures, poses: null }),
    JSON.stringify({ ...figures, model: '\u001b[31m' }),
  ];
  const good = JSON.stringify({ ...figures, more: 'is left out' });
  const noTruth = { ...figures, positionErrorCm: null };
  expect(await tell(url, [...bad, good, JSON.stringify(noTruth)])).toBe(101);
  expect(heard).toEqual([figures, noTruth]);
});

test('a foreign page is refused, and so is everybody where no one listens', async () => {
  expect(await tell(await start(() => {}), [], { Origin: 'http://evil.example' })).toBe(403);
  expect(await tell(await start(), [])).toBe(404);
});
