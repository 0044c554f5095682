import { crc32 } from 'node:zlib';
import { McapRecordBuilder, type McapTypes } from '@mcap/core';
import { UserError } from '../errors.ts';
import {
  fileDescriptorSet,
  nodeHex,
  qualifiedName,
  schemaNames,
  topicOf,
  type SchemaName,
  type Stores,
} from './schema.ts';
import { MessageEncoder } from './storedMessage.ts';

/** Facts of a session, kept as the metadata record `solstice.session`. */
export interface SessionFacts {
  id: string;
  title: string;
  /** Where the samples come from: simulated, emulated, hardware or replayed. */
  origin: string;
  /** Unix time in milliseconds. */
  started: number;
}

export const PROFILE = 'solstice';
export const SESSION_METADATA = 'solstice.session';

/** MCAP numbers channels with 16 bits; each node uses one per schema. */
const MAX_CHANNELS = 0xffff;

/** The CRC-32 of a metadata record's name, keys and values, kept in the record under `crc32`. */
export function metadataCrc(name: string, entries: Iterable<readonly [string, string]>): string {
  let crc = crc32(name);
  for (const [key, value] of entries) if (key !== 'crc32') crc = crc32(`\0${key}\0${value}`, crc);
  return crc.toString(16).padStart(8, '0');
}

/** Messages made between two writes, as the bytes to append. */
export interface Batch {
  readonly bytes: Uint8Array;
  readonly totals: Totals;
  /** Channels whose record, and schemas whose record, is in `bytes`. */
  readonly channels: readonly number[];
  readonly schemas: readonly number[];
  /** The sequence number after the last message. */
  readonly sequence: number;
}

/** What MCAP's statistics record counts. */
export class Totals {
  messages = 0;
  firstTime = 0n;
  lastTime = 0n;
  readonly byChannel = new Map<number, number>();

  count(channelId: number, logTime: bigint): void {
    if (this.messages === 0 || logTime < this.firstTime) this.firstTime = logTime;
    if (this.messages === 0 || logTime > this.lastTime) this.lastTime = logTime;
    this.messages++;
    this.byChannel.set(channelId, (this.byChannel.get(channelId) ?? 0) + 1);
  }

  merge(other: Totals): void {
    if (other.messages === 0) return;
    if (this.messages === 0 || other.firstTime < this.firstTime) this.firstTime = other.firstTime;
    if (this.messages === 0 || other.lastTime > this.lastTime) this.lastTime = other.lastTime;
    this.messages += other.messages;
    for (const [id, count] of other.byChannel) this.byChannel.set(id, (this.byChannel.get(id) ?? 0) + count);
  }
}

/**
 * Makes the bytes of a recording: an MCAP file without chunks, so that every message is a record of its own and a
 * file cut anywhere still yields all records before the cut. It does no I/O: `take` hands out what was added, and
 * `settle` or `rollback` tells whether that reached the disk. Memory: one batch, and a table entry per channel
 * (chunk-free files need no message index).
 */
export class RecordingWriter {
  readonly #builder = new McapRecordBuilder();
  readonly #encoder = new MessageEncoder();
  readonly #channels = new Map<string, McapTypes.Channel>();
  /** Ids whose record has been made (whether on disk or not), and those whose record is on disk. */
  readonly #made = { channels: new Set<number>(), schemas: new Set<number>() };
  readonly #settled = { channels: new Set<number>(), schemas: new Set<number>() };
  readonly #totals = new Totals();
  #open = new Totals();
  #openChannels: number[] = [];
  #openSchemas: number[] = [];
  #sequence = 0;
  #settledSequence = 0;

  /** Bytes added since the last `take`. */
  get pendingBytes(): number {
    return this.#builder.length;
  }

  /** Everything settled so far. */
  get totals(): Readonly<Totals> {
    return this.#totals;
  }

  /** The start of the file: magic, header, session facts. To be written before any batch. */
  static preamble(facts: SessionFacts, library: string): Uint8Array {
    const builder = new McapRecordBuilder();
    builder.writeMagic();
    builder.writeHeader({ profile: PROFILE, library });
    const metadata = new Map([
      ['id', facts.id],
      ['title', facts.title],
      ['origin', facts.origin],
      ['started', new Date(facts.started).toISOString()],
    ]);
    metadata.set('crc32', metadataCrc(SESSION_METADATA, metadata));
    builder.writeMetadata({ name: SESSION_METADATA, metadata });
    return builder.buffer;
  }

  add<N extends SchemaName>(
    name: N,
    node: number,
    values: Partial<Stores<N>>,
    logTime: bigint,
    publishTime = logTime,
  ): void {
    const channelId = this.#channel(name, node);
    const stamp = { sequence: this.#sequence, logTime, publishTime };
    this.#append(channelId, this.#encoder.encode(name, values, stamp), stamp);
  }

  /** Adds a message whose fields are already encoded, without their CRC. */
  addEncoded(name: SchemaName, node: number, fields: Uint8Array, logTime: bigint, publishTime: bigint): void {
    const channelId = this.#channel(name, node);
    const stamp = { sequence: this.#sequence, logTime, publishTime };
    this.#append(channelId, this.#encoder.restamp(name, fields, stamp), stamp);
  }

  /** Hands out what was added since the last call. */
  take(): Batch {
    const batch: Batch = {
      bytes: this.#builder.buffer,
      totals: this.#open,
      channels: this.#openChannels,
      schemas: this.#openSchemas,
      sequence: this.#sequence,
    };
    this.#builder.reset();
    this.#open = new Totals();
    this.#openChannels = [];
    this.#openSchemas = [];
    return batch;
  }

  /** The batch is on disk. Batches settle in the order they were taken. */
  settle(batch: Batch): void {
    this.#totals.merge(batch.totals);
    for (const id of batch.channels) this.#settled.channels.add(id);
    for (const id of batch.schemas) this.#settled.schemas.add(id);
    this.#settledSequence = batch.sequence;
  }

  /** Forgets everything that is not settled, whether taken or not. */
  rollback(): void {
    this.take();
    this.#sequence = this.#settledSequence;
    this.#made.channels = new Set(this.#settled.channels);
    this.#made.schemas = new Set(this.#settled.schemas);
  }

  /** Takes over a channel record of a file that is to be ended; `id` and `topic` as they are there. */
  adoptChannel(id: number, topic: string, type: SchemaName): void {
    const schemaId = schemaNames.indexOf(type) + 1;
    this.#channels.set(topic, { id, schemaId, topic, messageEncoding: 'protobuf', metadata: new Map() });
    this.#settled.channels.add(id);
    this.#settled.schemas.add(schemaId);
  }

  /** Takes over a message of a file that is to be ended. */
  adoptMessage(channelId: number, logTime: bigint): void {
    this.#totals.count(channelId, logTime);
  }

  /** The end of the file, for a data section of `length` bytes with CRC-32 `dataCrc` (0: not known). */
  ending(length: number, dataCrc: number): Uint8Array {
    const builder = new McapRecordBuilder();
    builder.writeDataEnd({ dataSectionCrc: dataCrc });
    const dataEnd = builder.length;
    const schemaIds = [...this.#settled.schemas].sort((a, b) => a - b);
    const channels = [...this.#channels.values()].filter(({ id }) => this.#settled.channels.has(id));
    for (const id of schemaIds) writeSchema(builder, id);
    for (const channel of channels) builder.writeChannel(channel);
    builder.writeStatistics({
      messageCount: BigInt(this.#totals.messages),
      schemaCount: schemaIds.length,
      channelCount: channels.length,
      attachmentCount: 0,
      metadataCount: 1,
      chunkCount: 0,
      messageStartTime: this.#totals.firstTime,
      messageEndTime: this.#totals.lastTime,
      channelMessageCounts: new Map([...this.#totals.byChannel].map(([id, count]) => [id, BigInt(count)])),
    });
    const summary = builder.buffer.subarray(dataEnd);
    const footer = { summaryStart: BigInt(length + dataEnd), summaryOffsetStart: 0n, summaryCrc: 0 };
    const bare = new McapRecordBuilder();
    bare.writeFooter(footer);
    // The CRC covers the summary and the footer up to the CRC itself.
    footer.summaryCrc = crc32(bare.buffer.subarray(0, -4), crc32(summary));
    builder.writeFooter(footer);
    builder.writeMagic();
    return builder.buffer;
  }

  #append(
    channelId: number,
    data: Uint8Array,
    stamp: { sequence: number; logTime: bigint; publishTime: bigint },
  ): void {
    this.#builder.writeMessage({ channelId, ...stamp, data });
    this.#open.count(channelId, stamp.logTime);
    this.#sequence = (this.#sequence + 1) >>> 0;
  }

  /** The channel of a node's messages of one schema; its record, and its schema's, go first. */
  #channel(name: SchemaName, node: number): number {
    const topic = topicOf(name, node);
    let channel = this.#channels.get(topic);
    if (!channel) {
      if (this.#channels.size === MAX_CHANNELS) {
        throw new UserError(
          `a recording holds at most ${MAX_CHANNELS} channels; node ${nodeHex(node)} has no room`,
          {
            hint: 'start another recording for the other nodes',
          },
        );
      }
      const id = this.#channels.size + 1;
      const schemaId = schemaNames.indexOf(name) + 1;
      channel = { id, schemaId, topic, messageEncoding: 'protobuf', metadata: new Map() };
      this.#channels.set(topic, channel);
    }
    if (!this.#made.channels.has(channel.id)) {
      if (!this.#made.schemas.has(channel.schemaId)) {
        writeSchema(this.#builder, channel.schemaId);
        this.#made.schemas.add(channel.schemaId);
        this.#openSchemas.push(channel.schemaId);
      }
      this.#builder.writeChannel(channel);
      this.#made.channels.add(channel.id);
      this.#openChannels.push(channel.id);
    }
    return channel.id;
  }
}

/** Schema ids are places in the table, from 1: the same in every recording. */
function writeSchema(builder: McapRecordBuilder, id: number): void {
  const name = schemaNames[id - 1]!;
  builder.writeSchema({ id, name: qualifiedName(name), encoding: 'protobuf', data: fileDescriptorSet(name) });
}
