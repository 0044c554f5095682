import type { CapacitorDescription } from './capacitor.ts';
import type { ConverterDescription } from './converter.ts';

/** One kind of work: energy at the load, and the time over which it is drawn evenly. */
export interface Work {
  joules: number;
  seconds: number;
}

/** A simulated node: what it stores, how it is charged, and what its work costs at the load. SI units. */
export interface NodeDescription {
  capacitor: CapacitorDescription;
  converter: ConverterDescription;
  /** The node starts at `onVolts` and loses power at `offVolts`. */
  onVolts: number;
  offVolts: number;
  /** Capacitor voltage at the start of the run. */
  initialVolts: number;
  /** After a power failure the supply stays off at least this long: the period of the threshold comparator. */
  minOffSeconds: number;
  /** Whole node asleep, clock running. */
  sleepWatts: number;
  boot: Work;
  /** Once for every wake-up, sample and transmission. */
  compute: Work;
  /** One sample of all axes. */
  sense: Work;
  /** A packet, and each of its bytes on top. */
  packet: Work;
  byte: Work;
}

/**
 * The TI BQ25570's shape: boost 0.45 below 8 uA to 0.80 at 1 mA, buck 0.40 below 1 uA to 0.92 at 256 uA, cold start
 * below 1.8 V from 15 uW on, 488 nA quiescent at 3 V, comparator sampled every 64 ms; output set to 2.2 V.
 */
export const bq25570: ConverterDescription = {
  kind: 'boost-buck',
  boost: [
    [8e-6, 0.45],
    [16e-6, 0.7],
    [1e-3, 0.8],
  ],
  minInputVolts: 0.1,
  coldStart: { volts: 1.8, efficiency: 0.05, minWatts: 15e-6 },
  quiescentWatts: 1.5e-6,
  outputVolts: 2.2,
  buck: [
    [1e-6, 0.4],
    [8e-6, 0.82],
    [256e-6, 0.92],
  ],
};

/**
 * An nRF52-class sensor with BLE advertisements, on a BQ25570-like supply. Currents at 2.2 V, orders of magnitude from
 * the data sheets: system-on sleep with RTC 1.9 uA (plus an accelerometer asleep); CPU 3.3 mA; radio 6.4 mA at 0 dBm.
 * Boot: 3 ms of CPU and clock start. Compute: 50 us of CPU. Sense: 1 ms of an accelerometer's single conversion and
 * its bus. Packet: ramp-up and headers on three advertising channels, tens of microjoules; byte: 8 us of 1 Mbit/s on
 * each of them. Capacitor: 220 uF ceramic and tantalum, 0.3 uA leakage at 3 V.
 */
export const defaultNode: NodeDescription = {
  capacitor: { farads: 220e-6, leakageOhms: 10e6, maxVolts: 4.2, esrOhms: 0 },
  converter: bq25570,
  onVolts: 3,
  offVolts: 2.4,
  initialVolts: 3,
  minOffSeconds: 0.064,
  sleepWatts: 5e-6,
  boot: { joules: 22e-6, seconds: 3e-3 },
  compute: { joules: 0.36e-6, seconds: 50e-6 },
  sense: { joules: 6e-6, seconds: 1e-3 },
  packet: { joules: 28e-6, seconds: 2e-3 },
  byte: { joules: 0.34e-6, seconds: 24e-6 },
};

/** What a node is configured to expect its work to cost, its own computing included, in nanojoules. */
export interface EnergyFigures {
  sampleNanojoules: number;
  packetNanojoules: number;
  byteNanojoules: number;
}

/** Covers the supply's own consumption and the capacitor's leakage during the work. */
const FIGURE_MARGIN = 1.01;

/** The figures of a node's CONFIG: energy that is at hand in these amounts lets the work be done. */
export function energyFigures({ compute, sense, packet, byte }: NodeDescription): EnergyFigures {
  const nanojoules = (joules: number) => Math.ceil(joules * FIGURE_MARGIN * 1e9);
  return {
    sampleNanojoules: nanojoules(sense.joules + compute.joules),
    packetNanojoules: nanojoules(packet.joules + compute.joules),
    byteNanojoules: nanojoules(byte.joules),
  };
}

/** Throws a RangeError that names the first figure which makes no node. */
export function checkNode(node: NodeDescription): void {
  const { capacitor, converter, onVolts, offVolts, initialVolts, minOffSeconds, sleepWatts } = node;
  const coldVolts = converter.kind === 'boost-buck' ? converter.coldStart.volts : 0;
  const rules: [boolean, string][] = [
    [capacitor.farads > 0, 'capacitor.farads > 0'],
    [capacitor.leakageOhms > 0, 'capacitor.leakageOhms > 0'],
    [capacitor.esrOhms >= 0, 'capacitor.esrOhms >= 0'],
    [offVolts > 0 && offVolts < onVolts, '0 < offVolts < onVolts'],
    [onVolts <= capacitor.maxVolts, 'onVolts <= capacitor.maxVolts'],
    [coldVolts <= offVolts, 'converter.coldStart.volts <= offVolts'],
    [initialVolts >= 0 && initialVolts <= capacitor.maxVolts, '0 <= initialVolts <= capacitor.maxVolts'],
    [minOffSeconds > 0, 'minOffSeconds > 0'],
    [sleepWatts >= 0, 'sleepWatts >= 0'],
    ...(['boot', 'compute', 'sense', 'packet', 'byte'] as const).map((work): [boolean, string] => [
      node[work].joules >= 0 && node[work].seconds > 0,
      `${work}.joules >= 0 and ${work}.seconds > 0`,
    ]),
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new RangeError(`a node needs ${broken[1]}`);
}
