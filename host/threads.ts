import { Worker } from 'node:worker_threads';

/**
 * Runs tasks in worker threads of `script`, each thread one task at a time: it gets the task as a message and answers with
 * its result. `finish` hears of every result; results come in any order.
 */
export async function runInThreads<Task, Result>(
  script: URL,
  workerData: unknown,
  tasks: readonly Task[],
  threads: number,
  finish: (result: Result, task: Task) => void,
): Promise<void> {
  const queue = [...tasks];
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(script, { workerData });
      let current: Task | undefined;
      const feed = (): void => {
        current = queue.shift();
        if (current !== undefined) worker.postMessage(current);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('message', (result: Result) => {
        finish(result, current!);
        feed();
      });
      worker.on('error', (error) => {
        queue.length = 0;
        reject(error);
      });
      feed();
    });
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, runThread));
}
