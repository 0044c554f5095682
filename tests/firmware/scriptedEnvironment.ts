import { EndOfRun, PowerFailure, type Environment, type Moment } from '../../host/sim/environment.ts';

export interface Script {
  /** Slots after which the run ends. */
  slots: number;
  /** Energy that the node sees in a slot, in nanojoules. */
  energy?: (slot: number) => number;
  /** Whether the power fails at the call with this number, counted over the whole run. */
  fails?: (call: number) => boolean;
  values: (slot: number) => Int32Array;
}

/** A world without physics: time goes on by what is asked for, and power fails when the script says so. */
export class ScriptedEnvironment implements Environment {
  readonly #script: Script;
  #slot = 0;
  #calls = 0;
  #micros = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  get calls(): number {
    return this.#calls;
  }

  powerOn(): Promise<Moment> {
    return this.#advance(this.#slot + 3);
  }

  sleepUntil(slot: number): Promise<Moment> {
    return this.#advance(Math.max(slot, this.#slot + 1));
  }

  async sense(): Promise<Moment & { values: Int32Array }> {
    const moment = await this.#advance(this.#slot);
    return { ...moment, values: this.#script.values(moment.slot) };
  }

  transmit(length: number): Promise<Moment> {
    return this.#advance(this.#slot + (length > 100 ? 1 : 0));
  }

  async #advance(slot: number): Promise<Moment> {
    const { slots, energy = () => 0xffffffff, fails = () => false } = this.#script;
    this.#calls++;
    if (slot >= slots) throw new EndOfRun('the script is over');
    this.#slot = slot;
    this.#micros = (this.#micros + 137) % 1000;
    if (fails(this.#calls)) throw new PowerFailure(`call ${this.#calls}`);
    return Promise.resolve({ slot, micros: this.#micros, energy: energy(slot), millivolts: 2800 });
  }
}
