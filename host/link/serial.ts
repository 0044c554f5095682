import { stat } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import { UserError, exitCodes } from '../errors.ts';
import { LinkClosedError, type Transport } from './transport.ts';

export interface SerialOptions {
  /** Bits per second; a pty takes any. */
  baudRate?: number;
}

export const DEFAULT_BAUD_RATE = 115200;

/** A port that vanished is tried again after the first of these, then after twice as long each time, up to the second. */
const FIRST_RETRY_MILLIS = 100;
const LAST_RETRY_MILLIS = 2000;
/** How often an open port's path is looked at: some drivers do not report that their device is gone. */
const WATCH_MILLIS = 1000;

/**
 * A serial port or pty. When the device vanishes the link goes down, and it is opened again as soon as something is
 * at the path. Nothing is read before `onData` has set a receiver; until then the system holds what arrives.
 */
export class SerialTransport implements Transport {
  readonly name: string;
  readonly #baudRate: number;
  #port: SerialPort | undefined;
  #device: number | undefined;
  #receive: ((chunk: Uint8Array) => void) | undefined;
  #state: (up: boolean) => void = () => undefined;
  /** Rejects the writes that the system has not taken yet. */
  readonly #writing = new Set<(error: Error) => void>();
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #paused = false;
  #closed = false;

  private constructor(path: string, baudRate: number) {
    this.name = path;
    this.#baudRate = baudRate;
  }

  /** Throws `UserError`: no such port (exit code 4), no permission (6), in use, or no serial port. */
  static async open(
    path: string,
    { baudRate = DEFAULT_BAUD_RATE }: SerialOptions = {},
  ): Promise<SerialTransport> {
    const transport = new SerialTransport(path, baudRate);
    try {
      await transport.#connect();
    } catch (error) {
      throw serialError(error, path);
    }
    return transport;
  }

  write(bytes: Uint8Array): Promise<void> {
    const port = this.#port;
    if (!port) return Promise.reject(new LinkClosedError(`${this.name} is closed`));
    return new Promise((resolve, reject) => {
      this.#writing.add(reject);
      port.write(bytes, (error) => {
        this.#writing.delete(reject);
        if (!error) resolve();
        else {
          reject(new LinkClosedError(`${this.name} is closed: ${error.message}`, { cause: error }));
          this.#lost(port);
        }
      });
    });
  }

  onData(receiver: (chunk: Uint8Array) => void): void {
    const first = this.#receive === undefined;
    this.#receive = receiver;
    if (first && this.#port) this.#listen(this.#port);
  }

  onState(receiver: (up: boolean) => void): void {
    this.#state = receiver;
  }

  pause(): void {
    this.#paused = true;
    this.#port?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#receive) this.#port?.resume();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const port = this.#port;
    if (port) await this.#release(port);
  }

  async #connect(): Promise<void> {
    const port = new SerialPort({ path: this.name, baudRate: this.#baudRate, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(error) : resolve()));
    });
    if (this.#closed) {
      port.close();
      return;
    }
    this.#port = port;
    port.on('error', () => this.#lost(port));
    port.on('close', () => this.#lost(port));
    this.#device = await deviceAt(this.name);
    this.#watch = setInterval(() => void this.#look(port), WATCH_MILLIS);
    this.#watch.unref();
    if (this.#receive) this.#listen(port);
  }

  #listen(port: SerialPort): void {
    port.on('data', (chunk: Buffer) => {
      if (this.#port === port) this.#receive?.(chunk);
    });
    if (this.#paused) port.pause();
  }

  /** Whether the path still leads to the device that is open. */
  async #look(port: SerialPort): Promise<void> {
    const device = await deviceAt(this.name);
    if (this.#port === port && device !== this.#device) this.#lost(port);
  }

  #lost(port: SerialPort): void {
    if (this.#port !== port) return;
    void this.#release(port);
    if (this.#closed) return;
    this.#state(false);
    this.#reconnect(FIRST_RETRY_MILLIS);
  }

  #reconnect(delay: number): void {
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => {
          if (this.#port) this.#state(true);
        },
        () => this.#reconnect(Math.min(LAST_RETRY_MILLIS, 2 * delay)),
      );
    }, delay);
  }

  /** Lets go of the port; resolves when the system has it back. */
  async #release(port: SerialPort): Promise<void> {
    this.#port = undefined;
    clearInterval(this.#watch);
    const error = new LinkClosedError(`${this.name} is closed`);
    for (const reject of this.#writing) reject(error);
    this.#writing.clear();
    if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }
}

/** Number of the device that a path leads to; undefined for none. */
async function deviceAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).rdev;
  } catch {
    return undefined;
  }
}

/** What opening a port failed with, as a person can act on it. */
export function serialError(error: unknown, path: string): UserError {
  // The binding reports errors as text only.
  const text = error instanceof Error ? error.message : String(error);
  if (/no such (file|device)|file not found/i.test(text)) {
    return new UserError(`there is no serial port ${path}`, {
      exitCode: exitCodes.noDevice,
      hint: 'plug the node in; `--port auto` finds it',
      cause: error,
    });
  }
  if (/permission|access denied/i.test(text)) {
    return new UserError(`no permission to open ${path}`, {
      exitCode: exitCodes.needsPerson,
      hint: 'run `sudo usermod -aG dialout $USER`, then log out and in again',
      cause: error,
    });
  }
  if (/lock|busy|temporarily unavailable/i.test(text)) {
    return new UserError(`${path} is in use by another program`, {
      hint: `end the program that has it open (\`fuser ${path}\` tells which)`,
      cause: error,
    });
  }
  return new UserError(`cannot open ${path}: ${text.replace(/^Error:?\s*/, '')}`, {
    hint: 'check that it is a serial port, and that it takes the --baud given',
    cause: error,
  });
}
