import { UserError } from '../../errors.ts';

/** An object of the pickle, never constructed: the class or function it names and what it would have been given. */
export interface PickledObject {
  global: string;
  args: PickledValue[];
  /** What BUILD would have set. */
  state: PickledValue;
}

export type PickledValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickledValue[]
  | Map<PickledValue, PickledValue>
  | PickledObject
  | Global;

/** A name from an import list, inert. */
class Global {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const MARK = Symbol('mark');
type StackItem = PickledValue | typeof MARK;

/**
 * Reads the structure of a Python pickle of protocol 4 or 5 without executing anything: objects stay descriptions
 * (`PickledObject`), only globals in `allowed` may be named, and an opcode beyond the plain data ones is an error.
 * `file` names the source in messages, which give the byte offset.
 */
export function readPickle(bytes: Uint8Array, file: string, allowed: ReadonlySet<string>): PickledValue {
  return new PickleReader(bytes, file, allowed).read();
}

class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #allowed: ReadonlySet<string>;
  readonly #stack: StackItem[] = [];
  readonly #memo: PickledValue[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, file: string, allowed: ReadonlySet<string>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.#allowed = allowed;
  }

  read(): PickledValue {
    for (;;) {
      const at = this.#at;
      const opcode = this.#take(1)[0]!;
      if (opcode === 0x2e) return this.#pop();
      this.#step(opcode, at);
    }
  }

  #step(opcode: number, at: number): void {
    switch (opcode) {
      case 0x80: {
        const protocol = this.#unsigned(1);
        if (protocol < 4 || protocol > 5) this.#fail(at, 'pickle protocol 4 or 5', `protocol ${protocol}`);
        return;
      }
      case 0x95: // FRAME
        this.#take(8);
        return;
      case 0x28:
        this.#stack.push(MARK);
        return;
      case 0x4e:
        return this.#push(null);
      case 0x88:
        return this.#push(true);
      case 0x89:
        return this.#push(false);
      case 0x4b: // BININT1
        return this.#push(this.#unsigned(1));
      case 0x4d: // BININT2
        return this.#push(this.#unsigned(2));
      case 0x4a: // BININT
        return this.#push(this.#unsigned(4) | 0);
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#text(1));
      case 0x58: // BINUNICODE
        return this.#push(this.#text(4));
      case 0x43: // SHORT_BINBYTES
        return this.#push(this.#take(this.#unsigned(1)));
      case 0x42: // BINBYTES
        return this.#push(this.#take(this.#unsigned(4)));
      case 0x29:
      case 0x5d:
        return this.#push([]);
      case 0x7d:
        return this.#push(new Map());
      case 0x85:
      case 0x86:
      case 0x87: // TUPLE1 to TUPLE3
        return this.#push(this.#popMany(opcode - 0x84));
      case 0x74: // TUPLE
        return this.#push(this.#popToMark());
      case 0x61: // APPEND
        return this.#extend(this.#popMany(1), at);
      case 0x65: // APPENDS
        return this.#extend(this.#popToMark(), at);
      case 0x73: // SETITEM
        return this.#setItems(this.#popMany(2), at);
      case 0x75: // SETITEMS
        return this.#setItems(this.#popToMark(), at);
      case 0x94: // MEMOIZE
        this.#memo.push(this.#top());
        return;
      case 0x68: // BINGET
        return this.#recall(this.#unsigned(1), at);
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#unsigned(4), at);
      case 0x93:
        return this.#global(at);
      case 0x81: // NEWOBJ
      case 0x52: // REDUCE
        return this.#describe(at);
      case 0x62:
        return this.#build(at);
      default:
        this.#fail(at, 'an opcode of a plain data frame', `opcode 0x${opcode.toString(16).padStart(2, '0')}`);
    }
  }

  #global(at: number): void {
    const [module, name] = this.#popMany(2);
    const path = `${String(module)}.${String(name)}`;
    if (!this.#allowed.has(path)) this.#fail(at, `one of ${[...this.#allowed].join(', ')}`, path);
    this.#push(new Global(path));
  }

  #describe(at: number): void {
    const [callee, args] = this.#popMany(2);
    if (!(callee instanceof Global) || !Array.isArray(args)) this.#fail(at, 'a class and its arguments');
    this.#push({ global: callee.name, args, state: null });
  }

  #build(at: number): void {
    const state = this.#pop();
    const target = this.#top();
    if (!isPickledObject(target)) this.#fail(at, 'an object to set the state of');
    target.state = state;
  }

  #extend(items: PickledValue[], at: number): void {
    const list = this.#top();
    if (!Array.isArray(list)) this.#fail(at, 'a list to append to');
    for (const item of items) list.push(item);
  }

  #setItems(items: PickledValue[], at: number): void {
    const map = this.#top();
    if (!(map instanceof Map) || items.length % 2 !== 0) this.#fail(at, 'a dictionary and pairs');
    for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
  }

  #recall(index: number, at: number): void {
    const value = this.#memo[index];
    if (value === undefined) this.#fail(at, 'a memo entry that is there', String(index));
    this.#push(value);
  }

  #push(value: PickledValue): void {
    this.#stack.push(value);
  }

  #pop(): PickledValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) this.#fail(this.#at, 'a value on the stack');
    return value;
  }

  #top(): PickledValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) this.#fail(this.#at, 'a value on the stack');
    return value;
  }

  #popMany(count: number): PickledValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickledValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.#fail(this.#at, 'a mark on the stack');
    const items = this.#stack.splice(mark) as [typeof MARK, ...PickledValue[]];
    return items.slice(1) as PickledValue[];
  }

  #text(size: 1 | 4): string {
    return new TextDecoder().decode(this.#take(this.#unsigned(size)));
  }

  #unsigned(size: 1 | 2 | 4): number {
    const at = this.#at;
    this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) {
      this.#fail(this.#bytes.length, `${length} more bytes`, 'the end of the file');
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #fail(at: number, expected: string, found?: string): never {
    throw malformedPickle(this.#file, at, expected, found);
  }
}

/** A pickle has no lines: its errors name the byte. */
export function malformedPickle(file: string, at: number, expected: string, found?: string): UserError {
  return new UserError(
    `${file}: byte ${at}: expected ${expected}${found === undefined ? '' : `, found ${found}`}`,
  );
}

export function isPickledObject(value: PickledValue | undefined): value is PickledObject {
  return typeof value === 'object' && value !== null && 'global' in value && 'state' in value;
}
