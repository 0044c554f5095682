import { FIXED_RATE, configureNode, type EnergySettings } from '../../demo/nodeConfig.ts';
import type { NodeConfig } from '../../link/protocol.ts';
import { policyNumbers, type PolicyName } from '../fit.ts';
import type { NodeDescription } from '../nodeDescription.ts';
import type { ModuleImage } from '../nodeModule.ts';
import type { Controller } from './controller.ts';
import type { EncodedSignal } from './runNode.ts';
import { SeasonsController } from './seasonsController.ts';
import {
  UniformController,
  catnapInterval,
  energyAwareInterval,
  type UniformNode,
  type UniformSettings,
} from './uniformController.ts';

/**
 * What is compared. `seasons-*`: the node module with its policies; `seasons`: the one of them that is best on the
 * training half. `asa-capacitor`: the same policy without a time buffer, each sample sent at once. `battery-asa`: the
 * policies on a battery that holds the run's whole harvest from the start.
 */
export const policyNames = [
  'intermittent-uniform',
  'catnap',
  'asa-capacitor',
  'seasons-uniform',
  'seasons-linear',
  'seasons-deviation',
  'seasons-litesense',
  'seasons-skiprnn',
  'seasons-variation',
  'seasons',
  'battery-asa',
] as const;
export type ComparedPolicy = (typeof policyNames)[number];

export const moduleModes = [
  'uniform',
  'linear',
  'deviation',
  'litesense',
  'skiprnn',
  'variation',
] as const satisfies readonly PolicyName[];
export type ModuleMode = (typeof moduleModes)[number];
export const adaptiveModes = [
  'linear',
  'deviation',
  'litesense',
  'skiprnn',
  'variation',
] as const satisfies readonly PolicyName[];

/** Mean rates of the policies that do not follow the energy; which of them suits a harvest is chosen on the training half. */
export const RATES = [0.2, 0.35, 0.5, 0.7, 1] as const;

/** How the node module follows the energy; which of these suits is chosen on the training half. */
export const ENERGY_SETTINGS: readonly EnergySettings[] = [
  { horizon: 256, reserve: 51 },
  { horizon: 256, reserve: 102 },
  { horizon: 512, reserve: 102 },
  { horizon: 512, reserve: 154 },
];
/** Mean rate that the thresholds of policies are fitted to when energy sets the rate: they then tell busy from calm. */
const TELLING_RATE = 0.35;

/** A policy with its parameters; makes a controller with fresh state for each run. */
export interface Candidate {
  label: string;
  create(): Controller;
}

/** Configurations of the node module for one signal; a threshold is fitted once for each policy and rate. */
export class ModuleConfigs {
  readonly #image: ModuleImage;
  readonly #training: EncodedSignal;
  readonly #fitted = new Map<string, NodeConfig>();
  readonly #own = new Map<string, NodeConfig>();

  constructor(image: ModuleImage, training: EncodedSignal) {
    this.#image = image;
    this.#training = training;
  }

  /** `income`: the mean rate that the node is designed for. */
  config(
    node: NodeDescription,
    latencySlots: number,
    policy: PolicyName,
    { rate, income = rate, energy }: { rate: number; income?: number; energy: EnergySettings },
  ): NodeConfig {
    const key = `${policy} ${rate}`;
    const { signal, fixed } = this.#training;
    let fitted = this.#fitted.get(key);
    if (!fitted) {
      const latency = 1000 * signal.samplePeriod;
      fitted = configureNode(this.#image, signal, fixed, node, { policy, rate, latency, energy: FIXED_RATE });
      this.#fitted.set(key, fitted);
    }
    const ownKey = JSON.stringify([node, latencySlots, income, energy]);
    let own = this.#own.get(ownKey);
    if (!own) {
      const latency = latencySlots * signal.samplePeriod;
      // Uniform needs no fit: the rest of the configuration is that of this node and bound.
      own = configureNode(this.#image, signal, fixed, node, {
        policy: 'uniform',
        rate: income,
        latency,
        energy,
      });
      this.#own.set(ownKey, own);
    }
    return { ...own, policy: policyNumbers[policy], threshold: fitted.threshold, maxSkip: fitted.maxSkip };
  }

  /** The node module: its rate follows the energy. */
  adaptive(
    node: NodeDescription,
    latencySlots: number,
    policy: PolicyName,
    budget: number,
    energy: EnergySettings,
  ): Candidate {
    const config = this.config(node, latencySlots, policy, {
      rate: TELLING_RATE,
      income: Math.min(1, budget),
      energy,
    });
    const label = `${policy}, horizon ${energy.horizon}, reserve ${(energy.reserve / 256).toFixed(1)}`;
    return { label, create: () => new SeasonsController(this.#image, config) };
  }

  /** The policy at its own rate, whatever the energy. */
  fixed(node: NodeDescription, latencySlots: number, policy: PolicyName, rate: number): Candidate {
    const config = this.config(node, latencySlots, policy, { rate, energy: FIXED_RATE });
    return { label: `${policy} at ${rate}`, create: () => new SeasonsController(this.#image, config) };
  }

  /** The same without time buffer: a packet for each sample. */
  unbuffered(node: NodeDescription, latencySlots: number, policy: PolicyName, rate: number): Candidate {
    const config = { ...this.config(node, latencySlots, policy, { rate, energy: FIXED_RATE }), batch: 1 };
    return {
      label: `${policy} at ${rate}, unbuffered`,
      create: () => new SeasonsController(this.#image, config),
    };
  }
}

/** What a controller with a regular rate needs of the module's configuration. */
function uniformNode(config: NodeConfig): UniformNode {
  const { axes, batch, latencySlots, sendSlots } = config;
  const { sampleNanojoules, packetNanojoules, byteNanojoules } = config;
  const maxInterval = Math.max(1, latencySlots - sendSlots);
  return {
    axes,
    batch,
    latencySlots,
    sendSlots,
    maxInterval,
    sampleNanojoules,
    packetNanojoules,
    byteNanojoules,
  };
}

const WINDOWS = [64, 512] as const;
const GAINS = [0.8, 1.2] as const;
const BEGINS = [0, 8] as const;

/** Energy-aware uniform sampling with each of its settings; which suits is chosen on the training half. */
export function intermittentUniform(config: NodeConfig, income: number): Candidate[] {
  const node = uniformNode(config);
  return WINDOWS.flatMap((window) =>
    GAINS.flatMap((gain) =>
      BEGINS.map((begin) => {
        const settings: UniformSettings = {
          interval: energyAwareInterval(gain, window),
          window,
          begin,
          income,
        };
        const label = `window ${window}, gain ${gain}, begin ${begin}`;
        return { label, create: () => new UniformController(node, settings) };
      }),
    ),
  );
}

export function catnap(config: NodeConfig, income: number): Candidate[] {
  const node = uniformNode(config);
  return WINDOWS.map((window) => {
    const settings: UniformSettings = { interval: catnapInterval(1), window, begin: 0, income };
    return { label: `window ${window}`, create: () => new UniformController(node, settings) };
  });
}
