import { join } from 'node:path';
import type { Firmware } from '../../../host/build/buildFirmware.ts';
import { operations } from '../../../host/build/environmentProtocol.ts';
import { root } from '../../../host/paths.ts';
import { SerialTransport } from '../../../host/link/serial.ts';
import { runQemu } from '../../../host/sim/boards/qemuBoard.ts';
import { EndOfRun, type Environment, type Moment } from '../../../host/sim/environment.ts';
import { buildQemuPlugin } from '../../support/qemuPlugin.ts';
import { cycleDone } from './cutEveryInstruction.ts';
import type { CutWorld } from './cutWorld.ts';

const NODE = 7;
/** How the plugin ends the emulator. */
const CUT_STATUS = 77;
/** Wall-clock milliseconds until an answer counts as lost. */
const LISTEN_MILLIS = 300;

/** Compiles the plugin that cuts the power in QEMU; returns its path. */
export function buildCutPlugin(dir: string, qemu: string): string {
  return buildQemuPlugin({
    source: join(root, 'tests', 'firmware', 'cuts', 'cutPlugin.c'),
    path: join(dir, 'cut.so'),
    qemu,
    defines: [`-DCUT_STATUS=${CUT_STATUS}`],
    argument: 'at=0',
  });
}

/**
 * Runs a node in QEMU from what `nvm` holds, in a world that goes on. With `at` the power is cut before that
 * instruction, counted from power-on; without, the node goes through one more cycle. The power is off when it resolves.
 */
export async function runInQemu(
  firmware: Firmware,
  nvm: string,
  world: CutWorld,
  cut?: { plugin: string; at: number },
): Promise<void> {
  world.cut();
  const since = world.events.length;
  const ask = (operation: number, argument = 0): Promise<ReturnType<CutWorld['ask']>> => {
    if (!cut && cycleDone(world, since)) return Promise.reject(new EndOfRun('the cycle is over'));
    return Promise.resolve(world.ask(operation, argument));
  };
  const environment: Environment = {
    powerOn: () => ask(operations.POWER_ON),
    sleepUntil: (slot) => ask(operations.SLEEP_UNTIL, slot),
    sense: () => ask(operations.SENSE) as Promise<Moment & { values: Int32Array }>,
    transmit: (length) => ask(operations.TRANSMIT, length),
  };
  const board = await runQemu({
    ...{ firmware, node: NODE, environment, nvm, listenMillis: LISTEN_MILLIS },
    ...(cut ? { args: ['-plugin', `file=${cut.plugin},at=${cut.at}`] } : {}),
  });
  const transport = await SerialTransport.open((board.link as { path: string }).path);
  transport.onData((chunk) => {
    for (const frame of world.hear(chunk)) void transport.write(frame).catch(() => undefined);
  });
  try {
    board.start();
    await board.done.catch((error: Error) => {
      if (!cut || !error.message.startsWith(`QEMU ended (${CUT_STATUS})`)) throw error;
    });
  } finally {
    await transport.close();
    await board.stop();
  }
}
