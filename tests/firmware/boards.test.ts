import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { configureNode } from '../../host/demo/nodeConfig.ts';
import { imageHash } from '../../host/build/buildFirmware.ts';
import { decodeSamples } from '../../host/link/samples.ts';
import { root } from '../../host/paths.ts';
import { runBoard } from '../../host/sim/boards/runBoard.ts';
import { openHarvest } from '../../host/sim/harvest/readHarvest.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { defaultNode } from '../../host/sim/nodeDescription.ts';
import { Random } from '../../host/sim/random.ts';
import { toFixed } from '../../host/sim/signal/fixedPoint.ts';
import { openSignal } from '../../host/sim/signal/readSignal.ts';
import { SimulatedEnvironment } from '../../host/sim/simulatedEnvironment.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import { boards, type BoardName } from '../../host/build/boards.ts';
import { dataDir } from '../../host/paths.ts';
import { ScriptedEnvironment } from './scriptedEnvironment.ts';
import { NODE, firmwareFor, missingTools, nameAndBody, runNode, testWithBoards, values } from './support.ts';

const both = ['rp2040', 'mps2-an385'] as const;
const arm = [...both, 'stm32vldiscovery', 'netduinoplus2', 'microbit'] as const;
/** RISC-V takes part where its compiler is there; see the last test. */
const all: readonly BoardName[] = missingTools(['sifive_e']).length > 0 ? arm : [...arm, 'sifive_e'];
const hex = (bodies: Uint8Array[]): string[] => bodies.map((body) => Buffer.from(body).toString('hex'));

/** Files that the emulator started by this process has open. */
function openFiles(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  const emulator = children.find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('qemu-system-'),
  );
  return readdirSync(`/proc/${emulator}/fd`).length;
}

/** Each packet's name has one content for ever; the slots of all packets, in order of their first receipt, ascend. */
function expectConsistent(bodies: Uint8Array[]): number[] {
  const contents = new Map<string, string>();
  const slots: number[] = [];
  for (const body of bodies) {
    const [name, content] = nameAndBody(body);
    const known = contents.get(name);
    if (known === undefined) {
      const samples = decodeSamples(body);
      if (typeof samples === 'string') throw new Error(samples);
      slots.push(...samples.slots);
      samples.slots.forEach((slot, i) => {
        const row = Array.from(samples.values.subarray(i * samples.axes, (i + 1) * samples.axes));
        expect(row).toEqual(Array.from(values(slot)));
      });
    } else expect(content).toBe(known);
    contents.set(name, content);
  }
  expect(slots).toEqual([...new Set(slots)].sort((a, b) => a - b));
  return slots;
}

describe('the virtual node and every board send the same SAMPLES', () => {
  testWithBoards('through power failures at any call of the environment', all, async () => {
    const script = { slots: 1000, fails: (call: number) => call % 97 === 0, values };
    const virtual = await runNode('virtual', { environment: new ScriptedEnvironment(script) });
    expect(virtual.samples.length).toBeGreaterThan(80);
    expect(virtual.powerFailures).toBeGreaterThan(10);
    for (const board of all) {
      const heard = await runNode(board, { environment: new ScriptedEnvironment(script) });
      expect(hex(heard.samples)).toEqual(hex(virtual.samples));
      expect(heard.boots).toEqual(virtual.boots);
      expect([heard.statuses, heard.times]).toEqual([virtual.statuses, virtual.times]);
      expect([heard.faults, heard.linkErrors]).toEqual([0, 0]);
      expect(heard.powerFailures).toBeGreaterThan(10);
    }
  });

  const files = ['signals/Epilepsy_TRAIN.ts', 'harvest/mementos/1.txt'].map((file) => join(dataDir(), file));
  const recorded = files.every((file) => existsSync(file));
  testWithBoards(
    'for a recorded signal and a recorded harvest, whose energy fails again and again',
    all,
    async () => {
      const [signalFile, harvestFile] = files as [string, string];
      const signal = openSignal(signalFile);
      // A node that sleeps badly: the default one lives through most of this trace.
      const node = { ...defaultNode, sleepWatts: 40 * defaultNode.sleepWatts };
      const environment = (): SimulatedEnvironment =>
        new SimulatedEnvironment({
          ...{ signal, node, harvester: openHarvest(harvestFile) },
          ...{ horizon: 200, speed: Infinity },
        });
      const sampling = { policy: 'litesense', rate: 0.9, latency: 10 } as const;
      const config = configureNode(loadSeasons(), signal, toFixed(signal), node, sampling);
      const virtual = await runNode('virtual', { environment: environment(), config });
      expect(virtual.samples.length).toBeGreaterThan(10);
      expect(virtual.powerFailures).toBeGreaterThan(5);
      for (const board of all) {
        const heard = await runNode(board, { environment: environment(), config });
        expect(hex(heard.samples)).toEqual(hex(virtual.samples));
        expect(heard.boots).toEqual(virtual.boots);
        expect(heard.powerFailures).toBeGreaterThan(5);
      }
    },
    recorded ? undefined : 'no data',
  );

  testWithBoards(
    'when acknowledgements are lost: the window ends, and the packet comes again',
    ['rp2040'],
    async () => {
      const run = () => ({
        environment: new ScriptedEnvironment({ slots: 300, values }),
        listenMillis: 150,
        answer: (packet: number) => packet % 5 !== 0,
      });
      const virtual = await runNode('virtual', run());
      const heard = await runNode('rp2040', run());
      expect(hex(heard.samples)).toEqual(hex(virtual.samples));
      expect(new Set(hex(heard.samples)).size).toBeLessThan(heard.samples.length);
      expectConsistent(heard.samples);
    },
  );

  testWithBoards('with log text and noise on the wire, which they count', both, async () => {
    const random = new Random(20);
    const noise = (): Uint8Array => {
      const bytes = Array.from({ length: 40 }, () => random.next32() & 0xff);
      return Buffer.concat([Buffer.from('[  12.5] usb: device ready\r\n'), Buffer.from([...bytes, 1])]);
    };
    const script = { slots: 400, fails: (call: number) => call % 97 === 0, values };
    const virtual = await runNode('virtual', { environment: new ScriptedEnvironment(script) });
    for (const board of both) {
      const heard = await runNode(board, { environment: new ScriptedEnvironment(script), noise });
      expect(hex(heard.samples)).toEqual(hex(virtual.samples));
      expect(heard.linkErrors).toBeGreaterThan(20);
    }
  });
});

describe('a board', () => {
  testWithBoards(
    'says in HELLO which image and which module it runs, and has the id it was given',
    all,
    async () => {
      for (const [index, board] of all.entries()) {
        const { firmwareHash, moduleHash, bin } = await firmwareFor(board);
        expect(imageHash(readFileSync(bin)).toString('hex')).toBe(firmwareHash);
        const node = 0x80000001 + index;
        const heard = await runNode(board, {
          environment: new ScriptedEnvironment({ slots: 40, values }),
          node,
        });
        expect(heard.hello).toEqual({ firmware: firmwareHash, module: moduleHash, node });
        // The second names the configuration that the first brought.
        expect(heard.boots).toEqual([1, 1]);
      }
    },
  );

  testWithBoards('loses no queued sample when the power is cut at any instruction', ['rp2040'], async () => {
    const seed = Number(process.env['SOLSTICE_SEED'] ?? Date.now() % 0x100000000);
    process.stderr.write(`boards: SOLSTICE_SEED=${seed}\n`);
    const random = new Random(seed);
    let cutAt = 40_000;
    let cuts = 0;
    const heard = await runNode('rp2040', {
      environment: new ScriptedEnvironment({ slots: 1500, values }),
      cutPower: (instructions) => {
        if (instructions < cutAt || cuts === 150) return false;
        cuts++;
        cutAt = 20_000 + Math.floor(random.uniform(0, 120_000));
        return true;
      },
    });
    expect(heard.powerFailures).toBe(150);
    expect(heard.faults).toBe(0);
    expect(heard.statuses.length).toBeGreaterThan(5);
    expect(new Set(heard.statuses)).toEqual(new Set([0]));
    expect(expectConsistent(heard.samples).length).toBeGreaterThan(100);
  });

  testWithBoards('goes on from its NVM after the emulator was killed', ['mps2-an385'], async () => {
    const { dir, remove } = temporaryFolder();
    const nvm = join(dir, 'nvm.bin');
    try {
      const first = await runNode('mps2-an385', {
        environment: new ScriptedEnvironment({ slots: 150, values }),
        nvm,
      });
      const second = await runNode('mps2-an385', {
        environment: new ScriptedEnvironment({ slots: 300, values }),
        nvm,
      });
      expect(first.boots).toEqual([1, 1]);
      expect(second.boots).toEqual([2]);
      const [before, after] = [first, second].map(({ samples }) =>
        samples.map((body) => nameAndBody(body)[0]),
      );
      const seq = (name: string): number => Number(name.split('/')[1]);
      expect(seq(after![0]!)).toBeGreaterThanOrEqual(seq(before!.at(-1)!));
    } finally {
      remove();
    }
  });

  const semihosted = all.filter(
    (board) => boards[board].emulator.kind === 'qemu' && boards[board].nvmBase === undefined,
  );
  testWithBoards('leaves no file open behind at a power failure', semihosted, async () => {
    for (const board of semihosted) {
      const counts: number[] = [];
      const fails = (call: number): boolean => {
        if (call % 20 !== 0) return false;
        counts.push(openFiles());
        return true;
      };
      await runNode(board, { environment: new ScriptedEnvironment({ slots: 200, fails, values }) });
      expect(counts.length).toBeGreaterThan(15);
      expect(counts.slice(2)).toEqual(counts.slice(2).fill(counts[1]!));
    }
  });

  testWithBoards('in QEMU ends when its host process is killed', ['mps2-an385'], async () => {
    await firmwareFor('mps2-an385');
    const child = spawn(
      process.execPath,
      ['--import', './tests/support/typescript.mjs', './tests/firmware/boardProcess.ts'],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const pid = await new Promise<number>((resolve, reject) => {
      child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
      child.once('exit', () => reject(new Error('the board did not start')));
    });
    process.kill(pid, 0);
    child.kill('SIGKILL');
    const deadline = Date.now() + 5000;
    const alive = (): boolean => {
      try {
        return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      } catch {
        return false;
      }
    };
    while (alive() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(alive()).toBe(false);
  });

  testWithBoards('is taken down at any time, and once is enough', both, async () => {
    for (const board of both) {
      const abort = new AbortController();
      const environment = new ScriptedEnvironment({ slots: 1e9, values });
      const running = await runBoard({
        ...{
          firmware: await firmwareFor(board),
          environment,
          node: NODE,
          signal: abort.signal,
          listenMillis: 10,
        },
      });
      running.start();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(environment.calls).toBeGreaterThan(1);
      abort.abort();
      await running.done;
      await running.stop();
      await running.stop();
      const calls = environment.calls;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(environment.calls).toBe(calls);
    }
  });
});

testWithBoards('RISC-V took part in all of this', ['sifive_e'], () => {
  expect(all).toContain('sifive_e');
  return Promise.resolve();
});
