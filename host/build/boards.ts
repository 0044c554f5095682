import { UserError, exitCodes } from '../errors.ts';

/** A board that firmware is built for. Sizes are in bytes. */
export interface Board {
  readonly name: BoardName;
  readonly title: string;
  /** What runs it: npm rp2040js in process, or a machine of qemu-system-arm. */
  readonly emulator: { readonly kind: 'rp2040js' } | { readonly kind: 'qemu'; readonly machine: string };
  readonly cpuFlags: readonly string[];
  /** Folder under firmware/boards with board.c and link.ld. */
  readonly folder: string;
  /** Address of the first byte of the image; must agree with link.ld, as must the sizes. */
  readonly imageBase: number;
  readonly flash: number;
  readonly ram: number;
  readonly ramBase: number;
  readonly nvmBase: number;
  readonly nvm: number;
}

export type BoardName = 'mps2-an385' | 'rp2040';

/** Stack and everything static beside linear memory: what a module cannot have of a board's RAM. */
export const RESERVED_RAM = 6 * 1024;

export const boards: Readonly<Record<BoardName, Board>> = {
  rp2040: {
    name: 'rp2040',
    title: 'Raspberry Pi RP2040, Cortex-M0+ (emulated by rp2040js)',
    emulator: { kind: 'rp2040js' },
    cpuFlags: ['-mcpu=cortex-m0plus', '-mthumb'],
    folder: 'rp2040',
    imageBase: 0x10000100,
    flash: 2048 * 1024 - 256,
    ram: 248 * 1024,
    ramBase: 0x20000000,
    nvmBase: 0x2003e000,
    nvm: 8192,
  },
  'mps2-an385': {
    name: 'mps2-an385',
    title: 'Arm MPS2 AN385, Cortex-M3 (emulated by QEMU)',
    emulator: { kind: 'qemu', machine: 'mps2-an385' },
    cpuFlags: ['-mcpu=cortex-m3', '-mthumb'],
    folder: 'mps2-an385',
    imageBase: 0,
    flash: 128 * 1024,
    ram: 32 * 1024,
    ramBase: 0x20000000,
    nvmBase: 0x21000000,
    nvm: 8192,
  },
};

/** The board of that name, or a usage error that lists the names. */
export function findBoard(name: string): Board {
  if (Object.hasOwn(boards, name)) return boards[name as BoardName];
  throw new UserError(`no board named ${name}`, {
    exitCode: exitCodes.usage,
    hint: `boards: ${Object.keys(boards).join(', ')}`,
  });
}
