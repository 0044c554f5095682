import { UserError } from '../errors.ts';
import { devices, offsets, parents, sources } from '../motion/body.ts';
import { type Packed, gateOrder, packMatrix, plainOrder } from './packMatrix.ts';
import { type PoseBackend } from './poseBackend.ts';
import {
  type Model,
  type NetworkWeights,
  type Precision,
  type Tensor,
  type Weights,
  models,
} from './weights.ts';

/** What the poser module exports; assembly/poser/api.ts says what each does. */
interface Exports {
  memory: WebAssembly.Memory;
  abi(): number;
  relaxed(): number;
  start(model: number, precision: number, hidden: number): void;
  matrixBase(network: number, name: number): number;
  skeletonBase(): number;
  frameBase(): number;
  poseBase(): number;
  rawBase(): number;
  step(): number;
  compose(count: number): void;
  reset(): void;
  recompute(on: number): void;
}

const abi = 2;
const precisions: readonly Precision[] = ['f32', 'int16', 'int8'];
const lookAhead: Record<Model, number> = { mobileposer: 4, imuposer: 4, small: 0 };
const imu = 60;
const joints = 72;
const fixedReach = 4095;
const relaxedReach = 63;
const smallestHidden = 8;

/** Matrices of a network as `matrixBase` numbers them. */
const fromImu = 0;
const fromJoints = 1;
const fromHidden = 2;
const firstGates = 3;

/**
 * The networks in our own module. Its memory is laid out and filled once; `step` allocates nothing. The views stay
 * valid for the backend's life and are overwritten by the next step.
 */
export class WasmBackend implements PoseBackend {
  readonly latencyFrames: number;
  readonly precision: Precision;
  readonly immediate = true;
  /** Whether the int8 kernels are those of relaxed SIMD. */
  readonly relaxed: boolean;
  /** 60 f32: the frame that the next step takes. */
  readonly frame: Float32Array;
  /** 24 x 9 global rotations, 24 x 3 joints from the root in metres, 3 of translation in metres, 2 probabilities. */
  readonly pose: Float32Array;
  /** 96 of 6D rotations, 72 of velocity in metres a frame, 2 logits of contact, as the networks gave them. */
  readonly raw: Float32Array;
  readonly #exports: Exports;

  private constructor(exports: Exports, model: Model, precision: Precision) {
    this.#exports = exports;
    this.latencyFrames = lookAhead[model];
    this.precision = precision;
    this.relaxed = exports.relaxed() === 1;
    const { buffer } = exports.memory;
    this.frame = new Float32Array(buffer, exports.frameBase(), imu);
    this.pose = new Float32Array(buffer, exports.poseBase(), 216 + joints + 3 + 2);
    this.raw = new Float32Array(buffer, exports.rawBase(), 96 + joints + 2);
  }

  /** `module`: dist/wasm/poser.wasm or poser-relaxed.wasm. The precision defaults to the file's, but f32 runs as int16. */
  static async create(
    module: BufferSource | WebAssembly.Module,
    weights: Weights,
    precision: Precision = weights.precision === 'f32' ? 'int16' : weights.precision,
  ): Promise<WasmBackend> {
    const exports = await instantiate(module);
    const hidden = weights.networks[0]!.input.weight.rows;
    exports.start(models.indexOf(weights.model), precisions.indexOf(precision), hidden);
    fillSkeleton(exports);
    weights.networks.forEach((network, index) => fillNetwork(exports, index, network, precision));
    return new WasmBackend(exports, weights.model, precision);
  }

  /** Without networks, for `compose` alone: `raw` comes from networks that ran elsewhere. */
  static async composer(module: BufferSource | WebAssembly.Module): Promise<WasmBackend> {
    const exports = await instantiate(module);
    exports.start(models.indexOf('small'), precisions.indexOf('f32'), smallestHidden);
    fillSkeleton(exports);
    return new WasmBackend(exports, 'small', 'f32');
  }

  /** Takes `frame` in. Whether `pose` now holds the pose of the frame `latencyFrames` ago. */
  step(): boolean {
    return this.#exports.step() === 1;
  }

  /**
   * The pose from `raw`, for networks that ran elsewhere. `worn`: 0, 1 or 5 frames (60 f32 each) whose devices' rotations
   * count, the pose's own frame in the middle.
   */
  compose(worn: Float32Array): void {
    new Float32Array(this.#exports.memory.buffer, this.#exports.frameBase(), worn.length).set(worn);
    this.#exports.compose(worn.length / imu);
  }

  reset(): void {
    this.#exports.reset();
  }

  /** The module's memory, with the weights in it. */
  get memory(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer);
  }

  /** True: keep nothing from window to window and run every step, which gives the same poses; for comparison. */
  recompute(on: boolean): void {
    this.#exports.recompute(on ? 1 : 0);
  }
}

async function instantiate(module: BufferSource | WebAssembly.Module): Promise<Exports> {
  let instance: WebAssembly.Instance;
  try {
    const compiled = module instanceof WebAssembly.Module ? module : await WebAssembly.compile(module);
    instance = await WebAssembly.instantiate(compiled);
  } catch (cause) {
    throw new UserError('This engine does not take the poser module.', {
      hint: 'It needs WebAssembly SIMD; poser-relaxed.wasm needs relaxed SIMD too (Node 20: --experimental-wasm-relaxed-simd).',
      cause,
    });
  }
  const exports = instance.exports as unknown as Exports;
  if (typeof exports.abi !== 'function' || exports.abi() !== abi) {
    throw new UserError('The poser module has another interface than this program.', {
      hint: 'Build both from one source: npm run build.',
    });
  }
  return exports;
}

function fillSkeleton(exports: Exports): void {
  const base = exports.skeletonBase();
  const { buffer } = exports.memory;
  new Int32Array(buffer, base, 48).set([...parents, ...sources]);
  new Float32Array(buffer, base + 48 * 4, 72).set(offsets);
  const bones = devices.map(({ joint }) => sources[joint]!);
  new Int32Array(buffer, base + (48 + 72) * 4, bones.length).set(bones);
}

function fillNetwork(exports: Exports, index: number, network: NetworkWeights, precision: Precision): void {
  const relaxed = exports.relaxed() === 1;
  const hidden = network.input.weight.rows;
  const reach = precision === 'int8' && relaxed ? relaxedReach : fixedReach;
  const hiddenScale = precision === 'f32' ? 1 : 1 / reach;
  const fill = (name: number, packed: Packed, bias: Float32Array): void => {
    const [rows, columns, , weights, scales, biases] = new Int32Array(
      exports.memory.buffer,
      exports.matrixBase(index, name),
      6,
    );
    if (rows! * columns! !== packed.weights.length)
      throw new Error(`matrix ${index}.${name} has another shape`);
    const Values = packed.weights.constructor as Float32ArrayConstructor;
    new Values(exports.memory.buffer, weights!, packed.weights.length).set(packed.weights);
    new Float32Array(exports.memory.buffer, scales!, rows!).set(packed.scales);
    new Float32Array(exports.memory.buffer, biases!, rows!).set(bias);
  };

  const plain = { precision: 'f32' as const, relaxed, activationScale: 0, signed: false };
  const { weight, bias } = network.input;
  const order = plainOrder(hidden);
  const width = weight.columns;
  fill(fromImu, packMatrix(columnsOf(weight, width - imu, width), { ...plain, order }), inOrder(bias, order));
  if (width > imu) {
    const packed = packMatrix(columnsOf(weight, 0, width - imu), { ...plain, order });
    fill(fromJoints, packed, new Float32Array(order.length));
  }

  const gates = gateOrder(hidden);
  network.lstm.forEach((directions, layer) => {
    directions.forEach((lstm, direction) => {
      const common = { precision, relaxed, order: gates };
      const ih = packMatrix(lstm.ih, { ...common, activationScale: 0, signed: layer > 0 });
      const hh = packMatrix(lstm.hh, { ...common, activationScale: hiddenScale, signed: true });
      const sum = inOrder(lstm.bias, gates).map((value, i) => value + ih.correction[i]! + hh.correction[i]!);
      const name = firstGates + 4 * layer + 2 * direction;
      fill(name, ih, sum);
      fill(name + 1, hh, new Float32Array(sum.length));
    });
  });

  const last = plainOrder(network.output.weight.rows);
  const packed = packMatrix(network.output.weight, {
    precision,
    relaxed,
    order: last,
    activationScale: 0,
    signed: true,
  });
  const sum = inOrder(network.output.bias, last).map((value, i) => value + packed.correction[i]!);
  fill(fromHidden, packed, sum);
}

function columnsOf({ rows, columns, values }: Tensor, start: number, end: number): Tensor {
  const width = end - start;
  const part = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    part.set(values.subarray(row * columns + start, row * columns + end), row * width);
  }
  return { rows, columns: width, values: part };
}

function inOrder(values: Float32Array, order: Int32Array): Float32Array {
  return Float32Array.from(order, (source) => (source < 0 ? 0 : values[source]!));
}
