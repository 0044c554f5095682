import type { Harvester } from '../harvest/harvester.ts';
import type { LedgerSnapshot, LoadPart } from '../ledger.ts';
import type { NodeDescription, Work } from '../nodeDescription.ts';
import { PowerSupply } from '../powerSupply.ts';

/** How a call of the world ended: done, the power failed during it, or the horizon is reached. */
export type Ending = 'done' | 'failed' | 'over';

export interface WorldOptions {
  harvester: Harvester;
  node: NodeDescription;
  /** Seconds per slot. */
  samplePeriod: number;
  /** Slots after which the run ends. */
  slots: number;
  /** Called when simulated time enters a slot. */
  onSlot?: (slot: number, volts: number, on: boolean) => void;
}

const LARGEST_ENERGY = 2 ** 32 - 1;

/**
 * The calls of `Environment` on the same supply, with the same costs and the same steps, but without promises, clock
 * and links: what `SimulatedEnvironment` does at infinite speed, to the last bit. After each call that is done,
 * `slot` and `energy` (nanojoules) are the moment.
 */
export class World {
  slot = 0;
  energy = 0;
  powerFailures = 0;
  boots = 0;
  readonly #supply: PowerSupply;
  readonly #node: NodeDescription;
  readonly #period: number;
  readonly #horizon: number;
  readonly #onSlot: WorldOptions['onSlot'];
  readonly #drawRatio: number;
  #on = false;
  #mayRestartAt = 0;
  #lastSlot = -1;

  constructor({ harvester, node, samplePeriod, slots, onSlot }: WorldOptions) {
    this.#supply = new PowerSupply(harvester, node);
    this.#node = node;
    this.#period = samplePeriod;
    this.#horizon = slots * samplePeriod;
    this.#onSlot = onSlot;
    const ratio = ({ joules, seconds }: Work) =>
      joules > 0 ? this.#supply.costAtCapacitor(joules, seconds) / joules : 0;
    this.#drawRatio = Math.max(
      1,
      ratio(node.compute),
      ratio(node.sense),
      ratio(node.packet),
      ratio(node.byte),
    );
  }

  ledger(): LedgerSnapshot {
    return this.#supply.ledger.snapshot();
  }

  powerOn(): Ending {
    const supply = this.#supply;
    while (!this.#on) {
      // Like the awaited calls of the environment, each part looks at the horizon first, even when it has no time to pass.
      const end = Math.max(this.#mayRestartAt, supply.seconds);
      for (;;) {
        if (!this.#within()) return 'over';
        supply.rest(Math.min(end, this.#slotEnd(), this.#horizon));
        if (supply.seconds >= end) break;
      }
      while (!this.#on) {
        if (!this.#within()) return 'over';
        this.#on = supply.charge(Math.min(this.#slotEnd(), this.#horizon)) === 'on';
      }
    }
    const ending = this.#work(this.#node.boot, 'boot');
    if (ending === 'done') {
      this.boots++;
      this.#look();
    }
    return ending;
  }

  sleepUntil(slot: number): Ending {
    const { sleepWatts, compute } = this.#node;
    const ending = this.#run(sleepWatts, 'sleep', Math.max(slot, this.#nowSlot() + 1) * this.#period);
    return ending === 'done' ? this.#after(this.#work(compute, 'compute')) : ending;
  }

  /** The sample is that of `slot` after the call. */
  sense(): Ending {
    const ending = this.#work(this.#node.compute, 'compute');
    return ending === 'done' ? this.#after(this.#work(this.#node.sense, 'sense')) : ending;
  }

  transmit(length: number): Ending {
    const { compute, packet, byte } = this.#node;
    const ending = this.#work(compute, 'compute');
    if (ending !== 'done') return ending;
    const joules = packet.joules + length * byte.joules;
    return this.#after(this.#work({ joules, seconds: packet.seconds + length * byte.seconds }, 'radio'));
  }

  #after(ending: Ending): Ending {
    if (ending === 'done') this.#look();
    return ending;
  }

  #look(): void {
    this.slot = this.#nowSlot();
    this.energy = Math.min(LARGEST_ENERGY, Math.floor((this.#supply.usable / this.#drawRatio) * 1e9));
  }

  #work({ joules, seconds }: Work, part: LoadPart): Ending {
    return this.#run(joules / seconds, part, this.#supply.seconds + seconds);
  }

  #run(watts: number, part: LoadPart, end: number): Ending {
    const supply = this.#supply;
    do {
      if (!this.#within()) return 'over';
      if (supply.supply(watts, part, Math.min(end, this.#slotEnd(), this.#horizon)) === 'off') {
        this.#on = false;
        this.powerFailures++;
        this.#mayRestartAt = supply.seconds + this.#node.minOffSeconds;
        return 'failed';
      }
    } while (supply.seconds < end);
    return 'done';
  }

  #within(): boolean {
    if (this.#onSlot) {
      const slot = this.#nowSlot();
      if (slot > this.#lastSlot) {
        this.#lastSlot = slot;
        this.#onSlot(slot, this.#supply.volts, this.#on);
      }
    }
    return this.#supply.seconds < this.#horizon;
  }

  #slotEnd(): number {
    return (this.#nowSlot() + 1) * this.#period;
  }

  #nowSlot(): number {
    const { seconds } = this.#supply;
    const period = this.#period;
    const slot = Math.floor(seconds / period);
    if ((slot + 1) * period <= seconds) return slot + 1;
    return slot * period > seconds ? slot - 1 : slot;
  }
}
