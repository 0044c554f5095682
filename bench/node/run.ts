import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BoardName } from '../../host/build/boards.ts';
import { buildFirmware } from '../../host/build/buildFirmware.ts';
import { distDir } from '../../host/paths.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { buildParts } from '../../tests/support/buildParts.ts';
import { cores, replayCores, type CoreName } from './cores.ts';
import { ReplayBuilder, type Counted } from './replayBuilder.ts';
import { makeWorkload, replayHere } from './workload.ts';

/**
 * Instructions per decision of the node module on Cortex-M and RISC-V boards in QEMU, beside the same algorithm in plain C
 * (native.c), and flash and RAM of the whole firmware. A decision is a call of `next` and the `push` that follows a
 * SAMPLE. Deterministic: instructions are counted, not timed. The module, with and without bounds checks, the native
 * version and the module in this process must decide alike and form the same packets, or the run fails.
 * `npm run -s bench:node -- [--json] [--board NAME ...]`
 */
const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, board: { type: 'string', multiple: true } },
});
const wanted = flags.board ?? Object.keys(cores);
const unknown = wanted.find((name) => !Object.hasOwn(cores, name));
if (unknown !== undefined)
  throw new Error(`no board named ${unknown}; there are ${Object.keys(cores).join(', ')}`);

/** The policies that native.c has; the first gives the headline. */
const compared = ['variation', 'uniform'] as const;
const others = ['linear', 'deviation', 'litesense', 'skiprnn'] as const;

buildParts('wasm');
const image = loadSeasons();
const bytes = new Uint8Array(readFileSync(join(distDir, 'wasm', 'seasons.wasm')));
const folder = mkdtempSync(join(tmpdir(), 'solstice-bench-'));
const here = fileURLToPath(new URL('.', import.meta.url));
const result: { boards: Record<string, unknown>; [key: string]: unknown } = { boards: {} };
try {
  const builder = await ReplayBuilder.create({ bytes, folder, sources: here });
  for (const name of wanted as CoreName[]) result.boards[name] = await measure(builder, name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(flags.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));

async function measure(builder: ReplayBuilder, name: CoreName): Promise<Record<string, unknown>> {
  const { firmware } = cores[name];
  const policies: Record<string, unknown> = {};
  let headline: Record<string, unknown> = {
    instructionsPerDecision: null,
    nativeInstructionsPerDecision: null,
    ratio: null,
  };
  const core = replayCores[name];
  for (const policy of core ? [...compared, ...others] : []) {
    process.stderr.write(`${name}: ${policy}\n`);
    const workload = makeWorkload(image, policy);
    const expected = replayHere(image, workload);
    const count = (kind: 'module' | 'checked' | 'native'): Promise<Counted> =>
      builder.count({ core: core!, kind, workload, expected });
    const module = await count('module');
    const checked = await count('checked');
    if (!isCompared(policy)) {
      policies[policy] = { ...perDecision(module), checked: perDecision(checked) };
      continue;
    }
    const native = await count('native');
    policies[policy] = {
      ...perDecision(module),
      nativeInstructionsPerDecision: mean(native),
      ratio: mean(module) / mean(native),
      checked: { ...perDecision(checked), ratio: mean(checked) / mean(native) },
      native: perDecision(native),
      decisions: decisions(module),
      decisionHash: expected,
    };
    if (policy === compared[0]) {
      headline = {
        instructionsPerDecision: mean(module),
        nativeInstructionsPerDecision: mean(native),
        ratio: mean(module) / mean(native),
        checkedInstructionsPerDecision: mean(checked),
        checkedRatio: mean(checked) / mean(native),
        code: { module: module.text, checked: checked.text, native: native.text },
        replayRam: module.ram,
      };
    }
  }
  return { ...headline, ...(await sizes(firmware)), policies };
}

function isCompared(policy: string): policy is (typeof compared)[number] {
  return (compared as readonly string[]).includes(policy);
}

/** Flash and RAM of the whole firmware, unchecked and checked. */
async function sizes(board: BoardName): Promise<Record<string, unknown>> {
  const plain = (await buildFirmware({ board, out: join(folder, board) })).sizes;
  const checked = (await buildFirmware({ board, out: join(folder, `${board}-checked`), checked: true }))
    .sizes;
  return {
    flash: plain.flash,
    ram: plain.ram,
    checkedFlash: checked.flash,
    linearMemory: plain.linearMemory,
  };
}

function decisions({ slept, sampled, sent }: Counted): number {
  return slept.times + sampled.times + sent.times;
}

function mean(counted: Counted): number {
  const { slept, sampled, sent, pushed } = counted;
  return (
    (slept.instructions + sampled.instructions + sent.instructions + pushed.instructions) / decisions(counted)
  );
}

/** Means of each part, and the longest of each. A packet's includes what follows its answer. */
function perDecision(counted: Counted): Record<string, unknown> {
  const { slept, sampled, sent, pushed, formed, settled } = counted;
  const each = (part: { times: number; instructions: number }): number => part.instructions / part.times;
  return {
    instructionsPerDecision: mean(counted),
    nextThatSleeps: each(slept),
    nextThatSamples: each(sampled),
    nextThatSends: each(sent),
    push: each(pushed),
    packet: (formed.instructions + settled.instructions) / formed.times,
    most: {
      next: Math.max(slept.most, sampled.most, sent.most),
      push: pushed.most,
      packet: formed.most,
    },
  };
}
