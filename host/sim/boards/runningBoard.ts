import type { Firmware } from '../../build/buildFirmware.ts';
import type { Transport } from '../../link/transport.ts';
import type { Environment } from '../environment.ts';

export interface BoardOptions {
  firmware: Pick<Firmware, 'board' | 'elf' | 'bin'>;
  /** The node's id, 1 to 2^32-1. */
  node: number;
  environment: Environment;
  /** Ends the run like `stop`. */
  signal?: AbortSignal;
  /** Wall-clock milliseconds that the node waits for an answer; simulated time stands still meanwhile. */
  listenMillis?: number;
}

/** A node in machine code. It has no power until `start`, so that the host can open the link first. */
export interface RunningBoard {
  readonly node: number;
  /** The host's side of the link: a pseudo-terminal to open with `serialport`, or a transport in process. */
  readonly link: { readonly path: string } | { readonly transport: Transport };
  start(): void;
  /** Resolves when the environment has ended the run, or after `stop`; rejects when board or environment fail. */
  readonly done: Promise<void>;
  /** Takes the board down; safe to call at any time and more than once. */
  stop(): Promise<void>;
  /** Power failures that the board went through. */
  readonly powerFailures: number;
}
