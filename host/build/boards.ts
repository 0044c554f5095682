import { UserError, exitCodes } from '../errors.ts';

/** A board that firmware is built for. Sizes are in bytes. */
export interface Board {
  readonly name: BoardName;
  readonly title: string;
  /** What runs it: npm rp2040js in process, or a machine of qemu-system-arm. */
  readonly emulator: { readonly kind: 'rp2040js' } | QemuEmulator;
  readonly toolchain: Toolchain;
  readonly cpuFlags: readonly string[];
  /** Folder under firmware/boards with board.c and link.ld. */
  readonly folder: string;
  /** Address of the first byte of the image; must agree with link.ld, as must the sizes. */
  readonly imageBase: number;
  readonly flash: number;
  readonly ram: number;
  readonly ramBase: number;
  /** Where the NVM is in the address space; undefined: a file behind semihosting. */
  readonly nvmBase?: number;
  readonly nvm: number;
}

export interface QemuEmulator {
  readonly kind: 'qemu';
  readonly command: 'qemu-system-arm' | 'qemu-system-riscv32';
  readonly machine: string;
  /** How the environment is reached: a second UART, or the mailbox of semihost_environment.h for a machine with one. */
  readonly environment?: 'mailbox';
}

/** Compiler and binutils by their prefix, the C library's specs, and the reset handler in firmware/boards/common. */
export interface Toolchain {
  readonly prefix: string;
  readonly specs: string;
  readonly startup: string;
}

export type BoardName =
  'mps2-an385' | 'rp2040' | 'stm32vldiscovery' | 'netduinoplus2' | 'microbit' | 'sifive_e';

const arm: Toolchain = { prefix: 'arm-none-eabi-', specs: 'nano.specs', startup: 'startup.c' };
const riscv: Toolchain = {
  prefix: 'riscv64-unknown-elf-',
  specs: 'picolibc.specs',
  startup: 'startup_riscv.c',
};

/** Stack and everything static beside linear memory: what a module cannot have of a board's RAM. */
export const RESERVED_RAM = 3 * 1024;

export const boards: Readonly<Record<BoardName, Board>> = {
  rp2040: {
    name: 'rp2040',
    title: 'Raspberry Pi RP2040, Cortex-M0+ (emulated by rp2040js)',
    emulator: { kind: 'rp2040js' },
    toolchain: arm,
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
    emulator: { kind: 'qemu', command: 'qemu-system-arm', machine: 'mps2-an385' },
    toolchain: arm,
    cpuFlags: ['-mcpu=cortex-m3', '-mthumb'],
    folder: 'mps2-an385',
    imageBase: 0,
    flash: 128 * 1024,
    ram: 32 * 1024,
    ramBase: 0x20000000,
    nvmBase: 0x21000000,
    nvm: 8192,
  },
  stm32vldiscovery: {
    name: 'stm32vldiscovery',
    title: 'STM32VLDISCOVERY, Cortex-M3, 8 KB RAM (emulated by QEMU)',
    emulator: { kind: 'qemu', command: 'qemu-system-arm', machine: 'stm32vldiscovery' },
    toolchain: arm,
    cpuFlags: ['-mcpu=cortex-m3', '-mthumb'],
    folder: 'stm32vldiscovery',
    imageBase: 0x08000000,
    flash: 128 * 1024,
    ramBase: 0x20000000,
    ram: 8 * 1024,
    nvm: 8192,
  },
  netduinoplus2: {
    name: 'netduinoplus2',
    title: 'Netduino Plus 2, Cortex-M4F (emulated by QEMU)',
    emulator: { kind: 'qemu', command: 'qemu-system-arm', machine: 'netduinoplus2' },
    toolchain: arm,
    cpuFlags: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'],
    folder: 'netduinoplus2',
    imageBase: 0x08000000,
    flash: 1024 * 1024,
    ramBase: 0x20000000,
    ram: 128 * 1024,
    nvm: 8192,
  },
  microbit: {
    name: 'microbit',
    title: 'BBC micro:bit (nRF51), Cortex-M0, 16 KB RAM (emulated by QEMU)',
    emulator: {
      kind: 'qemu',
      command: 'qemu-system-arm',
      machine: 'microbit',
      environment: 'mailbox',
    },
    toolchain: arm,
    cpuFlags: ['-mcpu=cortex-m0', '-mthumb'],
    folder: 'microbit',
    imageBase: 0,
    flash: 256 * 1024,
    ramBase: 0x20000000,
    ram: 16 * 1024,
    nvm: 8192,
  },
  sifive_e: {
    name: 'sifive_e',
    title: 'SiFive E31, RV32IMAC, 16 KB RAM (emulated by QEMU)',
    emulator: { kind: 'qemu', command: 'qemu-system-riscv32', machine: 'sifive_e' },
    toolchain: riscv,
    cpuFlags: ['-march=rv32imac', '-mabi=ilp32'],
    folder: 'sifive_e',
    imageBase: 0x20400000,
    flash: 512 * 1024,
    ramBase: 0x80000000,
    ram: 16 * 1024,
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
