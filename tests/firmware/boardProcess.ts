/** Runs an idle board in a process of its own, prints QEMU's process id, and waits to be killed. */
import { readFileSync } from 'node:fs';
import { distDir } from '../../host/paths.ts';
import { boards } from '../../host/build/boards.ts';
import { runBoard } from '../../host/sim/boards/runBoard.ts';
import { ScriptedEnvironment } from './scriptedEnvironment.ts';

const image = `${distDir}/firmware/mps2-an385/firmware`;
const board = await runBoard({
  firmware: { board: boards['mps2-an385'], elf: `${image}.elf`, bin: `${image}.bin` },
  node: 1,
  environment: new ScriptedEnvironment({ slots: 1e9, values: () => Int32Array.of(0) }),
});
board.start();
const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
process.stdout.write(`${children.at(-1)}\n`);
