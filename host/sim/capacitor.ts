export interface CapacitorDescription {
  farads: number;
  /** Leakage as a resistor in parallel, in ohms; Infinity for none. */
  leakageOhms: number;
  /** Charge is refused above this voltage. */
  maxVolts: number;
  /** Equivalent series resistance, in ohms. */
  esrOhms: number;
}

/** Below this product of leakage rate and time the exponentials are summed as series. */
const SERIES_BELOW = 1e-3;

/**
 * Energy stored in a capacitor, integrated as energy: with constant net power P and leakage V^2/R the energy follows
 * dE/dt = P - k E, k = 2/(R C), whose solution is used as it stands. `step` leaves its results in the fields.
 */
export class Capacitor {
  readonly farads: number;
  readonly esrOhms: number;
  readonly maxEnergy: number;
  readonly #leakRate: number;
  #energy: number;
  /** Of the last step: seconds it took, and joules that leaked, were refused, and were gained (signed). */
  elapsed = 0;
  leaked = 0;
  clipped = 0;
  gained = 0;

  constructor({ farads, leakageOhms, maxVolts, esrOhms }: CapacitorDescription, initialVolts: number) {
    this.farads = farads;
    this.esrOhms = esrOhms;
    this.#leakRate = 2 / (leakageOhms * farads);
    this.maxEnergy = this.energyAt(maxVolts);
    this.#energy = Math.min(this.energyAt(initialVolts), this.maxEnergy);
  }

  get energy(): number {
    return this.#energy;
  }

  get volts(): number {
    return Math.sqrt((2 * this.#energy) / this.farads);
  }

  energyAt(volts: number): number {
    return (this.farads * volts * volts) / 2;
  }

  /**
   * Charges with `watts` (negative: discharges) for `seconds`, or until the energy reaches `low` from above or `high`
   * from below, where it stops exactly; true if it did. `low` <= energy <= `high` <= the energy at full charge. A full
   * capacitor stays full and clips.
   */
  step(watts: number, seconds: number, low: number, high: number): boolean {
    const k = this.#leakRate;
    const start = this.#energy;
    const slope = watts - k * start;
    this.clipped = 0;
    if (start >= this.maxEnergy && slope >= 0) {
      this.elapsed = seconds;
      this.gained = 0;
      this.leaked = k * start * seconds;
      this.clipped = slope * seconds;
      return false;
    }
    // Not the difference of two energies: where the step is short, that would be mostly rounding.
    this.gained = slope * seconds * meanDecay(k * seconds);
    let end = start + this.gained;
    this.elapsed = seconds;
    const target = slope < 0 ? low : high;
    const reached = slope < 0 ? end <= low : slope > 0 && end >= high;
    if (reached) {
      const relative = (target - start) / slope;
      // Rounding can take k * relative past 1 where the energy leaks away to the smallest numbers there are.
      const took = k === 0 ? relative : -Math.log1p(-Math.min(1, k * relative)) / k;
      this.elapsed = Math.min(seconds, took);
      end = target;
      this.gained = target - start;
    }
    const t = this.elapsed;
    const x = k * t;
    this.leaked = k * t * (start * meanDecay(x) + watts * t * meanRise(x));
    this.#energy = end;
    return reached;
  }
}

/** (1 - exp(-x)) / x, the mean of exp(-s) over s in [0, x]. */
function meanDecay(x: number): number {
  return x < SERIES_BELOW ? 1 - x * (1 / 2 - x * (1 / 6 - x / 24)) : -Math.expm1(-x) / x;
}

/** (1 - meanDecay(x)) / x. */
function meanRise(x: number): number {
  return x < SERIES_BELOW ? 1 / 2 - x * (1 / 6 - x * (1 / 24 - x / 120)) : (1 - meanDecay(x)) / x;
}
