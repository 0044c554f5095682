/** Buffers that all networks share, one time step after the other; sized for the widest network. */
import { reserve } from './memory';
import { activationBytes, hiddenScale, hiddenZero } from './precision';

/** Frames of a window, and the index that the pose is of: 4 frames of look-ahead. */
export const WINDOW: i32 = 45;
export const TARGET: i32 = 40;
export const MAX_HIDDEN: i32 = 256;
/** The widest output in whole panels. */
export const MAX_OUTPUTS: i32 = 112;

/** Bytes of an activation. */
export let element: usize = 0;
/** f32, a time step's first Linear. */
export let linear: usize = 0;
/** Activations of the first Linear and their scales. */
export let relu: usize = 0;
export let reluScales: usize = 0;
/** f32, gates of one direction. */
export let gates: usize = 0;
/** Activations: hidden states of the first and the second layer, both directions. */
export let first: usize = 0;
export let second: usize = 0;
/** The hidden state before the first time step, as activations; the scale of all hidden states, f32. */
export let zero: usize = 0;
export let hiddenScales: usize = 0;
/** f32 1: the scale of what has none. */
export let one: usize = 0;
/** f32, cell states of one direction. */
export let cells: usize = 0;
/** f32, outputs of the network that ran last, MAX_OUTPUTS a time step. */
export let outputs: usize = 0;

export function makeScratch(precision: i32): void {
  element = activationBytes(precision);
  linear = reserve((WINDOW * MAX_HIDDEN) << 2);
  relu = reserve(WINDOW * MAX_HIDDEN * element);
  reluScales = reserve(WINDOW << 2);
  gates = reserve((WINDOW * 4 * MAX_HIDDEN) << 2);
  first = reserve(WINDOW * 2 * MAX_HIDDEN * element);
  second = reserve(WINDOW * 2 * MAX_HIDDEN * element);
  zero = reserve(MAX_HIDDEN * element);
  memory.fill(zero, <u8>hiddenZero(precision), MAX_HIDDEN * element);
  hiddenScales = reserve(4);
  store<f32>(hiddenScales, hiddenScale(precision));
  one = reserve(4);
  store<f32>(one, 1);
  cells = reserve(MAX_HIDDEN << 2);
  outputs = reserve((WINDOW * MAX_OUTPUTS) << 2);
}
