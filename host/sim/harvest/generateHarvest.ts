import { Random } from '../random.ts';
import { TraceHarvester } from './harvester.ts';
import { assumedVolts, defaultPanel } from './traceText.ts';

export const harvestKinds = ['solar', 'rf', 'kinetic'] as const;
export type HarvestKind = (typeof harvestKinds)[number];

export function isHarvestKind(text: string): text is HarvestKind {
  return (harvestKinds as readonly string[]).includes(text);
}

/** Generated sources last this long and then repeat. */
const HOUR = 3600;

/** A source of the kind, the same for the same seed. */
export function generateHarvest(kind: HarvestKind, seed = 1): TraceHarvester {
  const random = new Random(seed);
  const name = `${kind} (seed ${seed})`;
  switch (kind) {
    case 'solar':
      return trace(name, 0.25, assumedVolts.solar, solarPower(random, 0.25));
    case 'rf':
      return trace(name, 0.02, assumedVolts.rf, rfPower(random, 0.02));
    case 'kinetic':
      return trace(name, 0.02, assumedVolts.generic, kineticPower(random, 0.02));
  }
}

/**
 * The default panel on a wearer who walks out of doors: 300 W/m^2 in the open, 0.2 % to 5 % of it under trees, along
 * walls and under a sleeve. Open stretches last 4 to 12 s, shaded ones 10 to 35 s, and the change takes about a second.
 */
function* solarPower(random: Random, step: number): Generator<number> {
  const full = 300 * defaultPanel.area * defaultPanel.efficiency;
  let share = 1;
  for (let open = true; ; open = !open) {
    const seconds = open ? random.uniform(4, 12) : random.uniform(10, 35);
    const target = open ? random.uniform(0.6, 1) : random.uniform(0.002, 0.05);
    for (let t = 0; t < seconds; t += step) {
      share += (target - share) * (1 - Math.exp(-step / 0.5));
      yield full * share * Math.max(0, random.normal(1, 0.05));
    }
  }
}

/**
 * A receiver carried around a 915 MHz reader of 3 W EIRP: free-space power at a distance that wanders between 2 and
 * 7 m, with Rayleigh fading (two normal quadratures of 0.2 s correlation), half of it rectified. On
 * every third walk or so the wearer's body is in between, 17 dB.
 */
function* rfPower(random: Random, step: number): Generator<number> {
  const wavelength = 0.328;
  const gain = 4;
  const keep = Math.exp(-step / 0.2);
  const stir = Math.sqrt(1 - keep * keep);
  let distance = 3;
  let target = 3;
  let left = 0;
  let shadow = 1;
  let inPhase = random.normal();
  let quadrature = random.normal();
  for (;;) {
    if (left <= 0) {
      target = random.uniform(2, 7);
      left = random.uniform(8, 25);
      shadow = random.uniform() < 0.35 ? 0.02 : 1;
    }
    left -= step;
    // Walks to the next place at no more than 0.7 m/s.
    distance += Math.max(-0.7 * step, Math.min(0.7 * step, target - distance));
    inPhase = keep * inPhase + stir * random.normal();
    quadrature = keep * quadrature + stir * random.normal();
    const fading = (inPhase * inPhase + quadrature * quadrature) / 2;
    yield 0.5 * 3 * gain * (wavelength / (4 * Math.PI * distance)) ** 2 * shadow * fading;
  }
}

/**
 * A small electromagnetic harvester on a limb: while its wearer walks (10 to 30 s at 1.7 to 2.2 steps a second) every
 * step is a decaying pulse, 200 to 450 uW on average; standing (8 to 25 s) yields 3 uW.
 */
function* kineticPower(random: Random, step: number): Generator<number> {
  const decay = 0.12;
  for (let walking = true; ; walking = !walking) {
    const seconds = walking ? random.uniform(10, 30) : random.uniform(8, 25);
    const cadence = random.uniform(1.7, 2.2);
    const mean = random.uniform(200e-6, 450e-6);
    const peak = mean / (cadence * decay * (1 - Math.exp(-1 / (cadence * decay))));
    let strength = 1;
    let phase = 1;
    for (let t = 0; t < seconds; t += step) {
      phase += step * cadence;
      if (phase >= 1) {
        phase -= 1;
        strength = Math.max(0.2, random.normal(1, 0.2));
      }
      yield walking ? strength * peak * Math.exp(-phase / (cadence * decay)) : 3e-6;
    }
  }
}

function trace(name: string, step: number, volts: number, power: Generator<number>): TraceHarvester {
  const length = Math.round(HOUR / step);
  const watts = new Float64Array(length);
  for (let i = 0; i < length; i++) watts[i] = power.next().value as number;
  return new TraceHarvester({
    name,
    starts: Float64Array.from({ length }, (_, i) => i * step),
    watts,
    volts: new Float64Array(length).fill(volts),
    duration: HOUR,
  });
}
