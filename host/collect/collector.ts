import { EventEmitter } from 'node:events';
import { encodeFrame } from '../link/frame.ts';
import { configId, encodeMessage, type Message, type MessageFault } from '../link/message.ts';
import { PROTOCOL_VERSION, type Fields, type NodeConfig } from '../link/protocol.ts';
import type { Samples } from '../link/samples.ts';
import type { Transport } from '../link/transport.ts';
import type { ClockReading } from '../record/recorder.ts';
import { readClock } from './clockEstimate.ts';
import { unixMillis } from './hostClock.ts';
import { LinkSession, type LinkCounters } from './linkSession.ts';
import { NodeSession, type NodeCounters } from './nodeSession.ts';
import type { PacketRecorder, SamplesMessage } from './packetRecorder.ts';

/** The part of a pino logger that is used here. */
export interface CollectorLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface CollectorOptions {
  recorder: PacketRecorder;
  /** The configuration that a node should have; undefined leaves it the one it has. Must not throw. */
  configFor?: (hello: Fields<'HELLO'>) => NodeConfig | undefined;
  log?: CollectorLog;
  /** Unix time in milliseconds, with fractions. */
  now?: () => number;
  /** Least milliseconds between two clock exchanges with a node. */
  timeIntervalMillis?: number;
  /** Bytes of packets that may wait for the disk before reading pauses. */
  maxPendingBytes?: number;
}

/** A packet that is new and on stable storage. */
export interface CollectedSamples {
  link: string;
  node: number;
  boot: number;
  seq: number;
  /** `samples.values` are fixed point with `fractionBits` fraction bits. */
  samples: Samples;
  /** Undefined when the node's configuration is not known: the host was restarted while the node ran on. */
  fractionBits: number | undefined;
  /** Unix nanoseconds. */
  receivedAt: bigint;
}

/** Something on the wire that was not taken. */
export interface Refusal {
  link: string;
  /**
   * `frame`: not a frame; `length`, `type`, `crc`, `malformed`: not a message; `direction`: a host's own message;
   * `protocol`: a node of another protocol version; `overrun`: a packet that came while too many waited for the disk.
   */
  reason: 'frame' | MessageFault | 'direction' | 'protocol' | 'overrun';
  count: number;
}

export interface CollectorEvents {
  hello: [{ link: string; node: number; hello: Fields<'HELLO'>; receivedAt: bigint }];
  /** The configuration that a node has, or was given just now. */
  config: [{ node: number; config: NodeConfig }];
  samples: [CollectedSamples];
  status: [{ link: string; node: number; status: Fields<'STATUS'>; receivedAt: bigint }];
  /** A new reading of a node's clock, and the one to trust. */
  clock: [{ node: number; reading: ClockReading; best: ClockReading }];
  linkState: [{ link: string; up: boolean }];
  refused: [Refusal];
  /** The recorder failed. Nothing it had not stored is acknowledged; the nodes send it again. */
  recordError: [{ error: unknown }];
}

export interface CollectorCounters extends LinkCounters, Omit<NodeCounters, 'node'> {
  /** Packets not taken because the disk was behind or could not be written; their nodes send them again. */
  deferred: number;
  failedCommits: number;
  /** Nodes heard. */
  nodes: number;
  perNode: NodeCounters[];
}

/** A packet that waits for its commit. */
interface Pending {
  link: LinkSession;
  ack: Fields<'ACK'>;
  /** Undefined for a packet recorded before. */
  collected: CollectedSamples | undefined;
  size: number;
}

/** `seq` of the ACK that answers a HELLO. */
const HELLO_SEQ = 0xffffffff;
const REQUEST_SLOT = 0xffffffff;
/** A node that sends no HELLO is asked for its clock this often. */
const CLOCK_REFRESH_MILLIS = 3_600_000;

/**
 * Talks to any number of nodes over any number of links: answers HELLO, keeps their clocks, and hands packets to the
 * recorder. A packet is acknowledged when a commit that covers it has resolved, never before. Memory is bounded: where
 * the disk is slower than the links, reading pauses, and where it cannot pause packets are left to be sent again.
 */
export class Collector extends EventEmitter<CollectorEvents> {
  readonly #recorder: PacketRecorder;
  readonly #configFor: (hello: Fields<'HELLO'>) => NodeConfig | undefined;
  readonly #log: CollectorLog | undefined;
  readonly #now: () => number;
  readonly #timeIntervalMillis: number;
  readonly #maxPendingBytes: number;
  readonly #links = new Map<Transport, LinkSession>();
  readonly #nodes = new Map<number, NodeSession>();
  /** Of links detached since. */
  readonly #past = LinkSession.noCounters();
  #deferred = 0;
  #failedCommits = 0;
  /** Packets added to the recorder since the last commit began. */
  #pending: Pending[] = [];
  /** Bytes of packets whose commit has not ended. */
  #pendingBytes = 0;
  /** Facts were added since the last commit began. */
  #factsPending = false;
  #committing: Promise<void> | undefined;
  #paused = false;

  constructor({
    recorder,
    configFor = () => undefined,
    log,
    now = unixMillis,
    timeIntervalMillis = 60_000,
    maxPendingBytes = 1 << 20,
  }: CollectorOptions) {
    super();
    this.#recorder = recorder;
    this.#configFor = configFor;
    this.#log = log;
    this.#now = now;
    this.#timeIntervalMillis = timeIntervalMillis;
    this.#maxPendingBytes = maxPendingBytes;
  }

  /** Collects from a link from now on. */
  attach(transport: Transport): void {
    if (this.#links.has(transport)) return;
    const { name } = transport;
    const link: LinkSession = new LinkSession(transport, {
      message: (message) => this.#receive(link, message),
      refused: (reason, count) => this.#refuse(link, reason, count),
      settled: () => this.#commit(),
    });
    this.#links.set(transport, link);
    transport.onState((up) => {
      if (up) this.#log?.info({ link: name }, 'link is back');
      else this.#log?.warn({ link: name }, 'link is down');
      this.emit('linkState', { link: name, up });
    });
    if (this.#paused) transport.pause?.();
  }

  /** Receives nothing more from a link; what it has received is still recorded and acknowledged. It stays open. */
  detach(transport: Transport): void {
    const link = this.#links.get(transport);
    if (!link) return;
    transport.onData(() => undefined);
    transport.onState(() => undefined);
    if (this.#paused) transport.resume?.();
    this.#links.delete(transport);
    link.addTo(this.#past);
  }

  /** Stops receiving; resolves when all that was received is recorded and answered, and the links are closed. */
  async close(): Promise<void> {
    const links = [...this.#links.values()];
    for (const { transport } of links) this.detach(transport);
    await this.#committing;
    await Promise.all(
      links.map(async ({ transport, writer }) => {
        // A peer that takes nothing does not hold up the end.
        await Promise.race([writer.idle(), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
        await transport.close();
      }),
    );
  }

  counters(): CollectorCounters {
    const links = LinkSession.noCounters();
    for (const key of Object.keys(links) as (keyof LinkCounters)[]) {
      if (key === 'refused') links.refused = { ...this.#past.refused };
      else links[key] = this.#past[key];
    }
    for (const link of this.#links.values()) link.addTo(links);
    const perNode = [...this.#nodes.values()].map(({ counters }) => counters);
    const sum = (key: 'packets' | 'samples' | 'lost' | 'duplicates'): number =>
      perNode.reduce((before, node) => before + node[key], 0);
    return {
      packets: sum('packets'),
      samples: sum('samples'),
      lost: sum('lost'),
      duplicates: sum('duplicates'),
      deferred: this.#deferred,
      failedCommits: this.#failedCommits,
      ...links,
      nodes: perNode.length,
      perNode,
    };
  }

  #receive(link: LinkSession, message: Message): void {
    const millis = this.#now();
    const receivedAt = BigInt(Math.round(millis * 1000)) * 1000n;
    try {
      if (message.name === 'SAMPLES') this.#samples(link, message, receivedAt);
      else if (message.name === 'HELLO') this.#hello(link, message.fields, millis, receivedAt);
      else if (message.name === 'STATUS') this.#status(link, message.fields, receivedAt);
      else if (message.name === 'TIME') this.#time(link, message.fields, millis, receivedAt);
      else this.#unexpected(link, 'direction');
    } catch (error) {
      if (message.name === 'SAMPLES') this.#deferred++;
      this.#fail(error);
    }
  }

  #samples(link: LinkSession, message: SamplesMessage, receivedAt: bigint): void {
    const { node, boot, seq } = message.fields;
    // Twice the limit is reached only where reading cannot pause.
    if (this.#pendingBytes >= 2 * this.#maxPendingBytes) {
      this.#deferred++;
      this.#refuse(link, 'overrun', 1);
      return;
    }
    const session = this.#session(node);
    const { samples } = message;
    this.#settleOffer(session, samples.axes, receivedAt);
    let collected: CollectedSamples | undefined;
    if (this.#recorder.addSamples(message, receivedAt) === 'new') {
      const fractionBits = session.config?.fractionBits;
      collected = { link: link.transport.name, node, boot, seq, samples, fractionBits, receivedAt };
    }
    const size = message.body.length;
    this.#pending.push({ link, ack: { node, boot, seq }, collected, size });
    this.#pendingBytes += size;
    if (this.#pendingBytes >= this.#maxPendingBytes) this.#pause();
  }

  #hello(link: LinkSession, hello: Fields<'HELLO'>, millis: number, receivedAt: bigint): void {
    if (hello.protocol !== PROTOCOL_VERSION) {
      this.#unexpected(link, 'protocol');
      return;
    }
    const { node, boot } = hello;
    this.#recorder.addIdentity(hello, receivedAt);
    this.#factsPending = true;
    const session = this.#session(node);
    session.sequence.booted(boot);
    const answers = this.#configure(session, hello, receivedAt);
    answers.push(...this.#clockRequest(session, millis, this.#timeIntervalMillis));
    answers.push(encodeMessage('ACK', { node, boot, seq: HELLO_SEQ }));
    link.writer.send(Buffer.concat(answers.map(encodeFrame)), answers.length);
    this.#log?.debug({ link: link.transport.name, ...hello }, 'hello');
    this.emit('hello', { link: link.transport.name, node, hello, receivedAt });
  }

  /** The CONFIG to send, if any. Keeps book of which configuration the node's packets are taken with. */
  #configure(session: NodeSession, hello: Fields<'HELLO'>, receivedAt: bigint): Uint8Array[] {
    const { offered } = session;
    // An offer is in force when the node names it.
    if (offered && configId(offered) === hello.configId) this.#adopt(session, offered, receivedAt);
    session.offered = undefined;
    if (session.config && configId(session.config) !== hello.configId) session.config = undefined;
    const wanted = this.#configFor(hello);
    if (!wanted) return [];
    const wantedId = configId(wanted);
    if (wantedId === hello.configId) {
      if (!session.config) this.#adopt(session, wanted, receivedAt);
      return [];
    }
    // A node without a configuration has no queue; one with a queue refuses what would change its meaning.
    const taken = hello.configId === 0 || (session.config && sameMeaning(session.config, wanted));
    if (taken) this.#adopt(session, wanted, receivedAt);
    else session.offered = wanted;
    this.#log?.info({ node: hello.node, configId: wantedId }, 'configuring');
    // A node that counts its boots anew was erased: it must not name new packets as it named old ones.
    const known = this.#recorder.lastBoot(hello.node);
    const boot = hello.configId === 0 && hello.boot <= known ? known + 1 : 0;
    return [encodeMessage('CONFIG', { node: hello.node, configId: wantedId, boot, ...wanted })];
  }

  #adopt(session: NodeSession, config: NodeConfig, receivedAt: bigint): void {
    session.offered = undefined;
    session.config = config;
    this.#recorder.addConfiguration(session.node, config, receivedAt);
    this.#factsPending = true;
    this.emit('config', { node: session.node, config });
  }

  /** A packet with the axes of the configuration on offer, and not of the one before, shows that it was taken. */
  #settleOffer(session: NodeSession, axes: number, receivedAt: bigint): void {
    const { offered, config } = session;
    if (offered && offered.axes === axes && config && config.axes !== axes) {
      this.#adopt(session, offered, receivedAt);
    }
  }

  #status(link: LinkSession, status: Fields<'STATUS'>, receivedAt: bigint): void {
    this.#recorder.addStatus(status, receivedAt);
    this.#factsPending = true;
    this.#session(status.node);
    this.emit('status', { link: link.transport.name, node: status.node, status, receivedAt });
  }

  #time(link: LinkSession, answer: Fields<'TIME'>, millis: number, receivedAt: bigint): void {
    const { node, hostMicros, slot, micros } = answer;
    if (slot === REQUEST_SLOT) {
      this.#unexpected(link, 'direction');
      return;
    }
    const session = this.#nodes.get(node);
    const asking = session?.asking;
    // An answer to another request says nothing of this round trip.
    if (!session || asking === undefined || BigInt(asking) !== hostMicros) return;
    session.asking = undefined;
    const slotMicros = (session.config ?? session.offered)?.slotMicros;
    const answeredMicros = Math.round(millis * 1000);
    if (slotMicros === undefined || answeredMicros < asking) return;
    const reading = readClock({ askedMicros: asking, answeredMicros, slot, micros, slotMicros });
    const best = session.clock.add(reading, answeredMicros);
    this.#recorder.addClock(node, best, receivedAt);
    this.#factsPending = true;
    this.emit('clock', { node, reading, best });
  }

  #session(node: number): NodeSession {
    let session = this.#nodes.get(node);
    if (!session) {
      session = new NodeSession(node);
      this.#nodes.set(node, session);
    }
    return session;
  }

  #unexpected(link: LinkSession, reason: 'direction' | 'protocol'): void {
    link.unexpected++;
    this.#refuse(link, reason, 1);
  }

  #refuse(link: LinkSession, reason: Refusal['reason'], count: number): void {
    this.#log?.debug({ link: link.transport.name, reason, count }, 'refused');
    this.emit('refused', { link: link.transport.name, reason, count });
  }

  #commit(): void {
    if (this.#pending.length > 0 || this.#factsPending) this.#committing ??= this.#commitAll();
  }

  /** One commit at a time; what arrives while the disk is busy goes with the next. */
  async #commitAll(): Promise<void> {
    while (this.#pending.length > 0 || this.#factsPending) {
      const batch = this.#pending;
      this.#pending = [];
      this.#factsPending = false;
      const fault = await this.#recorder.commit().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      if (fault) {
        // The recorder has also forgotten what was added since.
        batch.push(...this.#pending);
        this.#pending = [];
        this.#deferred += batch.length;
      }
      for (const { size } of batch) this.#pendingBytes -= size;
      if (this.#pendingBytes <= this.#maxPendingBytes / 2) this.#resume();
      if (fault) this.#fail(fault.error);
      else this.#settle(batch);
    }
    this.#committing = undefined;
  }

  /** The TIME request to send, if the last one is at least `intervalMillis` ago. */
  #clockRequest(session: NodeSession, millis: number, intervalMillis: number): Uint8Array[] {
    const micros = Math.round(millis * 1000);
    if (micros - session.asked < intervalMillis * 1000) return [];
    session.asked = micros;
    session.asking = micros;
    const { node } = session;
    return [encodeMessage('TIME', { node, hostMicros: BigInt(micros), slot: REQUEST_SLOT, micros: 0 })];
  }

  /** Acknowledges what is on stable storage, then tells of it. */
  #settle(batch: readonly Pending[]): void {
    const now = this.#now();
    for (const { link, ack, collected } of batch) {
      const session = this.#session(ack.node);
      session.sequence.note(ack.boot, ack.seq);
      if (collected) {
        session.packets++;
        session.samples += collected.samples.slots.length;
      } else {
        session.duplicates++;
      }
      // A node that never reboots is asked for its clock here, once its slots have a known length.
      const requests = session.config ? this.#clockRequest(session, now, CLOCK_REFRESH_MILLIS) : [];
      const answers = [...requests, encodeMessage('ACK', ack)];
      for (const answer of answers) link.writer.send(encodeFrame(answer), 1);
    }
    for (const { collected } of batch) if (collected) this.emit('samples', collected);
  }

  #fail(error: unknown): void {
    this.#failedCommits++;
    this.#log?.warn({ err: error }, 'not recorded, not acknowledged; the nodes send again');
    this.emit('recordError', { error });
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const { transport } of this.#links.values()) transport.pause?.();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const { transport } of this.#links.values()) transport.resume?.();
  }
}

/** Whether queued samples mean the same under both: what a node with a queue accepts. */
function sameMeaning(a: NodeConfig, b: NodeConfig): boolean {
  return a.axes === b.axes && a.fractionBits === b.fractionBits && a.slotMicros === b.slotMicros;
}
