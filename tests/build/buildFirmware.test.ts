import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { boards, findBoard, type BoardName } from '../../host/build/boards.ts';
import { buildFirmware, imageHash } from '../../host/build/buildFirmware.ts';
import { checkTools } from '../../host/build/doctor.ts';
import { formatSizeReport } from '../../host/build/formatSizeReport.ts';
import { exitCodes } from '../../host/errors.ts';
import { root } from '../../host/paths.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import { testWithBoards } from '../firmware/support.ts';
import { makeModule } from './modules.ts';

const { dir, remove } = temporaryFolder();
const path = process.env['PATH'];
const names = Object.keys(boards) as BoardName[];

beforeAll(async () => {
  writeFileSync(join(dir, 'large.wasm'), await makeModule({ memorySize: 60_000 }));
  writeFileSync(join(dir, 'state.wasm'), await makeModule({ stateSize: 9000 }));
});
afterAll(remove);

describe('buildFirmware', () => {
  testWithBoards('gives byte-identical images from the same sources, wherever it builds', names, async () => {
    for (const board of names) {
      const [first, second] = [
        await buildFirmware({ board, out: join(dir, `${board}-1`) }),
        await buildFirmware({ board, out: join(dir, 'elsewhere', `${board}-2`) }),
      ];
      expect(readFileSync(first.elf).equals(readFileSync(second.elf))).toBe(true);
      expect(readFileSync(first.bin).equals(readFileSync(second.bin))).toBe(true);
      expect(first.firmwareHash).toBe(second.firmwareHash);
      expect(first.sizes).toEqual(second.sizes);
    }
  });

  testWithBoards('may run twice at once into the same folder', ['mps2-an385'], async () => {
    const out = join(dir, 'shared');
    const [first, second] = await Promise.all([
      buildFirmware({ board: 'mps2-an385', out }),
      buildFirmware({ board: 'mps2-an385', out }),
    ]);
    expect(first).toEqual(second);
    expect(imageHash(readFileSync(first.bin)).toString('hex')).toBe(first.firmwareHash);
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  testWithBoards('refuses an image that is too large for the flash', ['mps2-an385'], async () => {
    const fill = 'memory.init 0 (i32.const 0) (i32.const 0) (i32.const 4000)';
    const body = `(func (export "reset") (${fill})) (data "${'solstice'.repeat(20_000)}")`;
    const module = join(dir, 'code.wasm');
    writeFileSync(module, await makeModule({ without: 'reset', body }));
    await expect(
      buildFirmware({ board: 'mps2-an385', module, out: join(dir, 'code') }),
    ).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/does not fit mps2-an385: FLASH is \d+ bytes too small/),
    });
  });

  testWithBoards('puts hashes into image and ELF that the image answers to', ['mps2-an385'], async () => {
    const out = join(dir, 'hash');
    const { bin, elf, firmwareHash, moduleHash } = await buildFirmware({ board: 'mps2-an385', out });
    const image = readFileSync(bin);
    expect(imageHash(image).toString('hex')).toBe(firmwareHash);
    const identity = Buffer.from(`534f4c5301000000${moduleHash}${firmwareHash}`, 'hex');
    expect(image.indexOf(identity)).toBe(64);
    expect(readFileSync(elf).indexOf(identity)).toBeGreaterThan(0);
    image[image.length - 1]! ^= 1;
    expect(imageHash(image).toString('hex')).not.toBe(firmwareHash);
    expect(() => imageHash(image.subarray(100))).toThrow('no Solstice firmware image');
  });

  testWithBoards(
    'fits: under 16 KiB of flash (RISC-V: 17), under 8 KiB of RAM; checks cost more',
    names,
    async () => {
      for (const board of names) {
        const plain = await buildFirmware({ board, out: join(dir, 'plain') });
        const checked = await buildFirmware({ board, out: join(dir, 'checked'), checked: true });
        expect(plain.sizes.flash).toBeLessThan((board === 'sifive_e' ? 17 : 16) * 1024);
        expect(plain.sizes.ram).toBeLessThan(8 * 1024);
        expect(checked.sizes.flash).toBeGreaterThan(plain.sizes.flash);
        expect(plain.sizes.flash).toBe(readFileSync(plain.bin).length);
        const report = formatSizeReport(plain);
        expect(report).toContain(plain.sizes.flash.toLocaleString('en-US'));
        expect(report).toContain(plain.sizes.linearMemory.toLocaleString('en-US'));
        expect(report).toContain('seasons.o');
      }
    },
  );

  test('refuses a module whose memory is too large for the board, and one whose state is too large for its NVM', async () => {
    const build = (module: string) =>
      buildFirmware({ board: 'mps2-an385', module: join(dir, module), out: join(dir, 'refused') });
    await expect(build('large.wasm')).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('it uses 60000 bytes of linear memory, the board has 29696'),
    });
    await expect(build('state.wasm')).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('bytes, the board has 8192 of NVM'),
    });
  });

  test('names what is missing: the module, the board, the compiler', async () => {
    await expect(buildFirmware({ board: 'rp2040', module: join(dir, 'none.wasm') })).rejects.toMatchObject({
      name: 'UserError',
      hint: 'build it with: npm run build',
    });
    expect(() => findBoard('esp32')).toThrow(expect.objectContaining({ exitCode: exitCodes.usage }));
    process.env['PATH'] = '';
    try {
      await expect(buildFirmware({ board: 'rp2040', out: join(dir, 'bare') })).rejects.toMatchObject({
        name: 'UserError',
        message: 'arm-none-eabi-gcc is not installed',
        hint: expect.stringContaining('apt-get install -y gcc-arm-none-eabi libnewlib-arm-none-eabi'),
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});

describe('the table of boards', () => {
  test.each(names)('%s: agrees with its linker script', (name) => {
    const board = boards[name];
    const script = readFileSync(join(root, 'firmware', 'boards', board.folder, 'link.ld'), 'utf8');
    const region = (label: string): [origin: number, length: number] => {
      const [, origin, kib, less] = new RegExp(
        `${label} .*ORIGIN = (\\w+), LENGTH = (\\d+)K(?: - (\\d+))?`,
      ).exec(script)!;
      return [Number(origin), Number(kib) * 1024 - Number(less ?? 0)];
    };
    expect(region('FLASH')).toEqual([board.imageBase, board.flash]);
    expect(region('RAM')).toEqual([board.ramBase, board.ram]);
    const source = readFileSync(join(root, 'firmware', 'boards', board.folder, 'board.c'), 'utf8');
    expect(source).toContain(
      board.nvmBase === undefined
        ? '#include "../common/semihost_nvm.h"'
        : `#define NVM ((volatile uint8_t *)0x${board.nvmBase.toString(16)}u)`,
    );
  });
});

describe('checkTools', () => {
  test('names what is there', async () => {
    const tools = await checkTools();
    expect(tools.map(({ name }) => name)).toEqual([
      ...[
        'node',
        'arm-none-eabi-gcc',
        'newlib',
        'qemu-system-arm',
        'riscv64-unknown-elf-gcc',
        'qemu-system-riscv32',
        'gcc',
        'clang',
        'ld.lld',
        'mspdebug',
        'chromium',
        'socat',
        'clang-format',
      ],
      'serial ports',
    ]);
    expect(tools[0]).toMatchObject({ found: process.versions.node, mend: undefined });
    for (const { found, mend } of tools) expect(found === undefined).toBe(mend !== undefined);
  });

  test('gives the command that mends what is missing', async () => {
    process.env['PATH'] = dir;
    try {
      const missing = (await checkTools()).filter(({ found }) => found === undefined);
      expect(missing.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['arm-none-eabi-gcc', 'newlib', 'qemu-system-arm', 'chromium', 'socat']),
      );
      const qemu = missing.find(({ name }) => name === 'qemu-system-arm')!;
      expect(qemu.mend).toMatch(/^(sudo )?apt-get install -y qemu-system-arm$/);
    } finally {
      process.env['PATH'] = path;
    }
  });
});
