/**
 * A bidirectional network over the last 45 frames, from the zero state at both ends of the window.
 *
 * From one window to the next every hidden state changes, since the ends move; what a frame contributes before the first
 * recurrence does not. So of a network that sees the frames alone the first layer's gates are kept, in a ring; of one
 * that sees the joints too, the frame's part of the first Linear. In the last layer only the steps that lead to a wanted
 * output run: to the target from the left (41 of 45), to it from the right (5 of 45).
 */
import { Lstm, step } from './lstm';
import { JOINTS, Network, activate, firstGates, gateBytes, hiddenBytes, linearFromImu, output, secondGates } from './network';
import { project } from './project';
import { reserve } from './memory';
import * as scratch from './scratch';
import { TARGET, WINDOW } from './scratch';

@unmanaged @final
export class Window {
  net: Network;
  /** Whether the network sees the joints beside the frames. */
  joints: bool;
  /** Kept a frame: f32 gates of both directions, as a ring (`slot` is the oldest), or f32 of the Linear, in order. */
  kept: usize;
  slot: i32;
}

export function makeWindow(net: Network, joints: bool): Window {
  const window = changetype<Window>(reserve(offsetof<Window>()));
  window.net = net;
  window.joints = joints;
  window.kept = reserve(joints ? WINDOW * (net.hidden << 2) : 2 * WINDOW * <i32>gateBytes(net));
  return window;
}

/** Takes the frame at `frame` in; the first one (`fill`) takes all places of the window. */
export function push(window: Window, frame: usize, fill: bool): void {
  const net = window.net;
  const count = fill ? WINDOW : 1;
  if (window.joints) {
    const width = <usize>net.hidden << 2;
    memory.copy(window.kept, window.kept + width, (WINDOW - 1) * width);
    for (let t = WINDOW - count; t < WINDOW; t++) linearFromImu(net, frame, 1, window.kept + t * width);
    return;
  }
  for (let t = 0; t < count; t++) {
    place(window, frame, window.slot);
    window.slot = window.slot + 1 == WINDOW ? 0 : window.slot + 1;
  }
}

/** The frame's gates of both directions to a slot of the ring. */
function place(window: Window, frame: usize, slot: i32): void {
  const net = window.net;
  linearFromImu(net, frame, 1, scratch.linear);
  activate(net, scratch.linear, 1);
  firstGates(net, net.lstm00, 1, window.kept + slot * gateBytes(net));
  firstGates(net, net.lstm01, 1, window.kept + (WINDOW + slot) * gateBytes(net));
}

/** Everything that `push` keeps, anew from the window's frames at `frames`. */
export function refresh(window: Window, frames: usize): void {
  const net = window.net;
  if (window.joints) {
    linearFromImu(net, frames, WINDOW, window.kept);
    return;
  }
  window.slot = 0;
  linearFromImu(net, frames, WINDOW, scratch.linear);
  activate(net, scratch.linear, WINDOW);
  firstGates(net, net.lstm00, WINDOW, window.kept);
  firstGates(net, net.lstm01, WINDOW, window.kept + WINDOW * gateBytes(net));
}

/**
 * Runs the window; the outputs of the steps from `low` to `high` are at scratch.outputs afterwards.
 * `joints`: f32 rows of MAX_OUTPUTS, a row a frame, if the network sees them.
 */
export function run(window: Window, joints: usize, low: i32, high: i32): void {
  const net = window.net;
  const direction = <usize>net.hidden * scratch.element;
  const row = hiddenBytes(net);
  if (window.joints) {
    const width = <usize>net.hidden << 2;
    const stride = <usize>scratch.MAX_OUTPUTS << 2;
    project(net.fromJoints, joints, stride, scratch.one, 0, WINDOW, window.kept, width, scratch.linear, width);
    activate(net, scratch.linear, WINDOW);
    firstGates(net, net.lstm00, WINDOW, scratch.gates);
    forward(net, net.lstm00, scratch.gates, 0, WINDOW - 1, scratch.first);
    firstGates(net, net.lstm01, WINDOW, scratch.gates);
    backward(net, net.lstm01, scratch.gates, 0, 0, scratch.first + direction);
  } else {
    forward(net, net.lstm00, window.kept, window.slot, WINDOW - 1, scratch.first);
    backward(net, net.lstm01, window.kept + WINDOW * gateBytes(net), window.slot, 0, scratch.first + direction);
  }
  secondGates(net, net.lstm10, scratch.first, high + 1, scratch.gates);
  forward(net, net.lstm10, scratch.gates, 0, high, scratch.second);
  secondGates(net, net.lstm11, scratch.first + low * row, WINDOW - low, scratch.gates + low * gateBytes(net));
  backward(net, net.lstm11, scratch.gates, 0, low, scratch.second + direction);
  output(net, scratch.second + low * row, high - low + 1);
}

/** Steps 0 to `last`; the gates of step t are in slot `start` + t of a ring. Hidden states go to `out`, a row a step. */
function forward(net: Network, lstm: Lstm, gates: usize, start: i32, last: i32, out: usize): void {
  let hidden = scratch.zero;
  memory.fill(scratch.cells, 0, <usize>net.hidden << 2);
  for (let t = 0; t <= last; t++) hidden = stepAt(net, lstm, gates, start, t, hidden, out);
}

/** Steps 44 down to `last`. */
function backward(net: Network, lstm: Lstm, gates: usize, start: i32, last: i32, out: usize): void {
  let hidden = scratch.zero;
  memory.fill(scratch.cells, 0, <usize>net.hidden << 2);
  for (let t = WINDOW - 1; t >= last; t--) hidden = stepAt(net, lstm, gates, start, t, hidden, out);
}

@inline
function stepAt(net: Network, lstm: Lstm, gates: usize, start: i32, t: i32, from: usize, out: usize): usize {
  const slot = start + t < WINDOW ? start + t : start + t - WINDOW;
  const to = out + t * hiddenBytes(net);
  step(lstm.hidden, gates + slot * gateBytes(net), from, scratch.cells, to);
  return to;
}
