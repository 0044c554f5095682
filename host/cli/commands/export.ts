import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { UserError, exitCodes } from '../../errors.ts';
import { exportCsv } from '../../record/exportCsv.ts';
import { parseNodeId } from '../options.ts';
import { Output, withOutputOptions, type OutputOptions } from '../output.ts';
import { describeVerdict } from './info.ts';

interface Flags extends OutputOptions {
  to: 'csv';
  out?: string;
  node?: number;
  raw?: boolean;
}

export function exportCommand(exit: (code: number) => void): Command {
  const command = new Command('export')
    .description('write the samples of a recording as a table (exit 3 if the recording is not whole)')
    .argument('<file>', 'a recording (.mcap)')
    .addOption(new Option('--to <format>', 'csv: a row per sample').choices(['csv']).default('csv'))
    .option('-o, --out <file>', 'write here instead of to stdout')
    .option('--node <id>', 'only this node (hexadecimal, as info shows it)', parseNodeId)
    .option('--raw', 'fixed-point values as the node sent them');
  return withOutputOptions(command).action(async (file: string, flags: Flags) => {
    const output = new Output(flags);
    if (flags.json && flags.out === undefined) {
      throw new UserError('with --json the table needs a file: stdout has the JSON object', {
        exitCode: exitCodes.usage,
        hint: 'add -o FILE',
      });
    }
    const options = {
      ...(flags.node !== undefined && { node: flags.node }),
      ...(flags.raw && { raw: true }),
    };
    const stream = flags.out === undefined ? process.stdout : createWriteStream(flags.out, { flags: 'wx' });
    try {
      const result = await exportCsv(file, stream, options);
      if (stream !== process.stdout) {
        stream.end();
        await finished(stream);
        output.result({ ...result, path: flags.out }, () => `${result.rows} rows in ${flags.out}`);
      }
      const whole = result.verdict.state === 'complete';
      if (!whole) output.note(`${file} is ${describeVerdict(result.verdict)}`);
      exit(whole ? exitCodes.ok : exitCodes.partial);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new UserError(`${flags.out} exists already`, {
        hint: 'give another name, or remove it first',
        cause: error,
      });
    }
  });
}
