import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from '@jest/globals';
import { replayCores } from '../../bench/node/cores.ts';
import { ReplayBuilder } from '../../bench/node/replayBuilder.ts';
import { makeWorkload, replayHere } from '../../bench/node/workload.ts';
import { findInPath } from '../../host/build/findInPath.ts';
import { distDir, root } from '../../host/paths.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import { testWithBoards } from './support.ts';

/** One of each start: Arm and RISC-V. */
const replayed = ['mps2-an385', 'sifive_e'] as const;
const sources = join(root, 'bench', 'node');
const bytes = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(distDir, 'wasm', 'seasons.wasm')));

const temporary = temporaryFolder();
afterAll(temporary.remove);

/** A builder in a folder of its own; `change` edits native.c. */
async function makeBuilder(name: string, change?: (native: string) => string): Promise<ReplayBuilder> {
  const folder = join(temporary.dir, name);
  const altered = join(folder, 'sources');
  mkdirSync(altered, { recursive: true });
  for (const file of readdirSync(sources)) copyFileSync(join(sources, file), join(altered, file));
  if (change) {
    const native = readFileSync(join(sources, 'native.c'), 'utf8');
    const other = change(native);
    expect(other).not.toBe(native);
    writeFileSync(join(altered, 'native.c'), other);
  }
  return ReplayBuilder.create({ bytes: bytes(), folder, sources: altered });
}

const missing = findInPath('gcc') ? undefined : 'gcc not installed';

describe.each(replayed)('instructions per decision on %s', (board) => {
  const core = replayCores[board]!;
  const testReplay = (name: string, body: () => Promise<void>): void =>
    testWithBoards(name, [board], body, missing);

  testReplay('module and plain C decide alike on the board, and counts repeat', async () => {
    const builder = await makeBuilder(`${board}-alike`);
    const image = loadSeasons();
    for (const policy of ['variation', 'uniform'] as const) {
      const workload = makeWorkload(image, policy);
      const expected = replayHere(image, workload);
      const module = await builder.count({ core, kind: 'module', workload, expected });
      expect(await builder.count({ core, kind: 'module', workload, expected })).toEqual(module);
      const checked = await builder.count({ core, kind: 'checked', workload, expected });
      const native = await builder.count({ core, kind: 'native', workload, expected });
      for (const part of ['slept', 'sampled', 'sent', 'pushed', 'formed'] as const) {
        expect(module[part].times).toBeGreaterThan(20);
        expect([checked[part].times, native[part].times]).toEqual([module[part].times, module[part].times]);
        expect(checked[part].instructions).toBeGreaterThan(module[part].instructions);
      }
    }
  });

  testReplay('seven more instructions in next are counted as seven', async () => {
    const image = loadSeasons();
    const workload = makeWorkload(image, 'uniform');
    const options = { core, kind: 'native', workload, expected: replayHere(image, workload) } as const;
    const before = await (await makeBuilder(`${board}-plain`)).count(options);
    const longer = await makeBuilder(`${board}-longer`, (native) =>
      native.replace('  state.now = slot;', '$&\n  __asm__ volatile(".rept 7\\n nop\\n .endr");'),
    );
    const after = await longer.count(options);
    for (const part of ['slept', 'sampled', 'sent'] as const) {
      expect(after[part].instructions - before[part].instructions).toBe(7 * before[part].times);
      expect(after[part].most - before[part].most).toBe(7);
    }
    expect([after.pushed, after.formed]).toEqual([before.pushed, before.formed]);
  });

  testReplay('another decision fails the run', async () => {
    const other = await makeBuilder(`${board}-other`, (native) =>
      native.replace('#define VARIATION_WEIGHT 154', '#define VARIATION_WEIGHT 155'),
    );
    const image = loadSeasons();
    const workload = makeWorkload(image, 'variation');
    const expected = replayHere(image, workload);
    await expect(other.count({ core, kind: 'native', workload, expected })).rejects.toThrow(
      /decides otherwise/,
    );
  });
});
