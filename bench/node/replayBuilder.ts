import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FLAGS, generateSources } from '../../host/build/buildFirmware.ts';
import { inspectModule, type ModuleInfo } from '../../host/build/inspectModule.ts';
import { runTool } from '../../host/build/runTool.ts';
import { root } from '../../host/paths.ts';
import { buildQemuPlugin } from '../../tests/support/qemuPlugin.ts';
import type { ReplayCore } from './cores.ts';
import { workloadHeader, type Workload } from './workload.ts';

/** Tells the version of the plugin interface, which all of QEMU's emulators share. */
const QEMU = 'qemu-system-arm';
const TIMEOUT = 120_000;
const PARTS = ['slept', 'sampled', 'sent', 'pushed', 'formed', 'settled'] as const;

interface Part {
  times: number;
  instructions: number;
  most: number;
}
/** Instructions by what they led to; bytes of code of the sampler alone, and of RAM of the whole image. */
export type Counted = Readonly<Record<(typeof PARTS)[number], Part>> & { text: number; ram: number };

export interface CountOptions {
  core: ReplayCore;
  kind: 'module' | 'checked' | 'native';
  workload: Workload;
  /** The hash that the replay has to print. */
  expected: string;
}

/** Compiles replays and runs them in QEMU with the counting plugin. */
export class ReplayBuilder {
  readonly #folder: string;
  readonly #sources: string;
  readonly #info: ModuleInfo;
  readonly #plugin: string;

  private constructor(folder: string, sources: string, info: ModuleInfo, plugin: string) {
    this.#folder = folder;
    this.#sources = sources;
    this.#info = info;
    this.#plugin = plugin;
  }

  /** `folder` is for what is built; `sources` holds replay.c and its like. */
  static async create({
    bytes,
    folder,
    sources,
  }: {
    bytes: Uint8Array<ArrayBuffer>;
    folder: string;
    sources: string;
  }): Promise<ReplayBuilder> {
    const info = await inspectModule(bytes);
    await generateSources(bytes, info, folder);
    const plugin = buildQemuPlugin({
      source: join(sources, 'countPlugin.c'),
      path: join(folder, 'count.so'),
      qemu: QEMU,
      argument: 'begin=0',
    });
    return new ReplayBuilder(folder, sources, info, plugin);
  }

  /** Plays the workload in QEMU. Throws when the hash of the decisions is another than expected. */
  async count({ core, kind, workload, expected }: CountOptions): Promise<Counted> {
    const { command, machine } = core.emulator;
    const dir = join(this.#folder, `${machine}-${kind}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'workload.gen.h'), workloadHeader(workload));
    writeFileSync(
      join(dir, 'memory.gen.ld'),
      `MEMORY { FLASH (rx) : ORIGIN = ${core.imageBase}, LENGTH = ${core.flash}
       RAM (rw) : ORIGIN = ${core.ramBase}, LENGTH = ${core.ram} }\n`,
    );
    const sizes = await this.#build(core, kind, dir);
    const addresses = await symbols(core, dir);
    const at = (name: string): string => {
      const address = addresses.get(name);
      if (address === undefined) throw new Error(`the replay has no ${name}`);
      return address;
    };
    const { status, stdout, stderr, error } = spawnSync(
      command,
      [
        ...['-M', machine, '-nodefaults', '-display', 'none', '-kernel', 'replay.elf'],
        ...['-semihosting-config', 'enable=on,target=native', '-plugin'],
        [
          `file=${this.#plugin}`,
          `skip=${at('ld_replay_start')}:${at('ld_replay_end')}`,
          `begin=${at('replay_begin')}`,
          `end=${PARTS.map((part) => at(`replay_${part}`)).join(':')}`,
          `done=${at('replay_done')}`,
        ].join(','),
      ],
      { cwd: dir, encoding: 'utf8', timeout: TIMEOUT, killSignal: 'SIGKILL' },
    );
    const what = `${kind} on ${machine}`;
    if (status !== 0) throw new Error(`${what} failed (${status ?? error?.message})\n${stderr}`);
    const hash = /^hash ([0-9a-f]{8})$/m.exec(stdout + stderr)?.[1];
    if (hash !== expected)
      throw new Error(
        `${what} decides otherwise: hash ${hash} instead of ${expected}, as the module has in Node`,
      );
    return { ...sizes, ...readCounts(stdout) };
  }

  /** Compiles and links replay.elf in `dir`. */
  async #build(
    core: ReplayCore,
    kind: CountOptions['kind'],
    dir: string,
  ): Promise<{ text: number; ram: number }> {
    const defines = [
      `-DWASM_LINEAR_SIZE=${this.#info.linearMemory}`,
      ...(kind === 'checked' ? ['-DWASM_CHECKED'] : []),
    ];
    const includes = [
      `-I${join(root, 'firmware', 'wasm')}`,
      `-I${join(root, 'firmware', 'boards', 'common')}`,
      `-I${this.#sources}`,
      `-I${this.#folder}`,
      '-I.',
    ];
    const { prefix, specs } = core.toolchain;
    const compile = (source: string, warnings: readonly string[]): Promise<string> => {
      const object = basename(source).replace(/\.c$/, '.o');
      const flags = [...core.cpuFlags, `--specs=${specs}`, ...FLAGS, ...warnings, ...defines, ...includes];
      return runTool(`${prefix}gcc`, [...flags, '-c', source, '-o', object], dir).then(() => object);
    };
    const own = (name: string): Promise<string> =>
      compile(join(this.#sources, name), ['-Wall', '-Wextra', '-Werror']);
    const sampler =
      kind === 'native' ? await own('native.c') : await compile(join(this.#folder, 'seasons.c'), ['-w']);
    const objects = [await own('replay.c'), ...(kind === 'native' ? [] : [await own('module.c')]), sampler];
    const script = [`-L${this.#sources}`, '-L.', `-T${join(this.#sources, 'replay.ld')}`];
    await runTool(
      `${prefix}gcc`,
      [
        ...[...core.cpuFlags, `--specs=${specs}`, '-nostartfiles', '-Wl,--gc-sections,--build-id=none'],
        ...[...script, ...objects, '-lm', '-o', 'replay.elf'],
      ],
      dir,
    );
    const rows = (await runTool(`${prefix}size`, ['replay.elf', sampler], dir)).trim().split('\n');
    const [image, code] = rows.slice(1).map((row) => row.trim().split(/\s+/).map(Number));
    return { text: code![0]!, ram: image![1]! + image![2]! };
  }
}

/** Addresses in hex by name. */
async function symbols({ toolchain }: ReplayCore, dir: string): Promise<Map<string, string>> {
  const lines = (await runTool(`${toolchain.prefix}nm`, ['replay.elf'], dir)).trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [address, , name] = line.trim().split(/\s+/);
      return [name!, address!];
    }),
  );
}

/** The plugin's lines, in the order of PARTS. */
function readCounts(output: string): Readonly<Record<(typeof PARTS)[number], Part>> {
  const rows = [...output.matchAll(/^(\d+) (\d+) (\d+)$/gm)].map(([, ...numbers]) => numbers.map(Number));
  if (rows.length !== PARTS.length) throw new Error(`the counting plugin printed\n${output}`);
  const entries = rows.map(([times, instructions, most], i) => [PARTS[i], { times, instructions, most }]);
  return Object.fromEntries(entries) as Record<(typeof PARTS)[number], Part>;
}
