import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { generateSources, readModule } from '../../host/build/buildFirmware.ts';
import { inspectModule } from '../../host/build/inspectModule.ts';
import { distDir, root } from '../../host/paths.ts';
import { compileC, temporaryFolder, testWithCompiler } from '../conformance/compileC.ts';

testWithCompiler(
  'power cut at the NVM writes of every commit: recovery finds the state before or after, and goes on',
  async () => {
    const { dir, remove } = temporaryFolder();
    try {
      const bytes = await readModule(join(distDir, 'wasm', 'seasons.wasm'));
      const info = await inspectModule(bytes);
      await generateSources(bytes, info, dir);
      const core = ['journal.c', 'crc.c'].map((name) => join(root, 'firmware', 'core', name));
      const program = compileC(dir, [...core, join(root, 'tests', 'firmware', 'journal.c')], {
        defines: [`-DWASM_LINEAR_SIZE=${info.linearMemory}`, '-DWASM_CHECKED'],
        unchecked: [join(dir, 'seasons.c')],
      });
      const { stdout, stderr, status } = spawnSync(program, { encoding: 'utf8' });
      expect(`${stdout}${stderr}`).toMatch(/^commits \d+ cuts \d+ before \d+ after \d+ wrapped \d+\n$/);
      expect(status).toBe(0);
      const [commits, cuts, before, after, wrapped] = stdout.match(/\d+/g)!.map(Number) as number[];
      expect(commits).toBeGreaterThan(500);
      expect(cuts).toBeGreaterThan(20_000);
      // Only the last byte of a commit makes the difference, so nearly all cuts lead back.
      expect(before).toBeGreaterThan(after!);
      expect(after).toBeGreaterThanOrEqual(60);
      expect(wrapped).toBeGreaterThan(0);
    } finally {
      remove();
    }
  },
);
