import { operations } from '../../../host/build/environmentProtocol.ts';
import { SequenceTracker } from '../../../host/collect/sequenceTracker.ts';
import { configId, type Message } from '../../../host/link/message.ts';
import type { Fields } from '../../../host/link/protocol.ts';
import { ReceivedPackets } from '../../../host/record/receivedPackets.ts';
import type { CutEvent, CutScript, CutWorld } from './cutWorld.ts';
import type { Recovered } from './recoverNvm.ts';

/** STATUS' totals of samples that left the queue unsent, in protocols that have them. */
const UNSENT = ['pruned', 'expired'];
const TOTALS = ['sampled', 'formed', 'acknowledged', 'blocked', 'late', 'linkErrors'] as const;

/**
 * The first promise that the node broke in a world, in words, or undefined:
 *
 * - a boot that the host hears of has a number of its own, greater than those before; no configuration gives way to an
 *   older one;
 * - (node, boot, seq) names one content; names count up without a gap, and what is new after dedupe has slots later than
 *   everything before and the values that the sensor gave in them: nothing twice, nothing back in time;
 * - totals in STATUS never fall;
 * - a sample that the node went on from (it asked for something after SENSE, so it is journalled) is delivered before
 *   any later one or counted as left out; with `recovered`, the journal at the end, the samples taken are exactly those
 *   delivered, held, or counted as left out; the node takes nothing for acknowledged that the host has not acknowledged.
 */
export function findViolation(world: CutWorld, recovered?: Recovered): string | undefined {
  const run = new CheckedRun(world.script);
  try {
    for (const event of world.events) {
      if (event.kind === 'asked') run.asked(event.operation, event.slot);
      else if (event.kind === 'heard') run.heard(event);
      else if (event.kind === 'cut') run.cut();
      else demand(false, () => `the node sent a message with a fault: ${event.fault}`);
    }
    run.ended(recovered);
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
  return undefined;
}

class Violation extends Error {}

function demand(condition: boolean, violation: () => string): void {
  if (!condition) throw new Violation(violation());
}

class CheckedRun {
  readonly #script: CutScript;
  readonly #received = new ReceivedPackets({
    load: () => [],
    save: () => undefined,
    lastBoot: () => 0,
  });
  readonly #sequence = new SequenceTracker();
  readonly #contents = new Map<string, string>();
  readonly #acknowledged = new Set<string>();
  readonly #sensed = new Set<number>();
  /** Samples that are journalled for sure. */
  readonly #settled = new Set<number>();
  readonly #delivered = new Set<number>();
  /** Ids of the configurations that a node can have, in order of time, and which one it has. */
  readonly #configs: number[];
  #config = 0;
  /** A sample that may not be journalled yet. */
  #pending: number | undefined;
  #hello: Fields<'HELLO'> | undefined;
  #awake = false;
  #lastSlot = -1;
  #status: Fields<'STATUS'> | undefined;
  /** Samples that the node, by its latest STATUS, has left out or given up. */
  #unsent = 0;

  constructor(script: CutScript) {
    this.#script = script;
    this.#configs = [0, ...[...script.earlierConfigs, script.config].map(configId)];
  }

  asked(operation: number, slot: number): void {
    if (this.#pending !== undefined) this.#settled.add(this.#pending);
    this.#pending = undefined;
    if (operation === operations.POWER_ON) this.#awake = false;
    if (operation !== operations.SENSE) return;
    this.#pending = slot;
    this.#sensed.add(slot);
  }

  cut(): void {
    this.#pending = undefined;
  }

  heard({ message, answered, overdue }: Extract<CutEvent, { kind: 'heard' }>): void {
    if (message.name === 'HELLO') this.#greeted(message.fields, overdue);
    else if (message.name === 'SAMPLES') this.#packet(message, answered);
    else if (message.name === 'STATUS') this.#reported(message.fields);
  }

  ended(recovered: Recovered | undefined): void {
    const { lost } = this.#sequence;
    demand(lost === 0, () => `${lost} packets are missing between those received`);
    const held = new Set(recovered?.held.map(({ slot }) => slot));
    // Without a journal what comes after the last delivery may still be held.
    const due = (slot: number): boolean => recovered !== undefined || slot < this.#lastSlot;
    const missing = [...this.#settled].filter(
      (slot) => due(slot) && !this.#delivered.has(slot) && !held.has(slot),
    );
    const unsent = recovered?.unsent ?? this.#unsent;
    demand(missing.length <= unsent, () => `the sample of slot ${missing[0]} is lost`);
    if (!recovered) return;
    for (const { slot, values } of recovered.held) this.#genuine(slot, values);
    const known = new Set([...this.#delivered, ...held]).size;
    demand(
      recovered.sampled === known + unsent,
      () => `the node took ${recovered.sampled} samples; ${known} are delivered or held, ${unsent} left out`,
    );
    demand(
      recovered.acknowledged <= this.#acknowledged.size,
      () => `the node counts ${recovered.acknowledged} acknowledgements of ${this.#acknowledged.size}`,
    );
  }

  #greeted(hello: Fields<'HELLO'>, overdue: boolean): void {
    const before = this.#hello;
    if (before) {
      demand(
        this.#awake || overdue ? hello.boot >= before.boot : hello.boot > before.boot,
        () => `boot ${hello.boot} follows boot ${before.boot}`,
      );
      demand(hello.slot >= before.slot, () => `a HELLO of slot ${hello.slot} after ${before.slot}`);
    }
    const config = this.#configs.indexOf(hello.configId);
    demand(config >= 0, () => `a configuration that nobody sent, in boot ${hello.boot}`);
    demand(config >= this.#config, () => `the configuration is forgotten in boot ${hello.boot}`);
    this.#config = config;
    this.#awake ||= !overdue;
    this.#hello = hello;
  }

  #packet({ fields, samples, body }: Extract<Message, { name: 'SAMPLES' }>, answered: boolean): void {
    const { node, boot, seq } = fields;
    const name = `packet ${boot}/${seq}`;
    const content = Buffer.from(body).toString('hex');
    if (answered) this.#acknowledged.add(name);
    demand(boot > this.#script.knownBoot, () => `${name} has the name of one from before`);
    if (this.#received.has(node, boot, seq)) {
      demand(this.#contents.get(name) === content, () => `${name} came again with another content`);
      return;
    }
    this.#received.add(node, boot, seq);
    this.#sequence.note(boot, seq);
    this.#contents.set(name, content);
    const { axes, slots, values } = samples;
    slots.forEach((slot, i) => {
      demand(!this.#delivered.has(slot), () => `the sample of slot ${slot} comes twice, now in ${name}`);
      demand(slot > this.#lastSlot, () => `${name} goes back in time, from ${this.#lastSlot} to ${slot}`);
      this.#genuine(slot, [...values.subarray(i * axes, (i + 1) * axes)]);
      this.#delivered.add(slot);
      this.#lastSlot = slot;
    });
  }

  /** A sample is one that was taken, with the values that the sensor gave. */
  #genuine(slot: number, values: readonly number[]): void {
    demand(this.#sensed.has(slot), () => `no sample was taken in slot ${slot}`);
    const expected = this.#script.values(slot);
    demand(
      values.length === expected.length && values.every((value, axis) => value === expected[axis]),
      () => `the sample of slot ${slot} has values that the sensor did not give`,
    );
  }

  #reported(status: Fields<'STATUS'>): void {
    const before = this.#status;
    this.#status = status;
    const counters: Readonly<Record<string, number>> = status;
    this.#unsent = UNSENT.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
    for (const total of before ? TOTALS : [])
      demand(
        status[total] >= before![total],
        () => `${total} fell from ${before![total]} to ${status[total]}`,
      );
    demand(
      status.acknowledged <= this.#acknowledged.size,
      () => `STATUS counts ${status.acknowledged} acknowledgements of ${this.#acknowledged.size}`,
    );
  }
}
