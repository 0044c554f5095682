import { test } from '@jest/globals';

/** A test that needs something this machine may lack: with a reason it is skipped, and its name tells the reason. */
export function testUnless(
  reason: string | undefined,
  name: string,
  body: () => void | Promise<void>,
  timeout?: number,
): void {
  const define = reason === undefined ? test : test.skip;
  define(reason === undefined ? name : `${name} (skipped: ${reason})`, body, timeout);
}
