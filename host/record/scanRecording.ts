import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { McapConstants } from '@mcap/core';
import { diskError } from './diskError.ts';
import { MAX_CONTENT, parseRecord, parseTopic, type ParsedRecord } from './parseRecord.ts';
import type { SchemaName } from './schema.ts';

const RECORD_HEAD = 9;
const BLOCK = 1 << 16;
const MAGIC = Uint8Array.from(McapConstants.MCAP_MAGIC);

export type ScanItem =
  | { kind: 'record'; offset: number; record: ParsedRecord }
  /** Bytes in which nothing verifies, with verified records, or the file's proper end, after them. */
  | { kind: 'damage'; offset: number; length: number };

/** How a file ended. */
export interface ScanEnd {
  size: number;
  /** Where verified bytes end. */
  end: number;
  /** CRC-32 of the bytes before `end`, when no DataEnd record was met. */
  crc: number;
  /** Whether the bytes from `end` on are one record that the end of the file cuts off. */
  torn: boolean;
  /** Whether the data section was ended, by a DataEnd record. */
  dataEnded: boolean;
  /** Footer and closing magic were there, and nothing after. */
  closed: boolean;
  /** Whether the CRC over the data section, and that over the summary, holds; undefined when there is none. */
  dataCrc: boolean | undefined;
  summaryCrc: boolean | undefined;
}

/** A window that moves over a file, with a CRC-32 that runs along. */
class Window {
  readonly #handle: FileHandle;
  #buffer = new Uint8Array(2 * BLOCK);
  #base = 0;
  #length = 0;
  #ended = false;
  #crc = 0;
  #crcAt = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get end(): number {
    return this.#base + this.#length;
  }

  /** Whether the bytes `[at, at + length)` are here, without reading. */
  has(at: number, length: number): boolean {
    return at + length <= this.end;
  }

  /** Reads until `[at, at + length)` is here or the file ends; bytes before `at` may go. */
  async fill(at: number, length: number): Promise<boolean> {
    while (!this.has(at, length) && !this.#ended) {
      if (at - this.#base + length + BLOCK > this.#buffer.length) this.#slide(at, length);
      const { bytesRead } = await this.#handle.read(this.#buffer, this.#length, BLOCK);
      this.#length += bytesRead;
      this.#ended = bytesRead === 0;
    }
    return this.has(at, length);
  }

  byte(at: number): number {
    return this.#buffer[at - this.#base]!;
  }

  view(at: number, length: number): Uint8Array {
    return this.#buffer.subarray(at - this.#base, at - this.#base + length);
  }

  /** CRC-32 of the bytes since the last `restartCrc` up to `at`, which must not lie before an earlier call's. */
  crcTo(at: number): number {
    this.#crc = crc32(this.view(this.#crcAt, at - this.#crcAt), this.#crc);
    this.#crcAt = at;
    return this.#crc;
  }

  restartCrc(at: number): void {
    this.#crc = 0;
    this.#crcAt = at;
  }

  #slide(at: number, length: number): void {
    if (this.#crcAt < at) this.crcTo(at);
    const kept = this.#buffer.subarray(at - this.#base, this.#length);
    const room = length + BLOCK;
    const next = room > this.#buffer.length ? new Uint8Array(room) : this.#buffer;
    next.set(kept);
    this.#buffer = next;
    this.#length = kept.length;
    this.#base = at;
  }
}

/**
 * Walks the records of a recording from front to back with bounded memory. Where a record does not verify, it looks
 * byte by byte for the next one that does. Views in a record are valid until the next item is asked for.
 */
export async function* scanRecording(path: string): AsyncGenerator<ScanItem, ScanEnd> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw diskError(error, path, 'read');
  }
  try {
    return yield* scan(new Window(handle));
  } catch (error) {
    throw diskError(error, path, 'read');
  } finally {
    await handle.close();
  }
}

async function* scan(window: Window): AsyncGenerator<ScanItem, ScanEnd> {
  const types = new Map<number, SchemaName>();
  const typeOf = (id: number): SchemaName | undefined => types.get(id);
  let at = 0;
  /** Where the bytes that do not verify began, and the CRC up to there; -1 when all is well. */
  let lostFrom = -1;
  let lostCrc = 0;
  let torn = true;
  let dataEnded = false;
  let closed = false;
  let dataCrc: boolean | undefined;
  let summaryCrc: boolean | undefined;
  if ((await window.fill(0, MAGIC.length)) && isMagic(window, 0)) at = MAGIC.length;
  for (;;) {
    if (!window.has(at, RECORD_HEAD) && !(await window.fill(at, RECORD_HEAD))) break;
    const length = contentLength(window, at);
    let record: ParsedRecord | undefined;
    let whole = false;
    if (length >= 0) {
      whole = window.has(at, RECORD_HEAD + length) || (await window.fill(at, RECORD_HEAD + length));
      if (whole) {
        record = parseRecord(window.byte(at), window.view(at + RECORD_HEAD, length), typeOf);
      }
    }
    if (!record) {
      if (lostFrom < 0) {
        lostFrom = at;
        lostCrc = window.crcTo(at);
        torn = length >= 0 && !whole;
      }
      at++;
      continue;
    }
    if (lostFrom >= 0) yield { kind: 'damage', offset: lostFrom, length: at - lostFrom };
    lostFrom = -1;
    const next = at + RECORD_HEAD + length;
    if (record.kind === 'channel') {
      const type = parseTopic(record.topic)?.type;
      if (type) types.set(record.id, type);
    } else if (record.kind === 'dataEnd') {
      const crc = window.crcTo(at);
      dataEnded = true;
      if (record.crc !== 0) dataCrc = crc === record.crc;
      window.restartCrc(next);
    } else if (record.kind === 'footer') {
      // The CRC covers the summary and the footer's first 25 bytes.
      const crc = window.crcTo(at + RECORD_HEAD + 16);
      if (record.crc !== 0) summaryCrc = crc === record.crc;
    }
    yield { kind: 'record', offset: at, record };
    at = next;
    if (record.kind === 'footer' && (await window.fill(at, MAGIC.length)) && isMagic(window, at)) {
      at += MAGIC.length;
      closed = !(await window.fill(at, 1));
    }
  }
  const end = lostFrom < 0 ? at : lostFrom;
  const crc = lostFrom < 0 ? window.crcTo(at) : lostCrc;
  return { size: window.end, end, crc, torn: torn || lostFrom < 0, dataEnded, closed, dataCrc, summaryCrc };
}

function isMagic(window: Window, at: number): boolean {
  return window.view(at, MAGIC.length).every((byte, i) => byte === MAGIC[i]);
}

/** The content length that the record head at `at` states, or -1 when no recording has such a record. */
function contentLength(window: Window, at: number): number {
  const limit = MAX_CONTENT[window.byte(at)];
  if (limit === undefined) return -1;
  let length = 0;
  for (let i = 8; i >= 1; i--) {
    length = length * 256 + window.byte(at + i);
    if (length > limit) return -1;
  }
  return length;
}
