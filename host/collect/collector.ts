import { EventEmitter } from 'node:events';
import { encodeFrame } from '../link/frame.ts';
import { configId, encodeMessage, type Message } from '../link/message.ts';
import type { Fields, NodeConfig } from '../link/protocol.ts';
import type { Samples } from '../link/samples.ts';
import { LinkClosedError, type Transport } from '../link/transport.ts';
import type { Recorder } from '../record/recorder.ts';
import { ClockEstimate, type ClockReading } from './clockEstimate.ts';
import { LinkReader, type LinkCounters } from './linkReader.ts';
import { NodeSession } from './nodeSession.ts';

type SamplesMessage = Extract<Message, { name: 'SAMPLES' }>;

/** What the collector needs of a recorder. */
export type PacketRecorder = Pick<
  Recorder,
  'addIdentity' | 'addConfiguration' | 'addClock' | 'addStatus' | 'addSamples' | 'commit'
>;

export interface CollectorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A packet that is new and on stable storage. */
export interface CollectedSamples {
  node: number;
  boot: number;
  seq: number;
  samples: Samples;
  /** Unix nanoseconds. */
  receivedAt: bigint;
}

export interface CollectorCounters extends LinkCounters {
  nodes: number;
  /** Packets and samples on stable storage, new ones only. */
  packets: number;
  samples: number;
  /** Packets missing between the least and the greatest number seen of each node. */
  lost: number;
  duplicates: number;
  /** Packets not taken because the disk was behind, or could not be written; their nodes send them again. */
  deferred: number;
}

interface CollectorEvents {
  hello: [hello: Fields<'HELLO'>];
  samples: [packet: CollectedSamples];
  status: [status: Fields<'STATUS'>];
  clock: [reading: ClockReading & { node: number }];
  link: [state: { name: string; up: boolean }];
  /** Packets could not be recorded; they were not acknowledged. */
  recordError: [error: unknown];
}

export interface CollectorOptions {
  recorder: PacketRecorder;
  /** The configuration a node should have; undefined leaves it as it is. */
  configFor?: (hello: Fields<'HELLO'>) => NodeConfig | undefined;
  log?: CollectorLog;
  /** Unix time in microseconds. */
  nowMicros?: () => bigint;
}

/** `seq` of the ACK that answers a HELLO, and `slot` of a TIME request. */
const HELLO_SEQ = 0xffffffff;
const ANY_SLOT = 0xffffffff;
/** Bytes of packets that may wait for the disk before further ones are deferred. */
const MAX_WAITING = 8 << 20;

/** A packet that waits for its commit. */
interface Waiting {
  link: LinkReader;
  message: SamplesMessage;
  fresh: boolean;
  receivedAt: bigint;
}

/**
 * Talks to any number of nodes over any number of links, and records what they send. A packet is acknowledged after
 * the commit that holds it, never before; what cannot be recorded is not acknowledged, so that its node keeps it.
 * Memory is bounded: by the packets that wait for the disk, and by the gaps in each node's numbering.
 */
export class Collector extends EventEmitter<CollectorEvents> {
  readonly #recorder: PacketRecorder;
  readonly #configFor: NonNullable<CollectorOptions['configFor']>;
  readonly #log: CollectorLog | undefined;
  readonly #nowMicros: () => bigint;
  readonly #links = new Set<LinkReader>();
  readonly #nodes = new Map<number, NodeSession>();
  readonly #totals = { packets: 0, samples: 0, duplicates: 0, deferred: 0 };
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor({
    recorder,
    configFor = () => undefined,
    log,
    nowMicros = defaultNowMicros,
  }: CollectorOptions) {
    super();
    this.#recorder = recorder;
    this.#configFor = configFor;
    this.#log = log;
    this.#nowMicros = nowMicros;
  }

  /** Collects from a link from now on. */
  attach(transport: Transport): void {
    const link: LinkReader = new LinkReader(transport, (message) => this.#receive(link, message));
    this.#links.add(link);
    transport.onState((up) => {
      this.emit('link', { name: transport.name, up });
      this.#log?.warn({ link: transport.name }, up ? 'link is back' : 'link is down');
    });
  }

  counters(): CollectorCounters {
    const counters = { ...this.#totals, nodes: this.#nodes.size, lost: 0, ...LinkReader.noCounters() };
    for (const session of this.#nodes.values()) counters.lost += session.lost;
    for (const link of this.#links) link.addTo(counters);
    return counters;
  }

  /** Packets of one node: recorded, missing and received again. */
  nodeCounters(
    node: number,
  ): { packets: number; samples: number; lost: number; duplicates: number } | undefined {
    const session = this.#nodes.get(node);
    return session && { ...session.counters, lost: session.lost };
  }

  /** Stops listening; resolves when everything received is recorded and acknowledged, and the links are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await Promise.all([...this.#links].map((link) => link.close()));
  }

  #receive(link: LinkReader, message: Message): void {
    if (this.#closed) return;
    const micros = this.#nowMicros();
    const receivedAt = micros * 1000n;
    switch (message.name) {
      case 'SAMPLES':
        this.#samples(link, message, receivedAt);
        break;
      case 'HELLO':
        this.#hello(link, message.fields, micros);
        break;
      case 'STATUS':
        this.#recorder.addStatus(message.fields, receivedAt);
        this.emit('status', message.fields);
        this.#flush();
        break;
      case 'TIME':
        this.#time(message.fields, micros);
        break;
      // CONFIG and ACK go to nodes; a link that echoes them tells nothing.
    }
  }

  #samples(link: LinkReader, message: SamplesMessage, receivedAt: bigint): void {
    if (this.#waitingBytes > MAX_WAITING) {
      this.#totals.deferred++;
      return;
    }
    const fresh = this.#recorder.addSamples(message, receivedAt) === 'new';
    // The body is a view into the decoder's buffer, and is done with: only its length counts from here on.
    this.#waitingBytes += message.body.length;
    this.#waiting.push({ link, message, fresh, receivedAt });
    this.#flush();
  }

  /** Commits what waits, then acknowledges it; goes on while there is more. */
  #flush(): void {
    this.#flushing ??= this.#commitAll().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting.length > 0) this.#flush();
    });
  }

  async #commitAll(): Promise<void> {
    // What arrives in the same turn of the event loop shares the commit.
    await new Promise((resolve) => setImmediate(resolve));
    const packets = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      await this.#recorder.commit();
    } catch (error) {
      this.#totals.deferred += packets.length;
      this.#log?.warn({ error, packets: packets.length }, 'not recorded, not acknowledged');
      this.emit('recordError', error);
      return;
    }
    const frames = new Map<LinkReader, Uint8Array[]>();
    for (const { link, message, fresh, receivedAt } of packets) {
      const { node, boot, seq } = message.fields;
      this.#count(message, fresh);
      const acks = frames.get(link) ?? [];
      frames.set(link, acks);
      acks.push(encodeFrame(encodeMessage('ACK', { node, boot, seq })));
      if (fresh) this.emit('samples', { node, boot, seq, samples: message.samples, receivedAt });
    }
    for (const [link, acks] of frames) this.#send(link, Buffer.concat(acks));
  }

  #count({ fields: { node, seq }, samples }: SamplesMessage, fresh: boolean): void {
    this.#session(node).count(seq, samples.slots.length, fresh);
    if (fresh) {
      this.#totals.packets++;
      this.#totals.samples += samples.slots.length;
    } else {
      this.#totals.duplicates++;
    }
  }

  #hello(link: LinkReader, hello: Fields<'HELLO'>, micros: bigint): void {
    const { node, boot } = hello;
    const session = this.#session(node);
    this.#recorder.addIdentity(hello, micros * 1000n);
    const config = this.#configFor(hello);
    const replies: Uint8Array[] = [];
    if (config) {
      const id = configId(config);
      session.slotMicros = config.slotMicros;
      this.#recorder.addConfiguration(node, config, micros * 1000n);
      if (hello.configId !== id) {
        this.#log?.info({ node, boot }, 'configuring');
        replies.push(encodeMessage('CONFIG', { node, configId: id, ...config }));
      }
    }
    if (session.clock.isDue(micros)) {
      session.clock.asked(micros);
      replies.push(encodeMessage('TIME', { node, hostMicros: micros, slot: ANY_SLOT, micros: 0 }));
    }
    replies.push(encodeMessage('ACK', { node, boot, seq: HELLO_SEQ }));
    this.emit('hello', hello);
    this.#send(link, Buffer.concat(replies.map(encodeFrame)));
    this.#flush();
  }

  #time({ node, hostMicros, slot, micros }: Fields<'TIME'>, nowMicros: bigint): void {
    const session = this.#session(node);
    const { slotMicros } = session;
    if (slot === ANY_SLOT || slotMicros === undefined) return;
    const reading = session.clock.answered({ hostMicros, slot, micros, slotMicros }, nowMicros);
    if (!reading) return;
    this.#recorder.addClock(node, reading, nowMicros * 1000n);
    this.emit('clock', { node, ...reading });
    this.#flush();
  }

  #send(link: LinkReader, bytes: Uint8Array): void {
    link.write(bytes).catch((error: unknown) => {
      // A lost answer does no harm: the node sends again.
      if (!(error instanceof LinkClosedError)) throw error;
    });
  }

  #session(node: number): NodeSession {
    let session = this.#nodes.get(node);
    if (!session) {
      session = new NodeSession(new ClockEstimate());
      this.#nodes.set(node, session);
    }
    return session;
  }
}

/** Unix time in microseconds, with the resolution of the monotonic clock. */
function defaultNowMicros(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
}
