import { describe, expect, test } from '@jest/globals';
import { configureNode } from '../../host/demo/nodeConfig.ts';
import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { configId, decodeMessage, encodeMessage } from '../../host/link/message.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import type { Transport } from '../../host/link/transport.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { EncodedSignal, runNode } from '../../host/sim/compare/runNode.ts';
import { SeasonsController } from '../../host/sim/compare/seasonsController.ts';
import { generateHarvest, type HarvestKind } from '../../host/sim/harvest/generateHarvest.ts';
import { imbalance, loadParts } from '../../host/sim/ledger.ts';
import { defaultNode } from '../../host/sim/nodeDescription.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import { SimulatedEnvironment } from '../../host/sim/simulatedEnvironment.ts';
import { VirtualNode } from '../../host/sim/virtualNode.ts';

const NODE = 1;
const HELLO_SEQ = 0xffffffff;
const image = loadSeasons();

/** Configures at the first HELLO, acknowledges everything; returns the slots received. */
function answer(transport: Transport, config: NodeConfig): number[] {
  const decoder = new FrameDecoder();
  const slots: number[] = [];
  const send = (body: Uint8Array): void => void transport.write(encodeFrame(body));
  transport.onData((chunk) =>
    decoder.push(chunk, (body) => {
      const message = decodeMessage(body.slice());
      if (typeof message === 'string') throw new Error(message);
      if (message.name === 'HELLO') {
        const { boot } = message.fields;
        const wanted = configId(config);
        if (message.fields.configId !== wanted) {
          send(encodeMessage('CONFIG', { node: NODE, configId: wanted, boot: 0, ...config }));
        }
        send(encodeMessage('ACK', { node: NODE, boot, seq: HELLO_SEQ }));
      } else if (message.name === 'SAMPLES') {
        const { boot, seq } = message.fields;
        slots.push(...message.samples.slots);
        send(encodeMessage('ACK', { node: NODE, boot, seq }));
      }
    }),
  );
  return slots;
}

describe('the synchronous engine and the virtual node behind its link', () => {
  test.each<[HarvestKind, number, 'linear' | 'deviation' | 'uniform']>([
    ['solar', 3, 'deviation'],
    ['rf', 2, 'linear'],
    ['kinetic', 7, 'uniform'],
  ])('are the same run: %s harvest, seed %i, %s', async (kind, seed, policy) => {
    const signal = syntheticSignal(seed);
    const fixed = toFixed(signal);
    // Longer than it takes to charge, so that the comparator's period counts.
    const node = { ...defaultNode, minOffSeconds: 5 };
    const latency = 8;
    const config = configureNode(image, signal, fixed, node, { policy, rate: 0.5, latency });
    const slots = 1600;

    const [host, link] = createVirtualLink();
    const received = answer(host, config);
    const environment = new SimulatedEnvironment({
      harvester: generateHarvest(kind, seed),
      signal,
      node,
      fixed,
      speed: Infinity,
      horizon: slots * signal.samplePeriod,
    });
    await new VirtualNode({ node: NODE, image, environment, link }).run();
    await new Promise((resolve) => setImmediate(resolve));

    const run = runNode({
      signal: new EncodedSignal(signal, fixed),
      harvester: generateHarvest(kind, seed),
      node,
      controller: new SeasonsController(image, config),
      slots,
      latencySlots: slots,
      protocol: true,
    });

    expect(run.samples.slots).toEqual(received);
    expect(run.packets).toBeGreaterThan(10);
    expect(run.boots).toBe(environment.boots);
    expect(run.powerFailures).toBe(environment.powerFailures);
    const energy = environment.ledger();
    for (const part of loadParts) expect(run.energy.parts[part]).toBeCloseTo(energy.parts[part], 12);
    expect(Math.abs(run.energy.harvested - energy.harvested)).toBeLessThanOrEqual(1e-9 * energy.harvested);
    expect(Math.abs(run.energy.stored - energy.stored)).toBeLessThanOrEqual(1e-9 * energy.harvested);
    expect(imbalance(run.energy)).toBeLessThan(1e-12);
  });
});
