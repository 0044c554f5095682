import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { UserError, exitCodes } from '../../host/errors.ts';
import { SerialTransport, serialError } from '../../host/link/serial.ts';
import { LinkClosedError } from '../../host/link/transport.ts';
import { PtyPair, testWithPty, until } from '../support/ptyPair.ts';

/** Everything a transport receives from now on. */
function listen(transport: SerialTransport): { bytes: () => Buffer; states: boolean[] } {
  const chunks: Buffer[] = [];
  const states: boolean[] = [];
  transport.onData((chunk) => chunks.push(Buffer.from(chunk)));
  transport.onState((up) => states.push(up));
  return { bytes: () => Buffer.concat(chunks), states };
}

async function userError(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

testWithPty('every byte value passes both ways, also through a receiver set late', async () => {
  const pty = await PtyPair.open();
  const host = await SerialTransport.open(pty.host);
  const node = await SerialTransport.open(pty.node);
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  await node.write(all);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const atHost = listen(host);
  const atNode = listen(node);
  await host.write(all);
  await until(() => atHost.bytes().length >= 256 && atNode.bytes().length >= 256);
  expect(atHost.bytes()).toEqual(Buffer.from(all));
  expect(atNode.bytes()).toEqual(Buffer.from(all));
  await host.close();
  await node.close();
  await pty.close();
});

testWithPty(
  'a write waits until the system has taken it, and nothing is lost while reading pauses',
  async () => {
    const pty = await PtyPair.open();
    const host = await SerialTransport.open(pty.host);
    const node = await SerialTransport.open(pty.node);
    const heard = listen(host);
    host.pause();
    const sent = Buffer.alloc(1 << 20, 'solstice ');
    let taken = false;
    const write = node.write(sent).then(() => (taken = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken).toBe(false);
    // Whatever was on its way when reading paused: the stream's own buffers, no more.
    expect(heard.bytes().length).toBeLessThan(256 << 10);
    host.resume();
    await write;
    await until(() => heard.bytes().length >= sent.length);
    expect(heard.bytes().equals(sent)).toBe(true);
    await host.close();
    await node.close();
    await pty.close();
  },
);

testWithPty('a port that is unplugged goes down, and comes back as a new pty at the same path', async () => {
  const pty = await PtyPair.open();
  const host = await SerialTransport.open(pty.host);
  const heard = listen(host);
  for (let round = 1; round <= 3; round++) {
    await pty.unplug();
    await until(() => heard.states.length === 2 * round - 1);
    expect(heard.states.at(-1)).toBe(false);
    await expect(host.write(Uint8Array.of(1))).rejects.toBeInstanceOf(LinkClosedError);
    await pty.plug();
    await until(() => heard.states.length === 2 * round);
    expect(heard.states.at(-1)).toBe(true);
    const node = await SerialTransport.open(pty.node);
    const atNode = listen(node);
    await node.write(Buffer.from(`round ${round}`));
    await host.write(Buffer.from(`answer ${round}`));
    await until(() => heard.bytes().includes(`round ${round}`) && atNode.bytes().includes(`answer ${round}`));
    await node.close();
  }
  await host.close();
  await pty.close();
});

testWithPty('writes under way when the port vanishes are rejected, not forgotten', async () => {
  const pty = await PtyPair.open();
  const host = await SerialTransport.open(pty.host);
  listen(host);
  // Nobody reads at the other end: the system takes only a part of this.
  const writes = Array.from({ length: 8 }, () => host.write(new Uint8Array(1 << 18)));
  const ends = Promise.allSettled(writes);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await pty.unplug();
  for (const end of await ends) {
    expect(end.status).toBe('rejected');
    expect((end as PromiseRejectedResult).reason).toBeInstanceOf(LinkClosedError);
  }
  await host.close();
  await pty.close();
});

testWithPty('a closed transport stays closed', async () => {
  const pty = await PtyPair.open();
  const host = await SerialTransport.open(pty.host);
  const heard = listen(host);
  await pty.unplug();
  await until(() => heard.states.length === 1);
  await host.close();
  await pty.plug();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(heard.states).toEqual([false]);
  await expect(host.write(Uint8Array.of(1))).rejects.toBeInstanceOf(LinkClosedError);
  // The system has the port back.
  const again = await SerialTransport.open(pty.host);
  await again.close();
  await pty.close();
});

testWithPty('a port in use says so', async () => {
  const pty = await PtyPair.open();
  const host = await SerialTransport.open(pty.host);
  const error = await userError(SerialTransport.open(pty.host));
  expect(error.exitCode).toBe(exitCodes.failed);
  expect(error.message).toContain('in use');
  await host.close();
  await pty.close();
});

test('a port that is not there says so: exit code 4', async () => {
  const error = await userError(SerialTransport.open('/dev/solstice-nothing-here'));
  expect(error.exitCode).toBe(exitCodes.noDevice);
  expect(error.message).toContain('/dev/solstice-nothing-here');
});

test('a file that is no port says so', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'solstice-serial-'));
  const path = join(dir, 'file');
  writeFileSync(path, '');
  const error = await userError(SerialTransport.open(path));
  expect(error.exitCode).toBe(exitCodes.failed);
  expect(error.message).toContain(path);
  rmSync(dir, { recursive: true });
});

test('a port without permission needs a person: exit code 6 and the command that mends it', () => {
  // As the binding words it; a test that runs as root is refused nothing.
  const error = serialError(new Error('Error: Permission denied, cannot open /dev/ttyUSB0'), '/dev/ttyUSB0');
  expect(error.exitCode).toBe(exitCodes.needsPerson);
  expect(error.hint).toContain('usermod -aG dialout');
});
