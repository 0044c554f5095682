import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Collector } from '../../host/collect/collector.ts';
import { configureNode } from '../../host/demo/nodeConfig.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { Recorder } from '../../host/record/recorder.ts';
import { generateHarvest } from '../../host/sim/harvest/generateHarvest.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { defaultNode } from '../../host/sim/nodeDescription.ts';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import { SimulatedEnvironment } from '../../host/sim/simulatedEnvironment.ts';
import { VirtualNode } from '../../host/sim/virtualNode.ts';

const NODE = 0x5151;

/** A minute of a node that knows nothing of any life before: its memory is new. */
async function oneLife(dir: string, collected: string[]): Promise<{ duplicates: number; lost: number }> {
  const signal = syntheticSignal(1);
  const fixed = toFixed(signal);
  const image = loadSeasons();
  const config = configureNode(image, signal, fixed, defaultNode, {
    policy: 'linear',
    rate: 0.5,
    latency: 10,
  });
  const recorder = await Recorder.open({ dir, origin: 'simulated' });
  const collector = new Collector({ recorder, configFor: () => config });
  collector.on('samples', ({ boot, seq }) => collected.push(`${boot}:${seq}`));
  const [host, link] = createVirtualLink();
  collector.attach(host);
  const harvester = generateHarvest('kinetic', 1);
  const environment = new SimulatedEnvironment({ harvester, signal, fixed, horizon: 60, speed: Infinity });
  await new VirtualNode({ node: NODE, image, environment, link }).run();
  await collector.close();
  const { duplicates, lost } = collector.counters();
  await recorder.close();
  return { duplicates, lost };
}

test('a node whose memory was erased names its packets anew, and none is taken for an old one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'solstice-erased-'));
  try {
    const names: string[] = [];
    for (let life = 0; life < 3; life++) {
      const before = names.length;
      expect(await oneLife(dir, names)).toEqual({ duplicates: 0, lost: 0 });
      expect(names.length - before).toBeGreaterThan(5);
    }
    expect(new Set(names).size).toBe(names.length);
  } finally {
    await rm(dir, { recursive: true });
  }
});
