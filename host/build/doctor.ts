import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { findInPath } from './findInPath.ts';
import { aptInstall } from './runTool.ts';

/** One thing that Solstice may need. */
export interface ToolReport {
  readonly name: string;
  readonly neededFor: string;
  /** Version or what was found; undefined: missing. */
  readonly found: string | undefined;
  /** Debian's packages that provide it. */
  readonly packages: readonly string[];
  /** The command that mends what is missing. */
  readonly mend: string | undefined;
}

interface Tool {
  readonly name: string;
  readonly neededFor: string;
  /** Commands of which one will do, and the arguments that make it print its version. */
  readonly commands: readonly string[];
  readonly version: readonly string[];
  readonly packages: string;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'arm-none-eabi-gcc',
    neededFor: 'solstice build: firmware for any board',
    commands: ['arm-none-eabi-gcc'],
    version: ['--version'],
    packages: 'gcc-arm-none-eabi libnewlib-arm-none-eabi',
  },
  {
    name: 'qemu-system-arm',
    neededFor: 'demo --node mps2-an385, microbit and other Arm boards',
    commands: ['qemu-system-arm'],
    version: ['--version'],
    packages: 'qemu-system-arm',
  },
  {
    name: 'riscv64-unknown-elf-gcc',
    neededFor: 'solstice build --board sifive_e',
    commands: ['riscv64-unknown-elf-gcc'],
    version: ['--version'],
    packages: 'gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf',
  },
  {
    name: 'qemu-system-riscv32',
    neededFor: 'tests: firmware on RISC-V',
    commands: ['qemu-system-riscv32'],
    version: ['--version'],
    packages: 'qemu-system-misc',
  },
  {
    name: 'gcc',
    neededFor: 'tests: the C core on this machine',
    commands: ['gcc', 'cc', 'clang'],
    version: ['--version'],
    packages: 'gcc libc6-dev',
  },
  {
    name: 'clang',
    neededFor: 'tests: the node module on an MSP430',
    commands: ['clang'],
    version: ['--version'],
    packages: 'clang',
  },
  {
    name: 'ld.lld',
    neededFor: 'tests: the node module on an MSP430',
    commands: ['ld.lld'],
    version: ['--version'],
    packages: 'lld',
  },
  {
    name: 'mspdebug',
    neededFor: 'tests: the node module on an MSP430',
    commands: ['mspdebug'],
    version: ['--version'],
    packages: 'mspdebug',
  },
  {
    name: 'chromium',
    neededFor: 'tests and screenshots of the live page',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    version: ['--version'],
    packages: 'chromium',
  },
  {
    name: 'socat',
    neededFor: 'tests and benchmarks of the serial link',
    commands: ['socat'],
    version: ['-V'],
    packages: 'socat',
  },
  {
    name: 'clang-format',
    neededFor: 'npm run lint: C sources',
    commands: ['clang-format'],
    version: ['--version'],
    packages: 'clang-format',
  },
];

const NODE_MAJOR = 20;
const VERSION = /\d+\.\d+(\.\d+)?/;

/** What is installed, what is missing, and the command that mends it. Nothing is changed. */
export async function checkTools(): Promise<ToolReport[]> {
  const tools = await Promise.all(TOOLS.map(checkTool));
  return [checkNode(), ...tools.slice(0, 1), await checkNewlib(), ...tools.slice(1), checkSerial()];
}

/** The first line of a command's output, or undefined when it does not run. */
function firstLine(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 10_000, maxBuffer: 1 << 20 }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim().split('\n').slice(0, 2).join(' ')),
    );
  });
}

async function checkTool({ name, neededFor, commands, version, packages }: Tool): Promise<ToolReport> {
  const command = commands.map((candidate) => findInPath(candidate)).find((path) => path !== undefined);
  const line = command === undefined ? undefined : await firstLine(command, version);
  const found = line === undefined ? undefined : (VERSION.exec(line)?.[0] ?? 'installed');
  return {
    name,
    neededFor,
    found,
    packages: packages.split(' '),
    mend: found === undefined ? aptInstall(packages) : undefined,
  };
}

function checkNode(): ToolReport {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    name: 'node',
    neededFor: 'everything',
    found: major >= NODE_MAJOR ? process.versions.node : undefined,
    packages: [],
    mend: major >= NODE_MAJOR ? undefined : `install Node ${NODE_MAJOR} or newer from https://nodejs.org`,
  };
}

/** newlib's small C library, which gcc finds by its specs file. */
async function checkNewlib(): Promise<ToolReport> {
  const gcc = findInPath('arm-none-eabi-gcc');
  const path = gcc && (await firstLine(gcc, ['--print-file-name=nano.specs']));
  const found = path !== undefined && path.includes('/') ? 'nano.specs' : undefined;
  return {
    name: 'newlib',
    neededFor: 'solstice build: the C library of firmware',
    found,
    packages: ['libnewlib-arm-none-eabi'],
    mend: found === undefined ? aptInstall('libnewlib-arm-none-eabi') : undefined,
  };
}

/** Whether this user may open the serial ports that are there. */
function checkSerial(): ToolReport {
  const report = { name: 'serial ports', neededFor: 'solstice collect: nodes on a cable', packages: [] };
  const ports = serialPorts();
  const closed = ports.filter((path) => !mayUse(path));
  if (closed.length === 0)
    return { ...report, found: ports.length === 0 ? 'none connected' : ports.join(', '), mend: undefined };
  const mend = `sudo usermod -aG dialout ${userInfo().username}   (then log in again; for ${closed.join(', ')})`;
  return { ...report, found: undefined, mend };
}

function serialPorts(): string[] {
  try {
    return readdirSync('/dev')
      .filter((name) => /^tty(USB|ACM)\d+$/.test(name))
      .sort()
      .map((name) => `/dev/${name}`);
  } catch {
    return [];
  }
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
