import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { fixedSize, configFields } from '../link/protocol.ts';
import { distDir, root } from '../paths.ts';
import { RESERVED_RAM, findBoard, type Board } from './boards.ts';
import { identityHeader, protocolHeader } from './generateHeaders.ts';
import { inspectModule, type ModuleInfo } from './inspectModule.ts';
import { ToolError, runTool } from './runTool.ts';
import { wasm2cPath } from './wabt.ts';

/** Where an image says who it is, and its 8 bytes that hold the image's own hash (firmware/core/identity.h). */
const IDENTITY_AT = 64;
const IDENTITY_SIZE = 24;
const HASH_AT = IDENTITY_AT + 16;
const HASH_SIZE = 8;

const ELF = 'firmware.elf';
const BIN = 'firmware.bin';
/** What a build leaves in its folder; the C of the module is there to be read. */
const RESULTS = [ELF, BIN, 'firmware.map', 'seasons.c', 'seasons.h', 'protocol.gen.h', 'identity.gen.h'];

/** Small code, one section per function so that the linker drops what is unused, and nothing from the environment. */
export const FLAGS = ['-std=c99', '-Os', '-ffunction-sections', '-fdata-sections', '-fno-common', '-g0'];
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

export interface BuildOptions {
  /** A name in boards.ts. */
  board: string;
  /** Output folder; dist/firmware/<board> by default. */
  out?: string;
  /** The node module; dist/wasm/seasons.wasm by default. */
  module?: string;
  /** The folder of the C sources; firmware/ by default. */
  sources?: string;
  /** Bounds checks on every access to linear memory: slower and larger, for modules that are not our own. */
  checked?: boolean;
  log?: (line: string) => void;
}

export interface FirmwareSizes {
  /** Bytes of flash: code, constants and initial values. */
  readonly flash: number;
  /** Bytes of RAM: static data and the stack, linear memory included. */
  readonly ram: number;
  readonly linearMemory: number;
  /** Code and constants by object file, before the linker drops what is unused. */
  readonly objects: readonly { readonly name: string; readonly text: number }[];
}

export interface Firmware {
  readonly board: Board;
  readonly elf: string;
  readonly bin: string;
  /** First 8 bytes of a SHA-256 in hex: of the module, and of the image with its own hash zero. */
  readonly moduleHash: string;
  readonly firmwareHash: string;
  readonly sizes: FirmwareSizes;
}

/**
 * Turns a node module into a firmware image: module -> wasm2c -> C -> gcc -> ELF and raw binary. Deterministic: the
 * same sources and tools give the same bytes. Throws a `UserError` for a module that cannot run on the board and for a
 * missing compiler.
 */
export async function buildFirmware({
  board: boardName,
  out,
  module = join(distDir, 'wasm', 'seasons.wasm'),
  sources = join(root, 'firmware'),
  checked = false,
  log = () => undefined,
}: BuildOptions): Promise<Firmware> {
  const board = findBoard(boardName);
  const dir = resolve(out ?? join(distDir, 'firmware', board.name));
  const bytes = await readModule(module);
  const info = await inspectModule(bytes);
  checkFit(info, board);
  log(`module ${info.hash}: ${bytes.length} bytes, ${info.linearMemory} bytes of linear memory`);

  await mkdir(dir, { recursive: true });
  const work = await mkdtemp(join(dir, '.build-'));
  try {
    await generateSources(bytes, info, work);
    const defines = [`-DWASM_LINEAR_SIZE=${info.linearMemory}`, ...(checked ? ['-DWASM_CHECKED'] : [])];
    const objects = await compile(board, sources, work, defines, log);
    await link(board, sources, work, objects);
    const firmwareHash = await sign(work, board);
    const sizes = await measure(objects, work, info, board);
    // Whole files replace those of an earlier build, which an emulator may be reading.
    for (const name of RESULTS) await rename(join(work, name), join(dir, name));
    const [elf, bin] = [join(dir, ELF), join(dir, BIN)];
    log(`${relative(process.cwd(), bin)}: firmware ${firmwareHash}`);
    return { board, elf, bin, moduleHash: info.hash, firmwareHash, sizes };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The bytes of a module file. */
export async function readModule(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new UserError(`cannot read the node module ${path}`, {
      hint: 'build it with: npm run build',
      cause,
    });
  }
}

/** Refuses before compiling what the linker would refuse in its own words. */
function checkFit(info: ModuleInfo, board: Board): void {
  const room = board.ram - RESERVED_RAM;
  if (info.linearMemory > room)
    throw new UserError(
      `this module cannot run on ${board.name}: it uses ${info.linearMemory} bytes of linear memory, the board has ${room}`,
      { hint: 'make the static data of the module smaller, or choose a board with more RAM' },
    );
  const record = 16 + fixedSize({ type: 0, fields: configFields }) - 1;
  const journal = 2 * (8 + record + info.headSize + 4) + info.ringSize;
  if (journal > board.nvm)
    throw new UserError(
      `this module cannot run on ${board.name}: its journal takes ${journal} bytes, the board has ${board.nvm} of NVM`,
      { hint: 'make the state block (stateSize) of the module smaller' },
    );
}

/** Writes what firmware's C includes besides its own files: the module as seasons.c and .h, and two headers. */
export async function generateSources(bytes: Uint8Array, info: ModuleInfo, dir: string): Promise<void> {
  await writeFile(join(dir, 'protocol.gen.h'), protocolHeader());
  await writeFile(join(dir, 'identity.gen.h'), identityHeader(info.hash));
  await writeFile(join(dir, 'seasons.wasm'), bytes);
  await runTool(
    process.execPath,
    [wasm2cPath(), 'seasons.wasm', '--no-debug-names', '-n', 'seasons', '-o', 'seasons.c'],
    dir,
  );
}

/** Compiles everything; returns the object files' names in a fixed order. */
async function compile(
  board: Board,
  firmware: string,
  dir: string,
  defines: readonly string[],
  log: (line: string) => void,
): Promise<string[]> {
  const core = (await readdir(join(firmware, 'core'))).filter((name) => name.endsWith('.c')).sort();
  const sources = [
    ...core.map((name) => join(firmware, 'core', name)),
    join(firmware, 'boards', 'common', board.toolchain.startup),
    join(firmware, 'boards', board.folder, 'board.c'),
    join(dir, 'seasons.c'),
  ];
  const includes = [`-I${join(firmware, 'wasm')}`, `-I${join(firmware, 'core')}`, `-I${dir}`];
  const objects: string[] = [];
  for (const source of sources) {
    const object = basename(source).replace(/\.c$/, '.o');
    // wasm2c's prologue defines more than any module uses.
    const warnings = source.startsWith(dir) ? ['-w'] : WARNINGS;
    log(`compiling ${basename(source)}`);
    await runTool(
      `${board.toolchain.prefix}gcc`,
      [
        ...board.cpuFlags,
        `--specs=${board.toolchain.specs}`,
        ...FLAGS,
        ...warnings,
        ...defines,
        ...includes,
        '-c',
        source,
        '-o',
        object,
      ],
      dir,
    );
    objects.push(object);
  }
  return objects;
}

/** Links ELF and map in `dir`. */
async function link(board: Board, firmware: string, dir: string, objects: readonly string[]): Promise<void> {
  const boardsDir = join(firmware, 'boards');
  const args = [
    ...board.cpuFlags,
    `--specs=${board.toolchain.specs}`,
    '-nostartfiles',
    '-Wl,--gc-sections,--fatal-warnings,--build-id=none,-Map=firmware.map',
    `-L${join(boardsDir, 'common')}`,
    `-T${join(boardsDir, board.folder, 'link.ld')}`,
    ...objects,
    '-lm',
    '-o',
    ELF,
  ];
  try {
    await runTool(`${board.toolchain.prefix}gcc`, args, dir);
  } catch (error) {
    const overflow =
      error instanceof ToolError && /region `(\w+)' overflowed by (\d+) bytes/.exec(error.output);
    if (!overflow) throw error;
    throw new UserError(
      `this firmware does not fit ${board.name}: ${overflow[1]} is ${overflow[2]} bytes too small`,
      { hint: 'make the module smaller, or choose a board with more room', cause: error },
    );
  }
}

/** Makes the raw image and puts its hash into it and into the ELF: SHA-256 with the hash field zero, as it was linked. */
async function sign(dir: string, { toolchain }: Board): Promise<string> {
  await runTool(`${toolchain.prefix}objcopy`, ['-O', 'binary', ELF, BIN], dir);
  const image = await readFile(join(dir, BIN));
  const hash = imageHash(image);
  hash.copy(image, HASH_AT);
  await writeFile(join(dir, BIN), image);
  await patchElf(join(dir, ELF), image);
  return hash.toString('hex');
}

/** First 8 bytes of the SHA-256 of an image as it is with its own hash zero. Throws when it has no identity. */
export function imageHash(image: Uint8Array): Buffer {
  if (Buffer.from(image.subarray(IDENTITY_AT, IDENTITY_AT + 4)).toString('latin1') !== 'SOLS')
    throw new UserError('this is no Solstice firmware image', {
      hint: 'build one with: solstice build --board NAME',
    });
  const unsigned = Buffer.from(image);
  unsigned.fill(0, HASH_AT, HASH_AT + HASH_SIZE);
  return createHash('sha256').update(unsigned).digest().subarray(0, HASH_SIZE);
}

/** Copies the signed identity to where the ELF holds it: its only occurrence, besides the hash known from the image. */
async function patchElf(path: string, image: Buffer): Promise<void> {
  const elf = await readFile(path);
  const unsigned = Buffer.from(image.subarray(IDENTITY_AT, IDENTITY_AT + IDENTITY_SIZE));
  unsigned.fill(0, HASH_AT - IDENTITY_AT);
  const at = elf.indexOf(unsigned);
  if (at < 0 || elf.indexOf(unsigned, at + 1) >= 0) throw new Error('the ELF has no single identity');
  image.copy(elf, at, IDENTITY_AT, IDENTITY_AT + IDENTITY_SIZE);
  await writeFile(path, elf);
}

async function measure(
  objects: readonly string[],
  dir: string,
  info: ModuleInfo,
  { toolchain }: Board,
): Promise<FirmwareSizes> {
  const rows = (await runTool(`${toolchain.prefix}size`, [ELF, ...objects], dir))
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
  const [text, data, bss] = rows[0]!.slice(0, 3).map(Number) as [number, number, number];
  return {
    flash: text + data,
    ram: data + bss,
    linearMemory: info.linearMemory,
    objects: rows.slice(1).map((row) => ({ name: basename(row[5]!), text: Number(row[0]) })),
  };
}
