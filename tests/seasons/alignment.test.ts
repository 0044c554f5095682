import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { generateSources, readModule } from '../../host/build/buildFirmware.ts';
import { inspectModule } from '../../host/build/inspectModule.ts';
import { distDir, root } from '../../host/paths.ts';
import { compileC, temporaryFolder, testWithCompiler } from '../conformance/compileC.ts';

const { dir, remove } = temporaryFolder();
afterAll(remove);

/** firmware/wasm/wasm-rt.h relies on it where the processor has no unaligned access. */
testWithCompiler(
  'every access of the node module is aligned to its size, whatever policy and axes',
  async () => {
    const bytes = await readModule(join(distDir, 'wasm', 'seasons.wasm'));
    const info = await inspectModule(bytes);
    await generateSources(bytes, info, dir);
    const program = compileC(dir, [join(root, 'tests', 'seasons', 'alignment.c')], {
      defines: [`-DWASM_LINEAR_SIZE=${info.linearMemory}`, '-DWASM_STRICT_ALIGNMENT'],
      unchecked: [join(dir, 'seasons.c')],
    });
    const { status, stdout, stderr } = spawnSync(program, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    expect(rows).toHaveLength(6 * 5 * 2);
    for (const [, , , sampled, formed] of rows) {
      expect(sampled).toBeGreaterThan(100);
      expect(formed).toBeGreaterThan(5);
    }
    expect(rows.filter(([, , , , , pruned]) => pruned! > 0).length).toBeGreaterThan(20);
  },
);
