import { encodeConfig } from '../../link/message.ts';
import type { NodeConfig } from '../../link/protocol.ts';
import { decodeSamples, type Samples } from '../../link/samples.ts';
import { NodeModule, type ModuleImage } from '../nodeModule.ts';
import type { Controller } from './controller.ts';

const NODE = 1;
const BOOT_AT = 5;
const SEQ_AT = 9;

/** The node module as the firmware drives it: committed after each sample, packet and acknowledgement. */
export class SeasonsController implements Controller {
  readonly #module: NodeModule;
  readonly #config: Uint8Array;
  /** The head as it was committed last. Ring bytes change in `push` only, which is committed at once. */
  readonly #committed: Uint8Array;
  readonly #head: Uint8Array;
  #body: Uint8Array = new Uint8Array(0);
  #boots = 0;

  constructor(image: ModuleImage, config: NodeConfig) {
    this.#module = new NodeModule(image);
    this.#config = encodeConfig(config);
    const { calls } = this.#module;
    calls.reset();
    this.#head = this.#module.state().subarray(0, calls.headSize());
    this.#committed = this.#head.slice();
  }

  /** Restores what was committed. The configuration is there from the first boot on. */
  boot(): void {
    this.#head.set(this.#committed);
    this.#module.calls.start(NODE, ++this.#boots);
    const fault = this.#module.configure(this.#config);
    if (fault !== 0) throw new RangeError(`the node module refuses the configuration with code ${fault}`);
    if (this.#boots === 1) this.#commit();
  }

  next(slot: number, energy: number): number {
    return this.#module.calls.next(slot, energy);
  }

  wakeSlot(): number {
    return this.#module.calls.wakeSlot() >>> 0;
  }

  push(slot: number, values: Int32Array): void {
    this.#module.push(slot, values);
    this.#commit();
  }

  form(): number {
    this.#body = this.#module.packet();
    this.#commit();
    return this.#body.length;
  }

  acknowledge(): Samples {
    const body = this.#body;
    const view = new DataView(body.buffer, body.byteOffset);
    this.#module.calls.acked(view.getUint32(BOOT_AT, true), view.getUint32(SEQ_AT, true));
    this.#commit();
    const samples = decodeSamples(body);
    if (typeof samples === 'string')
      throw new RangeError(`the node module formed a packet that is ${samples}`);
    return samples;
  }

  held(): number {
    return this.#module.calls.queueLength();
  }

  oldestAge(slot: number): number {
    return this.#module.calls.oldestAge(slot) >>> 0;
  }

  expired(): number {
    return this.#module.calls.expiredCount();
  }

  #commit(): void {
    this.#committed.set(this.#head);
  }
}
