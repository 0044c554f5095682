import { crc32 } from '../../../host/link/crc.ts';
import { configFields, fixedSize } from '../../../host/link/protocol.ts';
import { decodeSamples } from '../../../host/link/samples.ts';
import { NodeModule, actions, type ModuleImage } from '../../../host/sim/nodeModule.ts';

const HEADER = 8;
const CONFIG = fixedSize({ type: 0, fields: configFields }) - 1;
/** boot, configured, config_id, config, link_errors. */
const RECORD = 4 * 4 + CONFIG;
const CRC = 4;
/** Exports that count samples which leave the queue unsent, in modules that have them. */
const UNSENT = ['prunedCount', 'expiredCount'];
/** The node is asked for its samples during so many slots. */
const PATIENCE = 10_000;

/** What a journal holds: totals that never fall, and the samples that it would send, oldest first. */
export interface Recovered {
  generation: number;
  boot: number;
  configId: number;
  sampled: number;
  formed: number;
  acknowledged: number;
  /** Samples that the module counts as left out or given up, once all that it holds is sent. */
  unsent: number;
  held: { slot: number; values: number[] }[];
}

/**
 * Recovers the journal of an NVM as journal.h describes it, with the node module's own functions for the queue. Undefined
 * when no slot is valid. `slot` is the present.
 */
export function recoverNvm(nvm: Uint8Array, image: ModuleImage, slot: number): Recovered | undefined {
  const module = new NodeModule(image);
  const { calls } = module;
  const headSize = calls.headSize();
  const ringSize = calls.stateSize() - headSize;
  const size = HEADER + RECORD + headSize + CRC;
  const newest = [0, 1]
    .map((index) => nvm.subarray(index * size, (index + 1) * size))
    .filter((bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const sizes = [view.getUint16(4, true), view.getUint16(6, true)];
      return (
        sizes[0] === headSize &&
        sizes[1] === ringSize &&
        crc32(bytes, 0, size - CRC) === view.getUint32(size - CRC, true)
      );
    })
    .map((bytes) => ({ bytes, view: new DataView(bytes.buffer, bytes.byteOffset) }))
    .sort((a, b) => (a.view.getUint32(0, true) - b.view.getUint32(0, true)) | 0)
    .at(-1);
  if (!newest) return undefined;
  const head = newest.bytes.subarray(HEADER + RECORD, size - CRC);
  module.state().set(head);
  module.state().set(nvm.subarray(2 * size, 2 * size + ringSize), headSize);
  const totals = {
    generation: newest.view.getUint32(0, true),
    boot: newest.view.getUint32(HEADER, true),
    configId: newest.view.getUint32(HEADER + 8, true),
    sampled: calls.sampledCount() >>> 0,
    formed: calls.formedCount() >>> 0,
    acknowledged: calls.acknowledgedCount() >>> 0,
  };
  const held = drain(module, slot);
  const counters = calls as unknown as Record<string, (() => number) | undefined>;
  const unsent = UNSENT.reduce((sum, name) => sum + ((counters[name]?.() ?? 0) >>> 0), 0);
  return { ...totals, held, unsent };
}

/** Sends everything that the module holds. */
function drain(module: NodeModule, slot: number): Recovered['held'] {
  const { calls } = module;
  const held: Recovered['held'] = [];
  for (let now = slot; calls.queueLength() > 0; now++) {
    if (now > slot + PATIENCE) throw new Error('the queue does not drain');
    if (calls.next(now, 0xffffffff) !== actions.send) continue;
    const body = module.packet();
    const samples = decodeSamples(body);
    if (typeof samples === 'string') throw new Error(`the queue gives a packet with a fault: ${samples}`);
    const { axes, slots, values } = samples;
    slots.forEach((at, i) => held.push({ slot: at, values: [...values.subarray(i * axes, (i + 1) * axes)] }));
    const view = new DataView(body.buffer);
    if (calls.acked(view.getUint32(5, true), view.getUint32(9, true)) === 0)
      throw new Error('the module does not know its own packet');
  }
  return held;
}
