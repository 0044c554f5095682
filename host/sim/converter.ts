/** Efficiency against current in amperes, ascending; interpolated in the logarithm of the current, held at the ends. */
export type EfficiencyTable = readonly (readonly [amperes: number, efficiency: number])[];

/** Boost charger into the capacitor (its input kept at the source's maximum power point), buck converter out of it. */
export interface BoostBuckDescription {
  kind: 'boost-buck';
  /** Against the input current. */
  boost: EfficiencyTable;
  /** Input below this voltage is lost. */
  minInputVolts: number;
  /** Until the capacitor has these volts, the start-up circuit charges it, worse, and from no less than these watts. */
  coldStart: { volts: number; efficiency: number; minWatts: number };
  /** Drawn from the capacitor all the time, while there is any energy in it. */
  quiescentWatts: number;
  /** Output voltage and efficiency against the output current. */
  outputVolts: number;
  buck: EfficiencyTable;
}

/** Source - diode - capacitor - load: the source works at the capacitor's voltage plus the drop. */
export interface DiodeDescription {
  kind: 'diode';
  dropVolts: number;
  /** Supply voltage at which the load's figures hold; the load takes the same power at any voltage. */
  outputVolts: number;
}

export type ConverterDescription = BoostBuckDescription | DiodeDescription;

/** Between the source and the capacitor, and between the capacitor and the load. All figures in SI units. */
export interface Converter {
  readonly outputVolts: number;
  readonly quiescentWatts: number;
  /** The capacitor voltage below which charging is slower (0 if there is none). */
  readonly coldStartVolts: number;
  /** Longest step over which `charge` may be taken as constant. */
  readonly maxStep: number;
  /** Power that reaches the capacitor, at most `watts`. `seconds`: the step over which it is averaged. */
  charge(watts: number, volts: number, capacitor: { volts: number }, cold: boolean, seconds: number): number;
  /** Power drawn from the capacitor for `watts` at the load, at least `watts`. */
  draw(watts: number): number;
}

export function createConverter(description: ConverterDescription, farads: number): Converter {
  return description.kind === 'diode' ? new DiodeInput(description, farads) : new BoostBuck(description);
}

class BoostBuck implements Converter {
  readonly outputVolts: number;
  readonly quiescentWatts: number;
  readonly coldStartVolts: number;
  readonly maxStep = Infinity;
  readonly #minInputVolts: number;
  readonly #coldStart: BoostBuckDescription['coldStart'];
  readonly #boost: (amperes: number) => number;
  readonly #buck: (amperes: number) => number;

  constructor(description: BoostBuckDescription) {
    this.outputVolts = description.outputVolts;
    this.quiescentWatts = description.quiescentWatts;
    this.coldStartVolts = description.coldStart.volts;
    this.#minInputVolts = description.minInputVolts;
    this.#coldStart = description.coldStart;
    this.#boost = efficiency(description.boost);
    this.#buck = efficiency(description.buck);
  }

  charge(watts: number, volts: number, _capacitor: { volts: number }, cold: boolean): number {
    if (watts <= 0 || volts < this.#minInputVolts) return 0;
    const warm = watts * this.#boost(watts / volts);
    if (!cold) return warm;
    const { efficiency: share, minWatts } = this.#coldStart;
    return watts < minWatts ? 0 : Math.min(warm, watts * share);
  }

  draw(watts: number): number {
    return watts === 0 ? 0 : watts / this.#buck(watts / this.outputVolts);
  }
}

/** The step in which the capacitor's voltage, which sets the power taken, may be taken as linear in time. */
const DIODE_STEP = 1e-3;

class DiodeInput implements Converter {
  readonly outputVolts: number;
  readonly quiescentWatts = 0;
  readonly coldStartVolts = 0;
  readonly maxStep = DIODE_STEP;
  readonly #dropVolts: number;
  readonly #farads: number;

  constructor({ dropVolts, outputVolts }: DiodeDescription, farads: number) {
    this.outputVolts = outputVolts;
    this.#dropVolts = dropVolts;
    this.#farads = farads;
  }

  /** The source's current charges the capacitor up to its voltage less the drop; mean of V(t) I over the step. */
  charge(
    watts: number,
    volts: number,
    capacitor: { volts: number },
    _cold: boolean,
    seconds: number,
  ): number {
    const capacitorVolts = capacitor.volts;
    const room = volts - this.#dropVolts - capacitorVolts;
    if (watts <= 0 || room <= 0) return 0;
    const rise = Math.min((watts / volts) * (seconds / this.#farads), room);
    return (this.#farads * rise * (capacitorVolts + rise / 2)) / seconds;
  }

  draw(watts: number): number {
    return watts;
  }
}

/** The table as a function; a table without rows, with falling currents or with shares outside (0, 1] is refused. */
function efficiency(table: EfficiencyTable): (amperes: number) => number {
  table.forEach(([amperes, share], i) => {
    if (!(amperes > (table[i - 1]?.[0] ?? 0)) || !(share > 0 && share <= 1)) {
      throw new RangeError('efficiency tables hold rising currents and shares in (0, 1]');
    }
  });
  const first = table[0];
  const last = table.at(-1);
  if (!first || !last) throw new RangeError('an efficiency table needs a row');
  const logs = table.map(([amperes]) => Math.log(amperes));
  return (amperes) => {
    if (amperes <= first[0]) return first[1];
    if (amperes >= last[0]) return last[1];
    let i = 1;
    while (amperes > table[i]![0]) i++;
    const share = (Math.log(amperes) - logs[i - 1]!) / (logs[i]! - logs[i - 1]!);
    return table[i - 1]![1] + share * (table[i]![1] - table[i - 1]![1]);
  };
}
