import type { RP2040 } from 'rp2040js';
import { environmentMessages, operations } from '../../../host/build/environmentProtocol.ts';
import type { Board } from '../../../host/build/boards.ts';
import { FrameDecoder } from '../../../host/link/frame.ts';
import { encodeAnswer } from '../../../host/sim/boards/environmentPort.ts';
import { feedUarts, nvmOf, powerOnChip, receiveFifo } from '../../../host/sim/boards/rp2040Chip.ts';
import type { CutWorld } from './cutWorld.ts';

/** What has arrived is put into the FIFOs after so many instructions, as in host/sim/boards/rp2040Board.ts. */
const FEED = 64;
const NODE = 7;
const LINK = 0;
const ENVIRONMENT = 1;

export interface SteppedOptions {
  board: Board;
  image: Uint8Array;
  world: CutWorld;
  /** What the NVM holds; copied. */
  nvm: Uint8Array;
  /** Names the garbage that RAM holds. */
  garbage: number;
  /** Bytes of the host that arrive late, in this boot. */
  late?: readonly number[];
}

/**
 * rp2040js, one instruction at a time, in a world that answers at once: everything that happens is a function of the
 * image, the NVM and the world at power-on. A receive window ends when the node waits and nothing is on its way.
 */
export class SteppedRp2040 {
  /** The NVM, live. */
  readonly nvm: Uint8Array;
  /** Instructions since power-on. */
  instructions = 0;
  readonly #chip: RP2040;
  readonly #world: CutWorld;
  readonly #incoming: [number[], number[]];
  readonly #requests = new FrameDecoder();
  /** The id of the LISTEN that waits for its end. */
  #listening: number | undefined;

  constructor({ board, image, world, nvm, garbage, late = [] }: SteppedOptions) {
    const chip = powerOnChip(board, image, nvm, garbage);
    chip.uart[LINK]!.onByte = (byte) => this.#hear(byte);
    chip.uart[ENVIRONMENT]!.onByte = (byte) =>
      this.#requests.push(Uint8Array.of(byte), (body) => this.#serve(body));
    this.#chip = chip;
    this.#world = world;
    this.#incoming = [[...late], []];
    this.nvm = nvmOf(chip, board);
  }

  /** Bytes of the host that the node has not read: what is on its way at a power failure. */
  get unread(): number[] {
    return [...receiveFifo(this.#chip.uart[LINK]!).items, ...this.#incoming[LINK]];
  }

  /** How many `unread` are. */
  get unreadCount(): number {
    return receiveFifo(this.#chip.uart[LINK]!).itemCount + this.#incoming[LINK].length;
  }

  /** Executes one instruction. Throws when the node waits for what never comes. */
  step(): void {
    const { core } = this.#chip;
    if (core.waiting || this.instructions % FEED === 0) feedUarts(this.#chip, this.#incoming);
    if (core.waiting) {
      if (this.#listening === undefined) throw new Error('the node waits for ever');
      this.#answer(this.#listening, { slot: 0, micros: 0, energy: 0, millivolts: 0 });
      this.#listening = undefined;
      feedUarts(this.#chip, this.#incoming);
    }
    core.executeInstruction();
    this.instructions++;
  }

  #hear(byte: number): void {
    for (const frame of this.#world.hear(Uint8Array.of(byte))) this.#incoming[LINK].push(...frame);
  }

  #serve(body: Uint8Array): void {
    if (body[0] !== environmentMessages.REQUEST.type) throw new Error('the node asked for nothing known');
    const [, operation, id] = body as unknown as [number, number, number];
    const argument = new DataView(body.buffer, body.byteOffset).getUint32(3, true);
    this.#listening = operation === operations.LISTEN ? id : undefined;
    if (operation !== operations.LISTEN) this.#answer(id, this.#world.ask(operation, argument));
  }

  #answer(id: number, moment: ReturnType<CutWorld['ask']>): void {
    this.#incoming[ENVIRONMENT].push(...encodeAnswer(id, NODE, moment));
  }
}
