import { spawn, type ChildProcess } from 'node:child_process';
import { constants, rmSync, writeSync } from 'node:fs';
import { mkdtemp, open, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QemuEmulator } from '../../build/boards.ts';
import { MAILBOX_SIZE } from '../../build/environmentProtocol.ts';
import { findInPath } from '../../build/findInPath.ts';
import { missingTool } from '../../build/runTool.ts';
import { EnvironmentPort } from './environmentPort.ts';
import { poison } from './poison.ts';
import { Qmp } from './qmp.ts';
import type { BoardOptions, RunningBoard } from './runningBoard.ts';

/** The machine's main memory: the PSRAM that NVM is the start of. */
const PSRAM = 16 * 1024 * 1024;

export interface QemuOptions extends BoardOptions {
  /** File that holds the NVM, made if missing; a temporary one by default. */
  nvm?: string;
  /** Further arguments of QEMU. */
  args?: readonly string[];
}

/**
 * Runs firmware in QEMU. The link is a pseudo-terminal. The environment's UART and QEMU's monitor are Unix sockets in a
 * temporary folder that this process listens on; on a machine with one UART the environment's socket takes the requests
 * from the semihosting console, and the answers go into a mailbox, with a break on the link as its bell. A power failure
 * is a reset of the machine: the image and garbage for RAM are loaded again, and only the NVM, which QEMU maps from a
 * file, stays. QEMU ends with this process, even a killed one.
 */
export async function runQemu(options: QemuOptions): Promise<RunningBoard> {
  const { firmware } = options;
  const { emulator } = firmware.board;
  if (emulator.kind !== 'qemu') throw new TypeError(`${firmware.board.name} does not run in QEMU`);
  if (!findInPath(emulator.command)) throw missingTool(emulator.command);
  const dir = await mkdtemp(join(tmpdir(), 'solstice-'));
  const resources: Resources = { dir, servers: [], sockets: [] };
  try {
    return await launch(options, emulator, resources);
  } catch (error) {
    release(resources);
    throw error;
  }
}

/** What has to be given back, however the run ends. */
interface Resources {
  readonly dir: string;
  readonly servers: Server[];
  readonly sockets: Socket[];
  qemu?: ChildProcess;
  terminal?: FileHandle;
  /** NVM behind semihosting, which QEMU inherits as descriptor 3 (firmware/boards/common/semihost_nvm.h). */
  nvm?: FileHandle;
  /** The mailbox of a machine with one UART, inherited as descriptor 4 (firmware/boards/common/semihost_environment.h). */
  mailbox?: FileHandle;
  onExit?: () => void;
}

function release({ dir, servers, sockets, qemu, terminal, nvm, mailbox, onExit }: Resources): void {
  qemu?.kill('SIGKILL');
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  void terminal?.close().catch(() => undefined);
  void nvm?.close().catch(() => undefined);
  void mailbox?.close().catch(() => undefined);
  if (onExit) process.off('exit', onExit);
  rmSync(dir, { recursive: true, force: true });
}

async function launch(
  options: QemuOptions,
  { command, machine, environment: reached }: QemuEmulator,
  resources: Resources,
): Promise<RunningBoard> {
  const { firmware, nvm = join(resources.dir, 'nvm.bin') } = options;
  const { dir } = resources;
  const garbage = new Uint8Array(firmware.board.ram);
  poison(garbage, 1);
  await writeFile(join(dir, 'garbage.bin'), garbage);
  const mapped = firmware.board.nvmBase !== undefined;
  const size = mapped ? PSRAM : firmware.board.nvm;
  await truncate(nvm, size).catch(async () => {
    await writeFile(nvm, '');
    await truncate(nvm, size);
  });
  if (!mapped) resources.nvm = await open(nvm, 'r+');
  const byMailbox = reached === 'mailbox';
  if (byMailbox) resources.mailbox = await open(join(dir, 'mailbox'), 'w+');
  const environment = listenOn(join(dir, 'environment'), resources);
  const monitor = listenOn(join(dir, 'monitor'), resources);
  const args = [
    ...['-M', mapped ? `${machine},memory-backend=nvm` : machine, '-nodefaults', '-display', 'none', '-S'],
    ...(mapped
      ? ['-object', `memory-backend-file,id=nvm,mem-path=${nvm},share=on,size=${PSRAM}`]
      : ['-semihosting-config', `enable=on,target=native${byMailbox ? ',chardev=environment' : ''}`]),
    ...['-kernel', firmware.elf],
    ...['-device', `loader,file=${join(dir, 'garbage.bin')},addr=${firmware.board.ramBase},force-raw=on`],
    ...['-chardev', 'pty,id=link', '-serial', 'chardev:link'],
    ...['-chardev', `socket,id=environment,path=${join(dir, 'environment')}`],
    ...(byMailbox ? [] : ['-serial', 'chardev:environment']),
    ...['-chardev', `socket,id=monitor,path=${join(dir, 'monitor')}`, '-mon', 'chardev=monitor,mode=control'],
    ...(options.args ?? []),
  ];
  // The kernel kills QEMU when this process ends in whatever way.
  const keeper = findInPath('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', command] : [command];
  const qemu = spawn(keeper[0]!, [...keeper.slice(1), ...args], {
    stdio: ['ignore', 'ignore', 'pipe', resources.nvm?.fd ?? 'ignore', resources.mailbox?.fd ?? 'ignore'],
  });
  resources.qemu = qemu;
  resources.onExit = () => void qemu.kill('SIGKILL');
  process.on('exit', resources.onExit);
  const ended = new Promise<never>((_, reject) => {
    let stderr = '';
    qemu.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    qemu.on('error', reject);
    // After all that it wrote has been read.
    qemu.on('close', (code, by) => reject(new Error(`QEMU ended (${code ?? by})\n${stderr}`.trim())));
  });
  ended.catch(() => undefined);
  const setUp = async (): Promise<RunningBoard> => {
    const [environmentSocket, monitorSocket] = await Promise.all([environment, monitor]);
    const qmp = new Qmp(monitorSocket, ended);
    await qmp.execute('qmp_capabilities');
    const devices = (await qmp.execute('query-chardev')) as { label: string; filename: string }[];
    const path = devices.find(({ label }) => label === 'link')!.filename.replace(/^pty:/, '');
    // Held open, so that the terminal never hangs up and keeps what is sent while the host has it closed.
    resources.terminal = await open(path, constants.O_RDWR | constants.O_NOCTTY);
    // All of it is open or loaded by now: without names nothing stays behind, even if this process is killed.
    rmSync(dir, { recursive: true });
    return new QemuBoard(options, resources, { path, qmp, socket: environmentSocket, ended });
  };
  return Promise.race([setUp(), ended]);
}

/** The first connection to a Unix socket. */
function listenOn(path: string, resources: Resources): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      resources.sockets.push(socket);
      // QEMU is gone; its exit tells why.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    server.on('error', reject);
    server.listen(path);
    resources.servers.push(server);
  });
}

class QemuBoard implements RunningBoard {
  readonly node: number;
  readonly link: { readonly path: string };
  readonly done: Promise<void>;
  powerFailures = 0;
  readonly #resources: Resources;
  readonly #qmp: Qmp;
  readonly #port: EnvironmentPort;
  #finish: (error?: Error) => void = () => undefined;
  #ended = false;

  constructor(
    { node, environment, listenMillis = 2000, signal }: QemuOptions,
    resources: Resources,
    { path, qmp, socket, ended }: { path: string; qmp: Qmp; socket: Socket; ended: Promise<never> },
  ) {
    this.node = node;
    this.link = { path };
    this.#resources = resources;
    this.#qmp = qmp;
    const { mailbox } = resources;
    this.#port = new EnvironmentPort({
      environment,
      node,
      listenMillis,
      write: (bytes) => (mailbox ? this.#post(bytes, mailbox) : socket.write(bytes)),
      onPowerFailure: () => this.#powerFail(),
      onEnd: (error) => this.#end(error),
    });
    socket.on('data', (chunk) => this.#port.receive(chunk));
    this.done = new Promise((resolve, reject) => {
      this.#finish = (error) => (error ? reject(error) : resolve());
    });
    this.done.catch(() => undefined);
    ended.catch((error: Error) => this.#end(error));
    if (signal?.aborted) this.#end();
    signal?.addEventListener('abort', () => this.#end(), { once: true });
  }

  start(): void {
    if (!this.#ended) this.#command('cont');
  }

  stop(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  /** Puts the answer into the mailbox, in place of the one before, and rings. */
  #post(answer: Uint8Array, mailbox: FileHandle): void {
    if (answer.length > MAILBOX_SIZE) throw new RangeError(`an answer of ${answer.length} bytes`);
    const bytes = new Uint8Array(MAILBOX_SIZE);
    bytes.set(answer);
    writeSync(mailbox.fd, bytes, 0, MAILBOX_SIZE, 0);
    this.#command('chardev-send-break', { id: 'link' });
  }

  #powerFail(): void {
    this.powerFailures++;
    this.#port.reset();
    this.#command('system_reset');
  }

  #command(command: string, arguments_?: Readonly<Record<string, unknown>>): void {
    this.#qmp.execute(command, arguments_).catch((error: Error) => this.#end(error));
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.close();
    release(this.#resources);
    this.#finish(error);
  }
}
