import { configureNode } from '../../host/demo/nodeConfig.ts';
import { encodeConfig } from '../../host/link/message.ts';
import type { PolicyName } from '../../host/sim/fit.ts';
import { generateHarvest } from '../../host/sim/harvest/generateHarvest.ts';
import { defaultNode, energyFigures } from '../../host/sim/nodeDescription.ts';
import { NodeModule, actions, type ModuleImage } from '../../host/sim/nodeModule.ts';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';

/** What is played to a sampler: the generated wrist signal, the generated solar walk and the demo's node. */
export interface Workload {
  /** CONFIG's settings as they are on the wire. */
  settings: Uint8Array;
  /** Values of each slot, and what comes in during it, in nanojoules at the load. */
  values: Int32Array[];
  income: number[];
  capacity: number;
  sleep: number;
  sample: number;
  packet: number;
  byte: number;
}

const SLOTS = 4096;
/** Seconds from taking a sample to its delivery. */
const LATENCY = 10;
/** Samples per slot that the mean harvest pays for, in full packets. */
const BUDGET = 0.5;
const NODE = 1;
const FRAME_OVERHEAD = 5;
const UNANSWERED_EVERY = 17;

export function makeWorkload(image: ModuleImage, policy: PolicyName): Workload {
  const signal = syntheticSignal();
  const fixed = toFixed(signal);
  const config = configureNode(image, signal, fixed, defaultNode, { policy, rate: BUDGET, latency: LATENCY });
  const {
    sampleNanojoules: sample,
    packetNanojoules: packet,
    byteNanojoules: byte,
  } = energyFigures(defaultNode);
  const sleep = Math.round(defaultNode.sleepWatts * signal.samplePeriod * 1e9);
  const harvest = generateHarvest('solar');
  const watts = Array.from({ length: SLOTS }, (_, slot) => harvest.at(slot * signal.samplePeriod).watts);
  const mean = watts.reduce((sum, value) => sum + value, 0) / SLOTS;
  const wanted = BUDGET * (sample + packet / config.batch + (1 + 2 * config.axes) * byte) + sleep;
  const { capacitor, offVolts } = defaultNode;
  return {
    settings: encodeConfig(config),
    values: Array.from({ length: SLOTS }, (_, slot) => fixed.encode(signal.at(slot))),
    income: watts.map((value) => Math.round((value / mean) * wanted)),
    capacity: Math.round((capacitor.farads * (capacitor.maxVolts ** 2 - offVolts ** 2) * 1e9) / 2),
    sleep,
    sample,
    packet,
    byte,
  };
}

/** The workload as replay.c includes it. */
export function workloadHeader(workload: Workload): string {
  const { settings, values, income } = workload;
  const axes = values[0]!.length;
  return [
    '#include <stdint.h>',
    `#define WORKLOAD_SLOTS ${values.length}u`,
    `#define WORKLOAD_AXES ${axes}u`,
    `#define WORKLOAD_CAPACITY_NJ ${workload.capacity}u`,
    `#define WORKLOAD_SLEEP_NJ ${workload.sleep}u`,
    `#define WORKLOAD_SAMPLE_NJ ${workload.sample}u`,
    `#define WORKLOAD_PACKET_NJ ${workload.packet}u`,
    `#define WORKLOAD_BYTE_NJ ${workload.byte}u`,
    `static const uint8_t workload_settings[] = {${[...settings].join(', ')}};`,
    `static const int16_t workload_values[] = {${values.map((sample) => [...sample].join(', ')).join(',\n')}};`,
    `static const uint32_t workload_income[] = {${income.join(', ')}};`,
    '',
  ].join('\n');
}

/** Plays the workload to the module in this process, as replay.c does, and returns the same hash. */
export function replayHere(image: ModuleImage, workload: Workload): string {
  const module = new NodeModule(image);
  const { calls } = module;
  calls.reset();
  calls.start(NODE, 1);
  if (module.configure(workload.settings) !== 0) throw new Error('the module refuses the workload');
  const { capacity, sleep, sample, packet, byte } = workload;
  let hash = 2166136261;
  const noteByte = (value: number): void => {
    hash = Math.imul(hash ^ value, 16777619);
  };
  const note = (word: number): void => {
    for (let shift = 0; shift < 32; shift += 8) noteByte((word >>> shift) & 0xff);
  };
  let energy = capacity;
  let wake = 0;
  let packets = 0;
  for (let slot = 0; slot < workload.values.length; slot++) {
    energy = Math.min(capacity, Math.max(0, energy + workload.income[slot]! - sleep));
    while (wake <= slot) {
      const action = calls.next(slot, energy);
      if (action === actions.sample) {
        energy = Math.max(0, energy - sample);
        note(module.push(slot, workload.values[slot]!));
      } else if (action === actions.send) {
        const body = module.packet();
        body.forEach(noteByte);
        const view = new DataView(body.buffer);
        if (++packets % UNANSWERED_EVERY === 0) calls.unsent(slot);
        else calls.acked(view.getUint32(5, true), view.getUint32(9, true));
        energy = Math.max(0, energy - packet - (body.length + FRAME_OVERHEAD) * byte);
      } else {
        wake = calls.wakeSlot() >>> 0;
        note(wake);
      }
      note(action);
      note(energy);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
