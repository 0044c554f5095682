import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { readSections } from './readSections.ts';
import { loadWabt } from './wabt.ts';

/** The functions that firmware calls (assembly/seasons/api.ts) and how many parameters each takes. */
const API: Readonly<Record<string, number>> = {
  stateBase: 0,
  headSize: 0,
  stateSize: 0,
  configBase: 0,
  configSize: 0,
  memorySize: 0,
  reset: 0,
  start: 2,
  configure: 0,
  next: 2,
  wakeSlot: 0,
  inputBase: 0,
  push: 1,
  dirtyOffset: 0,
  dirtySize: 0,
  queueLength: 0,
  oldestAge: 1,
  packetBase: 0,
  packet: 0,
  acked: 2,
  unsent: 1,
  sampledCount: 0,
  formedCount: 0,
  acknowledgedCount: 0,
  blockedCount: 0,
  lateCount: 0,
  prunedCount: 0,
  expiredCount: 0,
};

/** What wasm2c and our runtime can take; `simd` is allowed only to tell its use from other faults. */
const FEATURES = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  bulk_memory: true,
  multi_value: true,
  exceptions: false,
  threads: false,
  tail_call: false,
  reference_types: false,
  gc: false,
  memory64: false,
  extended_const: false,
};

export interface ModuleInfo {
  /** First 8 bytes of the SHA-256 in hex, as HELLO carries it. */
  readonly hash: string;
  /** Bytes of linear memory from 0 that the module uses. */
  readonly linearMemory: number;
  /** Bytes of the journalled state block: its head, and its ring. */
  readonly headSize: number;
  readonly ringSize: number;
}

const refuse = (message: string, hint: string): UserError =>
  new UserError(`this module cannot run on a microcontroller: ${message}`, { hint });

/** Whether wabt accepts the module with SIMD allowed or not; the message of the first fault otherwise. */
async function faultOf(bytes: Uint8Array, simd: boolean): Promise<string | undefined> {
  const wabt = await loadWabt();
  try {
    const module = wabt.readWasm(bytes, { ...FEATURES, simd });
    try {
      module.validate();
    } finally {
      module.destroy();
    }
    return undefined;
  } catch (error) {
    return (error as Error).message.trim();
  }
}

/** The module's text, one instruction a line. */
async function textOf(bytes: Uint8Array): Promise<string> {
  const wabt = await loadWabt();
  const module = wabt.readWasm(bytes, { ...FEATURES, simd: false });
  try {
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

/**
 * Checks that a module can become firmware: valid, no imports, the functions of the API, no SIMD, tables or growing
 * memory. Throws a `UserError` that names the first thing in the way.
 */
export async function inspectModule(bytes: Uint8Array<ArrayBuffer>): Promise<ModuleInfo> {
  const withoutSimd = await faultOf(bytes, false);
  if (withoutSimd !== undefined) {
    if ((await faultOf(bytes, true)) === undefined)
      throw refuse('it uses SIMD', 'compile the node module without SIMD types and --enable simd');
    throw refuse(
      `it is not valid WebAssembly for this chain\n${withoutSimd}`,
      'only the MVP, sign extension, bulk memory, saturating conversion and multi-value are supported',
    );
  }
  const sections = readSections(bytes);
  if (sections.imports > 0) {
    const [first] = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
    throw refuse(
      `it imports ${first!.module}.${first!.name}`,
      'a node module imports nothing: with AssemblyScript, use --use abort= and the stub runtime',
    );
  }
  if (sections.tables > 0)
    throw refuse('it has a function table', 'avoid function values and virtual calls in the node module');
  if (/^\s*memory\.grow\b/m.test(await textOf(bytes)))
    throw refuse(
      'it uses memory.grow',
      'allocate nothing: keep all state in static memory (AssemblyScript: memory.data)',
    );
  if (sections.memories !== 1)
    throw refuse(`it has ${sections.memories} memories`, 'a node module has one memory of its own');
  const module = new WebAssembly.Module(bytes);
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  const missing = Object.keys(API).filter((name) => exported.get(name) !== 'function');
  if (exported.get('memory') !== 'memory') missing.push('memory');
  if (missing.length > 0)
    throw refuse(
      `it does not export ${missing.join(', ')}`,
      'assembly/seasons/api.ts lists what a node module exports',
    );
  const calls = new WebAssembly.Instance(module).exports as Record<string, (...values: number[]) => number>;
  const wrong = Object.entries(API).find(([name, parameters]) => calls[name]!.length !== parameters);
  if (wrong)
    throw refuse(
      `${wrong[0]} takes ${calls[wrong[0]]!.length} parameters instead of ${wrong[1]}`,
      'see assembly/seasons/api.ts',
    );
  const linearMemory = calls['memorySize']!() >>> 0;
  if (linearMemory < sections.dataEnd)
    throw refuse(
      `memorySize() says ${linearMemory} bytes, but its data ends at ${sections.dataEnd}`,
      'memorySize() returns __heap_base',
    );
  const headSize = calls['headSize']!() >>> 0;
  return {
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    linearMemory,
    headSize,
    ringSize: (calls['stateSize']!() >>> 0) - headSize,
  };
}
