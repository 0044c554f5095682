import { type Model, type Precision } from '../../host/pose/weights.ts';

/** A generator of numbers in [0, 1) from a seed (mulberry32's recurrence). */
export function seeded(seed: number): () => number {
  const { imul } = Math;
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = imul(state ^ (state >>> 15), state | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const { round } = Math;

const shapes: Record<
  Model,
  [name: string, inputs: number, hidden: number, outputs: number, directions: number][]
> = {
  mobileposer: [
    ['joints', 60, 256, 72, 2],
    ['pose', 132, 256, 96, 2],
    ['contact', 132, 64, 2, 2],
    ['velocity', 132, 256, 72, 1],
  ],
  imuposer: [['imuposer', 60, 256, 96, 2]],
  small: [['small', 60, 144, 101, 1]],
};

/** A tensor by name: rows, columns (0: a vector) and values. */
export type RandomTensors = Map<string, { shape: number[]; values: Float32Array }>;

/**
 * Untrained weights of a model, uniform within `gain` / sqrt(columns) as PyTorch starts LSTMs with `gain` 1; trained
 * networks are livelier, so the default is 2.
 */
export function randomTensors(model: Model, seed: number, gain = 2): RandomTensors {
  const random = seeded(seed);
  const tensors: RandomTensors = new Map();
  const add = (name: string, rows: number, columns: number, reach: number): void => {
    const values = Float32Array.from({ length: rows * (columns || 1) }, () => (2 * random() - 1) * reach);
    tensors.set(name, { shape: columns ? [rows, columns] : [rows], values });
  };
  for (const [name, inputs, hidden, outputs, directions] of shapes[model]) {
    add(`${name}.input.weight`, hidden, inputs, gain / Math.sqrt(inputs));
    add(`${name}.input.bias`, hidden, 0, 0.1);
    for (const [layer, columns] of [hidden, directions * hidden].entries()) {
      for (const reverse of ['', 'r'].slice(0, directions)) {
        add(`${name}.lstm${layer}${reverse}.ih`, 4 * hidden, columns, gain / Math.sqrt(hidden));
        add(`${name}.lstm${layer}${reverse}.hh`, 4 * hidden, hidden, gain / Math.sqrt(hidden));
        add(`${name}.lstm${layer}${reverse}.bias`, 4 * hidden, 0, 0.1);
      }
    }
    add(`${name}.output.weight`, outputs, directions * hidden, gain / Math.sqrt(directions * hidden));
    add(`${name}.output.bias`, outputs, 0, 0.1);
  }
  return tensors;
}

/** The tensors as a weights file of the given precision. */
export function weightsFile(
  model: Model,
  tensors: RandomTensors,
  precision: Precision,
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, unknown> = {
    __metadata__: { format: 'solstice-pose-1', model, precision, ...metadata },
  };
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (name: string, dtype: string, shape: number[], data: ArrayBufferView): void => {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  };
  for (const [name, { shape, values }] of tensors) {
    if (precision === 'f32' || shape.length === 1) {
      add(name, 'F32', shape, values);
      continue;
    }
    const [rows, columns] = shape as [number, number];
    const top = precision === 'int16' ? 32_767 : 127;
    const scales = new Float32Array(rows);
    const quantised = precision === 'int16' ? new Int16Array(values.length) : new Int8Array(values.length);
    for (let row = 0; row < rows; row++) {
      const line = values.subarray(row * columns, (row + 1) * columns);
      const largest = line.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      scales[row] = largest > 0 ? largest / top : 1;
      const scale = scales[row]!;
      line.forEach((value, i) => (quantised[row * columns + i] = round(value / scale)));
    }
    add(name, precision === 'int16' ? 'I16' : 'I8', shape, quantised);
    add(`${name}.scale`, 'F32', [rows], scales);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Frames as devices give them: rotations that turn, accelerations within 20 m/s^2; `slots` names the present ones. */
export function randomFrames(
  count: number,
  seed: number,
  slots: readonly number[] = [0, 2, 4],
): Float32Array[] {
  const random = seeded(seed);
  const turns = Array.from({ length: 5 }, () => [random() * 6, random() * 6, 0.02 + random() * 0.1] as const);
  return Array.from({ length: count }, (_, t) => {
    const frame = new Float32Array(60);
    for (const slot of slots) {
      const [a, b, speed] = turns[slot]!;
      for (let axis = 0; axis < 3; axis++) frame[3 * slot + axis] = ((random() - 0.5) * 40) / 30;
      const [x, y] = [a + speed * t, b + 0.5 * Math.sin(speed * t)];
      const [cx, sx, cy, sy] = [Math.cos(x), Math.sin(x), Math.cos(y), Math.sin(y)];
      frame.set([cy, sy * sx, sy * cx, 0, cx, -sx, -sy, cy * sx, cy * cx], 15 + 9 * slot);
    }
    return frame;
  });
}
