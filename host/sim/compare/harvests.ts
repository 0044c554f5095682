import { createConverter } from '../converter.ts';
import { TraceHarvester } from '../harvest/harvester.ts';
import type { NodeDescription } from '../nodeDescription.ts';

/** Mean power and voltage of a trace over [from, from + duration), in steps: what a run is fed. */
export interface SampledHarvest {
  name: string;
  step: number;
  watts: Float64Array;
  volts: Float64Array;
}

/** Resamples a trace to even steps of its mean power: the same energy, fewer pieces. */
export function sampleHarvest(
  trace: TraceHarvester,
  from: number,
  duration: number,
  step: number,
): SampledHarvest {
  const count = Math.ceil(duration / step - 1e-9);
  const watts = new Float64Array(count);
  const volts = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = from + i * step;
    let time = start;
    while (time < start + step) {
      const piece = trace.at(time);
      const until = Math.min(piece.until, start + step);
      const share = (until - time) / step;
      watts[i]! += piece.watts * share;
      volts[i]! += piece.volts * share;
      // A rest shorter than the clock's resolution ends the step.
      if (until <= time) break;
      time = until;
    }
  }
  return { name: trace.name, step, watts, volts };
}

/** A harvester of the steps with each power times `factor`. */
export function scaledHarvester(
  { name, step, watts, volts }: SampledHarvest,
  factor: number,
): TraceHarvester {
  return new TraceHarvester({
    name,
    starts: Float64Array.from(watts, (_, i) => i * step),
    watts: watts.map((power) => power * factor),
    volts,
    duration: watts.length * step,
  });
}

/** Joules that reach a capacitor above cold start, per step, at `factor` times the power. */
export function chargePerStep(harvest: SampledHarvest, factor: number, node: NodeDescription): Float64Array {
  const converter = createConverter(node.converter, node.capacitor.farads);
  const at = { volts: node.onVolts };
  const { watts, volts, step } = harvest;
  return watts.map((power, i) => step * converter.charge(power * factor, volts[i]!, at, false, step));
}

/** The factor at which the mean charging power is `wanted` watts (charging grows with the factor). */
export function factorFor(harvest: SampledHarvest, wanted: number, node: NodeDescription): number {
  const seconds = harvest.watts.length * harvest.step;
  const mean = (factor: number): number =>
    chargePerStep(harvest, factor, node).reduce((sum, joules) => sum + joules, 0) / seconds;
  let high = 1e-6;
  while (mean(high) < wanted) {
    high *= 2;
    if (high > 1e12) throw new RangeError(`the harvest ${harvest.name} offers nothing`);
  }
  let low = high / 2;
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (mean(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}
