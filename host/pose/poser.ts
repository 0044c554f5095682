import { UserError } from '../errors.ts';
import { FrameGuard } from './frameGuard.ts';
import { type PoseBackend } from './poseBackend.ts';
import type { TfliteModels } from './tfliteBackend.ts';
import type { TfliteRuntime, TfliteRuntimeOptions } from './tfliteRuntime.ts';
import { WasmBackend } from './wasmBackend.ts';
import { type Precision, readWeights } from './weights.ts';

/** 60 f32: 5 x 3 of acceleration (m/s^2 / 30, global), then 5 x 9 of rotation (bone to world, by rows); absent: zeros. */
export type ImuFrame = Float32Array;

export interface Pose {
  /** Which of the frames since the start or the last reset, from 0. */
  frame: number;
  /** 24 x 9 global rotations by rows. */
  rotations: Float32Array;
  /** 24 x 3 positions from the root, metres. */
  joints: Float32Array;
  /** The root, metres; y = 0 is the toe joints' height on the floor. */
  translation: Float32Array;
  /** Probability that the left and the right foot stand. */
  contact: Float32Array;
}

interface CommonOptions {
  /** dist/wasm/poser.wasm, or poser-relaxed.wasm where the engine has relaxed SIMD. */
  module: BufferSource | WebAssembly.Module;
  /** For how many frames a device that drops out, or sends nonsense, is held at its last reading; 3 by default. */
  holdFrames?: number;
}

/** Our own kernels run the networks. */
export interface WasmOptions extends CommonOptions {
  backend?: 'wasm';
  /** A weights file; docs/pose-engine.md describes it. */
  weights: Uint8Array;
  /** The weights file's own by default; f32 weights run as int16 unless f32 is asked for. */
  precision?: Precision;
}

/** A tflite runtime in the browser runs the networks; poses come by `stepAsync`. */
export interface TfliteOptions extends CommonOptions {
  backend: 'tflite';
  models: TfliteModels;
  /** Which one to load, or one that runs. */
  runtime: TfliteRuntimeOptions | TfliteRuntime;
}

export type PoserOptions = WasmOptions | TfliteOptions;

/**
 * Frames of up to five devices in, poses out, 30 a second. The same for Node and browser. Devices may come and go from
 * frame to frame; what is not finite or not a rotation counts as absent, so a pose is never NaN (see FrameGuard).
 */
export class Poser {
  /** The pose that `step` returns is of the frame this many frames ago. */
  readonly latencyFrames: number;
  readonly precision: Precision;
  readonly #backend: PoseBackend;
  readonly #guard: FrameGuard;
  #frame = 0;
  /** Ends when the last call of `stepAsync` or `reset` is served. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(backend: PoseBackend, guard: FrameGuard) {
    this.#backend = backend;
    this.#guard = guard;
    this.latencyFrames = backend.latencyFrames;
    this.precision = backend.precision;
  }

  static async create(options: PoserOptions): Promise<Poser> {
    const guard = new FrameGuard(options.holdFrames ?? 3);
    if (options.backend === 'tflite') return new Poser(await openTflite(options), guard);
    const weights = readWeights(options.weights);
    return new Poser(await WasmBackend.create(options.module, weights, options.precision), guard);
  }

  /**
   * Takes the next frame in. The pose of `latencyFrames` ago, a copy of its own; undefined while the first ones fill.
   * With the backend tflite, which answers later, a UserError.
   */
  step(frame: ImuFrame): Pose | undefined {
    if (!this.#backend.immediate) {
      throw new UserError('This backend answers later.', { hint: 'Await stepAsync instead of step.' });
    }
    this.#take(frame);
    return this.#pose(this.#backend.step() as boolean);
  }

  /** `step` for every backend. Calls are served one after the other, in order; the frame may change after the call. */
  async stepAsync(frame: ImuFrame): Promise<Pose | undefined> {
    if (this.#backend.immediate) return this.step(frame);
    const taken = frame.slice();
    return this.#inTurn(async () => {
      this.#take(taken);
      return this.#pose(await this.#backend.step());
    });
  }

  /** Forgets all frames: the next one is the first, and stands above the origin. Waits for steps before it. */
  reset(): void {
    const forget = (): void => {
      this.#frame = 0;
      this.#guard.reset();
      this.#backend.reset();
    };
    if (this.#backend.immediate) forget();
    else void this.#inTurn(forget);
  }

  #take(frame: ImuFrame): void {
    this.#guard.check(frame, this.#backend.frame);
    this.#frame++;
  }

  #pose(there: boolean): Pose | undefined {
    if (!there) return undefined;
    const { pose } = this.#backend;
    return {
      frame: this.#frame - 1 - this.latencyFrames,
      rotations: pose.slice(0, 216),
      joints: pose.slice(216, 288),
      translation: pose.slice(288, 291),
      contact: pose.slice(291, 293),
    };
  }

  #inTurn<T>(action: () => T | Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** Loaded here, so that who runs the wasm backend loads none of it. */
async function openTflite({ module, models, runtime }: TfliteOptions): Promise<PoseBackend> {
  const { TfliteBackend } = await import('./tfliteBackend.ts');
  const { openTfliteRuntime } = await import('./tfliteRuntime.ts');
  return TfliteBackend.create(
    module,
    models,
    'wasmPath' in runtime ? await openTfliteRuntime(runtime) : runtime,
  );
}
