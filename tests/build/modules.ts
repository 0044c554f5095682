import { loadWabt } from '../../host/build/wabt.ts';

/** The functions of the node module's interface that take nothing and answer a number. */
const GETTERS = [
  ...[
    'stateBase',
    'headSize',
    'stateSize',
    'configBase',
    'configSize',
    'memorySize',
    'configure',
    'wakeSlot',
  ],
  ...['inputBase', 'dirtyOffset', 'dirtySize', 'queueLength', 'packetBase', 'packet', 'sampledCount'],
  ...['formedCount', 'acknowledgedCount', 'blockedCount', 'lateCount'],
  ...['prunedCount', 'expiredCount'],
];

export interface ModuleText {
  /** What memorySize() answers. */
  memorySize?: number;
  /** What headSize() and stateSize() answer. */
  headSize?: number;
  stateSize?: number;
  /** More text inside the module, and at its very beginning. */
  body?: string;
  imports?: string;
  /** An export to leave out. */
  without?: string;
  /** Parameters of `push`, which has one. */
  pushParameters?: number;
}

/** A module with the node module's interface that does nothing, as wasm bytes. */
export async function makeModule({
  memorySize = 4096,
  headSize = 256,
  stateSize = 1024,
  body = '',
  imports = '',
  without = '',
  pushParameters = 1,
}: ModuleText = {}): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = (count: number): string => '(param i32) '.repeat(count);
  const answers: Record<string, number> = { memorySize, headSize, stateSize };
  const functions = [
    ...GETTERS.map((name) => ({ name, count: 0, result: true })),
    ...['start', 'acked', 'next'].map((name) => ({ name, count: 2, result: true })),
    { name: 'oldestAge', count: 1, result: true },
    { name: 'push', count: pushParameters, result: true },
    { name: 'reset', count: 0, result: false },
    { name: 'unsent', count: 1, result: false },
  ]
    .filter(({ name }) => name !== without)
    .map(
      ({ name, count, result }) =>
        `(func (export "${name}") ${parameters(count)}${result ? `(result i32) i32.const ${answers[name] ?? 0}` : ''})`,
    );
  const text = `(module ${imports} ${without === 'memory' ? '(memory 1)' : '(memory (export "memory") 1)'} ${functions.join('\n')} ${body})`;
  const wabt = await loadWabt();
  const module = wabt.parseWat('module.wat', text, { simd: true });
  return new Uint8Array(module.toBinary({}).buffer);
}
