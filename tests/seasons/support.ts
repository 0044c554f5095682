import { encodeConfig } from '../../host/link/message.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { NodeModule, actions, loadSeasons } from '../../host/sim/nodeModule.ts';

export const image = loadSeasons();
export const policies = {
  uniform: 0,
  linear: 1,
  deviation: 2,
  litesense: 3,
  skiprnn: 4,
  variation: 5,
} as const;

export const baseConfig: NodeConfig = {
  policy: policies.uniform,
  axes: 1,
  fractionBits: 0,
  batch: 8,
  slotMicros: 62500,
  latencySlots: 160,
  sendSlots: 4,
  minSkip: 0,
  maxSkip: 15,
  rate: 65535,
  threshold: 100,
  sampleNanojoules: 1000,
  packetNanojoules: 50_000,
  byteNanojoules: 100,
  horizon: 0,
  reserve: 0,
  density: 4,
};

/** Plenty: no decision hangs on energy. */
export const RICH = 1_000_000_000;

export function configured(config: Partial<NodeConfig> = {}, node = 7, boot = 1): NodeModule {
  const module = new NodeModule(image);
  module.calls.reset();
  module.calls.start(node, boot);
  const fault = module.configure(encodeConfig({ ...baseConfig, ...config }));
  if (fault !== 0) throw new Error(`configuration refused with ${fault}`);
  return module;
}

export type Action = (typeof actions)[keyof typeof actions];

/** Lets the module run over slots [from, to) with a signal; every packet is handed over and, if told so, acknowledged. */
export function runModule(
  module: NodeModule,
  signal: (slot: number) => Int32Array,
  [from, to]: [number, number],
  {
    energy = () => RICH,
    onPacket = () => true,
    onSample = () => undefined,
  }: {
    energy?: (slot: number) => number;
    /** Whether the host acknowledges. */
    onPacket?: (body: Uint8Array, slot: number) => boolean;
    onSample?: (slot: number) => void;
  } = {},
): void {
  const { calls } = module;
  let slot = from;
  let guard = 0;
  while (slot < to) {
    if (++guard > 50 * (to - from) + 1000) throw new Error('the module does not sleep');
    const action = calls.next(slot, energy(slot)) as Action;
    if (action === actions.sleep) {
      slot = calls.wakeSlot() >>> 0;
    } else if (action === actions.sample) {
      onSample(slot);
      module.push(slot, signal(slot));
    } else {
      const body = module.packet();
      const view = new DataView(body.buffer);
      if (onPacket(body, slot)) calls.acked(view.getUint32(5, true), view.getUint32(9, true));
      else calls.unsent(slot);
    }
  }
}
