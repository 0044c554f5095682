import type { Firmware } from './buildFirmware.ts';

const number = (value: number): string => value.toLocaleString('en-US').padStart(11);

/** What an image takes of its board, for people: flash, RAM, linear memory, and code by object file. */
export function formatSizeReport({ board, sizes, moduleHash, firmwareHash }: Firmware): string {
  const share = (used: number, all: number): string =>
    `${((100 * used) / all).toFixed(1)} % of ${all.toLocaleString('en-US')}`;
  return [
    `${board.name}: ${board.title}`,
    `  module ${moduleHash}  firmware ${firmwareHash}`,
    `  flash        ${number(sizes.flash)} bytes  ${share(sizes.flash, board.flash)}`,
    `  RAM          ${number(sizes.ram)} bytes  ${share(sizes.ram, board.ram)}`,
    `  - linear memory ${number(sizes.linearMemory).slice(3)} bytes`,
    `  code by object (before unused functions are dropped)`,
    ...[...sizes.objects]
      .sort((a, b) => b.text - a.text || (a.name < b.name ? -1 : 1))
      .map(({ name, text }) => `    ${name.padEnd(14)}${number(text).slice(3)} bytes`),
  ].join('\n');
}
