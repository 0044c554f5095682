import { Command } from 'commander';
import pc from 'picocolors';
import { checkTools, type ToolReport } from '../../build/doctor.ts';
import { exitCodes } from '../../errors.ts';
import { Output, withOutputOptions, type OutputOptions } from '../output.ts';

export function doctorCommand(exit: (code: number) => void): Command {
  const command = new Command('doctor').description(
    'tell what is installed, what is missing, and the command that mends it (exit 1 if something is missing)',
  );
  return withOutputOptions(command).action(async (flags: OutputOptions) => {
    const tools = await checkTools();
    const ok = tools.every(({ found }) => found !== undefined);
    new Output(flags).result({ ok, tools }, () => tools.map(render).join('\n'));
    exit(ok ? exitCodes.ok : exitCodes.failed);
  });
}

function render({ name, neededFor, found, mend }: ToolReport): string {
  if (found !== undefined) return `${pc.green('ok     ')} ${name.padEnd(18)} ${found}`;
  return `${pc.yellow('missing')} ${name.padEnd(18)} for ${neededFor}\n        ${mend ?? ''}`;
}
