import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { UserError, exitCodes } from '../errors.ts';
import { root } from '../paths.ts';
import { buildCommand } from './commands/build.ts';
import { collectCommand } from './commands/collect.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { fitCommand } from './commands/fit.ts';
import { infoCommand } from './commands/info.ts';
import { poseCommand } from './commands/pose.ts';
import { recoverCommand } from './commands/recover.ts';
import { simCommand } from './commands/sim.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 partial or lossy, 4 no device,
5 verification failed, 6 needs a person (reset, permission).`;

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Runs the command line `argv` (as process.argv) and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that closes early (| head) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });

  let code: number = exitCodes.ok;
  const program = new Command('solstice')
    .description('The toolchain for sensing on harvested energy.')
    .version(version)
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(solstice --help lists the commands)')
    .exitOverride();
  const commands = [
    demoCommand,
    collectCommand,
    infoCommand,
    exportCommand,
    recoverCommand,
    buildCommand,
    doctorCommand,
    simCommand,
    fitCommand,
    poseCommand,
  ];
  for (const create of commands) {
    const command = create((result) => (code = result)).exitOverride();
    program.addCommand(command);
  }
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    return report(error, argv.includes('-v') || argv.includes('--verbose') || argv.includes('-vv'));
  }
}

/** Tells a person what went wrong and what to do next; a fault of ours shows its stack. */
function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  if (error instanceof UserError) {
    process.stderr.write(`${pc.red('error:')} ${error.message}\n`);
    if (error.hint) process.stderr.write(`${pc.dim(error.hint)}\n`);
    if (verbose && error.stack) process.stderr.write(`${pc.dim(error.stack)}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.failed;
}
