import { UserError, exitCodes } from '../errors.ts';
import type { NodeConfig } from '../link/protocol.ts';
import { fitThreshold, policyNumbers, type PolicyName } from '../sim/fit.ts';
import type { ModuleImage } from '../sim/nodeModule.ts';
import { energyFigures, type NodeDescription } from '../sim/nodeDescription.ts';
import type { FixedPoint } from '../sim/signal/fixedPoint.ts';
import type { Signal } from '../sim/signal/signal.ts';

/** Bytes of a packet that are left for samples; a sample takes about a byte for its skip and two an axis. */
const PAYLOAD = 221;
/** The policies' largest skip is this beyond the mean one: max_skip = BASE_SKIP + floor(1 / rate). */
const BASE_SKIP = 4;
/** Slots of the signal that a threshold is fitted on. */
export const FIT_SLOTS = 4096;
const MAX_SLOT_SECONDS = 4294;
/** Bytes of a packet besides its samples, on the wire. */
const PACKET_OVERHEAD = 28;
/** Samples taken for each that is sent: this share of a sent sample's cost over that of taking one, at most MOST_DENSITY. */
const DENSITY_SHARE = 0.4;
const LEAST_DENSITY = 1.2;
const MOST_DENSITY = 2;
/** CONFIG's `density` counts quarters. */
const QUARTERS = 4;

export interface SamplingOptions {
  policy: PolicyName;
  /** Mean samples per slot that the policy is fitted to, 0 to 1; with a horizon only what the income is first taken for. */
  rate: number;
  /** Seconds from taking a sample to its delivery. */
  latency: number;
  /** How the rate follows the energy: chosen by the node's costs unless told. */
  energy?: EnergySettings;
}

/** Fields of the configuration: the slots over which stored energy is spent, and what to hold on to (256ths of the most seen). */
export interface EnergySettings {
  horizon: number;
  reserve: number;
}

/** The policy's own intervals, whatever the energy. */
export const FIXED_RATE: EnergySettings = { horizon: 0, reserve: 0 };
/** Where a sample costs more than its share of a packet, and where it costs less: docs/seasons.md. */
const SENSOR_DOMINATES: EnergySettings = { horizon: 256, reserve: 51 };
const RADIO_DOMINATES: EnergySettings = { horizon: 512, reserve: 154 };

/** The configuration of a node that samples `signal`, with its threshold fitted and its costs as described. */
export function configureNode(
  image: ModuleImage,
  signal: Signal,
  fixed: FixedPoint,
  node: NodeDescription,
  { policy, rate, latency, energy }: SamplingOptions,
): NodeConfig {
  const { samplePeriod, axes } = signal;
  if (samplePeriod > MAX_SLOT_SECONDS || samplePeriod < 1e-6) {
    throw new UserError(
      `the signal has a sample every ${samplePeriod} s; a node counts slots of 1 µs to ${MAX_SLOT_SECONDS} s`,
      {
        exitCode: exitCodes.usage,
        hint: 'give the time between samples with --period',
      },
    );
  }
  const latencySlots = Math.round(latency / samplePeriod);
  if (latencySlots < 2) {
    throw new UserError(
      `the latency bound of ${latency} s is shorter than two samples (${2 * samplePeriod} s)`,
      {
        exitCode: exitCodes.usage,
        hint: 'give a longer --latency',
      },
    );
  }
  const figures = energyFigures(node);
  const batch = Math.max(1, Math.min(255, Math.floor(PAYLOAD / (1 + 2 * axes.length))));
  const sendSlots = Math.min(0xffff, Math.max(1, Math.floor(latencySlots / 10)));
  const { sampleNanojoules, packetNanojoules, byteNanojoules } = figures;
  const sending =
    (1 + 2 * axes.length) * byteNanojoules +
    (packetNanojoules + PACKET_OVERHEAD * byteNanojoules) / Math.min(batch, latencySlots - sendSlots);
  const settings = energy ?? (sending > sampleNanojoules ? RADIO_DOMINATES : SENSOR_DOMINATES);
  const density = Math.min(MOST_DENSITY, (DENSITY_SHARE * sending) / sampleNanojoules);
  const config = {
    policy: policyNumbers[policy],
    axes: axes.length,
    fractionBits: fixed.fractionBits,
    batch,
    slotMicros: Math.round(samplePeriod * 1e6),
    latencySlots,
    sendSlots,
    minSkip: 0,
    maxSkip: Math.min(0xffff, BASE_SKIP + Math.floor(1 / rate)),
    rate: Math.min(0xffff, Math.max(1, Math.round(rate * 65536))),
    ...figures,
    ...settings,
    density: density < LEAST_DENSITY || settings.horizon === 0 ? QUARTERS : Math.round(QUARTERS * density),
  };
  const slots = Math.min(FIT_SLOTS, signal.length);
  const values = Array.from({ length: slots }, (_, slot) => fixed.encode(signal.at(slot)));
  return { ...config, threshold: fitThreshold(image, config, values, rate) };
}
