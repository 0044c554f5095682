import { parentPort, workerData } from 'node:worker_threads';
import { loadSeasons } from '../nodeModule.ts';
import { CellRunner, type RunnerOptions } from './runCell.ts';
import type { Cell } from './suite.ts';

/** A thread that runs the cells it is sent, one at a time. */
const port = parentPort;
if (!port) throw new Error('compareWorker runs as a worker thread');
const runner = new CellRunner(loadSeasons(), workerData as RunnerOptions);
port.on('message', (cell: Cell) => port.postMessage(runner.run(cell)));
