import { expect, test } from '@jest/globals';
import { LinkWriter } from '../../host/collect/linkWriter.ts';
import { LinkClosedError, type Transport } from '../../host/link/transport.ts';
import { deferred, settle } from './support.ts';

interface Write {
  given: Uint8Array;
  /** As they were during the call. */
  bytes: number[];
  end: ReturnType<typeof deferred>;
}

/** A link whose writes a test ends one by one. */
function slowLink(): { transport: Transport; writes: Write[] } {
  const writes: Write[] = [];
  const transport: Transport = {
    name: 'slow',
    write: (bytes) => {
      const end = deferred();
      writes.push({ given: bytes, bytes: [...bytes], end });
      return end.promise;
    },
    onData: () => undefined,
    onState: () => undefined,
    close: () => Promise.resolve(),
  };
  return { transport, writes };
}

test('what is queued in one turn goes out in one write; the rest waits its turn, in order', async () => {
  const { transport, writes } = slowLink();
  const writer = new LinkWriter(transport);
  const frame = Uint8Array.of(1);
  writer.send(frame, 1);
  frame[0] = 99;
  writer.send(Uint8Array.of(2, 3), 2);
  await settle();
  writer.send(Uint8Array.of(4), 1);
  writer.send(Uint8Array.of(5), 1);
  await settle();
  expect(writes.map(({ bytes }) => bytes)).toEqual([[1, 2, 3]]);
  // The system may still be reading what it was given.
  expect([...writes[0]!.given]).toEqual([1, 2, 3]);
  writes[0]!.end.resolve();
  await settle();
  expect(writes.map(({ bytes }) => bytes)).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  writes[1]!.end.resolve();
  await writer.idle();
  expect(writer.dropped).toBe(0);
});

test('bursts of any size come out whole', async () => {
  const { transport, writes } = slowLink();
  const writer = new LinkWriter(transport);
  for (let i = 0; i < 3000; i++) writer.send(Uint8Array.of(i & 0xff, i >> 8, 7), 1);
  await settle();
  expect(writes[0]!.bytes).toEqual(Array.from({ length: 3000 }, (_, i) => [i & 0xff, i >> 8, 7]).flat());
});

test('a link that takes nothing costs bounded memory: further frames are dropped and counted', async () => {
  const { transport, writes } = slowLink();
  const writer = new LinkWriter(transport);
  const frames = new Uint8Array(1 << 16);
  writer.send(frames, 10);
  await settle();
  for (let i = 0; i < 20; i++) writer.send(frames, 10);
  expect(writer.dropped).toBe(40);
  writes[0]!.end.resolve();
  await settle();
  expect(writes[1]!.bytes.length).toBe(1 << 20);
});

test('a link that is down drops what is sent, and a later one that is up takes the rest', async () => {
  const { transport, writes } = slowLink();
  const writer = new LinkWriter(transport);
  writer.send(Uint8Array.of(1), 1);
  await settle();
  writes[0]!.end.reject(new LinkClosedError('unplugged'));
  await settle();
  expect(writer.dropped).toBe(1);
  writer.send(Uint8Array.of(2), 1);
  await settle();
  expect(writes[1]!.bytes).toEqual([2]);
});
