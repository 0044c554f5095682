import { encodeConfig } from '../link/message.ts';
import type { NodeConfig } from '../link/protocol.ts';
import { NodeModule, actions, type ModuleImage } from './nodeModule.ts';
import { reconstructionError } from './reconstruct.ts';
import type { FixedPoint } from './signal/fixedPoint.ts';
import type { Signal } from './signal/signal.ts';

/** A policy's number in CONFIG. */
export const policyNumbers = {
  uniform: 0,
  linear: 1,
  deviation: 2,
  litesense: 3,
  skiprnn: 4,
  variation: 5,
} as const;
export type PolicyName = keyof typeof policyNumbers;

/** Enough energy that no decision hangs on it, in nanojoules. */
const UNLIMITED = 0xffffffff;
const ITERATIONS = 32;

/** Slots in which the policy samples `values` (slot by slot, fixed point) when energy does not matter. */
export function sampledSlots(
  image: ModuleImage,
  config: NodeConfig,
  values: readonly Int32Array[],
): number[] {
  const module = new NodeModule(image);
  const { calls } = module;
  calls.reset();
  calls.start(1, 1);
  const fault = module.configure(encodeConfig({ ...config, horizon: 0, density: 4 }));
  if (fault !== 0) throw new RangeError(`the node module refuses the configuration with code ${fault}`);
  const slots: number[] = [];
  let slot = 0;
  while (slot < values.length) {
    const action = calls.next(slot, UNLIMITED);
    if (action === actions.sleep) {
      slot = calls.wakeSlot() >>> 0;
    } else if (action === actions.sample) {
      slots.push(slot);
      module.push(slot, values[slot]!);
    } else {
      const view = new DataView(module.packet().buffer);
      calls.acked(view.getUint32(5, true), view.getUint32(9, true));
    }
  }
  return slots;
}

/** Samples per slot that the module takes when energy does not matter. */
export function measureRate(image: ModuleImage, config: NodeConfig, values: readonly Int32Array[]): number {
  return sampledSlots(image, config, values).length / values.length;
}

/**
 * The error of the policy's samples over the whole signal as a share of that of Uniform's at the same number of samples, when
 * energy does not matter; null where Uniform makes no error.
 */
export function errorShareOfUniform(
  image: ModuleImage,
  config: NodeConfig,
  signal: Signal,
  fixed: FixedPoint,
): number | null {
  const values = Array.from({ length: signal.length }, (_, slot) => fixed.encode(signal.at(slot)));
  const errorAt = (slots: number[]): number => {
    const samples = { slots, values: slots.map((slot) => fixed.decode(values[slot]!)) };
    return reconstructionError(signal, samples, 0, signal.length).mae;
  };
  const own = sampledSlots(image, config, values);
  const rate = Math.max(1, Math.min(0xffff, Math.round((own.length / values.length) * 65536)));
  const uniform = sampledSlots(image, { ...config, policy: policyNumbers.uniform, rate }, values);
  const reference = errorAt(uniform);
  return reference > 0 ? errorAt(own) / reference : null;
}

/**
 * The least threshold at which the policy's mean rate on `values` is at most `rate` (0..1], by bisection; the rate
 * falls as the threshold rises. Uniform has no threshold: 0.
 */
export function fitThreshold(
  image: ModuleImage,
  config: Omit<NodeConfig, 'threshold'>,
  values: readonly Int32Array[],
  rate: number,
): number {
  if (config.policy === policyNumbers.uniform) return 0;
  let low = 0;
  let high = 0x7fffff;
  for (let i = 0; i < ITERATIONS && high - low > 1; i++) {
    const middle = Math.floor((low + high) / 2);
    if (measureRate(image, { ...config, threshold: middle }, values) > rate) low = middle;
    else high = middle;
  }
  return high;
}
