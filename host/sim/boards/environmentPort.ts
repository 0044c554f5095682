import { environmentMessages, operations } from '../../build/environmentProtocol.ts';
import { FrameDecoder, encodeFrame } from '../../link/frame.ts';
import { FIELD_SIZE, fixedSize } from '../../link/protocol.ts';
import { EndOfRun, PowerFailure, type Environment, type Moment } from '../environment.ts';

const REQUEST_SIZE = fixedSize(environmentMessages.REQUEST);
const ANSWER_SIZE = fixedSize(environmentMessages.ANSWER);

/** Names of wasm-rt.h's traps, by number. */
const TRAPS = [
  'none',
  'access out of bounds',
  'integer overflow',
  'division by zero',
  'invalid conversion',
  'unreachable executed',
  'bad indirect call',
  'stack exhausted',
];
const EXCEPTIONS = 256;

/** Firmware gave up: a trap of its module or a processor exception. */
export class FirmwareFault extends Error {
  override readonly name = 'FirmwareFault';
}

export interface EnvironmentPortOptions {
  environment: Environment;
  node: number;
  listenMillis: number;
  /** Sends bytes to the board's environment UART. */
  write: (bytes: Uint8Array) => void;
  /** The capacitor is empty: the board must lose everything volatile and start again. */
  onPowerFailure: () => void;
  /** The run is over, with the reason if it is not the environment's end. */
  onEnd: (error?: Error) => void;
}

/** The environment's end of a board's environment UART (host/build/environmentProtocol.ts). */
export class EnvironmentPort {
  readonly #options: EnvironmentPortOptions;
  #decoder = new FrameDecoder();
  /** Counts resets of the board: what an earlier one asked for is no longer answered. */
  #epoch = 0;
  /** The environment serves one call at a time. */
  #busy: Promise<void> = Promise.resolve();
  #closed = false;
  #listenTimer: NodeJS.Timeout | undefined;
  #listenUntil = 0;

  constructor(options: EnvironmentPortOptions) {
    this.#options = options;
  }

  /** Takes bytes from the board. */
  receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#decoder.push(chunk, (body) => {
      if (body.length !== REQUEST_SIZE || body[0] !== environmentMessages.REQUEST.type) return;
      const argument = new DataView(body.buffer, body.byteOffset).getUint32(3, true);
      const [, operation, id] = body as unknown as [number, number, number];
      const epoch = this.#epoch;
      clearTimeout(this.#listenTimer);
      this.#busy = this.#busy.then(() => this.#serve(operation, id, argument, epoch));
    });
  }

  /** The board has lost its power: forgets what it asked for. */
  reset(): void {
    this.#epoch++;
    this.#decoder = new FrameDecoder();
    clearTimeout(this.#listenTimer);
  }

  /** Answers nothing more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#listenTimer);
  }

  async #serve(operation: number, id: number, argument: number, epoch: number): Promise<void> {
    if (this.#closed || epoch !== this.#epoch) return;
    try {
      if (operation === operations.LISTEN) return this.#listen(id, argument !== 0);
      const moment = await this.#perform(operation, argument);
      if (epoch === this.#epoch) this.#answer(id, moment);
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof PowerFailure) {
        if (epoch === this.#epoch) this.#options.onPowerFailure();
      } else {
        this.close();
        this.#options.onEnd(error instanceof EndOfRun ? undefined : (error as Error));
      }
    }
  }

  #perform(operation: number, argument: number): Promise<Moment & { values?: Int32Array }> {
    const { environment } = this.#options;
    switch (operation) {
      case operations.POWER_ON:
        return environment.powerOn();
      case operations.SLEEP_UNTIL:
        return environment.sleepUntil(argument);
      case operations.SENSE:
        return environment.sense();
      case operations.TRANSMIT:
        return environment.transmit(argument);
      case operations.FAULT:
        throw new FirmwareFault(
          argument >= EXCEPTIONS
            ? `processor exception ${argument - EXCEPTIONS}`
            : `the node module trapped: ${TRAPS[argument] ?? argument}`,
        );
      default:
        throw new FirmwareFault(`unknown operation ${operation}`);
    }
  }

  #listen(id: number, again: boolean): void {
    const now = performance.now();
    if (!again) this.#listenUntil = now + this.#options.listenMillis;
    const over = { slot: 0, micros: 0, energy: 0, millivolts: 0 };
    this.#listenTimer = setTimeout(() => this.#answer(id, over), Math.max(0, this.#listenUntil - now));
  }

  #answer(id: number, moment: Moment & { values?: Int32Array }): void {
    if (!this.#closed) this.#options.write(encodeAnswer(id, this.#options.node, moment));
  }
}

/** The frame that answers request `id` of a node. */
export function encodeAnswer(
  id: number,
  node: number,
  { slot, micros, energy, millivolts, values }: Moment & { values?: Int32Array },
): Uint8Array {
  const body = new Uint8Array(ANSWER_SIZE + FIELD_SIZE.i32 * (values?.length ?? 0));
  const view = new DataView(body.buffer);
  body[0] = environmentMessages.ANSWER.type;
  body[1] = id;
  view.setUint32(2, node, true);
  view.setUint32(6, slot, true);
  view.setUint32(10, micros, true);
  view.setUint32(14, energy, true);
  view.setUint16(18, millivolts, true);
  values?.forEach((value, axis) => view.setInt32(ANSWER_SIZE + FIELD_SIZE.i32 * axis, value, true));
  return encodeFrame(body);
}
