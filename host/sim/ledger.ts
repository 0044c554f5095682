/** Where the load's energy went. */
export const loadParts = ['boot', 'sleep', 'sense', 'compute', 'radio'] as const;
export type LoadPart = (typeof loadParts)[number];

/** Where conversion lost energy: boost (or diode) at the input, buck at the output, quiescent current, ESR. */
export const lossParts = ['boost', 'buck', 'quiescent', 'esr'] as const;
export type LossPart = (typeof lossParts)[number];

/** Joules since the start: harvested = stored + load + losses + leakage + clipped. */
export interface EnergyAccount {
  /** Offered by the source at the converter's input, whether it was used or not. */
  harvested: number;
  /** In the capacitor now less at the start; can be negative. */
  stored: number;
  /** Delivered to the node, behind the buck converter. */
  load: number;
  losses: number;
  /** Self-discharge of the capacitor. */
  leakage: number;
  /** Converted, but refused by a full capacitor. */
  clipped: number;
}

export interface LedgerSnapshot extends EnergyAccount {
  parts: Record<LoadPart, number>;
  lossParts: Record<LossPart, number>;
}

/** A sum that keeps its rounding error (Neumaier): exact to a few units in the last place over any number of terms. */
export class CompensatedSum {
  #sum = 0;
  #compensation = 0;

  add(term: number): void {
    const sum = this.#sum + term;
    this.#compensation +=
      Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#compensation;
  }
}

/** The books of one run. Every entry is summed from its own terms: none is the remainder of the others. */
export class Ledger {
  readonly harvested = new CompensatedSum();
  readonly stored = new CompensatedSum();
  readonly leakage = new CompensatedSum();
  readonly clipped = new CompensatedSum();
  readonly load = sums(loadParts);
  readonly losses = sums(lossParts);

  snapshot(): LedgerSnapshot {
    const parts = values(this.load);
    const losses = values(this.losses);
    return {
      harvested: this.harvested.value,
      stored: this.stored.value,
      load: total(parts),
      losses: total(losses),
      leakage: this.leakage.value,
      clipped: this.clipped.value,
      parts,
      lossParts: losses,
    };
  }
}

/** harvested - (stored + load + losses + leakage + clipped), as a share of the largest entry. */
export function imbalance(account: EnergyAccount): number {
  const { harvested, stored, load, losses, leakage, clipped } = account;
  const largest = Math.max(...[harvested, stored, load, losses, leakage, clipped].map(Math.abs));
  if (largest === 0) return 0;
  return Math.abs(harvested - stored - load - losses - leakage - clipped) / largest;
}

function sums<K extends string>(names: readonly K[]): Record<K, CompensatedSum> {
  return Object.fromEntries(names.map((name) => [name, new CompensatedSum()])) as Record<K, CompensatedSum>;
}

function values<K extends string>(entries: Record<K, CompensatedSum>): Record<K, number> {
  return Object.fromEntries(
    Object.entries<CompensatedSum>(entries).map(([name, sum]) => [name, sum.value]),
  ) as Record<K, number>;
}

function total(parts: Record<string, number>): number {
  return Object.values(parts).reduce((sum, part) => sum + part, 0);
}
