import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LinkClosedError } from '../../host/link/transport.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { concat, hex } from './support.ts';

test('both directions deliver all bytes in order, and later changes of what was written do not show', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 })), async (parts) => {
      const [host, node] = createVirtualLink();
      const got: Uint8Array[][] = [[], []];
      host.onData((chunk) => got[0]!.push(chunk.slice()));
      node.onData((chunk) => got[1]!.push(chunk.slice()));
      const sent = parts.map((part) => part.slice());
      const writes = parts.flatMap((part) => [host.write(part), node.write(part)]);
      for (const part of parts) part.fill(0xff);
      await Promise.all(writes);
      for (const side of got) expect(hex(concat(side))).toBe(hex(concat(sent)));
    }),
  );
});

test('nothing arrives during the call that writes it', async () => {
  const [host, node] = createVirtualLink();
  let arrived = false;
  node.onData(() => (arrived = true));
  const written = host.write(Uint8Array.of(1));
  expect(arrived).toBe(false);
  await written;
  expect(arrived).toBe(true);
});

test('a closed end refuses writes, and its peer goes down', async () => {
  const [host, node] = createVirtualLink();
  const states: boolean[] = [];
  host.onState((up) => states.push(up));
  await node.close();
  expect(states).toEqual([false]);
  await expect(node.write(Uint8Array.of(1))).rejects.toBeInstanceOf(LinkClosedError);
  await expect(host.write(Uint8Array.of(1))).rejects.toBeInstanceOf(LinkClosedError);
});
