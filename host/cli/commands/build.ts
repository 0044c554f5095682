import { Command } from 'commander';
import { boards } from '../../build/boards.ts';
import { buildFirmware } from '../../build/buildFirmware.ts';
import { formatSizeReport } from '../../build/formatSizeReport.ts';
import { Output, withOutputOptions, type OutputOptions } from '../output.ts';

interface Flags extends OutputOptions {
  board: string;
  out?: string;
  module?: string;
  checked?: boolean;
}

export function buildCommand(): Command {
  const command = new Command('build')
    .description('turn the node module into a firmware image, and tell its size')
    .requiredOption('--board <name>', `one of: ${Object.keys(boards).join(', ')}`)
    .option('-o, --out <folder>', 'output folder (default: dist/firmware/<board>)')
    .option('--module <file.wasm>', 'the node module (default: the built seasons.wasm)')
    .option('--checked', 'check the bounds of every memory access: for modules that are not your own');
  return withOutputOptions(command).action(async ({ board, out, module, checked, ...flags }: Flags) => {
    const output = new Output(flags);
    const firmware = await buildFirmware({
      board,
      ...(out !== undefined && { out }),
      ...(module !== undefined && { module }),
      ...(checked && { checked }),
      log: (line) => output.progress(line),
    });
    const result = { ...firmware, board: firmware.board.name };
    output.result(result, () => `${formatSizeReport(firmware)}\n  image        ${firmware.bin}`);
  });
}
