/** A network: Linear, ReLU, two LSTM layers, Linear. The input's Linear is f32, the rest in the given precision. */
import { Lstm, makeLstm } from './lstm';
import { Matrix, makeMatrix } from './matrix';
import { reserve } from './memory';
import { F32 } from './precision';
import { project } from './project';
import { relu } from './relu';
import * as scratch from './scratch';

/** Numbers of a frame: 5 x 3 of acceleration, 5 x 9 of rotation. */
export const IMU: i32 = 60;
/** Numbers of the joints network's output: 24 positions. */
export const JOINTS: i32 = 72;

@unmanaged @final
export class Network {
  hidden: i32;
  directions: i32;
  precision: i32;
  /** The input's Linear in two parts: what depends on the frame alone, with the bias; and what depends on the joints. */
  fromImu: Matrix;
  fromJoints: Matrix;
  /** By layer, then direction. */
  lstm00: Lstm;
  lstm01: Lstm;
  lstm10: Lstm;
  lstm11: Lstm;
  output: Matrix;
}

export function makeNetwork(joints: bool, hidden: i32, outputs: i32, directions: i32, precision: i32): Network {
  const net = changetype<Network>(reserve(offsetof<Network>()));
  net.hidden = hidden;
  net.directions = directions;
  net.precision = precision;
  net.fromImu = makeMatrix(hidden, IMU, F32);
  if (joints) net.fromJoints = makeMatrix(hidden, JOINTS, F32);
  net.lstm00 = makeLstm(hidden, hidden, precision);
  net.lstm10 = makeLstm(directions * hidden, hidden, precision);
  if (directions == 2) {
    net.lstm01 = makeLstm(hidden, hidden, precision);
    net.lstm11 = makeLstm(directions * hidden, hidden, precision);
  }
  net.output = makeMatrix(outputs, directions * hidden, precision);
  return net;
}

/** Bytes of a time step's f32 gates of one direction. */
@inline
export function gateBytes(net: Network): usize {
  return <usize>net.hidden << 4;
}

/** The frame's part of the input's Linear of `count` frames at `frames`: f32 rows at `out`. */
export function linearFromImu(net: Network, frames: usize, count: i32, out: usize): void {
  const width = <usize>net.hidden << 2;
  project(net.fromImu, frames, IMU << 2, scratch.one, 0, count, net.fromImu.bias, 0, out, width);
}

/** ReLU of `count` f32 rows at `from`: activations at scratch.relu. */
export function activate(net: Network, from: usize, count: i32): void {
  const width = <usize>net.hidden;
  for (let t = 0; t < count; t++) {
    relu(net.precision, from, net.hidden, scratch.relu + t * width * scratch.element, scratch.reluScales + (t << 2));
    from += width << 2;
  }
}

/** The first layer's gates of `count` time steps of scratch.relu: f32 rows at `out`. */
export function firstGates(net: Network, lstm: Lstm, count: i32, out: usize): void {
  const stride = <usize>net.hidden * scratch.element;
  const m = lstm.input;
  project(m, scratch.relu, stride, scratch.reluScales, 4, count, m.bias, 0, out, gateBytes(net));
}

/** The second layer's gates of `count` time steps from the first layer's hidden states at `x`: f32 rows at `out`. */
export function secondGates(net: Network, lstm: Lstm, x: usize, count: i32, out: usize): void {
  const m = lstm.input;
  project(m, x, hiddenBytes(net), scratch.hiddenScales, 0, count, m.bias, 0, out, gateBytes(net));
}

/** The output's Linear of `count` time steps from the second layer's hidden states at `x`: rows at scratch.outputs. */
export function output(net: Network, x: usize, count: i32): void {
  const m = net.output;
  const width = scratch.MAX_OUTPUTS << 2;
  project(m, x, hiddenBytes(net), scratch.hiddenScales, 0, count, m.bias, 0, scratch.outputs, width);
}

/** Bytes of a time step's hidden states of all directions. */
@inline
export function hiddenBytes(net: Network): usize {
  return <usize>(net.directions * net.hidden) * scratch.element;
}
