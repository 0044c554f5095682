import { testUnless } from '../support/testUnless.ts';
import { boards, type BoardName } from '../../host/build/boards.ts';
import { buildFirmware, type Firmware } from '../../host/build/buildFirmware.ts';
import { findInPath } from '../../host/build/findInPath.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { SerialTransport } from '../../host/link/serial.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { runBoard } from '../../host/sim/boards/runBoard.ts';
import type { Environment } from '../../host/sim/environment.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';
import { VirtualNode } from '../../host/sim/virtualNode.ts';
import { respond, type Heard, type RespondOptions } from './responder.ts';

export const NODE = 7;

/** Three axes, packets of eight, nothing that hangs on energy. */
export const config: NodeConfig = {
  policy: 1,
  axes: 3,
  fractionBits: 8,
  batch: 8,
  slotMicros: 62500,
  latencySlots: 160,
  sendSlots: 4,
  minSkip: 0,
  maxSkip: 3,
  rate: 40000,
  threshold: 100,
  sampleNanojoules: 1000,
  packetNanojoules: 50_000,
  byteNanojoules: 100,
  horizon: 256,
  reserve: 51,
  density: 4,
};

/** A signal that no policy finds dull. */
export const values = (slot: number): Int32Array =>
  Int32Array.of(Math.round(1000 * Math.sin(slot / 7)), ((slot * 7919) % 2001) - 1000, (slot % 13) * -5);

const tools = (board: BoardName): string[] => [
  `${boards[board].toolchain.prefix}gcc`,
  ...(boards[board].emulator.kind === 'qemu' ? [boards[board].emulator.command] : []),
];

/** Emulators share the machine with other tests. */
const TIMEOUT = 120_000;

/** A test that runs boards; skipped by name where their compiler or emulator, or what is named last, is missing. */
export function testWithBoards(
  name: string,
  names: readonly BoardName[],
  body: () => Promise<void>,
  otherwiseMissing?: string,
  timeout = TIMEOUT,
): void {
  const missing = missingTools(names);
  const reason = missing.length > 0 ? `${missing.join(', ')} not installed` : otherwiseMissing;
  testUnless(reason, name, body, timeout);
}

/** Programs that the boards need and this machine lacks. */
export function missingTools(names: readonly BoardName[]): string[] {
  return [...new Set(names.flatMap(tools))].filter((tool) => !findInPath(tool));
}

const built = new Map<BoardName, Promise<Firmware>>();

/** Firmware of a board, built once for a test file. */
export function firmwareFor(board: BoardName): Promise<Firmware> {
  const firmware = built.get(board) ?? buildFirmware({ board });
  built.set(board, firmware);
  return firmware;
}

export interface NodeRun extends RespondOptions {
  environment: Environment;
  config?: NodeConfig;
  node?: number;
  listenMillis?: number;
  nvm?: string;
  cutPower?: (instructions: number) => boolean;
}

/** Runs a virtual node or a board until its environment ends the run; returns what the host heard. */
export async function runNode(
  kind: 'virtual' | BoardName,
  run: NodeRun,
): Promise<Heard & { powerFailures: number }> {
  const { environment, node = NODE, answer, noise, listenMillis = 2000 } = run;
  if (kind === 'virtual') {
    const [host, link] = createVirtualLink();
    const heard = respond(host, run.config ?? config, { answer, noise });
    await new VirtualNode({ node, image: loadSeasons(), environment, link, listenMillis }).run();
    return { ...heard, powerFailures: heard.boots.length - 1 };
  }
  const firmware = await firmwareFor(kind);
  const { nvm, cutPower } = run;
  const board = await runBoard({
    ...{ firmware, environment, node, listenMillis },
    ...(nvm === undefined ? {} : { nvm }),
    ...(cutPower ? { cutPower } : {}),
  });
  const transport = 'path' in board.link ? await SerialTransport.open(board.link.path) : board.link.transport;
  const heard = respond(transport, run.config ?? config, { answer, noise });
  try {
    board.start();
    await board.done;
  } finally {
    await transport.close();
    await board.stop();
  }
  return { ...heard, powerFailures: board.powerFailures };
}

/** A packet's name, and its body as hex. */
export function nameAndBody(body: Uint8Array): [name: string, hex: string] {
  const view = new DataView(body.buffer, body.byteOffset);
  return [`${view.getUint32(5, true)}/${view.getUint32(9, true)}`, Buffer.from(body).toString('hex')];
}
