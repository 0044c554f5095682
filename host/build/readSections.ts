/** What the sections of a module tell: counts, and where the data of linear memory ends. */
export interface Sections {
  readonly imports: number;
  readonly tables: number;
  readonly memories: number;
  /** One past the last byte that a data segment with a constant offset fills; 0 without data. */
  readonly dataEnd: number;
}

const IMPORT = 2;
const TABLE = 4;
const MEMORY = 5;
const DATA = 11;
const I32_CONST = 0x41;
const END = 0x0b;

class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  /** An unsigned LEB128 of up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value >>> 0;
    }
  }

  /** Skips LEB128's bytes; an i32.const offset of a data segment is non-negative, so its bits read as unsigned. */
  offset(): number {
    const opcode = this.byte();
    const value = opcode === I32_CONST ? this.u32() : 0;
    while (this.byte() !== END);
    return value;
  }
}

/** Reads the section table of a module that has been validated. */
export function readSections(bytes: Uint8Array): Sections {
  const sections = { imports: 0, tables: 0, memories: 0, dataEnd: 0 };
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.at + size;
    if (id === IMPORT) sections.imports = reader.u32();
    else if (id === TABLE) sections.tables = reader.u32();
    else if (id === MEMORY) sections.memories = reader.u32();
    else if (id === DATA) sections.dataEnd = readDataEnd(reader);
    reader.at = end;
  }
  return sections;
}

function readDataEnd(reader: Reader): number {
  let last = 0;
  for (let count = reader.u32(); count > 0; count--) {
    const mode = reader.u32();
    if (mode === 2) reader.u32();
    const offset = mode === 1 ? undefined : reader.offset();
    const size = reader.u32();
    reader.at += size;
    if (offset !== undefined) last = Math.max(last, offset + size);
  }
  return last;
}
