import { Poser } from '../../pose/poser.ts';

/** To the worker: a model to run from now on, a frame (60 numbers), or a new beginning. */
export type ToPoser =
  | { type: 'model'; weights: Uint8Array; module: ArrayBuffer }
  | { type: 'frame'; frame: Float32Array }
  | { type: 'reset' };

/** From the worker. `pose` is undefined while the look-ahead fills. */
export type FromPoser =
  | { type: 'ready'; latencyFrames: number; precision: string }
  | {
      type: 'pose';
      millis: number;
      pose?: { frame: number; rotations: Float32Array; joints: Float32Array; translation: Float32Array };
    }
  | { type: 'failed'; message: string };

const scope = self as unknown as {
  onmessage: (event: { data: ToPoser }) => void;
  postMessage(message: FromPoser): void;
};
let poser: Poser | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === 'model') {
    poser = undefined;
    Poser.create({ weights: data.weights, module: data.module }).then(
      (made) => {
        poser = made;
        scope.postMessage({ type: 'ready', latencyFrames: made.latencyFrames, precision: made.precision });
      },
      (error: unknown) => scope.postMessage({ type: 'failed', message: String(error) }),
    );
  } else if (data.type === 'reset') {
    poser?.reset();
  } else if (poser) {
    const started = performance.now();
    const pose = poser.step(data.frame);
    const millis = performance.now() - started;
    scope.postMessage({ type: 'pose', millis, ...(pose && { pose }) });
  }
};
