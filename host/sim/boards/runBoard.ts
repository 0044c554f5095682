import { runQemu, type QemuOptions } from './qemuBoard.ts';
import { runRp2040, type Rp2040Options } from './rp2040Board.ts';
import type { RunningBoard } from './runningBoard.ts';

/** Prepares the emulator of the firmware's board; `start` gives it power. */
export function runBoard(options: QemuOptions & Rp2040Options): Promise<RunningBoard> {
  return options.firmware.board.emulator.kind === 'rp2040js' ? runRp2040(options) : runQemu(options);
}
