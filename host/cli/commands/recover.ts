import { Command } from 'commander';
import { recoverRecording, type RecoverResult } from '../../record/recoverRecording.ts';
import { Output, table, withOutputOptions, type OutputOptions } from '../output.ts';
import { describeVerdict } from './info.ts';

export function recoverCommand(exit: (code: number) => void): Command {
  const command = new Command('recover')
    .description('save what verifies in a cut or damaged recording (exit 0 whole, 3 partial, 1 nothing)')
    .argument('<file>', 'a recording (.mcap); it is only read')
    .option('-o, --out <file>', 'the new recording (default: FILE with .recovered.mcap)');
  return withOutputOptions(command).action(async (file: string, flags: OutputOptions & { out?: string }) => {
    const out = flags.out ?? `${file.replace(/\.mcap$/, '')}.recovered.mcap`;
    const result = await recoverRecording(file, out);
    new Output(flags).result(result, () => render(file, result));
    exit(result.exitCode);
  });
}

function render(file: string, { path, packets, samples, messages, verdict }: RecoverResult): string {
  return table([
    ['input', `${file}: ${describeVerdict(verdict)}`],
    ['saved', path ?? 'nothing: no message in it verifies'],
    ['samples', `${samples} in ${packets} packets (${messages} messages of all kinds)`],
  ]);
}
