import { UserError } from '../errors.ts';
import { type PoseBackend } from './poseBackend.ts';
import { type TfliteNetwork, type TfliteRuntime, reason } from './tfliteRuntime.ts';
import { WasmBackend } from './wasmBackend.ts';

/** The networks of a model as the .tflite files that training/pose/export_tflite.py writes. */
export type TfliteModels =
  Record<'joints' | 'pose' | 'contact' | 'velocity', Uint8Array> | Record<'imuposer', Uint8Array>;

const window = 45;
/** The window's frame that the pose is of. */
const target = 40;
const imu = 60;
const joints = 72;
const both = joints + imu;
const sixD = 96;
const contact = 2;
/** Two layers' hidden and cell states of the velocity network. */
const state = 4 * 256;
/** Contact's logit where no network gives one: no contact. */
const noContact = -60;

interface Shape {
  inputs: number;
  /** Of one frame; a windowed network may give the target's or all frames'. */
  outputs: number;
  frames: readonly number[];
}

const shapes: Record<string, Shape> = {
  joints: { inputs: window * imu, outputs: joints, frames: [window] },
  pose: { inputs: window * both, outputs: sixD, frames: [1, window] },
  contact: { inputs: window * both, outputs: contact, frames: [1, window] },
  velocity: { inputs: both + state, outputs: joints + state, frames: [1] },
  imuposer: { inputs: window * imu, outputs: sixD, frames: [1, window] },
};

const required = [['joints', 'pose', 'contact', 'velocity'], ['imuposer']];

/**
 * The networks in a tflite runtime, whole windows at a time; our module makes the pose of what they say. Weights are
 * the files' (f16 in ours), arithmetic is the runtime's f32.
 */
export class TfliteBackend implements PoseBackend {
  readonly latencyFrames = window - 1 - target;
  readonly precision = 'f32';
  readonly immediate = false;
  readonly frame = new Float32Array(imu);
  readonly #composer: WasmBackend;
  readonly #networks: ReadonlyMap<string, TfliteNetwork>;
  /** The window's frames, oldest first, alone and after their joints. */
  readonly #frames = new Float32Array(window * imu);
  readonly #both = new Float32Array(window * both);
  /** What the velocity network takes: joints, frame, state. */
  readonly #velocity = new Float32Array(both + state);
  #seen = 0;

  private constructor(composer: WasmBackend, networks: ReadonlyMap<string, TfliteNetwork>) {
    this.#composer = composer;
    this.#networks = networks;
  }

  /** `module`: dist/wasm/poser.wasm. Throws a UserError that names the network which is missing or not as it should be. */
  static async create(
    module: BufferSource | WebAssembly.Module,
    models: TfliteModels,
    runtime: TfliteRuntime,
  ): Promise<TfliteBackend> {
    const given = new Map(Object.entries(models));
    const names = required.find(([first]) => given.has(first!)) ?? required[0]!;
    const networks = new Map<string, TfliteNetwork>();
    for (const name of names) networks.set(name, await loadNetwork(runtime, name, given.get(name)));
    return new TfliteBackend(await WasmBackend.composer(module), networks);
  }

  get pose(): Float32Array {
    return this.#composer.pose;
  }

  /** As the wasm backend's. */
  get raw(): Float32Array {
    return this.#composer.raw;
  }

  async step(): Promise<boolean> {
    const frames = this.#frames;
    frames.copyWithin(0, imu);
    const first = this.#seen === 0 ? 0 : window - 1;
    for (let t = first; t < window; t++) frames.set(this.frame, t * imu);
    if (this.#seen < this.latencyFrames) {
      this.#seen++;
      return false;
    }
    const single = this.#networks.has('imuposer');
    if (single) await this.#imuposer();
    else await this.#mobileposer();
    // The baseline heeds the network alone.
    this.#composer.compose(
      single ? frames.subarray(0, 0) : frames.subarray((target - 2) * imu, (target + 3) * imu),
    );
    return true;
  }

  reset(): void {
    this.#seen = 0;
    this.#velocity.fill(0);
    this.#composer.reset();
  }

  async #imuposer(): Promise<void> {
    this.raw.set(atTarget(await this.#run('imuposer', this.#frames), sixD));
    this.raw.fill(noContact, sixD + joints);
  }

  async #mobileposer(): Promise<void> {
    const frames = this.#frames;
    const found = await this.#run('joints', frames);
    for (let t = 0; t < window; t++) {
      this.#both.set(found.subarray(t * joints, (t + 1) * joints), t * both);
      this.#both.set(frames.subarray(t * imu, (t + 1) * imu), t * both + joints);
    }
    const rotations = await this.#run('pose', this.#both);
    const feet = await this.#run('contact', this.#both);
    this.#velocity.set(this.#both.subarray(target * both, (target + 1) * both));
    const moved = await this.#run('velocity', this.#velocity);
    this.#velocity.set(moved.subarray(joints), both);
    this.raw.set(atTarget(rotations, sixD));
    this.raw.set(moved.subarray(0, joints), sixD);
    this.raw.set(atTarget(feet, contact), sixD + joints);
  }

  async #run(name: string, values: Float32Array): Promise<Float32Array> {
    const output = await this.#networks.get(name)!.run(values);
    if (!output.every(Number.isFinite)) {
      throw new UserError(`The network ${name} gave a number that is not finite.`, {
        hint: 'Use a .tflite file written by training/pose, copied in full.',
      });
    }
    return output;
  }
}

async function loadNetwork(
  runtime: TfliteRuntime,
  name: string,
  model: Uint8Array | undefined,
): Promise<TfliteNetwork> {
  if (model === undefined) {
    throw new UserError(`The network ${name} is missing.`, {
      hint: `Give the .tflite files of ${required.map((names) => names.join(', ')).join('; or of ')}.`,
    });
  }
  const hint = 'Use a .tflite file written by training/pose/export_tflite.py, copied in full.';
  let network: TfliteNetwork;
  try {
    network = await runtime.load(model);
  } catch (cause) {
    throw new UserError(`${runtime.name} does not take the network ${name}: ${reason(cause)}`, {
      hint,
      cause,
    });
  }
  const { inputs, outputs, frames } = shapes[name]!;
  if (network.inputs !== inputs || !frames.some((count) => count * outputs === network.outputs)) {
    throw new UserError(
      `The network ${name} takes ${network.inputs} numbers and gives ${network.outputs}, not ${inputs} and ${frames[0]! * outputs}.`,
      { hint },
    );
  }
  return network;
}

/** The target frame's row of an output, which has that row alone or all of the window's. */
function atTarget(output: Float32Array, width: number): Float32Array {
  return output.length === width ? output : output.subarray(target * width, (target + 1) * width);
}
