import { operations } from '../../../host/build/environmentProtocol.ts';
import { FrameDecoder, encodeFrame } from '../../../host/link/frame.ts';
import {
  configId,
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageFault,
} from '../../../host/link/message.ts';
import type { NodeConfig } from '../../../host/link/protocol.ts';
import type { Moment } from '../../../host/sim/environment.ts';

const HELLO_SEQ = 0xffffffff;
const ANY_SLOT = 0xffffffff;
const HOST_MICROS = 1_700_000_000_000_000n;

/** What the world saw, in order. */
export type CutEvent =
  /** The node asked its environment for something (a number of `operations`); `slot` is when it was answered. */
  | { readonly kind: 'asked'; readonly operation: number; readonly slot: number }
  /**
   * The host received a message; `answered` is false for a packet whose acknowledgement was not sent at once. `overdue`
   * is one that a cut left without its closing delimiter: the next frame's opening one ends it.
   */
  | {
      readonly kind: 'heard';
      readonly message: Message;
      readonly answered: boolean;
      readonly overdue: boolean;
    }
  /** A message that was not cut, since its CRC-16 holds, and is none. */
  | { readonly kind: 'fault'; readonly fault: MessageFault }
  | { readonly kind: 'cut' };

export interface CutScript {
  /** What the host wants, and what it wanted before, oldest first. */
  config: NodeConfig;
  earlierConfigs: readonly NodeConfig[];
  values: (slot: number) => Int32Array;
  /** What the node can spend, in nanojoules: as much whenever it looks. */
  energy: number;
  /** The host has packets of boots up to this one, from before the node's memory was erased. */
  knownBoot: number;
  /**
   * What becomes of the acknowledgement of the host's n-th packet, repetitions counted: it is sent, lost, or held up
   * and sent ahead of the next one.
   */
  answers: (packet: number) => 'sent' | 'lost' | 'late';
}

/**
 * Everything around one node that goes on when its power is cut: clock, sensor, and a host that records and
 * acknowledges. Answers at once and without any clock of its own, so that the same bytes always give the same world.
 */
export class CutWorld {
  readonly script: CutScript;
  readonly events: CutEvent[];
  /** Counts what changed the world: two moments of one run with the same version are the same world. */
  version = 0;
  #slot = 0;
  #micros = 0;
  #packets = 0;
  #lastBoot: number;
  /** Acknowledgements that are held up. */
  #heldUp: Uint8Array[] = [];
  /** Bytes on the link since the last delimiter, and whether the power has been cut since. */
  #tail: number[] = [];
  #overdue = false;

  constructor(script: CutScript, events: CutEvent[] = []) {
    this.script = script;
    this.events = events;
    this.#lastBoot = script.knownBoot;
  }

  /** The same world, independent of this one; its host goes on by `script`. */
  clone(script = this.script): CutWorld {
    const copy = new CutWorld(script, [...this.events]);
    copy.version = this.version;
    copy.#slot = this.#slot;
    copy.#micros = this.#micros;
    copy.#packets = this.#packets;
    copy.#lastBoot = this.#lastBoot;
    copy.#heldUp = [...this.#heldUp];
    copy.#tail = [...this.#tail];
    copy.#overdue = this.#overdue;
    return copy;
  }

  /** All that tells this world from another one that began alike. */
  fingerprint(): string {
    const now = [
      this.#slot,
      this.#micros,
      this.#packets,
      this.#lastBoot,
      this.#heldUp,
      this.#tail,
      this.#overdue,
    ];
    return textOf(now) + this.events.map(textOfEvent).join();
  }

  get slot(): number {
    return this.#slot;
  }

  /** The power of the node fails. What it had begun to send stays on the wire. */
  cut(): void {
    this.version++;
    this.#overdue ||= this.#tail.length > 0;
    this.events.push({ kind: 'cut' });
  }

  /** Performs what the node asks of its environment, other than to listen. */
  ask(operation: number, argument: number): Moment & { values?: Int32Array } {
    this.version++;
    if (operation === operations.POWER_ON) this.#slot += 3;
    else if (operation === operations.SLEEP_UNTIL) this.#slot = Math.max(argument, this.#slot + 1);
    else if (operation === operations.TRANSMIT) this.#slot += argument > 100 ? 1 : 0;
    else if (operation !== operations.SENSE) throw new Error(`the node gave up: ${operation} ${argument}`);
    this.#micros = (this.#micros + 137) % 1000;
    this.events.push({ kind: 'asked', operation, slot: this.#slot });
    const moment = { slot: this.#slot, micros: this.#micros, energy: this.script.energy, millivolts: 2800 };
    return operation === operations.SENSE ? { ...moment, values: this.script.values(this.#slot) } : moment;
  }

  /** Takes bytes that the node put on the link; returns what the host sends back. */
  hear(bytes: Uint8Array): Uint8Array[] {
    const answers: Uint8Array[] = [];
    for (const byte of bytes) {
      this.version++;
      if (byte !== 0) {
        this.#tail.push(byte);
        continue;
      }
      const frame = Uint8Array.from([0, ...this.#tail, 0]);
      this.#tail = [];
      new FrameDecoder().push(frame, (body) => answers.push(...this.#answer(decodeMessage(body.slice()))));
      this.#overdue = false;
    }
    return answers.map(encodeFrame);
  }

  #answer(message: ReturnType<typeof decodeMessage>): Uint8Array[] {
    if (typeof message === 'string') {
      this.events.push({ kind: 'fault', fault: message });
      return [];
    }
    if (message.name === 'SAMPLES') return this.#record(message);
    this.events.push({ kind: 'heard', message, answered: true, overdue: this.#overdue });
    return message.name === 'HELLO' ? this.#welcome(message.fields) : [];
  }

  #record(message: Extract<Message, { name: 'SAMPLES' }>): Uint8Array[] {
    const { node, boot, seq } = message.fields;
    const answer = this.script.answers(this.#packets++);
    this.events.push({ kind: 'heard', message, answered: answer === 'sent', overdue: this.#overdue });
    this.#lastBoot = Math.max(this.#lastBoot, boot);
    const before = this.#heldUp;
    const ack = [encodeMessage('ACK', { node, boot, seq })];
    this.#heldUp = answer === 'late' ? ack : [];
    return answer === 'sent' ? [...before, ...ack] : before;
  }

  /** As host/collect/collector.ts answers a HELLO. */
  #welcome(hello: Extract<Message, { name: 'HELLO' }>['fields']): Uint8Array[] {
    const { node, boot } = hello;
    const { config } = this.script;
    const wanted = configId(config);
    const least = hello.configId === 0 && boot <= this.#lastBoot ? this.#lastBoot + 1 : 0;
    return [
      ...(hello.configId === wanted
        ? []
        : [encodeMessage('CONFIG', { node, configId: wanted, boot: least, ...config })]),
      encodeMessage('TIME', { node, hostMicros: HOST_MICROS, slot: ANY_SLOT, micros: 0 }),
      encodeMessage('ACK', { node, boot, seq: HELLO_SEQ }),
    ];
  }
}

/** Events never change, and worlds share them. */
const texts = new WeakMap<CutEvent, string>();

function textOfEvent(event: CutEvent): string {
  const text = texts.get(event) ?? textOf(event);
  texts.set(event, text);
  return text;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint'
      ? `${part}`
      : part instanceof Uint8Array
        ? Buffer.from(part).toString('hex')
        : part,
  );
}
