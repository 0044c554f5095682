import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { configId } from '../link/message.ts';
import type { Fields, NodeConfig } from '../link/protocol.ts';
import { identityCalibration, storeCalibration, type AxisCalibration } from './calibration.ts';
import { diskError } from './diskError.ts';
import { FolderLock } from './folderLock.ts';
import { sessionId } from './names.ts';
import type { SamplesMessage } from './readRecording.ts';
import { ReceivedPackets } from './receivedPackets.ts';
import { RecordingFile, syncFolder } from './recordingFile.ts';
import { RecordingIndex, indexError, type NodeFacts, type SessionState } from './recordingIndex.ts';
import { RecordingWriter, type SessionFacts } from './recordingWriter.ts';
import { restoreSessions, type RestoredSession } from './restoreSessions.ts';
import type { Stores } from './schema.ts';

/** Where the samples of a recording come from. */
export type Origin = 'simulated' | 'emulated' | 'hardware' | 'replayed';

export interface RecorderOptions {
  /** The recordings folder; made when it is not there. */
  dir: string;
  title?: string;
  origin: Origin;
  /** Unix time in milliseconds. */
  now?: () => number;
  /** False leaves out fdatasync: for measurements only. */
  sync?: boolean;
}

/** A measured clock: Unix microseconds = offsetMicros + slot * slotMicros + microseconds into the slot. */
export interface ClockReading {
  /** The node's answer. */
  slot: number;
  micros: number;
  slotMicros: number;
  offsetMicros: number;
  roundTripMicros: number;
}

export interface RecorderCounters {
  /** Packets and samples on stable storage, of this session. */
  packets: number;
  samples: number;
  duplicates: number;
  commits: number;
  failedCommits: number;
  /** Bytes of the file on stable storage. */
  bytes: number;
}

interface NodeState {
  facts: NodeFacts;
  /** Whether the facts are in this session's file, or on their way there. */
  introduced: boolean;
  from: number;
  to: number;
  changed: boolean;
}

interface OpenPackets {
  keys: [node: number, boot: number, seq: number][];
  samples: number;
}

/** How often the index learns of a running session; after a kill the recording itself tells the rest. */
const INDEX_INTERVAL_MS = 5000;
const LIBRARY = 'solstice';

/**
 * Records the packets of any number of nodes into one file per session, and knows which packets are recorded, in
 * this session or any before it in the same folder.
 *
 * `add...` only gathers; nothing may be acknowledged, not even a duplicate, before a `commit` called after it has
 * resolved. When a commit rejects, everything not yet on stable storage is forgotten: those packets count as
 * unknown, and are recorded when they come again.
 */
export class Recorder {
  readonly path: string;
  /** Sessions found not properly ended, and all sessions when the index had to be rebuilt. */
  readonly restored: readonly RestoredSession[];
  /** The name under which a corrupt index was set aside. */
  readonly indexSetAside: string | undefined;
  readonly #session: SessionFacts;
  readonly #fileName: string;
  readonly #lock: FolderLock;
  readonly #index: RecordingIndex;
  readonly #indexPath: string;
  readonly #file: RecordingFile;
  readonly #writer = new RecordingWriter();
  readonly #received: ReceivedPackets;
  readonly #nodes = new Map<number, NodeState>();
  readonly #now: () => number;
  readonly #counters = { packets: 0, samples: 0, duplicates: 0, commits: 0, failedCommits: 0 };
  /** Packets added and not yet on stable storage. */
  readonly #pending = new Set<string>();
  #open: OpenPackets = { keys: [], samples: 0 };
  #writing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #indexedAt: number;
  #indexFailure: unknown;
  #closed = false;

  private constructor(
    parts: Pick<Recorder, 'path' | 'restored' | 'indexSetAside'> & {
      session: SessionFacts;
      fileName: string;
      lock: FolderLock;
      index: RecordingIndex;
      indexPath: string;
      file: RecordingFile;
      now: () => number;
    },
  ) {
    this.path = parts.path;
    this.restored = parts.restored;
    this.indexSetAside = parts.indexSetAside;
    this.#session = parts.session;
    this.#fileName = parts.fileName;
    this.#lock = parts.lock;
    this.#index = parts.index;
    this.#indexPath = parts.indexPath;
    this.#file = parts.file;
    this.#now = parts.now;
    this.#received = new ReceivedPackets(parts.index);
    this.#indexedAt = parts.session.started;
  }

  /**
   * Starts a session. Whatever a killed host left in the folder is read and put right before this resolves. Throws
   * `UserError` when the folder cannot be written, or another recorder has it.
   */
  static async open({
    dir,
    title = '',
    origin,
    now = Date.now,
    sync = true,
  }: RecorderOptions): Promise<Recorder> {
    const indexPath = join(dir, 'index.sqlite');
    let lock: FolderLock | undefined;
    let index: RecordingIndex | undefined;
    let file: RecordingFile | undefined;
    try {
      await mkdir(dir, { recursive: true });
      lock = FolderLock.take(dir, join(dir, 'recorder.lock'));
      const started = now();
      const opened = RecordingIndex.open(indexPath, started);
      index = opened.index;
      const restored = await restoreSessions(dir, index);
      await syncFolder(dir);
      const session: SessionFacts = { id: sessionId(started), title, origin, started };
      const fileName = `${session.id}.mcap`;
      const path = join(dir, fileName);
      file = await RecordingFile.create(path, RecordingWriter.preamble(session, LIBRARY), { sync });
      const recorder = new Recorder({
        path,
        restored,
        indexSetAside: opened.setAside,
        session,
        fileName,
        lock,
        index,
        indexPath,
        file,
        now,
      });
      recorder.#putSession('open', null);
      return recorder;
    } catch (error) {
      await file?.close();
      index?.close();
      lock?.release();
      const known = diskError(error, dir, 'write');
      throw known === error ? indexError(error, indexPath) : known;
    }
  }

  get counters(): Readonly<RecorderCounters> {
    return { ...this.#counters, bytes: this.#file.length };
  }

  /** What a node said of itself. Times here and below: when the host received it, in Unix nanoseconds. */
  addIdentity(identity: Fields<'HELLO'>, receivedAt: bigint): void {
    this.#addFact('Identity', 'identity', identity, receivedAt);
  }

  /** The configuration that a node's next samples are taken with. Recorded when it differs from the last one. */
  addConfiguration(node: number, config: NodeConfig, receivedAt: bigint): void {
    const stored = { node, configId: configId(config), ...config };
    const state = this.#state(node, receivedAt);
    if (!sameFact(state, state.facts.configuration, stored)) {
      this.#addFact('Configuration', 'configuration', stored, receivedAt);
    }
    if (needsCalibration(state.facts.calibration, config.axes)) {
      this.addCalibration(node, identityCalibration(config.axes), receivedAt);
    }
  }

  /** Names, units and scales of a node's axes, in order. Recorded when it differs from the last one. */
  addCalibration(node: number, axes: readonly AxisCalibration[], receivedAt: bigint): void {
    const stored = storeCalibration(node, axes);
    const state = this.#state(node, receivedAt);
    if (!sameFact(state, state.facts.calibration, stored)) {
      this.#addFact('Calibration', 'calibration', stored, receivedAt);
    }
  }

  addClock(node: number, clock: ClockReading, receivedAt: bigint): void {
    const { slot, micros, slotMicros, offsetMicros, roundTripMicros } = clock;
    const fields = { node, slot, micros, slotMicros };
    const measured = { offsetMicros: Math.round(offsetMicros), roundTripMicros: Math.round(roundTripMicros) };
    this.#addFact('Clock', 'clock', { ...fields, ...measured }, receivedAt);
  }

  addStatus(status: Fields<'STATUS'>, receivedAt: bigint): void {
    const state = this.#state(status.node, receivedAt);
    this.#introduce(status.node, state, receivedAt);
    this.#writer.add('Status', status.node, status, receivedAt, nodeTime(state, status.slot) ?? receivedAt);
  }

  /** The greatest boot number of the node's recorded packets, in this session or before; 0 if there are none. */
  lastBoot(node: number): number {
    return this.#received.lastBoot(node);
  }

  /** Adds a packet, unless it is known. `message.body` is copied. */
  addSamples(message: SamplesMessage, receivedAt: bigint): 'new' | 'duplicate' {
    const { node, boot, seq, slot, axes } = message.fields;
    const state = this.#state(node, receivedAt);
    const key = `${node}:${boot}:${seq}`;
    if (this.#pending.has(key) || this.#received.has(node, boot, seq)) {
      this.#counters.duplicates++;
      return 'duplicate';
    }
    this.#introduce(node, state, receivedAt);
    const { slots, values } = message.samples;
    const fields: Partial<Stores<'Samples'>> = {
      node,
      boot,
      seq,
      slot,
      axes,
      packet: message.body,
      slots,
      values,
    };
    const { configuration } = state.facts;
    if (configuration) fields.fractionBits = configuration.fractionBits;
    this.#writer.add('Samples', node, fields, receivedAt, nodeTime(state, slot) ?? receivedAt);
    this.#pending.add(key);
    this.#open.keys.push([node, boot, seq]);
    this.#open.samples += slots.length;
    return 'new';
  }

  /**
   * Resolves when everything added so far is on stable storage. Calls made while a write is under way share the
   * next one. Rejects with a `UserError` that names the disk; a later commit may succeed.
   */
  commit(): Promise<void> {
    if (this.#writer.pendingBytes === 0 && !this.#queued) return this.#writing ?? Promise.resolve();
    this.#queued ??= this.#writeNext();
    return this.#queued;
  }

  /** Ends the session: commits, ends the file, updates the index, frees the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.commit();
      await this.#file.append(this.#writer.ending(this.#file.length, this.#file.crc));
      this.#updateIndex('closed', this.#now());
      if (this.#indexFailure !== undefined) throw indexError(this.#indexFailure, this.#indexPath);
    } finally {
      await this.#file.close();
      this.#index.close();
      this.#lock.release();
    }
  }

  async #writeNext(): Promise<void> {
    // Rejects with the write under way: what this one would have built on is forgotten.
    try {
      await this.#writing;
    } finally {
      this.#queued = undefined;
    }
    const write = this.#write();
    this.#writing = write;
    try {
      await write;
    } finally {
      if (this.#writing === write) this.#writing = undefined;
    }
  }

  async #write(): Promise<void> {
    const batch = this.#writer.take();
    const { keys, samples } = this.#open;
    this.#open = { keys: [], samples: 0 };
    try {
      await this.#file.append(batch.bytes);
    } catch (error) {
      this.#counters.failedCommits++;
      this.#forget();
      throw error;
    }
    this.#writer.settle(batch);
    for (const [node, boot, seq] of keys) {
      this.#received.add(node, boot, seq);
      this.#pending.delete(`${node}:${boot}:${seq}`);
    }
    this.#counters.commits++;
    this.#counters.packets += keys.length;
    this.#counters.samples += samples;
    const now = this.#now();
    if (now - this.#indexedAt >= INDEX_INTERVAL_MS && !this.#closed) this.#updateIndex('open', null);
  }

  #forget(): void {
    this.#writer.rollback();
    this.#pending.clear();
    this.#open = { keys: [], samples: 0 };
    for (const state of this.#nodes.values()) state.introduced = false;
  }

  #addFact<N extends 'Identity' | 'Configuration' | 'Calibration' | 'Clock'>(
    name: N,
    key: keyof NodeFacts,
    fields: Stores<N>,
    receivedAt: bigint,
  ): void {
    const state = this.#state(fields.node, receivedAt);
    (state.facts as Record<string, unknown>)[key] = fields;
    if (state.introduced) this.#writer.add(name, fields.node, fields, receivedAt);
    else this.#introduce(fields.node, state, receivedAt);
  }

  /** Puts what is known of a node, from this session or those before, ahead of its first message in this file. */
  #introduce(node: number, state: NodeState, receivedAt: bigint): void {
    if (state.introduced) return;
    state.introduced = true;
    const { identity, configuration, calibration, clock } = state.facts;
    if (identity) this.#writer.add('Identity', node, identity, receivedAt);
    if (configuration) this.#writer.add('Configuration', node, configuration, receivedAt);
    if (calibration) this.#writer.add('Calibration', node, calibration, receivedAt);
    if (clock) this.#writer.add('Clock', node, clock, receivedAt);
  }

  #state(node: number, receivedAt: bigint): NodeState {
    if (this.#closed) throw new Error('the recorder is closed');
    const millis = Number(receivedAt / 1_000_000n);
    let state = this.#nodes.get(node);
    if (!state) {
      const { identity, configuration, calibration, clock } = this.#index.node(node) ?? {};
      const facts: NodeFacts = {
        ...(identity && { identity }),
        ...(configuration && { configuration }),
        ...(calibration && { calibration }),
        ...(clock && { clock }),
      };
      state = { facts, introduced: false, from: millis, to: millis, changed: true };
      this.#nodes.set(node, state);
    }
    state.from = Math.min(state.from, millis);
    state.to = Math.max(state.to, millis);
    state.changed = true;
    return state;
  }

  /** The index is allowed to lag: a failure is kept for `close`, and the next update tries again. */
  #updateIndex(state: SessionState, ended: number | null): void {
    this.#indexedAt = this.#now();
    try {
      this.#index.transaction(() => {
        this.#received.saveChanged();
        for (const [node, seen] of this.#nodes) {
          if (seen.changed) this.#index.putNode(node, seen.from, seen.to, seen.facts);
        }
        this.#putSession(state, ended);
      });
      this.#received.markSaved();
      for (const seen of this.#nodes.values()) seen.changed = false;
      this.#indexFailure = undefined;
    } catch (error) {
      this.#indexFailure = error;
    }
  }

  #putSession(state: SessionState, ended: number | null): void {
    const { id, started } = this.#session;
    const { packets, samples } = this.#counters;
    this.#index.putSession({ id, file: this.#fileName, started, ended, packets, samples, state });
  }
}

function sameFact(state: NodeState, known: object | undefined, next: object): boolean {
  return state.introduced && JSON.stringify(known) === JSON.stringify(next);
}

/** Whether there is no calibration, or only an identity for another number of axes. */
function needsCalibration(known: Stores<'Calibration'> | undefined, axes: number): boolean {
  if (!known) return true;
  if (known.scale.length === axes) return false;
  const identity = storeCalibration(known.node, identityCalibration(known.scale.length));
  return JSON.stringify(identity) === JSON.stringify(known);
}

/** A slot's time in Unix nanoseconds, where the node's clock is known. */
function nodeTime({ facts: { clock } }: NodeState, slot: number): bigint | undefined {
  if (!clock) return undefined;
  const micros = clock.offsetMicros + slot * clock.slotMicros;
  return micros >= 0 && Number.isSafeInteger(micros) ? BigInt(micros) * 1000n : undefined;
}
