import { bq25570, type NodeDescription, type Work } from '../nodeDescription.ts';

/**
 * Energy of one sample of all axes. The three sensors of the published measurements on an MSP430FR5994: 0.1 mJ (an
 * accelerometer or light sensor), 1 mJ (a gas sensor's short pulse, a small microphone window), 10 mJ (a heated or
 * optical particle sensor). The duration is a modelling choice: short against a slot.
 */
export const sensors = {
  low: { joules: 0.1e-3, seconds: 1e-3 },
  medium: { joules: 1e-3, seconds: 4e-3 },
  high: { joules: 10e-3, seconds: 10e-3 },
} as const satisfies Record<string, Work>;
export type SensorCost = keyof typeof sensors;

/**
 * Energy of a packet and of each byte.
 * - connection: HM-10 BLE module, connection for every packet, measured on an MSP430FR5994: 24.6 mJ + 32.4 uJ a byte.
 * - advertisement: connectionless BLE of an nRF52, three channels (nodeDescription.ts): 28 uJ + 0.34 uJ a byte.
 * - wired: UART at 115200 baud, 10 bits a byte, 1 mA at 2.2 V while it drives the line: 0.19 uJ a byte; 50 us of
 *   set-up at the same current for a packet.
 * A packet takes 10 ms in the model, whatever the radio: the module sends on its own while the node samples.
 */
export const radios = {
  connection: {
    packet: { joules: 24.6e-3, seconds: 10e-3 },
    byte: { joules: 32.4e-6, seconds: 20e-6 },
  },
  advertisement: {
    packet: { joules: 28e-6, seconds: 2e-3 },
    byte: { joules: 0.34e-6, seconds: 24e-6 },
  },
  wired: {
    packet: { joules: 0.11e-6, seconds: 50e-6 },
    byte: { joules: 0.19e-6, seconds: 87e-6 },
  },
} as const satisfies Record<string, { packet: Work; byte: Work }>;
export type RadioKind = keyof typeof radios;

export interface SensorAndRadio {
  sensor: SensorCost;
  radio: RadioKind;
}
/** A sensor with a radio, or a node that the user describes, its capacitor included. */
export type Regime = SensorAndRadio | { name: string; node: NodeDescription };

export const regimeName = (regime: Regime): string =>
  'node' in regime ? regime.name : `${regime.sensor}-${regime.radio}`;

export const regimes: readonly SensorAndRadio[] = (Object.keys(radios) as RadioKind[]).flatMap((radio) =>
  (Object.keys(sensors) as SensorCost[]).map((sensor) => ({ sensor, radio })),
);

/** What a full packet carries besides samples: header 19, CRC-32 4, CRC-16 2, delimiters 2, COBS 1 (bytes). */
const PACKET_OVERHEAD = 28;
/** Bytes of a sample whose axes differ little from the sample before. */
const usualBytes = (axes: number): number => 1 + 2 * axes;
/** Samples whose energy a node should have at hand together with a packet's: a quarter of a batch. */
const STORED_SAMPLES = 8;
const ON_VOLTS = 3;
const OFF_VOLTS = 2.4;
const WORST_BUCK = 0.9;

/** Joules at the load of a sample and of a full packet. */
export function taskEnergies(node: NodeDescription, axes: number, batch: number) {
  const sample = node.sense.joules + node.compute.joules;
  const bytes = PACKET_OVERHEAD + batch * usualBytes(axes);
  const packet = node.packet.joules + bytes * node.byte.joules + node.compute.joules;
  return { sample, packet };
}

/** Whether a sample's share of a full packet costs more than the sample. */
export function radioDominates(node: NodeDescription, axes: number, batch: number): boolean {
  const { sample, packet } = taskEnergies(node, axes, batch);
  return packet / batch > sample;
}

/**
 * A node of the regime: the board of `defaultNode` on a BQ25570-like supply, with the least capacitor that does the
 * regime's work, as a designer would choose it: between the thresholds it holds `storage` times one full packet and
 * STORED_SAMPLES samples. It
 * is a ceramic or tantalum bank without series resistance; its leakage is that of 0.3 uA at 3 V for 220 uF, in proportion.
 */
export function regimeNode(regime: Regime, axes: number, batch: number, storage: number): NodeDescription {
  if ('node' in regime) return regime.node;
  const { sensor, radio } = regime;
  const work = {
    sleepWatts: 5e-6,
    boot: { joules: 22e-6, seconds: 3e-3 },
    compute: { joules: 0.36e-6, seconds: 50e-6 },
    sense: sensors[sensor],
    ...radios[radio],
  };
  const node: NodeDescription = {
    capacitor: { farads: 1, leakageOhms: 1, maxVolts: 4.2, esrOhms: 0 },
    converter: bq25570,
    onVolts: ON_VOLTS,
    offVolts: OFF_VOLTS,
    initialVolts: ON_VOLTS,
    minOffSeconds: 0.064,
    ...work,
  };
  const { sample, packet } = taskEnergies(node, axes, batch);
  const joules = ((STORED_SAMPLES * sample + packet + work.boot.joules) * storage) / WORST_BUCK;
  const farads = (2 * joules) / (ON_VOLTS ** 2 - OFF_VOLTS ** 2);
  return { ...node, capacitor: { ...node.capacitor, farads, leakageOhms: (10e6 * 220e-6) / farads } };
}
