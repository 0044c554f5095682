import type { BoardName } from '../../host/build/boards.ts';

/** A machine of qemu-system-arm that the replay runs on as it is: no device is touched. Sizes are in bytes. */
export interface ReplayCore {
  readonly machine: string;
  readonly cpuFlags: readonly string[];
  readonly flashBase: number;
  readonly flash: number;
  readonly ram: number;
}

/** Every board of the report, and the firmware whose size it has. */
export const cores = {
  'mps2-an385': { firmware: 'mps2-an385' },
  stm32vldiscovery: { firmware: 'stm32vldiscovery' },
  netduinoplus2: { firmware: 'netduinoplus2' },
  microbit: { firmware: undefined },
  rp2040: { firmware: 'rp2040' },
  sifive_e: { firmware: 'sifive_e' },
} as const satisfies Record<string, { firmware: BoardName | undefined }>;
export type CoreName = keyof typeof cores;

/** Where instructions are counted; RAM starts at 0x20000000 on all of them. rp2040js counts none, and the replay has no RISC-V start. */
export const replayCores: Readonly<Partial<Record<CoreName, ReplayCore>>> = {
  'mps2-an385': {
    machine: 'mps2-an385',
    cpuFlags: ['-mcpu=cortex-m3', '-mthumb'],
    flashBase: 0,
    flash: 128 * 1024,
    ram: 32 * 1024,
  },
  stm32vldiscovery: {
    machine: 'stm32vldiscovery',
    cpuFlags: ['-mcpu=cortex-m3', '-mthumb'],
    flashBase: 0x08000000,
    flash: 128 * 1024,
    ram: 8 * 1024,
  },
  netduinoplus2: {
    machine: 'netduinoplus2',
    cpuFlags: ['-mcpu=cortex-m4', '-mthumb'],
    flashBase: 0x08000000,
    flash: 1024 * 1024,
    ram: 128 * 1024,
  },
  microbit: {
    machine: 'microbit',
    cpuFlags: ['-mcpu=cortex-m0', '-mthumb'],
    flashBase: 0,
    flash: 256 * 1024,
    ram: 16 * 1024,
  },
};
