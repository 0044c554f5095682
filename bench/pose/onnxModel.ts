import Pbf from 'pbf';
import type { LstmWeights, NetworkWeights, Tensor } from '../../host/pose/weights.ts';

/**
 * A network as an ONNX model of our own writing (IR 8, opset 17): input `x` [frames, 1, inputs], output `y`
 * [frames, outputs], with ONNX's LSTM operator. Field numbers are those of onnx.proto.
 */
export function onnxModel(network: NetworkWeights): Uint8Array {
  const { input, lstm, output } = network;
  const hidden = input.weight.rows;
  const initializers: Initializer[] = [
    floats('input.weight', [input.weight.columns, hidden], transposed(input.weight)),
    floats('input.bias', [hidden], input.bias),
    floats('output.weight', [output.weight.columns, output.weight.rows], transposed(output.weight)),
    floats('output.bias', [output.weight.rows], output.bias),
  ];
  const nodes: OnnxNode[] = [
    { op: 'MatMul', inputs: ['x', 'input.weight'], output: 'a' },
    { op: 'Add', inputs: ['a', 'input.bias'], output: 'b' },
    { op: 'Relu', inputs: ['b'], output: 'h0' },
  ];
  lstm.forEach((directions, layer) => {
    const columns = directions[0]!.ih.columns;
    const count = directions.length;
    const bias = directions.map((one) => [...inOnnxOrder(one.bias, 1), ...new Float32Array(4 * hidden)]);
    initializers.push(
      floats(
        `w${layer}`,
        [count, 4 * hidden, columns],
        joined(directions, (one) => inOnnxOrder(one.ih.values, columns)),
      ),
      floats(
        `r${layer}`,
        [count, 4 * hidden, hidden],
        joined(directions, (one) => inOnnxOrder(one.hh.values, hidden)),
      ),
      floats(`b${layer}`, [count, 8 * hidden], Float32Array.from(bias.flat())),
      { name: `shape${layer}`, dims: [3], int64: [-1, 1, count * hidden] },
    );
    nodes.push(
      {
        op: 'LSTM',
        inputs: [`h${layer}`, `w${layer}`, `r${layer}`, `b${layer}`],
        output: `y${layer}`,
        text: { direction: count === 2 ? 'bidirectional' : 'forward' },
        int: { hidden_size: hidden },
      },
      { op: 'Transpose', inputs: [`y${layer}`], output: `t${layer}`, ints: { perm: [0, 2, 1, 3] } },
      { op: 'Reshape', inputs: [`t${layer}`, `shape${layer}`], output: `h${layer + 1}` },
    );
  });
  nodes.push(
    { op: 'MatMul', inputs: [`h${lstm.length}`, 'output.weight'], output: 'c' },
    { op: 'Add', inputs: ['c', 'output.bias'], output: 'y' },
  );
  return encode(nodes, initializers, [-1, 1, input.weight.columns], [-1, 1, output.weight.rows]);
}

interface Initializer {
  name: string;
  dims: number[];
  data?: Float32Array;
  int64?: number[];
}

interface OnnxNode {
  op: string;
  inputs: string[];
  output: string;
  text?: Record<string, string>;
  int?: Record<string, number>;
  ints?: Record<string, number[]>;
}

const floats = (name: string, dims: number[], data: Float32Array): Initializer => ({ name, dims, data });

function transposed({ rows, columns, values }: Tensor): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** Gates from i, f, g, o to ONNX's i, o, f, c. */
function inOnnxOrder(values: Float32Array, columns: number): Float32Array {
  const size = values.length / 4;
  const out = new Float32Array(size * 4);
  [0, 3, 1, 2].forEach((gate, i) => out.set(values.subarray(gate * size, (gate + 1) * size), i * size));
  if (size % columns !== 0) throw new Error('gates of unequal size');
  return out;
}

function joined(directions: LstmWeights[], part: (one: LstmWeights) => Float32Array): Float32Array {
  return Float32Array.from(directions.flatMap((one) => [...part(one)]));
}

function encode(nodes: OnnxNode[], initializers: Initializer[], x: number[], y: number[]): Uint8Array {
  const pbf = new Pbf();
  pbf.writeVarintField(1, 8);
  pbf.writeMessage(
    7,
    (_, graph) => {
      for (const node of nodes) graph.writeMessage(1, writeNode, node);
      graph.writeStringField(2, 'network');
      for (const initializer of initializers) graph.writeMessage(5, writeTensor, initializer);
      graph.writeMessage(11, writeValue, { name: 'x', dims: x });
      graph.writeMessage(12, writeValue, { name: 'y', dims: y });
    },
    null,
  );
  pbf.writeMessage(8, (_, opset) => opset.writeVarintField(2, 17), null);
  return pbf.finish();
}

function writeNode(node: OnnxNode, pbf: Pbf): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  pbf.writeStringField(2, node.output);
  pbf.writeStringField(4, node.op);
  for (const [name, value] of Object.entries(node.text ?? {})) {
    pbf.writeMessage(
      5,
      (_, attribute) => {
        attribute.writeStringField(1, name);
        attribute.writeBytesField(4, new TextEncoder().encode(value));
        attribute.writeVarintField(20, 3);
      },
      null,
    );
  }
  for (const [name, value] of Object.entries(node.int ?? {})) {
    pbf.writeMessage(
      5,
      (_, attribute) => {
        attribute.writeStringField(1, name);
        attribute.writeVarintField(3, value);
        attribute.writeVarintField(20, 2);
      },
      null,
    );
  }
  for (const [name, values] of Object.entries(node.ints ?? {})) {
    pbf.writeMessage(
      5,
      (_, attribute) => {
        attribute.writeStringField(1, name);
        for (const value of values) attribute.writeVarintField(8, value);
        attribute.writeVarintField(20, 7);
      },
      null,
    );
  }
}

function writeTensor({ name, dims, data, int64 }: Initializer, pbf: Pbf): void {
  for (const size of dims) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, data ? 1 : 7);
  pbf.writeStringField(8, name);
  const raw = data ?? BigInt64Array.from(int64!, BigInt);
  pbf.writeBytesField(9, new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength));
}

function writeValue({ name, dims }: { name: string; dims: number[] }, pbf: Pbf): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(
    2,
    (_, type) => {
      type.writeMessage(
        1,
        (__, tensor) => {
          tensor.writeVarintField(1, 1);
          tensor.writeMessage(
            2,
            (___, shape) => {
              for (const size of dims) {
                shape.writeMessage(
                  1,
                  (____, dim) => {
                    if (size < 0) dim.writeStringField(2, 'frames');
                    else dim.writeVarintField(1, size);
                  },
                  null,
                );
              }
            },
            null,
          );
        },
        null,
      );
    },
    null,
  );
}
