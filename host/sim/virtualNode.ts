import { FrameDecoder, encodeFrame } from '../link/frame.ts';
import { decodeMessage, encodeConfig, encodeMessage, type Message } from '../link/message.ts';
import { PROTOCOL_VERSION, type NodeConfig } from '../link/protocol.ts';
import { LinkClosedError, type Transport } from '../link/transport.ts';
import { EndOfRun, PowerFailure, type Environment, type Moment } from './environment.ts';
import { NodeModule, actions, type ModuleImage } from './nodeModule.ts';

/** `seq` of the ACK that answers a HELLO. */
const HELLO_SEQ = 0xffffffff;
const ANY_SLOT = 0xffffffff;
const UNCONFIGURED_SLEEP = 16;
/** A STATUS follows every so many acknowledged packets. */
const STATUS_EVERY = 8;

/** What survives a power failure: FRAM on a real node. */
interface Nvm {
  boot: number;
  state: Uint8Array | undefined;
  config: { id: number; bytes: Uint8Array } | undefined;
}

export interface VirtualNodeOptions {
  node: number;
  image: ModuleImage;
  environment: Environment;
  link: Transport;
  /** Wall-clock milliseconds to wait for an answer; simulated time stands still meanwhile. */
  listenMillis?: number;
}

/**
 * The firmware's main loop around the same seasons.wasm, in process. It must do in the same order what
 * firmware/core/node.c does: tests/firmware compares the packets byte for byte.
 */
export class VirtualNode {
  readonly #node: number;
  readonly #image: ModuleImage;
  readonly #environment: Environment;
  readonly #link: Transport;
  readonly #listenMillis: number;
  readonly #nvm: Nvm = { boot: 0, state: undefined, config: undefined };
  readonly #decoder = new FrameDecoder();
  /** Messages received and not yet handled, and who waits for the next. */
  readonly #inbox: Message[] = [];
  #wakeListener: (() => void) | undefined;
  /** Bodies with a good CRC-16 that are no message. */
  #refused = 0;
  /** Volatile: gone at a power failure. */
  #reconfigured = false;
  #module: NodeModule;
  #moment: Moment = { slot: 0, micros: 0, energy: 0, millivolts: 0 };

  constructor({ node, image, environment, link, listenMillis = 2000 }: VirtualNodeOptions) {
    this.#node = node;
    this.#image = image;
    this.#environment = environment;
    this.#link = link;
    this.#listenMillis = listenMillis;
    this.#module = new NodeModule(image);
    link.onData((chunk) => this.#receive(chunk));
  }

  /** Runs until the environment ends the run. */
  async run(): Promise<void> {
    for (;;) {
      try {
        await this.#boot();
        for (;;) await this.#step();
      } catch (error) {
        if (error instanceof EndOfRun) return;
        if (!(error instanceof PowerFailure)) throw error;
      }
    }
  }

  async #boot(): Promise<void> {
    this.#moment = await this.#environment.powerOn();
    this.#inbox.length = 0;
    this.#reconfigured = false;
    this.#module = new NodeModule(this.#image);
    const nvm = this.#nvm;
    nvm.boot++;
    if (nvm.state) this.#module.state().set(nvm.state);
    else this.#module.calls.reset();
    this.#module.calls.start(this.#node, nvm.boot);
    if (nvm.config) this.#module.configure(nvm.config.bytes);
    await this.#hello();
    while (!this.#nvm.config) {
      this.#moment = await this.#environment.sleepUntil(this.#moment.slot + UNCONFIGURED_SLEEP);
      await this.#hello();
    }
  }

  async #step(): Promise<void> {
    const { calls } = this.#module;
    const { slot, energy } = this.#moment;
    const action = calls.next(slot, energy);
    if (action === actions.sleep) {
      this.#moment = await this.#environment.sleepUntil(calls.wakeSlot() >>> 0);
    } else if (action === actions.sample) {
      const sensed = await this.#environment.sense();
      this.#moment = sensed;
      this.#module.push(sensed.slot, sensed.values);
      this.#commit();
    } else {
      await this.#sendSamples();
    }
  }

  async #sendSamples(): Promise<void> {
    const { calls } = this.#module;
    const body = this.#module.packet();
    this.#commit();
    await this.#transmit(body);
    const view = new DataView(body.buffer);
    const boot = view.getUint32(5, true);
    const seq = view.getUint32(9, true);
    const answered = await this.#listen(boot, seq);
    if (answered) calls.acked(boot, seq);
    else calls.unsent(this.#moment.slot);
    this.#commit();
    if (answered && calls.acknowledgedCount() % STATUS_EVERY === 0) await this.#status();
    if (this.#reconfigured) await this.#hello();
  }

  /** Tells the host of this boot and its configuration; once more when the host then changed it. */
  async #hello(): Promise<void> {
    this.#reconfigured = false;
    await this.#introduce();
    if (this.#reconfigured) await this.#introduce();
    this.#reconfigured = false;
  }

  async #introduce(): Promise<void> {
    const { boot, config } = this.#nvm;
    const body = encodeMessage('HELLO', {
      protocol: PROTOCOL_VERSION,
      node: this.#node,
      boot,
      firmware: '0000000000000000',
      module: this.#image.hash,
      slot: this.#moment.slot,
      configId: config?.id ?? 0,
    });
    await this.#transmit(body);
    await this.#listen(boot, HELLO_SEQ);
  }

  async #status(): Promise<void> {
    const { calls } = this.#module;
    const { slot, millivolts } = this.#moment;
    const body = encodeMessage('STATUS', {
      node: this.#node,
      boot: this.#nvm.boot,
      slot,
      millivolts,
      queue: calls.queueLength(),
      oldestAge: calls.oldestAge(slot) >>> 0,
      sampled: calls.sampledCount() >>> 0,
      formed: calls.formedCount() >>> 0,
      acknowledged: calls.acknowledgedCount() >>> 0,
      blocked: calls.blockedCount() >>> 0,
      late: calls.lateCount() >>> 0,
      pruned: calls.prunedCount() >>> 0,
      expired: calls.expiredCount() >>> 0,
      linkErrors: this.#linkErrors(),
    });
    await this.#transmit(body);
  }

  /** Pays for the frame, then puts it on the link. A link that is down loses it like any radio. */
  async #transmit(body: Uint8Array): Promise<void> {
    const frame = encodeFrame(body);
    this.#moment = await this.#environment.transmit(frame.length);
    await this.#link.write(frame).catch((error: unknown) => {
      if (!(error instanceof LinkClosedError)) throw error;
    });
  }

  /** Handles what the host sends until ACK(boot, seq) arrives (true) or the window ends (false). */
  async #listen(boot: number, seq: number): Promise<boolean> {
    const deadline = Date.now() + this.#listenMillis;
    for (;;) {
      const message = this.#inbox.shift();
      if (message) {
        if (await this.#handle(message, boot, seq)) return true;
        continue;
      }
      const wait = deadline - Date.now();
      if (wait <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#wakeListener = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wakeListener = undefined;
    }
  }

  /** True for the ACK that is waited for. */
  async #handle(message: Message, boot: number, seq: number): Promise<boolean> {
    const { node } = message.fields;
    if (message.name === 'ACK') {
      return node === this.#node && message.fields.boot === boot && message.fields.seq === seq;
    }
    if (node !== this.#node && node !== 0) return false;
    if (message.name === 'CONFIG') {
      this.#configure(message.fields);
    } else if (message.name === 'TIME' && message.fields.slot === ANY_SLOT) {
      const { slot, micros } = this.#moment;
      const { hostMicros } = message.fields;
      await this.#transmit(encodeMessage('TIME', { node: this.#node, hostMicros, slot, micros }));
    }
    return false;
  }

  #configure(fields: NodeConfig & { configId: number; boot: number }): void {
    const bytes = encodeConfig(fields);
    if (this.#module.configure(bytes) !== 0) return;
    this.#nvm.config = { id: fields.configId, bytes };
    this.#reconfigured = true;
    if (fields.boot > this.#nvm.boot) {
      this.#nvm.boot = fields.boot;
      this.#module.calls.start(this.#node, fields.boot);
    }
    this.#commit();
  }

  #linkErrors(): number {
    const { badCrc, badEncoding, tooShort, tooLong } = this.#decoder.counters;
    return badCrc + badEncoding + tooShort + tooLong + this.#refused;
  }

  #commit(): void {
    this.#nvm.state = this.#module.state().slice();
  }

  #receive(chunk: Uint8Array): void {
    this.#decoder.push(chunk, (body) => {
      const message = decodeMessage(body.slice());
      if (typeof message === 'string') this.#refused++;
      else this.#inbox.push(message);
    });
    this.#wakeListener?.();
  }
}
