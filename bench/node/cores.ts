import { boards, type Board, type BoardName, type QemuEmulator } from '../../host/build/boards.ts';

/** A machine that the replay runs on as it is: no device is touched. Sizes are in bytes. */
export type ReplayCore = Pick<Board, 'toolchain' | 'cpuFlags' | 'imageBase' | 'flash' | 'ramBase' | 'ram'> & {
  readonly emulator: QemuEmulator;
};

/** Every board of the report, and the firmware whose size it has. */
export const cores = {
  'mps2-an385': { firmware: 'mps2-an385' },
  stm32vldiscovery: { firmware: 'stm32vldiscovery' },
  netduinoplus2: { firmware: 'netduinoplus2' },
  microbit: { firmware: 'microbit' },
  rp2040: { firmware: 'rp2040' },
  sifive_e: { firmware: 'sifive_e' },
} as const satisfies Record<string, { firmware: BoardName }>;
export type CoreName = keyof typeof cores;

/** Where instructions are counted: on the machines of QEMU, whose plugin counts. rp2040js has none. */
export const replayCores: Readonly<Partial<Record<CoreName, ReplayCore>>> = {
  'mps2-an385': coreOf('mps2-an385'),
  stm32vldiscovery: coreOf('stm32vldiscovery'),
  netduinoplus2: coreOf('netduinoplus2'),
  microbit: coreOf('microbit'),
  sifive_e: coreOf('sifive_e'),
};

/** The board's processor and memories. Throws a `TypeError` for a board that QEMU does not run. */
function coreOf(name: BoardName): ReplayCore {
  const { emulator, ...board } = boards[name];
  if (emulator.kind !== 'qemu') throw new TypeError(`${name} does not run in QEMU`);
  return { ...board, emulator };
}
