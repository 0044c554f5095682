import { randomInt } from 'node:crypto';
import type { NodeSource } from '../collect/collectNodes.ts';
import type { NodeConfig } from '../link/protocol.ts';
import { openHarvest } from '../sim/harvest/readHarvest.ts';
import { defaultNode } from '../sim/nodeDescription.ts';
import type { ModuleImage } from '../sim/nodeModule.ts';
import { toFixed } from '../sim/signal/fixedPoint.ts';
import { openSignal } from '../sim/signal/readSignal.ts';
import { SimulatedEnvironment } from '../sim/simulatedEnvironment.ts';
import { configureNode } from './nodeConfig.ts';
import { startNode } from './startNode.ts';

/** Simulated slots a second, as in the demo. */
const SLOTS_PER_SECOND = 160;
const LATENCY_SLOTS = 160;

/** A virtual node on generated signal and harvest, as a source to collect from, and the configuration that fits it. */
export async function openVirtualNode(
  image: ModuleImage,
  { seed = 1, node = randomInt(1, 2 ** 32 - 1) } = {},
): Promise<NodeSource & { config: NodeConfig }> {
  const signal = openSignal('synthetic', { seed });
  const harvester = openHarvest('solar', { seed });
  const fixed = toFixed(signal);
  const speed = SLOTS_PER_SECOND * signal.samplePeriod;
  const latency = Math.max(10, LATENCY_SLOTS * signal.samplePeriod);
  const config = configureNode(image, signal, fixed, defaultNode, {
    policy: 'variation',
    rate: 0.5,
    latency,
  });
  const environment = new SimulatedEnvironment({ harvester, signal, fixed, speed });
  const running = await startNode({ kind: 'virtual', node, image, environment });
  return {
    config,
    transport: running.transport,
    run: () => running.run(),
    stop: () => environment.stop(),
  };
}
