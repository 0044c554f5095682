import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { distDir } from '../paths.ts';
import { UserError } from '../errors.ts';

/** What assembly/seasons/api.ts exports; see there for the contract of each function. */
interface SeasonsExports {
  memory: WebAssembly.Memory;
  abi(): number;
  memorySize(): number;
  stateBase(): number;
  headSize(): number;
  stateSize(): number;
  configBase(): number;
  configSize(): number;
  reset(): void;
  start(node: number, boot: number): number;
  configure(): number;
  next(slot: number, energy: number): number;
  wakeSlot(): number;
  inputBase(): number;
  push(slot: number): number;
  dirtyOffset(): number;
  dirtySize(): number;
  queueLength(): number;
  oldestAge(slot: number): number;
  packetBase(): number;
  packet(): number;
  acked(boot: number, seq: number): number;
  unsent(slot: number): void;
  sampledCount(): number;
  formedCount(): number;
  acknowledgedCount(): number;
  blockedCount(): number;
  lateCount(): number;
  prunedCount(): number;
  expiredCount(): number;
}

/** What `next` asks for. */
export const actions = { sleep: 0, sample: 1, send: 2 } as const;

/** The bytes of seasons.wasm, the same that firmware is made from, and their hash. */
export interface ModuleImage {
  readonly module: WebAssembly.Module;
  /** First 8 bytes of the SHA-256 in hex: HELLO's `module`. */
  readonly hash: string;
}

export function loadSeasons(path = join(distDir, 'wasm', 'seasons.wasm')): ModuleImage {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new UserError(`cannot read the node module ${path}`, {
      hint: 'build it with: npm run build',
      cause,
    });
  }
  return {
    module: new WebAssembly.Module(bytes),
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  };
}

/** A running instance of the node module, with fresh memory: what a node's RAM holds after power-on. */
export class NodeModule {
  readonly calls: SeasonsExports;

  constructor(image: ModuleImage) {
    this.calls = new WebAssembly.Instance(image.module).exports as unknown as SeasonsExports;
  }

  /** The state block, live. */
  state(): Uint8Array {
    return this.#bytes(this.calls.stateBase(), this.calls.stateSize());
  }

  /** Applies the bytes of a CONFIG's fields; 0 or the module's reason to refuse. */
  configure(config: Uint8Array): number {
    this.#bytes(this.calls.configBase(), config.length).set(config);
    return this.calls.configure();
  }

  /** Queues a sample: one integer per axis. */
  push(slot: number, values: Int32Array): number {
    new Int32Array(this.calls.memory.buffer, this.calls.inputBase(), values.length).set(values);
    return this.calls.push(slot);
  }

  /** The body of the packet to send, a copy. */
  packet(): Uint8Array {
    const length = this.calls.packet();
    return this.#bytes(this.calls.packetBase(), length).slice();
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.calls.memory.buffer, at, length);
  }
}
