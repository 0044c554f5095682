import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { makeWorkload, replayHere, workloadHeader, type Workload } from '../../bench/node/workload.ts';
import { generateSources, readModule } from '../../host/build/buildFirmware.ts';
import { findInPath } from '../../host/build/findInPath.ts';
import { inspectModule } from '../../host/build/inspectModule.ts';
import { distDir, root } from '../../host/paths.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import { testUnless } from '../support/testUnless.ts';

const tools = ['clang', 'ld.lld', 'mspdebug'];
const lacking = tools.filter((tool) => !findInPath(tool));
const missing = lacking.length > 0 ? `${lacking.join(', ')} not installed` : undefined;
/** As much of the workload as fits beside the code. */
const SLOTS = 400;
/** The MSP430FR5994 has 8 KB of RAM; what is left of it has to hold the stack. */
const STATIC_RAM = 6 * 1024;

const { dir, remove } = temporaryFolder();
afterAll(remove);

const here = join(root, 'tests', 'firmware', 'msp430');
const includes = [join(here, 'include'), 'firmware/wasm', 'firmware/boards/common', 'bench/node', dir];
let linearMemory = 0;

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...{ cwd: dir, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
  });
  if (status !== 0) throw new Error(`${command} failed (${status ?? error?.message})\n${stderr}${stdout}`);
  return stdout;
}

function compile(source: string): string {
  const object = `${basename(source)}.o`;
  // The module's C relies on an int of 32 bits in its counts of leading zeros.
  const counts = ['clz', 'ctz', 'popcount'].map((name) => `-D__builtin_${name}=__builtin_${name}l`);
  run('clang', [
    ...['--target=msp430', '-Os', '-ffreestanding', '-ffunction-sections', '-std=gnu99', '-w', ...counts],
    ...(source.endsWith('runtime.c') ? ['-fno-builtin'] : []),
    `-DWASM_LINEAR_SIZE=${linearMemory}`,
    ...includes.map((path) => `-I${join(path.startsWith('/') ? '' : root, path)}`),
    ...['-c', source, '-o', object],
  ]);
  return object;
}

/** The hash of what is decided and formed, and the bytes of static RAM. */
function replay(workload: Workload, modules: readonly string[]): { hash: string | undefined; ram: number } {
  writeFileSync(join(dir, 'workload.gen.h'), workloadHeader(workload));
  const objects = [...modules, compile(join(root, 'bench', 'node', 'replay.c'))];
  run('ld.lld', [
    '-T',
    join(here, 'link.ld'),
    '--gc-sections',
    ...objects,
    '-Map=replay.map',
    '-o',
    'replay.elf',
  ]);
  const symbols = new Map(
    run('nm', ['replay.elf'])
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/) as [string, string, string])
      .map(([address, , name]) => [name, Number.parseInt(address, 16)]),
  );
  const stop = symbols.get('msp430_stop')!.toString(16);
  const output = run('mspdebug', [
    ...['-q', 'sim', 'prog replay.elf', 'simio add console text', `setbreak 0x${stop}`, 'run'],
  ]);
  return {
    hash: /hash ([0-9a-f]{8})/.exec(output)?.[1],
    ram: symbols.get('ld_bss_end')! - symbols.get('ld_data_start')!,
  };
}

describe('the node module on an MSP430 (clang; simulated by mspdebug)', () => {
  let modules: string[] = [];

  beforeAll(async () => {
    if (missing) return;
    const bytes = await readModule(join(distDir, 'wasm', 'seasons.wasm'));
    const info = await inspectModule(bytes);
    ({ linearMemory } = info);
    await generateSources(bytes, info, dir);
    modules = [
      compile(join(here, 'start.s')),
      ...[join(here, 'runtime.c'), join(root, 'bench', 'node', 'module.c'), join(dir, 'seasons.c')].map(
        compile,
      ),
    ];
  }, 60_000);

  for (const policy of ['variation', 'uniform', 'linear', 'deviation', 'litesense', 'skiprnn'] as const)
    testUnless(
      missing,
      `${policy}: decides and forms packets as it does everywhere, within 8 KB of RAM`,
      () => {
        const image = loadSeasons();
        const { values, income, ...rest } = makeWorkload(image, policy);
        const workload = { ...rest, values: values.slice(0, SLOTS), income: income.slice(0, SLOTS) };
        const { hash, ram } = replay(workload, modules);
        expect(hash).toBe(replayHere(image, workload));
        expect(ram).toBeLessThan(STATIC_RAM);
      },
      60_000,
    );
});
