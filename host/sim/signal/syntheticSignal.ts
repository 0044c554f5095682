import { Random } from '../random.ts';
import { ArraySignal } from './signal.ts';

const PERIOD = 1 / 16;
/** Ten minutes, then it repeats. */
const LENGTH = 9600;
const HARMONICS = [1, 2, 3];

/**
 * Three axes of a wrist accelerometer in g at 16 Hz, the same for the same seed. Calm phases (6 to 20 s) hold an
 * orientation with slow drift and sensor noise of 0.01 g; busy phases (3 to 12 s) swing at 1 to 2.5 Hz with two
 * harmonics and an amplitude of 0.3 to 1.2 g. Gravity turns to a new orientation over about a second between phases.
 */
export function syntheticSignal(seed = 1): ArraySignal {
  const random = new Random(seed);
  const values = new Float64Array(LENGTH * 3);
  let gravity = direction(random);
  let target = gravity;
  let activity = 0;
  let swing = newSwing(random);
  let busy = true;
  let left = 0;
  for (let slot = 0; slot < LENGTH; slot++, left -= PERIOD) {
    if (left <= 0) {
      busy = !busy;
      left = busy ? random.uniform(3, 12) : random.uniform(6, 20);
      target = direction(random);
      if (busy) swing = newSwing(random);
    }
    activity += ((busy ? 1 : 0) - activity) * (1 - Math.exp(-PERIOD / 0.3));
    gravity = gravity.map((g, axis) => g + (target[axis]! - g) * (1 - Math.exp(-PERIOD / 1)));
    const phase = 2 * Math.PI * swing.hertz * slot * PERIOD;
    gravity.forEach((g, axis) => {
      const moving = HARMONICS.reduce(
        (sum, order) => sum + Math.sin(order * phase + swing.phases[axis]! * order) / (order * order),
        0,
      );
      values[slot * 3 + axis] = g + activity * swing.amplitudes[axis]! * moving + random.normal(0, 0.01);
    });
  }
  return new ArraySignal({
    name: `synthetic (seed ${seed})`,
    axes: ['x', 'y', 'z'],
    unit: 'g',
    samplePeriod: PERIOD,
    values,
  });
}

function direction(random: Random): number[] {
  const vector = [random.normal(), random.normal(), random.normal()];
  const length = Math.hypot(...vector);
  return vector.map((v) => v / length);
}

function newSwing(random: Random) {
  return {
    hertz: random.uniform(1, 2.5),
    amplitudes: [random.uniform(0.3, 1.2), random.uniform(0.3, 1.2), random.uniform(0.3, 1.2)],
    phases: [random.uniform(0, 2 * Math.PI), random.uniform(0, 2 * Math.PI), random.uniform(0, 2 * Math.PI)],
  };
}
