import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from '@jest/globals';
import type { BoardName } from '../../host/build/boards.ts';
import { buildFirmware } from '../../host/build/buildFirmware.ts';
import { runBoard } from '../../host/sim/boards/runBoard.ts';
import { makeModule } from '../build/modules.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import { ScriptedEnvironment } from './scriptedEnvironment.ts';
import { NODE, testWithBoards, values } from './support.ts';

const { dir, remove } = temporaryFolder();
afterAll(remove);

/** Runs a module whose first call has the given body; resolves with what ended the run. */
async function outcome(board: BoardName, reset: string, checked: boolean): Promise<unknown> {
  const module = join(dir, 'module.wasm');
  writeFileSync(module, await makeModule({ without: 'reset', body: `(func (export "reset") ${reset})` }));
  const firmware = await buildFirmware({ board, module, checked, out: join(dir, board) });
  const environment = new ScriptedEnvironment({ slots: 100, values });
  const running = await runBoard({ firmware, environment, node: NODE, listenMillis: 1 });
  running.start();
  try {
    return await running.done.catch((error: unknown) => error);
  } finally {
    await running.stop();
  }
}

const outOfBounds = '(i32.store (i32.const 4093) (i32.const 1))';
const both = ['rp2040', 'mps2-an385'] as const;

describe('a node that cannot go on ends the run with the reason', () => {
  testWithBoards('a trap of its module', both, async () => {
    for (const board of both)
      expect(await outcome(board, 'unreachable', false)).toMatchObject({
        name: 'FirmwareFault',
        message: 'the node module trapped: unreachable executed',
      });
  });

  testWithBoards('an access out of bounds, in a checked build', both, async () => {
    for (const board of both)
      expect(await outcome(board, outOfBounds, true)).toMatchObject({
        name: 'FirmwareFault',
        message: 'the node module trapped: access out of bounds',
      });
  });

  testWithBoards(
    'an access to where there is no memory, unchecked: an exception of the processor',
    ['mps2-an385'],
    async () => {
      const far = '(i32.store (i32.const 0x50000000) (i32.const 1))';
      expect(await outcome('mps2-an385', far, false)).toMatchObject({
        name: 'FirmwareFault',
        message: 'processor exception 3',
      });
    },
  );

  testWithBoards('and one that can is not disturbed', both, async () => {
    for (const board of both) expect(await outcome(board, '', true)).toBeUndefined();
  });
});
