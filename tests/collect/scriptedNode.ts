import { FrameDecoder, encodeFrame } from '../../host/link/frame.ts';
import { decodeMessage, encodeMessage, type Message } from '../../host/link/message.ts';
import { PROTOCOL_VERSION, type Fields } from '../../host/link/protocol.ts';
import { encodeSamples, type Samples } from '../../host/link/samples.ts';
import { LinkClosedError, type Transport } from '../../host/link/transport.ts';

const HELLO_SEQ = 0xffffffff;
const REQUEST_SLOT = 0xffffffff;
/** How long a node repeats itself before the test fails. */
const PATIENCE_MILLIS = 20_000;

/** Samples that follow from the packet's name alone, so that a reader can tell whether they are right. */
export function samplesOf(node: number, seq: number, { axes = 2, count = 5 } = {}): Samples {
  const slots = Uint32Array.from({ length: count }, (_, i) => seq * 100 + 3 * i);
  const values = Int32Array.from({ length: count * axes }, (_, k) => node * 1_000_000 + seq * 100 + k * k);
  return { axes, slots, values };
}

/** A node's side of a link, told step by step what to do. Several nodes may share one link. */
export class ScriptedNode {
  readonly node: number;
  boot = 1;
  configId = 0;
  /** Everything the host sent on the link, in order. */
  readonly heard: Message[] = [];
  readonly acknowledged = new Set<number>();
  /** How a TIME request is answered; undefined leaves it unanswered. */
  clock: (() => { slot: number; micros: number }) | undefined = () => ({ slot: 40, micros: 500 });
  readonly #link: Transport;
  readonly #waiting = new Set<() => void>();

  private constructor(link: Transport, node: number) {
    this.#link = link;
    this.node = node;
  }

  static one(link: Transport, node = 7): ScriptedNode {
    return ScriptedNode.several(link, [node])[0]!;
  }

  static several(link: Transport, ids: readonly number[]): ScriptedNode[] {
    const nodes = ids.map((id) => new ScriptedNode(link, id));
    const decoder = new FrameDecoder();
    link.onData((chunk) => {
      decoder.push(chunk, (body) => {
        const message = decodeMessage(body.slice());
        if (typeof message === 'string') throw new Error(`the host sent no message: ${message}`);
        for (const node of nodes) if (message.fields.node === node.node) node.#hear(message);
      });
    });
    return nodes;
  }

  body(seq: number, boot = this.boot): Uint8Array {
    return encodeSamples(this.node, boot, seq, samplesOf(this.node, seq));
  }

  /** Bytes as they are; a link that is down loses them. */
  async raw(bytes: Uint8Array): Promise<void> {
    await this.#link.write(bytes).catch((error: unknown) => {
      if (!(error instanceof LinkClosedError)) throw error;
    });
  }

  send(...seqs: number[]): Promise<void> {
    return this.raw(Buffer.concat(seqs.map((seq) => encodeFrame(this.body(seq)))));
  }

  /** Sends packets until each is acknowledged, again after a while. */
  async deliver(...seqs: number[]): Promise<void> {
    for (const seq of seqs) {
      await this.#repeat(
        () => this.send(seq),
        () => this.acknowledged.has(seq),
        `ACK of packet ${seq}`,
      );
    }
  }

  hello(fields: Partial<Fields<'HELLO'>> = {}): Promise<void> {
    const { node, boot, configId } = this;
    const firmware = '00000000000000f1';
    const module = '00000000000000a1';
    return this.raw(
      encodeFrame(
        encodeMessage('HELLO', {
          protocol: PROTOCOL_VERSION,
          node,
          boot,
          firmware,
          module,
          slot: 3,
          configId,
          ...fields,
        }),
      ),
    );
  }

  /** HELLO until the host has answered it. */
  async greet(): Promise<void> {
    const from = this.heard.length;
    const answered = (): boolean =>
      this.heard
        .slice(from)
        .some(({ name, fields }) => name === 'ACK' && (fields as { seq: number }).seq === HELLO_SEQ);
    await this.#repeat(() => this.hello(), answered, 'answer to HELLO');
  }

  status(fields: Partial<Fields<'STATUS'>> = {}): Promise<void> {
    const { node, boot } = this;
    const counters = {
      sampled: 9,
      formed: 3,
      acknowledged: 2,
      blocked: 0,
      late: 0,
      pruned: 0,
      expired: 0,
      linkErrors: 0,
    };
    return this.raw(
      encodeFrame(
        encodeMessage('STATUS', {
          ...{ node, boot, slot: 50, millivolts: 2712, queue: 1, oldestAge: 4, ...counters },
          ...fields,
        }),
      ),
    );
  }

  /** Whether a condition on what was heard comes true in time. */
  async until(condition: () => boolean, millis = 5000): Promise<boolean> {
    const deadline = Date.now() + millis;
    while (!condition()) {
      const wait = deadline - Date.now();
      if (wait <= 0) return false;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, wait);
        this.#waiting.add(done);
      });
    }
    return true;
  }

  async #repeat(send: () => Promise<void>, answered: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MILLIS;
    do {
      if (Date.now() > deadline) throw new Error(`node ${this.node}: no ${what}`);
      await send();
    } while (!(await this.until(answered, 300)));
  }

  #hear(message: Message): void {
    this.heard.push(message);
    if (message.name === 'ACK' && message.fields.boot <= this.boot) this.acknowledged.add(message.fields.seq);
    if (message.name === 'CONFIG') this.configId = message.fields.configId;
    if (message.name === 'TIME' && message.fields.slot === REQUEST_SLOT && this.clock) {
      const { hostMicros } = message.fields;
      void this.raw(encodeFrame(encodeMessage('TIME', { node: this.node, hostMicros, ...this.clock() })));
    }
    for (const done of [...this.#waiting]) done();
  }
}
