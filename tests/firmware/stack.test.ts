import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect } from '@jest/globals';
import type { BoardName } from '../../host/build/boards.ts';
import { buildFirmware, type Firmware } from '../../host/build/buildFirmware.ts';
import { runTool } from '../../host/build/runTool.ts';
import { SerialTransport } from '../../host/link/serial.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { poison } from '../../host/sim/boards/poison.ts';
import { runQemu } from '../../host/sim/boards/qemuBoard.ts';
import { Qmp } from '../../host/sim/boards/qmp.ts';
import type { Environment } from '../../host/sim/environment.ts';
import { temporaryFolder } from '../conformance/compileC.ts';
import { writeMutant } from './cuts/mutants.ts';
import { respond } from './responder.ts';
import { ScriptedEnvironment } from './scriptedEnvironment.ts';
import { NODE, config, firmwareFor, testWithBoards, values } from './support.ts';

const { dir, remove } = temporaryFolder();
afterAll(remove);

/**
 * Bytes of the stack that no run may have written: at the deepest point a fault still has to be reported, which takes
 * 140 bytes (exception frame, startup_exception and what it calls), with room for one more frame as large as the largest
 * (104). gcc -fstack-usage says so.
 */
const MARGIN = 256;
const MONITOR = 'stack-monitor';

/** The stack's addresses in an image: its lowest byte, and one past its highest. */
async function stackOf({ board, elf }: Firmware): Promise<{ bottom: number; top: number }> {
  const lines = (await runTool(`${board.toolchain.prefix}nm`, [elf], dir)).split('\n');
  const symbol = (name: string): number =>
    parseInt(lines.find((line) => line.endsWith(` ${name}`))!.split(' ')[0]!, 16);
  const top = symbol('ld_stack_top');
  return { bottom: top - symbol('ld_stack_size'), top };
}

/**
 * Runs a node through boots that end in power failures, and counts at the end of each the bytes from the bottom of its
 * stack that still hold the garbage that RAM was filled with. Returns the counts.
 */
async function untouched(firmware: Firmware, settings: NodeConfig): Promise<number[]> {
  const { ram, ramBase } = firmware.board;
  const { bottom, top } = await stackOf(firmware);
  const garbage = new Uint8Array(ram);
  poison(garbage, 1);
  const path = join(dir, MONITOR);
  const dump = join(dir, 'stack.bin');
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const counts: number[] = [];
  let qmp: Qmp | undefined;
  const look = async (): Promise<void> => {
    await qmp!.execute('pmemsave', { val: bottom, size: top - bottom, filename: dump });
    const stack = readFileSync(dump);
    const before = garbage.subarray(bottom - ramBase, top - ramBase);
    const used = stack.findIndex((byte, i) => byte !== before[i]);
    counts.push(used < 0 ? stack.length : used);
  };
  // Power fails before the answer: the node waits, and has done all that this boot will do.
  const atEnd = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch(async (error: Error) => {
      await look();
      throw error;
    });
  const world = new ScriptedEnvironment({
    ...{ slots: 400, fails: (call: number) => call % 97 === 0 },
    values: (slot) => Int32Array.from([0, 1, 2].flatMap((shift) => [...values(slot + shift)])),
  });
  const environment: Environment = {
    powerOn: () => atEnd(world.powerOn()),
    sleepUntil: (slot) => atEnd(world.sleepUntil(slot)),
    sense: () => atEnd(world.sense()),
    transmit: (length) => atEnd(world.transmit(length)),
  };
  const board = await runQemu({
    ...{ firmware, node: NODE, environment, listenMillis: 100 },
    args: ['-chardev', `socket,id=${MONITOR},path=${path}`, '-mon', `chardev=${MONITOR},mode=control`],
  });
  const socket = await connected;
  socket.on('error', () => undefined);
  const transport = await SerialTransport.open((board.link as { path: string }).path);
  try {
    qmp = new Qmp(socket, new Promise(() => undefined));
    await qmp.execute('qmp_capabilities');
    const heard = respond(transport, settings, {
      answer: (packet) => packet % 13 !== 0,
      noise: () => Buffer.from('\0noise\0'),
    });
    board.start();
    await board.done;
    expect(heard.samples.length).toBeGreaterThan(20);
    expect(heard.statuses.length).toBeGreaterThan(0);
    expect(heard.times).toBeGreaterThan(3);
  } finally {
    await transport.close();
    await board.stop();
    socket.destroy();
    server.close();
  }
  return counts;
}

describe('the stack of stm32vldiscovery, the least of all boards', () => {
  const board: BoardName = 'stm32vldiscovery';
  const wide = (policy: number): NodeConfig => ({ ...config, policy, axes: 9, batch: 3 });

  testWithBoards('keeps a margin through samples, packets and power failures', [board], async () => {
    const firmware = await firmwareFor(board);
    const least: number[] = [];
    // Uniform, the network of Skip RNN, Variation.
    for (const policy of [0, 4, 5]) {
      const counts = await untouched(firmware, wide(policy));
      expect(counts.length).toBeGreaterThan(3);
      least.push(Math.min(...counts));
    }
    process.stderr.write(`${board}: bytes of the stack never written, by policy: ${least.join(', ')}\n`);
    expect(Math.min(...least)).toBeGreaterThanOrEqual(MARGIN);
  });

  testWithBoards('is told to be too small when a sample takes 1000 bytes more of it', [board], async () => {
    const sources = join(dir, 'sources');
    const head = 'static void sample(void) {\n';
    const deep = `${head}  uint8_t deep[1000];\n  deep[0] = 1;\n  __asm__ volatile("" ::"r"(deep) : "memory");\n`;
    writeMutant(sources, { file: 'node.c', replacements: [[head, deep]] });
    const counts = await untouched(await buildFirmware({ board, sources, out: join(dir, 'deep') }), wide(0));
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.min(...counts)).toBeLessThan(MARGIN);
  });
});
