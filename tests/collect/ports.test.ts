import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { environmentPatterns, findPorts, type FindOptions } from '../../host/collect/ports.ts';
import { UserError, exitCodes } from '../../host/errors.ts';
import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { decodeMessage, encodeMessage, type Message } from '../../host/link/message.ts';
import { encodeSamples } from '../../host/link/samples.ts';
import { SerialTransport } from '../../host/link/serial.ts';
import type { Transport } from '../../host/link/transport.ts';
import { PtyPair, testWithPty, until } from '../support/ptyPair.ts';

const NODE = 0x51;
const HELLO = encodeFrame(
  encodeMessage('HELLO', {
    protocol: 1,
    node: NODE,
    boot: 1,
    firmware: '0000000000000000',
    module: '0000000000000000',
    slot: 0,
    configId: 0,
  }),
);

function samplesFrame(seq: number): Uint8Array {
  return encodeFrame(
    encodeSamples(NODE, 1, seq, { axes: 1, slots: Uint32Array.of(seq), values: Int32Array.of(-seq) }),
  );
}

/** The ports found, closed again by the caller; never the machine's own. */
async function find(options: FindOptions): Promise<Transport[]> {
  const found: Transport[] = [];
  const list = (): Promise<string[]> => Promise.resolve([]);
  for await (const transport of findPorts({ list, timeoutMillis: 1500, ...options })) found.push(transport);
  return found;
}

async function noNode(options: FindOptions): Promise<UserError> {
  const error = await find(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitCode).toBe(exitCodes.noDevice);
  return error as UserError;
}

testWithPty('finds the port that talks and leaves the silent, the noisy and the busy one', async () => {
  const [talking, silent, noisy, busy] = await Promise.all([1, 2, 3, 4].map(() => PtyPair.open()));
  const ends = await Promise.all(
    [talking!.node, silent!.node, noisy!.node, busy!.host].map((path) => SerialTransport.open(path)),
  );
  const speak = setInterval(() => {
    void ends[0]!.write(HELLO);
    void ends[2]!.write(randomBytes(64));
  }, 50);
  const passed: string[] = [];
  const patterns = [talking!, silent!, noisy!, busy!].map(({ host }) => host);
  const found = await find({ patterns, onPassed: (path) => passed.push(path) });
  clearInterval(speak);
  expect(found.map(({ name }) => name)).toEqual([talking!.host]);
  expect(passed.sort()).toEqual([silent!.host, noisy!.host, busy!.host].sort());
  // The others are free again.
  for (const { host } of [silent!, noisy!]) await (await SerialTransport.open(host)).close();
  await Promise.all([...found, ...ends].map((end) => end.close()));
  await Promise.all([talking!, silent!, noisy!, busy!].map((pty) => pty.close()));
});

testWithPty('what a node sent while it was being found still reaches the receiver, in order', async () => {
  const pty = await PtyPair.open();
  const node = await SerialTransport.open(pty.node);
  let seq = 0;
  const speak = setInterval(() => void node.write(samplesFrame(seq++)), 5);
  const [transport] = await find({ patterns: [pty.host] });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const seen: number[] = [];
  const decoder = new FrameDecoder();
  transport!.onData((chunk) =>
    decoder.push(chunk, (body) => {
      const message = decodeMessage(body) as Extract<Message, { name: 'SAMPLES' }>;
      seen.push(message.fields.seq);
    }),
  );
  await until(() => seen.length > 100);
  clearInterval(speak);
  expect(seen).toEqual(Array.from(seen, (_, i) => i));
  expect(decoder.counters.discardedBytes).toBe(0);
  await transport!.close();
  await node.close();
  await pty.close();
});

testWithPty('a node that only answers is found by asking', async () => {
  const pty = await PtyPair.open();
  const node = await SerialTransport.open(pty.node);
  const decoder = new FrameDecoder();
  node.onData((chunk) =>
    decoder.push(chunk, (body) => {
      const message = decodeMessage(body);
      if (typeof message === 'string' || message.name !== 'TIME') return;
      expect(message.fields.node).toBe(0);
      void node.write(encodeFrame(encodeMessage('TIME', { ...message.fields, node: NODE, slot: 7 })));
    }),
  );
  const found = await find({ patterns: [pty.host] });
  expect(found).toHaveLength(1);
  await found[0]!.close();
  await node.close();
  await pty.close();
});

testWithPty('a port that sends back what it gets is no node', async () => {
  const pty = await PtyPair.open();
  const echo = await SerialTransport.open(pty.node);
  echo.onData((chunk) => void echo.write(chunk.slice()));
  const error = await noNode({ patterns: [pty.host], timeoutMillis: 800 });
  expect(error.hint).toContain(pty.host);
  await echo.close();
  await pty.close();
});

testWithPty('patterns with wildcards find ports that no system lists', async () => {
  const pty = await PtyPair.open();
  const node = await SerialTransport.open(pty.node);
  const speak = setInterval(() => void node.write(HELLO), 50);
  const found = await find({ patterns: [`${dirname(pty.host)}/h*s?`] });
  clearInterval(speak);
  expect(found.map(({ name }) => name)).toEqual([pty.host]);
  await found[0]!.close();
  await node.close();
  await pty.close();
});

testWithPty('an end in sight ends the search at once', async () => {
  const pty = await PtyPair.open();
  const ending = new AbortController();
  const search = find({ patterns: [pty.host], timeoutMillis: 60_000, signal: ending.signal });
  setTimeout(() => ending.abort(), 100);
  expect(await search).toEqual([]);
  await (await SerialTransport.open(pty.host)).close();
  await pty.close();
});

test('no port at all: exit code 4 and what to do', async () => {
  expect((await noNode({ patterns: [] })).hint).toContain('--port PATH');
  expect((await noNode({ patterns: ['/dev/solstice-none'] })).hint).toContain('/dev/solstice-none');
});

test('SOLSTICE_PORTS is a list of patterns', () => {
  expect(environmentPatterns('/a/b*::/c')).toEqual(['/a/b*', '/c']);
  expect(environmentPatterns('')).toEqual([]);
});
