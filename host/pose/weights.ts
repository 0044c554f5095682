import { UserError } from '../errors.ts';

/** The architectures that the engine knows; `model` in a weights file's metadata. */
export const models = ['mobileposer', 'imuposer', 'small'] as const;
export type Model = (typeof models)[number];

export type Precision = 'f32' | 'int16' | 'int8';

/** A matrix by rows as real numbers, whatever it was stored as. */
export interface Tensor {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** Where a direction of an LSTM layer reads from and carries on: 4H rows in the order i, f, g, o. */
export interface LstmWeights {
  ih: Tensor;
  hh: Tensor;
  bias: Float32Array;
}

export interface NetworkWeights {
  name: string;
  input: { weight: Tensor; bias: Float32Array };
  /** By layer: the forward direction, then the backward one if there is one. */
  lstm: LstmWeights[][];
  output: { weight: Tensor; bias: Float32Array };
}

export interface Weights {
  model: Model;
  /** As stored in the file. */
  precision: Precision;
  networks: NetworkWeights[];
  metadata: Record<string, string>;
}

interface Shape {
  name: string;
  inputs: number;
  /** 0: the file says. */
  hidden: number;
  outputs: number;
  directions: number;
}

const shapes: Record<Model, Shape[]> = {
  mobileposer: [
    { name: 'joints', inputs: 60, hidden: 256, outputs: 72, directions: 2 },
    { name: 'pose', inputs: 132, hidden: 256, outputs: 96, directions: 2 },
    { name: 'contact', inputs: 132, hidden: 64, outputs: 2, directions: 2 },
    { name: 'velocity', inputs: 132, hidden: 256, outputs: 72, directions: 1 },
  ],
  imuposer: [{ name: 'imuposer', inputs: 60, hidden: 256, outputs: 96, directions: 2 }],
  small: [{ name: 'small', inputs: 60, hidden: 0, outputs: 101, directions: 1 }],
};

const format = 'solstice-pose-1';
const maxHidden = 256;

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const elementBytes: Record<string, number> = { F32: 4, I16: 2, I8: 1 };

/**
 * Reads a weights file: safetensors with the names, shapes and metadata of docs/pose-engine.md. Checks everything that
 * the engine relies on, down to every number being finite; throws a UserError that names the tensor.
 */
export function readWeights(bytes: Uint8Array): Weights {
  const { header, data } = readHeader(bytes);
  const metadata = readMetadata(header);
  const model = metadata.model as Model;
  const reader = new TensorReader(header, data);
  const networks = shapes[model].map((shape) => readNetwork(reader, shape));
  return { model, precision: reader.precision(), networks, metadata };
}

function bad(
  problem: string,
  hint = 'Use a weights file written by training/pose, copied in full.',
): UserError {
  return new UserError(`The weights file cannot be used: ${problem}.`, { hint });
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < 8) throw bad('it is shorter than its own length field');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8 || length > 2 ** 24)
    throw bad('its header is cut off, or it is no safetensors file');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw new UserError('The weights file cannot be used: its header is not JSON.', {
      hint: 'Weights are safetensors files; see docs/pose-engine.md.',
      cause,
    });
  }
  if (typeof header !== 'object' || header === null) throw bad('its header is no table of tensors');
  // A plain view: a Node Buffer's slice() would share its memory.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length);
  return { header: header as Record<string, unknown>, data };
}

function readMetadata(header: Record<string, unknown>): Record<string, string> {
  const metadata = header.__metadata__;
  if (typeof metadata !== 'object' || metadata === null) throw bad('it has no metadata');
  const texts = metadata as Record<string, string>;
  if (texts.format !== format) throw bad(`its format is ${String(texts.format)}, not ${format}`);
  if (!(models as readonly string[]).includes(String(texts.model))) {
    throw bad(`its model ${String(texts.model)} is none of ${models.join(', ')}`);
  }
  return texts;
}

class TensorReader {
  readonly #header: Record<string, unknown>;
  readonly #data: Uint8Array;
  readonly #types = new Set<string>();

  constructor(header: Record<string, unknown>, data: Uint8Array) {
    this.#header = header;
    this.#data = data;
  }

  precision(): Precision {
    if (this.#types.size !== 1) throw bad(`its matrices mix ${[...this.#types].join(' and ')}`);
    return this.#types.has('F32') ? 'f32' : this.#types.has('I16') ? 'int16' : 'int8';
  }

  rowsOf(name: string): number {
    return this.#entry(name).shape[0] ?? 0;
  }

  /** A matrix of exactly this shape; integers are multiplied by their row's scale. */
  matrix(name: string, rows: number, columns: number): Tensor {
    const { dtype } = this.#entry(name);
    this.#types.add(dtype);
    const values = this.#numbers(name, [rows, columns]);
    if (dtype !== 'F32') {
      const scales = this.vector(`${name}.scale`, rows);
      for (let row = 0, at = 0; row < rows; row++) {
        const scale = scales[row]!;
        for (let column = 0; column < columns; column++, at++) values[at]! *= scale;
      }
    }
    return { rows, columns, values };
  }

  /** A vector of `length` f32. */
  vector(name: string, length: number): Float32Array {
    if (this.#entry(name).dtype !== 'F32') throw bad(`${name} is not F32`);
    return this.#numbers(name, [length]);
  }

  #entry(name: string): Entry {
    const entry = this.#header[name] as Entry | undefined;
    if (entry === undefined) throw bad(`${name} is missing`);
    if (!Array.isArray(entry.shape) || !Array.isArray(entry.data_offsets))
      throw bad(`${name} is not described`);
    if (elementBytes[entry.dtype] === undefined) throw bad(`${name} has the type ${String(entry.dtype)}`);
    return entry;
  }

  #numbers(name: string, shape: number[]): Float32Array {
    const { dtype, shape: found, data_offsets: offsets } = this.#entry(name);
    if (found.length !== shape.length || found.some((size, i) => size !== shape[i])) {
      throw bad(`${name} is ${found.join(' x ')}, not ${shape.join(' x ')}`);
    }
    const count = shape.reduce((product, size) => product * size, 1);
    const [start, end] = offsets;
    const length = count * elementBytes[dtype]!;
    if (!(start >= 0 && end - start === length && end <= this.#data.length)) throw bad(`${name} is cut off`);
    // A copy: tensors may lie at odd addresses.
    const { buffer } = this.#data.slice(start, end);
    const values =
      dtype === 'F32'
        ? new Float32Array(buffer)
        : Float32Array.from(dtype === 'I16' ? new Int16Array(buffer) : new Int8Array(buffer));
    if (!values.every(Number.isFinite)) throw bad(`${name} has a number that is not finite`);
    return values;
  }
}

function readNetwork(
  reader: TensorReader,
  { name, inputs, hidden: given, outputs, directions }: Shape,
): NetworkWeights {
  const hidden = given > 0 ? given : reader.rowsOf(`${name}.input.weight`);
  if (hidden % 8 !== 0 || hidden < 8 || hidden > maxHidden) {
    throw bad(`${name} has ${hidden} hidden units; they have to be a multiple of 8 up to ${maxHidden}`);
  }
  const lstm = [hidden, directions * hidden].map((columns, layer) =>
    ['', 'r'].slice(0, directions).map((reverse) => {
      const prefix = `${name}.lstm${layer}${reverse}`;
      return {
        ih: reader.matrix(`${prefix}.ih`, 4 * hidden, columns),
        hh: reader.matrix(`${prefix}.hh`, 4 * hidden, hidden),
        bias: reader.vector(`${prefix}.bias`, 4 * hidden),
      };
    }),
  );
  return {
    name,
    input: {
      weight: reader.matrix(`${name}.input.weight`, hidden, inputs),
      bias: reader.vector(`${name}.input.bias`, hidden),
    },
    lstm,
    output: {
      weight: reader.matrix(`${name}.output.weight`, outputs, directions * hidden),
      bias: reader.vector(`${name}.output.bias`, outputs),
    },
  };
}
