import { McapConstants } from '@mcap/core';
import { metadataCrc } from './recordingWriter.ts';
import { schemaNames, type SchemaName } from './schema.ts';
import { CRC_SIZE, STAMP_SIZE, verifiedType } from './storedMessage.ts';

const { Opcode } = McapConstants;

/** One record of a recording, parsed and, where it has a CRC, verified. Byte arrays are views into the input. */
export type ParsedRecord =
  | { kind: 'header'; profile: string; library: string }
  | { kind: 'schema'; id: number; name: string }
  | { kind: 'channel'; id: number; topic: string }
  | {
      kind: 'message';
      type: SchemaName;
      channelId: number;
      sequence: number;
      logTime: bigint;
      publishTime: bigint;
      /** The encoded fields without the CRC field. */
      fields: Uint8Array;
    }
  | { kind: 'metadata'; name: string; entries: Map<string, string> }
  | { kind: 'statistics'; messages: number }
  | { kind: 'dataEnd'; crc: number }
  | { kind: 'footer'; crc: number };

/** Longest content in bytes of each record kind that a recording has; any other opcode is damage. */
export const MAX_CONTENT: Readonly<Record<number, number>> = {
  [Opcode.HEADER]: 1 << 10,
  [Opcode.SCHEMA]: 1 << 14,
  [Opcode.CHANNEL]: 1 << 10,
  [Opcode.MESSAGE]: 1 << 15,
  [Opcode.METADATA]: 1 << 16,
  [Opcode.STATISTICS]: 1 << 20,
  [Opcode.DATA_END]: 4,
  [Opcode.FOOTER]: 20,
};

const text = new TextDecoder('utf-8', { fatal: true });

class Malformed extends Error {}

/** Reads MCAP's little-endian fields; throws `Malformed` at the end of the content. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const bytes = this.bytes(this.u32());
    try {
      return text.decode(bytes);
    } catch {
      throw new Malformed();
    }
  }

  map(): Map<string, string> {
    const entries = new Map<string, string>();
    for (const end = this.u32() + this.#at; this.#at < end;) entries.set(this.string(), this.string());
    return entries;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Malformed();
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new Malformed();
    this.#at = at + length;
    return at;
  }
}

/**
 * Parses the content of a record. Undefined unless every byte is accounted for and every CRC in it holds.
 * `channelType` says what a channel is known to carry; it only saves time.
 */
export function parseRecord(
  opcode: number,
  content: Uint8Array,
  channelType: (id: number) => SchemaName | undefined,
): ParsedRecord | undefined {
  if (opcode === Opcode.MESSAGE) return parseMessage(content, channelType);
  try {
    const cursor = new Cursor(content);
    const record = parseOther(opcode, cursor);
    cursor.end();
    return record;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function parseMessage(
  content: Uint8Array,
  channelType: (id: number) => SchemaName | undefined,
): ParsedRecord | undefined {
  if (content.length < 2 + STAMP_SIZE + CRC_SIZE) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const channelId = view.getUint16(0, true);
  const type = verifiedType(content.subarray(2), channelType(channelId));
  if (type === undefined) return undefined;
  return {
    kind: 'message',
    type,
    channelId,
    sequence: view.getUint32(2, true),
    logTime: view.getBigUint64(6, true),
    publishTime: view.getBigUint64(14, true),
    fields: content.subarray(2 + STAMP_SIZE, content.length - CRC_SIZE),
  };
}

function parseOther(opcode: number, cursor: Cursor): ParsedRecord | undefined {
  switch (opcode) {
    case Opcode.HEADER:
      return { kind: 'header', profile: cursor.string(), library: cursor.string() };
    case Opcode.SCHEMA: {
      const record: ParsedRecord = { kind: 'schema', id: cursor.u16(), name: cursor.string() };
      cursor.string();
      cursor.bytes(cursor.u32());
      return record;
    }
    case Opcode.CHANNEL: {
      const id = cursor.u16();
      cursor.u16();
      const topic = cursor.string();
      cursor.string();
      cursor.map();
      return { kind: 'channel', id, topic };
    }
    case Opcode.METADATA: {
      const name = cursor.string();
      const entries = cursor.map();
      const crc = entries.get('crc32');
      if (crc !== undefined && crc !== metadataCrc(name, entries)) throw new Malformed();
      return { kind: 'metadata', name, entries };
    }
    case Opcode.STATISTICS: {
      const messages = Number(cursor.u64());
      cursor.bytes(2 + 4 * 4 + 2 * 8);
      cursor.bytes(cursor.u32());
      return { kind: 'statistics', messages };
    }
    case Opcode.DATA_END:
      return { kind: 'dataEnd', crc: cursor.u32() };
    case Opcode.FOOTER:
      cursor.bytes(16);
      return { kind: 'footer', crc: cursor.u32() };
    default:
      throw new Malformed();
  }
}

const TYPE_BY_LEAF = new Map(schemaNames.map((name) => [name.toLowerCase(), name]));

/** The node and type that a topic of `topicOf` names; undefined for any other topic. */
export function parseTopic(topic: string): { node: number; type: SchemaName } | undefined {
  const match = /^\/node\/([0-9a-f]{8})\/([a-z]+)$/.exec(topic);
  const type = match ? TYPE_BY_LEAF.get(match[2]!) : undefined;
  return match && type ? { node: parseInt(match[1]!, 16), type } : undefined;
}
