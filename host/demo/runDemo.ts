import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { Collector, type CollectedSamples } from '../collect/collector.ts';
import type { NodeConfig } from '../link/protocol.ts';
import { Recorder } from '../record/recorder.ts';
import { LiveServer } from '../server/liveServer.ts';
import type { RunEvent } from '../server/events.ts';
import type { PolicyName } from '../sim/fit.ts';
import { openHarvest } from '../sim/harvest/readHarvest.ts';
import { imbalance, type LedgerSnapshot } from '../sim/ledger.ts';
import { loadSeasons } from '../sim/nodeModule.ts';
import { defaultNode } from '../sim/nodeDescription.ts';
import { RunningError } from '../sim/runningError.ts';
import { openSignal } from '../sim/signal/readSignal.ts';
import { toFixed } from '../sim/signal/fixedPoint.ts';
import { SimulatedEnvironment } from '../sim/simulatedEnvironment.ts';
import { HeldSamples } from './heldSamples.ts';
import { FIXED_RATE, configureNode } from './nodeConfig.ts';
import { startNode, type NodeKind } from './startNode.ts';

export interface DemoOptions {
  /** `synthetic` or a file. */
  signal: string;
  /** `solar`, `rf`, `kinetic` or a file. */
  harvest: string;
  policy: PolicyName;
  rate: number;
  /** Keep to the rate whatever the energy. */
  fixedRate?: boolean | undefined;
  node: NodeKind;
  seed: number;
  /** Folder of recordings. */
  dir: string;
  /** Seconds between the signal's samples where its file does not tell. */
  period?: number | undefined;
  /** Seconds into the harvest trace at which the run begins. */
  harvestStart?: number | undefined;
  /** Latency bound in seconds; 10 s or 160 slots, whichever is longer, unless told. */
  latency?: number | undefined;
  /** Simulated seconds per wall-clock second; 160 slots a second unless told. */
  speed?: number | undefined;
  /** Wall-clock seconds at that speed (simulated ones at infinite speed); until `stop` unless told. */
  seconds?: number | undefined;
  /** Port of the live page; false: no page. */
  port?: number | false | undefined;
  log: Logger;
}

/** What `solstice demo --json` prints. Energies in joules, errors in units of the signal. */
export interface DemoSummary {
  origin: RunEvent['origin'];
  node: NodeKind;
  policy: PolicyName;
  signal: string;
  harvest: string;
  seed: number;
  /** Simulated seconds, and slots of the signal in them. */
  seconds: number;
  slots: number;
  /** Samples on disk, and how many the node has taken. */
  samples: number;
  taken: number;
  /** Samples that the node left out of packets to spare energy: what they add to the reconstruction is least. */
  leftOut: number;
  packets: number;
  lost: number;
  duplicates: number;
  /** Samples that reached the disk later than the latency bound, were given up beyond it, or still wait beyond it. */
  deadlineMisses: number;
  latencySeconds: number;
  /** Mean absolute error of the linear reconstruction over all slots, and the same relative to each axis' range. */
  mae: number | null;
  nmae: number | null;
  boots: number;
  powerFailures: number;
  energy: LedgerSnapshot & { imbalance: number };
  recording: string;
  warnings: string[];
}

export interface DemoProgress {
  seconds: number;
  volts: number;
  on: boolean;
  queue: number;
  oldestSeconds: number;
  samples: number;
  packets: number;
}

/** A demo under way. */
export interface Demo {
  /** Address of the live page. */
  url: string | undefined;
  recording: string;
  warnings: string[];
  progress(): DemoProgress;
  /** Ends the run early; `finished` resolves. */
  stop(): void;
  finished: Promise<DemoSummary>;
}

/**
 * The main job: a node (virtual or emulated) on simulated energy samples a signal and sends it over a link; the host
 * collects, acknowledges, records and shows it.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const signal = openSignal(options.signal, {
    seed: options.seed,
    ...(options.period !== undefined && { period: options.period }),
  });
  const harvester = openHarvest(options.harvest, { seed: options.seed, start: options.harvestStart ?? 0 });
  const image = loadSeasons();
  const fixed = toFixed(signal);
  const latency = options.latency ?? Math.max(10, 160 * signal.samplePeriod);
  const config = configureNode(image, signal, fixed, defaultNode, {
    policy: options.policy,
    rate: options.rate,
    latency,
    ...(options.fixedRate && { energy: FIXED_RATE }),
  });
  const speed = options.speed ?? 160 * signal.samplePeriod;
  const horizon = (options.seconds ?? Infinity) * (Number.isFinite(speed) ? speed : 1);
  const origin = options.node === 'virtual' ? 'simulated' : 'emulated';
  const nodeId = randomInt(1, 2 ** 32 - 1);
  const warnings = [...signal.warnings, ...harvester.warnings];

  const server =
    options.port === false
      ? undefined
      : await LiveServer.start({ ...(options.port !== undefined && { port: options.port }) });
  const recorder = await Recorder.open({
    dir: options.dir,
    title: `${signal.name} on ${harvester.name}`,
    origin,
  });
  const environment = new SimulatedEnvironment({
    harvester,
    signal,
    fixed,
    horizon,
    speed,
    observer: {
      power: (power) => {
        server?.publish({ type: 'power', ...power });
        const { slot } = power;
        server?.publish({
          type: 'queue',
          slot,
          node: nodeId,
          length: held.length,
          oldestAge: held.oldestAge(slot),
        });
      },
      truth: (truth) => server?.publish({ type: 'truth', ...truth }),
    },
  });
  const held = new HeldSamples(environment);
  const reconstruction = new RunningError(signal);
  let deadlineMisses = 0;
  let leftOut = 0;

  const collector = new Collector({ recorder, configFor: () => config, log: options.log });
  collector.on('hello', ({ node }) => {
    recorder.addCalibration(
      node,
      signal.axes.map((name) => ({ name, scale: 1, offset: 0, unit: signal.unit })),
      BigInt(Date.now()) * 1_000_000n,
    );
  });
  collector.on('samples', ({ node, samples }: CollectedSamples) => {
    const { axes, slots } = samples;
    const values = Array.from(slots, (_, i) =>
      fixed.decode(samples.values.subarray(i * axes, (i + 1) * axes)),
    );
    const now = environment.nowSlot;
    const late = slots.filter((slot) => now - slot > config.latencySlots).length;
    deadlineMisses += late;
    for (const slot of held.delivered(slots)) {
      if (now - slot > config.latencySlots) deadlineMisses++;
      else leftOut++;
    }
    slots.forEach((slot, i) => reconstruction.add({ slot, values: values[i]! }));
    server?.publish({
      type: 'samples',
      node,
      slots: Array.from(slots),
      values: values.map((row) => Array.from(row)),
      late,
    });
    server?.publish({ type: 'counters', counters: counters() });
  });

  const counters = (): Record<string, number> => {
    const { lost, duplicates } = collector.counters();
    const { packets, samples } = recorder.counters;
    const { powerFailures } = environment;
    const { mae } = reconstruction.current;
    return { samples, packets, lost, duplicates, deadlineMisses, powerFailures, mae };
  };
  server?.publish(describeRun(options, signal, harvester.name, config, speed, origin));

  const node = await startNode({ kind: options.node, node: nodeId, image, environment: held });
  collector.attach(node.transport);

  const summarise = (): DemoSummary => {
    const slots = environment.nowSlot;
    const { mae, normalisedMae } = reconstruction.finish(slots);
    const energy = environment.ledger();
    const { lost, duplicates } = collector.counters();
    const { packets, samples } = recorder.counters;
    return {
      origin,
      node: options.node,
      policy: options.policy,
      signal: signal.name,
      harvest: harvester.name,
      seed: options.seed,
      seconds: environment.seconds,
      slots,
      samples,
      taken: held.taken,
      leftOut,
      packets,
      lost,
      duplicates,
      deadlineMisses: deadlineMisses + held.olderThan(config.latencySlots, slots),
      latencySeconds: latency,
      mae: Number.isFinite(mae) ? mae : null,
      nmae: Number.isFinite(normalisedMae) ? normalisedMae : null,
      boots: environment.boots,
      powerFailures: environment.powerFailures,
      energy: { ...energy, imbalance: imbalance(energy) },
      recording: recorder.path,
      warnings,
    };
  };

  const finished = (async (): Promise<DemoSummary> => {
    try {
      await node.run();
      await collector.close();
      const summary = summarise();
      server?.publish({ type: 'end', summary: { ...summary } });
      return summary;
    } finally {
      await node.close();
      await collector.close();
      await recorder.close();
      await server?.close();
    }
  })();

  return {
    url: server?.url,
    recording: recorder.path,
    warnings,
    progress: () => ({
      seconds: environment.seconds,
      volts: environment.volts,
      on: environment.on,
      queue: held.length,
      oldestSeconds: held.oldestAge(environment.nowSlot) * signal.samplePeriod,
      samples: recorder.counters.samples,
      packets: recorder.counters.packets,
    }),
    stop: () => environment.stop(),
    finished,
  };
}

function describeRun(
  { node, policy }: DemoOptions,
  signal: ReturnType<typeof openSignal>,
  harvest: string,
  { latencySlots }: NodeConfig,
  speed: number,
  origin: RunEvent['origin'],
): RunEvent {
  const { onVolts, offVolts, capacitor } = defaultNode;
  return {
    type: 'run',
    title: signal.name,
    origin,
    node,
    policy,
    signal: signal.name,
    harvest,
    axes: [...signal.axes],
    unit: signal.unit,
    slotSeconds: signal.samplePeriod,
    latencySlots,
    thresholds: { on: onVolts, off: offVolts, max: capacitor.maxVolts },
    speed,
  };
}
