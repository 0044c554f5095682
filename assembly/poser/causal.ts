/** A network that sees each frame once: one step a frame, its state carried from frame to frame. */
import { Lstm, step } from './lstm';
import { reserve } from './memory';
import { Network, activate, firstGates, linearFromImu, output, secondGates } from './network';
import { project } from './project';
import * as scratch from './scratch';

@unmanaged @final
export class Causal {
  net: Network;
  joints: bool;
  /** Both layers' hidden states as activations, then both layers' f32 cell states. */
  hidden: usize;
  cells: usize;
}

export function makeCausal(net: Network, joints: bool): Causal {
  const causal = changetype<Causal>(reserve(offsetof<Causal>()));
  causal.net = net;
  causal.joints = joints;
  causal.hidden = reserve(2 * net.hidden * scratch.element);
  causal.cells = reserve((2 * net.hidden) << 2);
  return causal;
}

export function resetCausal(causal: Causal): void {
  const bytes = <usize>causal.net.hidden * scratch.element;
  memory.copy(causal.hidden, scratch.zero, bytes);
  memory.copy(causal.hidden + bytes, scratch.zero, bytes);
  memory.fill(causal.cells, 0, (2 * causal.net.hidden) << 2);
}

/** One frame, with the joints of that frame if the network sees them; the outputs are at scratch.outputs. */
export function runCausal(causal: Causal, frame: usize, joints: usize): void {
  const net = causal.net;
  linearFromImu(net, frame, 1, scratch.linear);
  if (causal.joints) {
    project(net.fromJoints, joints, 0, scratch.one, 0, 1, scratch.linear, 0, scratch.linear, 0);
  }
  activate(net, scratch.linear, 1);
  firstGates(net, net.lstm00, 1, scratch.gates);
  const first = causal.hidden;
  const second = first + net.hidden * scratch.element;
  advance(net.lstm00, first, causal.cells, net.hidden);
  secondGates(net, net.lstm10, first, 1, scratch.gates);
  advance(net.lstm10, second, causal.cells + (net.hidden << 2), net.hidden);
  output(net, second, 1);
}

/** One step from the state at `hidden` and `cells` to the same place. */
function advance(lstm: Lstm, hidden: usize, cells: usize, units: i32): void {
  step(lstm.hidden, scratch.gates, hidden, cells, scratch.first);
  memory.copy(hidden, scratch.first, units * scratch.element);
}
