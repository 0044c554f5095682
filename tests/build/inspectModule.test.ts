import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../host/errors.ts';
import { inspectModule } from '../../host/build/inspectModule.ts';
import { readModule } from '../../host/build/buildFirmware.ts';
import { distDir } from '../../host/paths.ts';
import { makeModule, type ModuleText } from './modules.ts';

async function refusal(text: ModuleText): Promise<UserError> {
  const error: unknown = await inspectModule(await makeModule(text)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error(`no user error but ${String(error)}`);
  expect(error.hint).toBeTruthy();
  return error;
}

describe('a module that a microcontroller can run', () => {
  test('is described: hash, linear memory, state block', async () => {
    const info = await inspectModule(await makeModule());
    expect(info).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      linearMemory: 4096,
      headSize: 256,
      ringSize: 768,
    });
  });

  test('may hold the words of forbidden instructions in its data and names', async () => {
    const body = '(data (i32.const 16) "\\n memory.grow\\n v128.load") (func (export "memory.grow"))';
    await expect(inspectModule(await makeModule({ body }))).resolves.toBeDefined();
  });

  test('the node module of this checkout is one, and uses less than 8 KiB', async () => {
    const info = await inspectModule(await readModule(`${distDir}/wasm/seasons.wasm`));
    expect(info.linearMemory).toBeLessThan(8192);
  });
});

describe('a module is refused, with the reason, for', () => {
  test('SIMD', async () => {
    const body =
      '(func (export "sum") (result v128) v128.const i32x4 1 2 3 4 v128.const i32x4 1 2 3 4 i32x4.add)';
    expect((await refusal({ body })).message).toContain('it uses SIMD');
  });

  test('growing memory', async () => {
    const body = '(func (export "more") (result i32) i32.const 1 memory.grow)';
    expect((await refusal({ body })).message).toContain('it uses memory.grow');
  });

  test('imports', async () => {
    const imports = '(import "env" "abort" (func (param i32 i32 i32 i32)))';
    expect((await refusal({ imports })).message).toContain('it imports env.abort');
  });

  test('a function table', async () => {
    expect((await refusal({ body: '(table 4 funcref)' })).message).toContain('function table');
  });

  test('a missing export', async () => {
    expect((await refusal({ without: 'dirtySize' })).message).toContain('it does not export dirtySize');
    expect((await refusal({ without: 'memory' })).message).toContain('it does not export memory');
  });

  test('an export with other parameters', async () => {
    expect((await refusal({ pushParameters: 3 })).message).toContain('push takes 3 parameters instead of 1');
  });

  test('data beyond the memory that it says it uses', async () => {
    const body = '(data (i32.const 5000) "12345678")';
    expect((await refusal({ body })).message).toContain(
      'memorySize() says 4096 bytes, but its data ends at 5008',
    );
  });

  test('being no WebAssembly', async () => {
    await expect(inspectModule(Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]))).rejects.toThrow(UserError);
    await expect(inspectModule(new Uint8Array())).rejects.toThrow(UserError);
    const cut = (await makeModule()).slice(0, -7);
    await expect(inspectModule(cut)).rejects.toThrow(UserError);
  });
});
