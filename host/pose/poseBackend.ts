import { type Precision } from './weights.ts';

/** Who turns frames into poses. The views stay valid for the backend's life; the next step overwrites them. */
export interface PoseBackend {
  readonly latencyFrames: number;
  /** Of the arithmetic. */
  readonly precision: Precision;
  /** Whether `step` answers at once; otherwise it gives a promise, and one step runs at a time. */
  readonly immediate: boolean;
  /** 60 f32: the frame that the next step takes. */
  readonly frame: Float32Array;
  /** 24 x 9 global rotations, 24 x 3 joints from the root in metres, 3 of translation in metres, 2 probabilities. */
  readonly pose: Float32Array;
  /** Takes `frame` in. Whether `pose` now holds the pose of the frame `latencyFrames` ago. */
  step(): boolean | Promise<boolean>;
  reset(): void;
}
