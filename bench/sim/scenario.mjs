/**
 * What both simulators run: a trace, a load and a supply that each of them can express exactly. Shepherd's resolution
 * sets the figures: efficiencies are steps at octaves of the current (1/256 at the input, 16ths of the inverse at the
 * output), thresholds lie on borders of its 128 voltage levels, load currents on its ADC's steps.
 */
import { bq25570, defaultNode } from '../../dist/host/sim/nodeDescription.js';

/** Shepherd's sample interval, in seconds. */
export const sampleSeconds = 1e-5;

/** Seconds between two readings of the stored energy. */
export const recordSeconds = 0.1;

/** Amperes of one step of the simulated ADC that reads the load. */
const adcAmperes = 5e-8;

const maxVolts = 4.096;
const level = maxVolts / 128;
const onVolts = 94 * level;
const offVolts = 75 * level;

/** Entry i of 12 holds up to 2^(firstOctave + i) nA, the last one above that too. */
const firstOctave = 10;
const octaves = Array.from({ length: 12 }, (_, i) => 2 ** (firstOctave + i) * 1e-9);
/** The tables of the BQ25570-like node, read in the middle of each octave and rounded to what shepherd can hold. */
const boost = octaves.map((top) => Math.round(256 * interpolate(bq25570.boost, top / Math.SQRT2)) / 256);
const buck = octaves.map((top) => 16 / Math.round(16 / interpolate(bq25570.buck, top / Math.SQRT2)));

/** Width of a step between two octaves in our interpolated tables, relative. */
const STEP = 1e-9;
const staircase = (values) =>
  values.flatMap((value, i) => [
    ...(i === 0 ? [] : [[octaves[i - 1], value]]),
    ...(i === values.length - 1 ? [] : [[octaves[i] * (1 - STEP), value]]),
  ]);

/** Cold start, quiescent power and the comparator's period are left out of both: shepherd has no such terms. */
export const node = {
  ...defaultNode,
  capacitor: { ...defaultNode.capacitor, maxVolts },
  converter: {
    ...bq25570,
    boost: staircase(boost),
    buck: staircase(buck),
    coldStart: { volts: 0, efficiency: 1, minWatts: 0 },
    quiescentWatts: 0,
  },
  onVolts,
  offVolts,
  initialVolts: onVolts,
};

export const shepherd = {
  adcAmperes,
  storage: {
    C_uF: node.capacitor.farads * 1e6,
    V_rated: maxVolts,
    SoC_init: onVolts / maxVolts,
    R_leak_Ohm: node.capacitor.leakageOhms,
  },
  source: {
    name: 'bq25570-steps',
    enable_boost: true,
    enable_buck: true,
    C_output_uF: 0,
    V_input_boost_threshold_mV: bq25570.minInputVolts * 1e3,
    V_intermediate_enable_output_threshold_mV: onVolts * 1e3,
    V_intermediate_disable_output_threshold_mV: offVolts * 1e3,
    interval_check_thresholds_ms: 0,
    V_output_mV: bq25570.outputVolts * 1e3,
    LUT_input_efficiency: octaves.map(() => boost),
    LUT_input_I_min_log2_nA: firstOctave,
    LUT_output_efficiency: buck,
    LUT_output_I_min_log2_nA: firstOctave,
  },
};

/**
 * The load's period of 250 ms, in samples and ADC steps: sense (3 mA for 1 ms), compute (3.3 mA for 50 us), send (8 mA
 * for 3 ms), sleep (2.25 uA).
 */
const phases = [
  { part: 'sense', samples: 100, steps: 60_000 },
  { part: 'compute', samples: 5, steps: 66_000 },
  { part: 'radio', samples: 300, steps: 160_000 },
  { part: 'sleep', samples: 24_595, steps: 45 },
];

/** Per phase: what it draws at the load, and how long it lasts in samples. */
export const load = phases.map(({ part, samples, steps }) => ({
  part,
  samples,
  watts: steps * adcAmperes * bq25570.outputVolts,
}));

/** The load of one period sample by sample, in ADC steps. */
export const loadSteps = phases.flatMap(({ samples, steps }) => Array(samples).fill(steps));

/**
 * Microvolts and nanoamperes, sample by sample: a source of 1.5 to 2.4 V and up to 0.42 mA that is shaded every 2.3 s, with
 * 100 Hz flicker, and noise on each sample (xorshift32, seed 1).
 */
export function makeTrace(seconds) {
  const count = Math.round(seconds / sampleSeconds);
  const rows = new Int32Array(2 * count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const noise = (state >>> 0) / 2 ** 32;
    const t = i * sampleSeconds;
    const light = Math.sin((Math.PI * t) / 2.3) ** 4 * (1 - 0.2 * Math.cos(200 * Math.PI * t) ** 2);
    rows[2 * i] = Math.round(1.5e6 + 0.8e6 * light + 0.1e6 * noise);
    rows[2 * i + 1] = Math.round(2e3 + 0.4e6 * light * (0.95 + 0.1 * noise));
  }
  return rows;
}

function interpolate(table, amperes) {
  const next = table.findIndex(([limit]) => amperes <= limit);
  if (next === 0) return table[0][1];
  if (next < 0) return table.at(-1)[1];
  const [[from, low], [to, high]] = [table[next - 1], table[next]];
  return low + ((high - low) * Math.log(amperes / from)) / Math.log(to / from);
}
