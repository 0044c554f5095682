import { devices, offsets, parents, sources } from '../../host/motion/body.ts';
import type { LstmWeights, NetworkWeights, Tensor, Weights } from '../../host/pose/weights.ts';

/**
 * The networks, kinematics and translation in float64, straight from the equations: every window anew and in full.
 * Slow; for comparison only.
 */
export interface ReferencePose {
  sixD: Float64Array;
  velocity: Float64Array;
  logits: Float64Array;
  rotations: Float64Array;
  joints: Float64Array;
  translation: Float64Array;
  contact: Float64Array;
}

type Rows = Float64Array[];

export class PoseReference {
  readonly #weights: Weights;
  readonly #frames: Rows = [];
  readonly #states = new Map<string, State[]>();
  #before: ReferencePose | undefined;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  step(frame: Float32Array): ReferencePose | undefined {
    this.#frames.push(Float64Array.from(frame));
    const raw = this.#weights.model === 'small' ? this.#small() : this.#windowed();
    if (raw === undefined) return undefined;
    const back = this.#weights.model === 'small' ? [1] : [3, 4, 5, 6, 7];
    const worn = back.map((count) => this.#frames.at(-count) ?? this.#frames[0]!);
    const sixD = this.#weights.model === 'imuposer' ? raw.sixD : trustDevices(raw.sixD, worn);
    this.#before = { ...compose({ ...raw, sixD }, this.#before), sixD: raw.sixD };
    return this.#before;
  }

  #small(): Raw {
    const network = this.#weights.networks[0]!;
    const out = this.#carried(network, this.#frames.at(-1)!);
    return { sixD: out.slice(0, 96), velocity: out.slice(96, 99), logits: out.slice(99, 101) };
  }

  #windowed(): Raw | undefined {
    const first = this.#frames[0]!;
    const newest = this.#frames.length - 1;
    if (newest < 4) return undefined;
    const window = Array.from({ length: 45 }, (_, i) => this.#frames[newest - 44 + i] ?? first);
    const [one, pose, contact, velocity] = this.#weights.networks;
    if (this.#weights.model === 'imuposer') {
      const none = Float64Array.of(-60, -60);
      return { sixD: overWindow(one!, window)[40]!, velocity: new Float64Array(3), logits: none };
    }
    const joints = overWindow(one!, window);
    const both = window.map((frame, i) => Float64Array.of(...joints[i]!, ...frame));
    return {
      sixD: overWindow(pose!, both)[40]!,
      logits: overWindow(contact!, both)[40]!,
      velocity: this.#carried(velocity!, both[40]!),
    };
  }

  /** One step of a network whose state is kept here. */
  #carried(network: NetworkWeights, input: Float64Array): Float64Array {
    let states = this.#states.get(network.name);
    if (states === undefined) {
      states = network.lstm.map(() => zeroState(network.input.weight.rows));
      this.#states.set(network.name, states);
    }
    let x = first(network, input);
    network.lstm.forEach((directions, layer) => {
      states[layer] = lstmStep(directions[0]!, x, states[layer]!);
      x = states[layer].h;
    });
    return linear(network.output.weight, network.output.bias, x);
  }
}

interface Raw {
  sixD: Float64Array;
  velocity: Float64Array;
  logits: Float64Array;
}

interface State {
  h: Float64Array;
  c: Float64Array;
}

const zeroState = (units: number): State => ({ h: new Float64Array(units), c: new Float64Array(units) });
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function linear({ rows, columns, values }: Tensor, bias: Float32Array, x: Float64Array): Float64Array {
  const out = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = bias[row]!;
    for (let i = 0, at = row * columns; i < columns; i++) sum += values[at + i]! * x[i]!;
    out[row] = sum;
  }
  return out;
}

const first = (network: NetworkWeights, x: Float64Array): Float64Array =>
  linear(network.input.weight, network.input.bias, x).map((value) => Math.max(0, value));

function lstmStep({ ih, hh, bias }: LstmWeights, x: Float64Array, { h, c }: State): State {
  const units = h.length;
  const fromInput = linear(ih, bias, x);
  const fromHidden = linear(hh, new Float32Array(4 * units), h);
  const gate = (k: number, unit: number): number =>
    fromInput[k * units + unit]! + fromHidden[k * units + unit]!;
  const next = zeroState(units);
  for (let u = 0; u < units; u++) {
    next.c[u] = sigmoid(gate(1, u)) * c[u]! + sigmoid(gate(0, u)) * Math.tanh(gate(2, u));
    next.h[u] = sigmoid(gate(3, u)) * Math.tanh(next.c[u]!);
  }
  return next;
}

function overWindow(network: NetworkWeights, inputs: Rows): Rows {
  let rows = inputs.map((x) => first(network, x));
  for (const directions of network.lstm) {
    const outputs = directions.map((lstm, direction) => {
      const order = direction === 0 ? rows : [...rows].reverse();
      let state = zeroState(network.input.weight.rows);
      const hidden = order.map((x) => (state = lstmStep(lstm, x, state)).h);
      return direction === 0 ? hidden : hidden.reverse();
    });
    rows = rows.map((_, t) => Float64Array.of(...outputs.flatMap((hidden) => [...hidden[t]!])));
  }
  return rows.map((x) => linear(network.output.weight, network.output.bias, x));
}

/** A worn bone's rotation: three tenths what the network says, seven tenths what the device measures, on the mean. */
function trustDevices(sixD: Float64Array, frames: Rows): Float64Array {
  const out = sixD.slice();
  devices.forEach(({ joint }, slot) => {
    const all = frames.map((frame) => frame.subarray(15 + 9 * slot, 24 + 9 * slot));
    const worn = all.filter((r) => r.some((value) => value !== 0));
    if (all[all.length >> 1]!.every((value) => value === 0)) return;
    const r = Array.from({ length: 9 }, (_, i) => worn.reduce((sum, one) => sum + one[i]! / worn.length, 0));
    const columns = [r[0]!, r[3]!, r[6]!, r[1]!, r[4]!, r[7]!];
    columns.forEach(
      (value, i) => (out[6 * sources[joint]! + i] = 0.3 * out[6 * sources[joint]! + i]! + 0.7 * value),
    );
  });
  return out;
}

function compose({ sixD, velocity, logits }: Raw, before: ReferencePose | undefined): ReferencePose {
  const rotations = new Float64Array(24 * 9);
  for (let joint = 0; joint < 24; joint++) {
    rotations.set(rotationOf(sixD.subarray(6 * sources[joint]!, 6 * sources[joint]! + 6)), 9 * joint);
  }
  const joints = new Float64Array(72);
  for (let joint = 1; joint < 24; joint++) {
    const parent = parents[joint]!;
    for (let row = 0; row < 3; row++) {
      let sum = joints[3 * parent + row]!;
      for (let k = 0; k < 3; k++) sum += rotations[9 * parent + 3 * row + k]! * offsets[3 * joint + k]!;
      joints[3 * joint + row] = sum;
    }
  }
  const contact = logits.map(sigmoid);
  const translation = before ? before.translation.slice() : new Float64Array(3);
  const height = (joint: number): number =>
    joints[3 * joint + 1]! + (joint < 10 ? offsets[3 * (joint + 3) + 1]! : 0);
  const sole = (foot: number): number => (height(7 + foot) < height(10 + foot) ? 7 + foot : 10 + foot);
  if (before) {
    const foot = contact[1]! > contact[0]! ? 1 : 0;
    const weight = Math.min(1, Math.max(0, (contact[foot]! - 0.5) / 0.4));
    const point = sole(foot);
    const sink = Math.min(0.018, Math.max(0, translation[1]! + height(point)));
    for (let axis = 0; axis < 3; axis++) {
      const still = before.joints[3 * point + axis]! - joints[3 * point + axis]! - (axis === 1 ? sink : 0);
      translation[axis]! += (1 - weight) * velocity[axis]! + weight * still;
    }
  }
  const lowest = translation[1]! + Math.min(height(sole(0)), height(sole(1)));
  if (!before || lowest < 0) translation[1]! -= lowest;
  return { sixD, velocity, logits, rotations, joints, translation, contact };
}

/** First two columns by Gram and Schmidt, then their cross product; row-major. */
function rotationOf(columns: Float64Array): number[] {
  const unit = (v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
  const a = unit([...columns.subarray(0, 3)]);
  const b0 = [...columns.subarray(3)];
  const along = a.reduce((sum, x, i) => sum + x * b0[i]!, 0);
  const b = unit(b0.map((x, i) => x - along * a[i]!));
  const c = [0, 1, 2].map((i) => a[(i + 1) % 3]! * b[(i + 2) % 3]! - a[(i + 2) % 3]! * b[(i + 1) % 3]!);
  return [0, 1, 2].flatMap((i) => [a[i]!, b[i]!, c[i]!]);
}
