import { spawn } from 'node:child_process';
import { UserError } from '../errors.ts';

/** Debian's packages by the command that they provide. */
const PACKAGES: Readonly<Record<string, string>> = {
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi libnewlib-arm-none-eabi',
  'arm-none-eabi-objcopy': 'binutils-arm-none-eabi',
  'arm-none-eabi-size': 'binutils-arm-none-eabi',
  'riscv64-unknown-elf-gcc': 'gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf',
  'qemu-system-arm': 'qemu-system-arm',
  'qemu-system-riscv32': 'qemu-system-misc',
};

/** The command that installs Debian packages, with sudo for anyone but root. */
export function aptInstall(packages: string): string {
  return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install -y ${packages}`;
}

/** A tool that is not installed, and the command that installs it. */
export function missingTool(command: string): UserError {
  return new UserError(`${command} is not installed`, {
    hint: PACKAGES[command] ? `install it with: ${aptInstall(PACKAGES[command])}` : 'see: solstice doctor',
  });
}

/** A tool that ended with another code than 0; `output` is all that it printed. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly output: string;

  constructor(command: string, output: string) {
    super(`${command} failed\n${output}`);
    this.output = output;
  }
}

/** Runs a tool in `cwd` and resolves with its stdout. Throws `ToolError`, or a `UserError` when it is not installed. */
export async function runTool(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? missingTool(command) : error),
    );
    child.on('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new ToolError(command, stderr + stdout)),
    );
  });
}
