import { readFile } from 'node:fs/promises';
import type { RP2040 } from 'rp2040js';
import { createVirtualLink } from '../../link/virtual.ts';
import { EnvironmentPort } from './environmentPort.ts';
import { feedUarts, nvmOf, powerOnChip } from './rp2040Chip.ts';
import type { BoardOptions, RunningBoard } from './runningBoard.ts';

/** The event loop gets a turn after so many instructions, a few milliseconds. */
const SLICE = 20_000;
const LINK = 0;
const ENVIRONMENT = 1;

export interface Rp2040Options extends BoardOptions {
  /** Called before each instruction with their number since power-on; true cuts the power there. For tests. */
  cutPower?: (instructions: number) => boolean;
}

/** Runs firmware on rp2040js in this process; the link is an in-process transport. */
export async function runRp2040(options: Rp2040Options): Promise<RunningBoard> {
  return new Rp2040Board(await readFile(options.firmware.bin), options);
}

class Rp2040Board implements RunningBoard {
  readonly node: number;
  readonly link;
  readonly done: Promise<void>;
  powerFailures = 0;
  readonly #image: Uint8Array;
  readonly #options: Rp2040Options;
  readonly #port: EnvironmentPort;
  readonly #nodeEnd;
  #finish: (error?: Error) => void = () => undefined;
  #ended = false;
  #chip: RP2040 | undefined;
  #instructions = 0;
  #scheduled = false;
  /** Bytes on their way into the UARTs, and what the guest has written to the link since the last flush. */
  #incoming: [number[], number[]] = [[], []];
  #outgoing: [number[], number[]] = [[], []];
  readonly #nvm: Uint8Array;

  constructor(image: Uint8Array, options: Rp2040Options) {
    const { firmware, node, environment, listenMillis = 2000, signal } = options;
    const [hostEnd, nodeEnd] = createVirtualLink(firmware.board.name);
    this.node = node;
    this.link = { transport: hostEnd };
    this.#nodeEnd = nodeEnd;
    this.#image = image;
    this.#options = options;
    this.#nvm = new Uint8Array(firmware.board.nvm).fill(0xff);
    nodeEnd.onData((chunk) => this.#feed(LINK, chunk));
    this.#port = new EnvironmentPort({
      environment,
      node,
      listenMillis,
      write: (bytes) => this.#feed(ENVIRONMENT, bytes),
      onPowerFailure: () => this.#powerFail(),
      onEnd: (error) => this.#end(error),
    });
    this.done = new Promise((resolve, reject) => {
      this.#finish = (error) => (error ? reject(error) : resolve());
    });
    this.done.catch(() => undefined);
    if (signal?.aborted) this.#end();
    signal?.addEventListener('abort', () => this.#end(), { once: true });
  }

  start(): void {
    if (!this.#ended && !this.#chip) this.#powerUp();
  }

  async stop(): Promise<void> {
    this.#end();
    await this.#nodeEnd.close();
  }

  #powerUp(): void {
    const chip = powerOnChip(this.#options.firmware.board, this.#image, this.#nvm, this.powerFailures + 1);
    chip.uart.forEach((uart, index) => (uart.onByte = (byte) => this.#outgoing[index]!.push(byte)));
    this.#chip = chip;
    this.#instructions = 0;
    this.#incoming = [[], []];
    this.#outgoing = [[], []];
    this.#schedule();
  }

  #powerFail(): void {
    this.#nvm.set(nvmOf(this.#chip!, this.#options.firmware.board));
    this.powerFailures++;
    this.#port.reset();
    this.#powerUp();
  }

  #feed(uart: number, bytes: Uint8Array): void {
    if (this.#ended || !this.#chip) return;
    this.#incoming[uart]!.push(...bytes);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#ended) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#ended) this.#run();
    });
  }

  /** Runs the guest until it waits with nothing to read, or for one slice. */
  #run(): void {
    const chip = this.#chip!;
    const { core } = chip;
    const { cutPower } = this.#options;
    try {
      for (let count = 0; count < SLICE; count++) {
        if (core.waiting || (count & 63) === 0) feedUarts(chip, this.#incoming);
        if (core.waiting) break;
        if (cutPower?.(this.#instructions++)) {
          this.#flush();
          return this.#powerFail();
        }
        core.executeInstruction();
      }
    } catch (error) {
      return this.#end(error as Error);
    }
    this.#flush();
    if (!core.waiting) this.#schedule();
  }

  #flush(): void {
    const [link, environment] = this.#outgoing;
    this.#outgoing = [[], []];
    // A link that is closed loses the bytes like any radio.
    if (link.length > 0) this.#nodeEnd.write(Uint8Array.from(link)).catch(() => undefined);
    if (environment.length > 0) this.#port.receive(Uint8Array.from(environment));
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.close();
    this.#finish(error);
  }
}
