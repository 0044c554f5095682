import { parentPort, workerData } from 'node:worker_threads';
import type { Motion } from '../motion/motion.ts';
import { Evaluator, type Task } from './evaluation.ts';

/** A thread that runs the tasks it is sent, one at a time. */
const port = parentPort;
if (!port) throw new Error('evaluateWorker runs as a worker thread');
const evaluator = new Evaluator(workerData as Motion[]);
port.on('message', (task: Task) => void evaluator.run(task).then((sums) => port.postMessage(sums)));
