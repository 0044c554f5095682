import { RP2040 } from 'rp2040js';
import type { Board } from '../../build/boards.ts';
import { poison } from './poison.ts';

const FLASH_BASE = 0x10000000;
const SRAM_BASE = 0x20000000;
/** Bytes that the UART's receive FIFO holds. */
const FIFO = 32;

const silent = {
  debug: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  error: () => undefined,
};

/** A chip as after power-on: flash holds the image, NVM what is given, the rest of RAM garbage named by `seed`. */
export function powerOnChip(board: Board, image: Uint8Array, nvm: Uint8Array, seed: number): RP2040 {
  const chip = new RP2040();
  chip.logger = silent;
  chip.flash.set(image, board.imageBase - FLASH_BASE);
  poison(chip.sram, seed);
  nvmOf(chip, board).set(nvm);
  chip.core.VTOR = board.imageBase;
  chip.core.reset();
  return chip;
}

/** The chip's NVM, live. */
export function nvmOf(chip: RP2040, board: Board): Uint8Array {
  const at = board.nvmBase! - SRAM_BASE;
  return chip.sram.subarray(at, at + board.nvm);
}

/**
 * Moves bytes on their way to each UART into its receive FIFO as far as there is room. A byte that arrives is an event:
 * it ends a WFE, or lets the next one pass when the core is just about to wait. rp2040js does not model SEVONPEND.
 */
export function feedUarts(chip: RP2040, incoming: readonly number[][]): void {
  const core = chip.core as unknown as { waiting: boolean; eventRegistered: boolean };
  incoming.forEach((bytes, index) => {
    if (bytes.length === 0) return;
    const uart = chip.uart[index]!;
    const room = FIFO - receiveFifo(uart).itemCount;
    for (const byte of bytes.splice(0, room)) uart.feedByte(byte);
    if (room === 0) return;
    if (core.waiting) core.waiting = false;
    else core.eventRegistered = true;
  });
}

/** The receive FIFO, which rp2040js does not declare. */
export function receiveFifo(uart: RP2040['uart'][number]): { itemCount: number; items: number[] } {
  return (uart as unknown as { rxFIFO: { itemCount: number; items: number[] } }).rxFIFO;
}
