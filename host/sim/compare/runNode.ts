import { fixedSize, messages } from '../../link/protocol.ts';
import type { Harvester } from '../harvest/harvester.ts';
import type { LedgerSnapshot } from '../ledger.ts';
import type { NodeDescription } from '../nodeDescription.ts';
import { actions } from '../nodeModule.ts';
import { reconstructionError } from '../reconstruct.ts';
import type { FixedPoint } from '../signal/fixedPoint.ts';
import type { Signal } from '../signal/signal.ts';
import { FRAME_OVERHEAD, type Controller } from './controller.ts';
import { World, type Ending } from './world.ts';

/** One moment of a run. */
export interface TimelinePoint {
  slot: number;
  volts: number;
  on: boolean;
  queue: number;
  oldestAge: number;
}

export interface RunOptions {
  signal: EncodedSignal;
  harvester: Harvester;
  node: NodeDescription;
  controller: Controller;
  slots: number;
  /** A sample delivered more than this many slots after it was taken is a miss and does not count as data. */
  latencySlots: number;
  /**
   * Whether the node also pays for what the link needs besides samples, as the firmware does: HELLO at each boot (twice at first) and
   * STATUS after every eighth packet. Policies are compared without.
   */
  protocol?: boolean;
  /** Slots between points of the timeline; none unless told. */
  timelineEvery?: number;
}

export interface RunResult {
  /** In-time samples as they arrived; values in units of the signal. */
  samples: { slots: number[]; values: Float64Array[] };
  taken: number;
  packets: number;
  /** Samples delivered late, given up beyond the bound, or still held beyond it at the end. */
  misses: number;
  /** Samples that were taken and are neither delivered nor held: left out of packets, or given up. */
  dropped: number;
  held: number;
  boots: number;
  powerFailures: number;
  energy: LedgerSnapshot;
  /** ages[n]: samples delivered n slots after they were taken; the last entry counts all from there on. */
  ages: Uint32Array;
  timeline: TimelinePoint[];
}

/** A signal with its values as the node's sensor gives them. */
export class EncodedSignal {
  readonly signal: Signal;
  readonly fixed: FixedPoint;
  readonly #values: Int32Array[];

  constructor(signal: Signal, fixed: FixedPoint) {
    this.signal = signal;
    this.fixed = fixed;
    this.#values = Array.from({ length: signal.length }, (_, slot) => fixed.encode(signal.at(slot)));
  }

  at(slot: number): Int32Array {
    return this.#values[slot % this.#values.length]!;
  }
}

const HELLO_LENGTH = fixedSize(messages.HELLO) + FRAME_OVERHEAD;
const STATUS_LENGTH = fixedSize(messages.STATUS) + FRAME_OVERHEAD;
const STATUS_EVERY = 8;

/**
 * Runs one node to the end of `slots`: the main loop of `VirtualNode`, with a link that delivers and acknowledges at
 * once. Deterministic.
 */
export function runNode(options: RunOptions): RunResult {
  const {
    signal,
    harvester,
    node,
    controller,
    slots,
    latencySlots,
    protocol = false,
    timelineEvery,
  } = options;
  const samples: RunResult['samples'] = { slots: [], values: [] };
  const ages = new Uint32Array(latencySlots + 2);
  const timeline: TimelinePoint[] = [];
  const world = new World({
    harvester,
    node,
    samplePeriod: signal.signal.samplePeriod,
    slots,
    ...(timelineEvery !== undefined && {
      onSlot: (slot: number, volts: number, on: boolean) => {
        if (slot % timelineEvery !== 0) return;
        timeline.push({ slot, volts, on, queue: controller.held(), oldestAge: controller.oldestAge(slot) });
      },
    }),
  });
  const takenAt: number[] = [];
  let arrived = 0;
  let packets = 0;
  let misses = 0;

  const send = (): Ending => {
    const ending = world.transmit(controller.form() + FRAME_OVERHEAD);
    if (ending !== 'done') return ending;
    packets++;
    const { axes, slots: times, values } = controller.acknowledge();
    for (let i = 0; i < times.length; i++) {
      const age = world.slot - times[i]!;
      ages[Math.min(age, ages.length - 1)]!++;
      if (age > latencySlots) {
        misses++;
      } else {
        samples.slots.push(times[i]!);
        samples.values.push(signal.fixed.decode(values.subarray(i * axes, (i + 1) * axes)));
      }
    }
    arrived += times.length;
    return protocol && packets % STATUS_EVERY === 0 ? world.transmit(STATUS_LENGTH) : 'done';
  };

  const step = (): Ending => {
    const action = controller.next(world.slot, world.energy);
    if (action === actions.sleep) return world.sleepUntil(controller.wakeSlot());
    if (action === actions.send) return send();
    const ending = world.sense();
    if (ending !== 'done') return ending;
    controller.push(world.slot, signal.at(world.slot));
    takenAt.push(world.slot);
    return 'done';
  };

  let configured = false;
  let ending: Ending = 'failed';
  while (ending !== 'over') {
    ending = world.powerOn();
    if (ending !== 'done') continue;
    controller.boot();
    if (protocol) ending = world.transmit(HELLO_LENGTH);
    // The first HELLO that arrives is answered with the configuration, which the node then announces.
    if (protocol && ending === 'done' && !configured) {
      configured = true;
      ending = world.transmit(HELLO_LENGTH);
    }
    while (ending === 'done') ending = step();
  }

  const held = controller.held();
  const oldest = slots - controller.oldestAge(slots);
  const overdue = takenAt.filter((slot) => slot >= oldest && slots - slot > latencySlots).length;
  return {
    samples,
    taken: takenAt.length,
    packets,
    misses: misses + controller.expired() + Math.min(held, overdue),
    dropped: takenAt.length - arrived - held,
    held,
    boots: world.boots,
    powerFailures: world.powerFailures,
    energy: world.ledger(),
    ages,
    timeline,
  };
}

/** Error of what arrived in time, over the slots [0, slots). NaN if nothing did. */
export function errorOf(
  { samples }: RunResult,
  signal: Signal,
  slots: number,
): { mae: number; nmae: number } {
  const { mae, normalisedMae } = reconstructionError(signal, samples, 0, slots);
  return { mae, nmae: normalisedMae };
}
