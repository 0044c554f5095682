import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from '@jest/globals';
import { boards, type BoardName } from '../../host/build/boards.ts';
import { buildFirmware, type Firmware } from '../../host/build/buildFirmware.ts';
import { operations } from '../../host/build/environmentProtocol.ts';
import { findInPath } from '../../host/build/findInPath.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { Random } from '../../host/sim/random.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import {
  cutAtRandom,
  cutEveryInstruction,
  runUntil,
  type Target,
  type Unpowered,
} from './cuts/cutEveryInstruction.ts';
import { buildCutPlugin, runInQemu } from './cuts/cutInQemu.ts';
import { CutWorld, type CutScript } from './cuts/cutWorld.ts';
import { findViolation } from './cuts/findViolation.ts';
import { mutants, writeMutant, type Mutant } from './cuts/mutants.ts';
import { config, firmwareFor, testWithBoards } from './support.ts';

const { dir, remove } = temporaryFolder();
afterAll(remove);

const seed = Number(process.env['SOLSTICE_SEED'] ?? Date.now() % 0x100000000);
process.stderr.write(`powerCuts: SOLSTICE_SEED=${seed}\n`);
/** `SOLSTICE_CUTS=every` proves the class of every instruction by a cut of its own, which takes hours. */
const proofs = process.env['SOLSTICE_CUTS'] === 'every' ? 'all' : 50;

/** The packets before the cut of the later cycle: more samples than the ring holds, and a STATUS due after the next. */
const EARLIER = 31;
/** Instructions of a cycle with its boot, about. */
const CYCLE = 150_000;

/** A sample in every slot, nine axes wide, in packets of three: short cycles, and a ring that is soon full. */
const script: CutScript = {
  config: { ...config, policy: 0, rate: 65535, axes: 9, batch: 3, maxSkip: 0 },
  earlierConfigs: [],
  values: (slot) => Int32Array.from({ length: 9 }, (_, axis) => ((slot * 7919 * (axis + 1)) % 20001) - 10000),
  energy: 0xffffffff,
  knownBoot: 40,
  // A late acknowledgement meets the one of the repetition; the node must not take either for that of another packet.
  answers: (packet) => (packet === EARLIER ? 'late' : packet === EARLIER + 2 ? 'lost' : 'sent'),
};

const target = ({ board, bin }: Firmware): Target => ({
  ...{ board, image: readFileSync(bin), module: loadSeasons() },
});

function folderFor(name: string): string {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function buildMutant(board: BoardName, mutant: Mutant): Promise<Firmware> {
  const folder = folderFor(`mutant-${mutants.indexOf(mutant)}-${board}`);
  writeMutant(join(folder, 'sources'), mutant);
  return buildFirmware({ board, sources: join(folder, 'sources'), out: folder });
}

/** A node whose NVM was never written. */
const erased = ({ board }: Target, by = script): Unpowered => ({
  ...{ nvm: new Uint8Array(board.nvm).fill(0xff), world: new CutWorld(by), unread: [] },
});

/** A node that has sent for long, cut while a sample waits in a ring that has wrapped. */
function later(node: Target, by = script): Unpowered {
  const left = runUntil(node, erased(node, by), 1, ({ events }) => {
    const packets = events.filter((event) => event.kind === 'heard' && event.message.name === 'SAMPLES');
    if (packets.length < EARLIER) return false;
    const since = events.slice(events.lastIndexOf(packets.at(-1)!));
    const taken = since.findIndex((event) => event.kind === 'asked' && event.operation === operations.SENSE);
    return taken >= 0 && taken < since.length - 1;
  });
  expect(left.world.events.length).toBeGreaterThan(3 * EARLIER);
  return left;
}

/** The same, and the host has another configuration for it. */
function reconfigured(node: Target): Unpowered {
  const left = later(node);
  const changed = { config: { ...script.config, batch: 2 }, earlierConfigs: [script.config] };
  return { ...left, world: left.world.clone({ ...script, ...changed }) };
}

/** A node whose energy never pays for a full packet, so that the latency bound decides. */
function short(node: Target): Unpowered {
  const bound = { batch: 8, latencySlots: 12, sendSlots: 2 };
  return later(node, { ...script, config: { ...script.config, ...bound }, energy: 74_500 });
}

/** Where in a cycle a class is proven. */
function toProve(): number[] | 'all' {
  const random = new Random(seed);
  return proofs === 'all' ? proofs : Array.from({ length: proofs }, () => random.uniform());
}

/** Much more than a machine takes that does nothing else. */
const timeout = proofs === 'all' ? 24 * 3_600_000 : 600_000;

describe('power cut before every instruction of a cycle', () => {
  const cases = [
    ['from erased NVM', (node: Target) => erased(node), ['HELLO', 'TIME', 'SENSE', 'SAMPLES']],
    ['with a ring that wrapped', later, ['HELLO', 'SENSE', 'SAMPLES', 'STATUS', 'SLEEP_UNTIL']],
    ['with little energy', short, ['HELLO', 'SENSE', 'SAMPLES', 'SLEEP_UNTIL']],
    ['with a new configuration', reconfigured, ['HELLO', 'SENSE', 'SAMPLES', 'SLEEP_UNTIL']],
  ] as const;
  for (const [name, startOf, parts] of cases)
    testWithBoards(
      name,
      ['rp2040'],
      async () => {
        const node = target(await firmwareFor('rp2040'));
        const report = cutEveryInstruction({ ...node, start: startOf(node), prove: toProve() });
        const { instructions, classes, resumed, proven, violation, seen } = report;
        process.stderr.write(
          `powerCuts ${name}: ${instructions} instructions in ${classes} classes, ${resumed} resumed, ${proven} proven\n`,
        );
        expect(violation).toBeUndefined();
        expect([...seen]).toEqual(expect.arrayContaining([...parts]));
        expect(instructions).toBeGreaterThan(50_000);
        expect(classes).toBeGreaterThan(200);
        expect(resumed).toBeGreaterThan(classes);
        expect(proven).toBeGreaterThan(40);
      },
      undefined,
      timeout,
    );
});

describe('power cut again and again, at instructions drawn at random', () => {
  testWithBoards(
    'on rp2040',
    ['rp2040'],
    async () => {
      const node = target(await firmwareFor('rp2040'));
      const random = new Random(seed);
      for (const start of [erased(node), later(node)])
        for (let chain = 0; chain < 20; chain++)
          expect(cutAtRandom(node, start, { cuts: 8, most: CYCLE, random })).toBeUndefined();
    },
    undefined,
    timeout,
  );

  const emulated = (Object.keys(boards) as BoardName[]).filter(
    (name) => boards[name].emulator.kind === 'qemu',
  );
  const noCompiler = findInPath('gcc') ? undefined : 'gcc not installed';
  /** The first promise broken, or undefined. */
  const cutInQemu = async (firmware: Firmware, folder: string, cuts: number): Promise<string | undefined> => {
    const plugin = buildCutPlugin(dir, 'qemu-system-arm');
    const random = new Random(seed);
    const world = new CutWorld(script);
    const nvm = join(folder, 'nvm.bin');
    for (let cut = 0; cut < cuts; cut++) {
      await runInQemu(firmware, nvm, world, { plugin, at: random.next32() % CYCLE });
      const violation = findViolation(world);
      if (violation !== undefined) return `cut ${cut}: ${violation}`;
    }
    await runInQemu(firmware, nvm, world);
    return findViolation(world);
  };

  for (const name of emulated)
    testWithBoards(
      `on ${name}`,
      [name],
      async () => {
        expect(await cutInQemu(await firmwareFor(name), folderFor(name), 24)).toBeUndefined();
      },
      noCompiler,
      timeout,
    );

  testWithBoards(
    'on sifive_e, at once: the run ends with the cut, though the monitor still owes an answer',
    ['sifive_e'],
    async () => {
      const firmware = await firmwareFor('sifive_e');
      const plugin = buildCutPlugin(dir, 'qemu-system-arm');
      const nvm = join(folderFor('at-once'), 'nvm.bin');
      for (let run = 0; run < 20; run++) {
        const world = new CutWorld(script);
        await runInQemu(firmware, nvm, world, { plugin, at: run });
        expect(world.events).toEqual([expect.objectContaining({ kind: 'cut' })]);
      }
    },
    noCompiler,
    timeout,
  );

  testWithBoards(
    'on mps2-an385, where a mistake is found',
    ['mps2-an385'],
    async () => {
      const mistake = mutants.find(({ name }) => name === 'a sample is durable only with the next packet')!;
      const firmware = await buildMutant('mps2-an385', mistake);
      expect(await cutInQemu(firmware, folderFor('mistake'), 24)).toMatch(
        /^cut \d+: .*(is lost|with a fault|did not give)/,
      );
    },
    noCompiler,
    timeout,
  );
});

describe('a mistake in the order of things is found by the cuts', () => {
  for (const mutant of mutants)
    testWithBoards(
      mutant.name,
      ['rp2040'],
      async () => {
        const node = target(await buildMutant('rp2040', mutant));
        const { violation } = cutEveryInstruction({ ...node, start: later(node), prove: [] });
        expect(violation).toMatch(mutant.found);
      },
      undefined,
      timeout,
    );
});
