import { afterAll, afterEach, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { UserError } from '../../host/errors.ts';
import type { LiveEvent } from '../../host/server/events.ts';
import { LiveServer, type LiveServerOptions } from '../../host/server/liveServer.ts';
import { Listener, get, makeAppDir, run, type Message } from './support.ts';

const { appDir, remove } = makeAppDir();
const open: { close: () => unknown }[] = [];

async function start(options: LiveServerOptions = {}): Promise<LiveServer> {
  const server = await LiveServer.start({ port: 0, appDir, batchMillis: 5, ...options });
  open.push(server);
  return server;
}

function listenTo(server: LiveServer, headers: Record<string, string> = {}): Listener {
  const listener = new Listener(server.url, headers);
  open.push({ close: () => listener.socket.terminate() });
  return listener;
}

const truth = (slot: number): LiveEvent => ({ type: 'truth', slots: [slot], values: [[slot / 10]] });
const slotsOf = (messages: Message[]): number[] =>
  messages.flat().flatMap((event) => (event.type === 'truth' ? event.slots : []));

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});
afterAll(remove);

test('listens on loopback only', async () => {
  expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
});

test('a foreign name that resolves here is refused, for files, the summary and the WebSocket', async () => {
  const server = await start();
  const { port } = new URL(server.url);
  for (const host of [
    `evil.example:${port}`,
    'evil.example',
    `192.0.2.1:${port}`,
    '127.0.0.1.evil.example',
  ]) {
    expect((await get(server.url, '/', { headers: { Host: host } })).status).toBe(403);
    expect((await get(server.url, '/api/summary', { headers: { Host: host } })).status).toBe(403);
    const listener = listenTo(server, { Host: host, Origin: `http://${host}` });
    expect(await listener.opened()).toBe(403);
  }
  for (const host of [`localhost:${port}`, `[::1]:${port}`, 'localhost:9000']) {
    expect((await get(server.url, '/', { headers: { Host: host } })).status).toBe(200);
  }
});

test("another page's WebSocket is refused, the own page's and a program's are taken", async () => {
  const server = await start();
  const origin = server.url.slice(0, -1);
  for (const foreign of ['http://evil.example', 'http://127.0.0.1:1', 'null', 'https' + origin.slice(4)]) {
    expect(await listenTo(server, { Origin: foreign }).opened()).toBe(403);
  }
  expect(await listenTo(server, { Origin: origin }).opened()).toBe(101);
  expect(await listenTo(server).opened()).toBe(101);
});

test('a WebSocket elsewhere than /live is refused', async () => {
  const server = await start();
  expect(await new Listener(`${server.url}x/`).opened()).toBe(404);
});

test('who joins late gets the history, then what follows, each point once', async () => {
  const server = await start();
  server.publish(run);
  for (let slot = 0; slot < 10; slot++) server.publish(truth(slot));
  server.publish({ type: 'samples', node: 1, slots: [0, 4], values: [[0], [0.4]], late: 1 });
  server.publish({ type: 'samples', node: 1, slots: [9], values: [[0.9]], late: 1 });
  server.publish({ type: 'queue', slot: 9, node: 1, length: 1, oldestAge: 3 });
  server.publish({ type: 'counters', counters: { samples: 2 } });
  server.publish({ type: 'counters', counters: { samples: 3 } });

  const listener = listenTo(server);
  await listener.until((messages) => messages.length >= 1);
  expect(listener.messages[0]).toEqual([
    { type: 'history', thinned: false },
    run,
    { type: 'truth', slots: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], values: expect.anything() },
    { type: 'samples', node: 1, slots: [0, 4, 9], values: [[0], [0.4], [0.9]], late: 2 },
    { type: 'queue', slot: 9, node: 1, length: 1, oldestAge: 3 },
    { type: 'counters', counters: { samples: 3 } },
  ]);
  for (let slot = 10; slot < 20; slot++) server.publish(truth(slot));
  await listener.until((messages) => slotsOf(messages).includes(19));
  expect(slotsOf(listener.messages)).toEqual(Array.from({ length: 20 }, (_, slot) => slot));
});

test('who joins between a publication and its batch gets it once', async () => {
  const server = await start({ batchMillis: 100 });
  const first = listenTo(server);
  await first.until((messages) => messages.length >= 1);
  const second = listenTo(server);
  await second.opened();
  server.publish(truth(1));
  const third = listenTo(server);
  await third.opened();
  server.publish(truth(2));
  for (const listener of [first, second, third]) {
    await listener.until((messages) => slotsOf(messages).includes(2));
    expect(slotsOf(listener.messages)).toEqual([1, 2]);
  }
});

test('the history of a long run is bounded and says that it is thinned', async () => {
  const server = await start({ historyLimit: 100 });
  server.publish(run);
  for (let slot = 0; slot < 50_000; slot++) {
    server.publish(truth(slot));
    server.publish({ type: 'power', slot, volts: 3, on: true, ledger: {}, parts: {} });
    server.publish({ type: 'queue', slot, node: 1, length: 0, oldestAge: 0 });
  }
  const listener = listenTo(server);
  await listener.until((messages) => messages.length >= 1);
  const history = listener.messages[0]!;
  expect(history[0]).toEqual({ type: 'history', thinned: true });
  expect(history.filter(({ type }) => type === 'power').length).toBeLessThanOrEqual(100);
  expect(history.filter(({ type }) => type === 'queue').length).toBeLessThanOrEqual(100);
  const slots = slotsOf([history]);
  expect(slots.length).toBeLessThanOrEqual(100);
  expect(slots[0]).toBe(0);
  expect(slots.slice(-40)).toEqual(Array.from({ length: 40 }, (_, index) => 49_960 + index));
});

test('a run forgets the one before', async () => {
  const server = await start();
  for (const event of [
    run,
    truth(5),
    { type: 'end', summary: {} } as const,
    { ...run, title: 'the second' },
  ]) {
    server.publish(event);
  }
  const listener = listenTo(server);
  await listener.until((messages) => messages.length >= 1);
  expect(listener.messages[0]).toEqual([
    { type: 'history', thinned: false },
    { ...run, title: 'the second' },
  ]);
});

test('a client that does not read holds no more than the limit, and gets a whole history when it reads again', async () => {
  const server = await start({ historyLimit: 50 });
  server.publish(run);
  const slow = listenTo(server);
  const quick = listenTo(server);
  await slow.until((messages) => messages.length >= 1);
  slow.socket.pause();

  const padding = 'x'.repeat(500_000);
  let most = 0;
  for (let slot = 0; slot < 200; slot++) {
    server.publish({ type: 'counters', counters: { [padding]: slot } });
    server.publish(truth(slot));
    await quick.until((messages) => slotsOf(messages).includes(slot));
    most = Math.max(most, server.unsentBytes);
  }
  expect(most).toBeGreaterThan(1 << 20);
  expect(most).toBeLessThan((1 << 20) + 2_000_000);

  slow.socket.resume();
  server.publish({ type: 'counters', counters: {} });
  await slow.until((messages) => messages.filter(([first]) => first?.type === 'history').length === 2);
  server.publish(truth(200));
  await slow.until((messages) => slotsOf(messages).includes(200));
  const from = slow.messages.findLastIndex(([first]) => first?.type === 'history');
  const slots = slotsOf(slow.messages.slice(from));
  expect(slots.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => 181 + index));
  expect(new Set(slots).size).toBe(slots.length);
});

test('a flood in one turn of the event loop ends as a history', async () => {
  const server = await start({ historyLimit: 50 });
  const listener = listenTo(server);
  await listener.until((messages) => messages.length >= 1);
  for (let slot = 0; slot < 100_000; slot++) server.publish(truth(slot));
  await listener.until((messages) => slotsOf(messages).includes(99_999));
  expect(slotsOf(listener.messages).length).toBeLessThan(20_100);
});

test('close sends what is left before it closes', async () => {
  const server = await start({ batchMillis: 60_000 });
  const listener = listenTo(server);
  await listener.opened();
  const closed = new Promise((resolve) => listener.socket.once('close', resolve));
  server.publish({ type: 'end', summary: { samples: 1 } });
  await Promise.all([server.close(), server.close()]);
  expect(await closed).toBe(1001);
  expect(listener.messages.flat().at(-1)).toEqual({ type: 'end', summary: { samples: 1 } });
});

test('close does not wait for a client that never answers', async () => {
  const server = await start();
  const listener = listenTo(server);
  await listener.opened();
  listener.socket.pause();
  await server.close();
});

test('a port that was asked for and is taken is an error with a hint; else a free one is found', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) =>
    blocker.listen(8765, '127.0.0.1', resolve).once('error', () => resolve()),
  );
  open.push(blocker);
  const free = await LiveServer.start({ appDir });
  open.push(free);
  expect(new URL(free.url).port).not.toBe('8765');

  const port = Number(new URL(free.url).port);
  const taken = LiveServer.start({ port, appDir });
  await expect(taken).rejects.toThrow(UserError);
  await expect(taken).rejects.toMatchObject({
    message: `port ${port} on 127.0.0.1 is in use`,
    hint: expect.stringContaining('--port'),
  });
});

test('an address that is not of this machine is an error with a hint', async () => {
  await expect(LiveServer.start({ host: '192.0.2.1', port: 0, appDir })).rejects.toThrow(
    'this machine has no address 192.0.2.1',
  );
});

test('a server on all addresses answers to addresses, not to foreign names', async () => {
  const server = await start({ host: '0.0.0.0' });
  const { port } = new URL(server.url);
  const local = `http://127.0.0.1:${port}/`;
  expect((await get(local, '/', { headers: { Host: `192.0.2.7:${port}` } })).status).toBe(200);
  expect((await get(local, '/', { headers: { Host: 'evil.example' } })).status).toBe(403);
});

test('a frame from a client beyond the limit closes it and nothing else', async () => {
  const server = await start();
  const loud = listenTo(server);
  const other = listenTo(server);
  await Promise.all([loud.opened(), other.opened()]);
  const closed = new Promise((resolve) => loud.socket.once('close', resolve));
  loud.socket.send('x'.repeat(100_000));
  await closed;
  server.publish(truth(1));
  await other.until((messages) => slotsOf(messages).includes(1));
});
