import { EndOfRun, PowerFailure } from '../../host/sim/environment.ts';
import { TraceHarvester, type HarvestPiece, type Harvester } from '../../host/sim/harvest/harvester.ts';
import { defaultNode, type NodeDescription } from '../../host/sim/nodeDescription.ts';
import { ArraySignal } from '../../host/sim/signal/signal.ts';
import type { SimulatedEnvironment } from '../../host/sim/simulatedEnvironment.ts';

/** A harvester of `watts` at all times. */
export function constantHarvest(watts: number, volts = 1): TraceHarvester {
  return harvestOf([[1, watts]], volts);
}

/** A harvester that repeats pieces of [seconds, watts]. */
export function harvestOf(pieces: [number, number][], volts = 1): TraceHarvester {
  let start = 0;
  const starts = pieces.map(([seconds]) => (start += seconds) - seconds);
  return new TraceHarvester({
    name: 'test',
    starts: Float64Array.from(starts),
    watts: Float64Array.from(pieces, ([, watts]) => watts),
    volts: new Float64Array(pieces.length).fill(volts),
    duration: start,
  });
}

/** Joules offered over [0, seconds], summed piece by piece without the simulator. */
export function offered(harvester: Harvester, seconds: number): number {
  let sum = 0;
  for (let t = 0; t < seconds;) {
    const piece: HarvestPiece = harvester.at(t);
    const until = Math.min(piece.until, seconds);
    sum += piece.watts * (until - t);
    t = until;
  }
  return sum;
}

/** A ramp on two axes: slot n has the values n and -n. */
export function rampSignal(length = 100, samplePeriod = 1 / 16): ArraySignal {
  return new ArraySignal({
    name: 'ramp',
    axes: ['up', 'down'],
    samplePeriod,
    values: Float64Array.from({ length: length * 2 }, (_, i) => (i % 2 === 0 ? i / 2 : -(i - 1) / 2)),
  });
}

export function node(changes: Partial<NodeDescription> = {}): NodeDescription {
  return { ...defaultNode, ...changes };
}

/** A node whose supply loses nothing: work takes exactly its energy out of the capacitor. */
export function losslessNode(changes: Partial<NodeDescription> = {}): NodeDescription {
  return node({
    capacitor: { farads: 220e-6, leakageOhms: Infinity, maxVolts: 4.2, esrOhms: 0 },
    converter: {
      kind: 'boost-buck',
      boost: [[1e-6, 1]],
      minInputVolts: 0,
      coldStart: { volts: 0, efficiency: 1, minWatts: 0 },
      quiescentWatts: 0,
      outputVolts: 2.2,
      buck: [[1e-6, 1]],
    },
    ...changes,
  });
}

/** Runs `program` on the environment, from boot to boot, until the run ends. */
export async function live(environment: SimulatedEnvironment, program: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await environment.powerOn();
      for (;;) await program();
    } catch (error) {
      if (error instanceof EndOfRun) return;
      if (!(error instanceof PowerFailure)) throw error;
    }
  }
}
