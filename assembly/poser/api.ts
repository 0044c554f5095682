/**
 * Everything the poser module exports. It imports nothing and has one memory, which grows during `start` only.
 *
 * Life:  start(model, precision, hidden) once; the host fills every matrix (see matrixBase) and the skeleton;
 *        then for every frame 60 f32 at frameBase(), step(); if that says 1, the pose is at poseBase().
 * The numbers of a frame, a pose and the window are those of docs/pose-engine.md.
 */
import * as model from './model';
import { Lstm } from './lstm';
import { Matrix } from './matrix';
import { Network } from './network';
import { RELAXED } from './precision';

/** Version of this interface. */
export function abi(): i32 {
  return 2;
}

/** Whether the I8 kernels are those of relaxed SIMD: other activations, other packing. */
export function relaxed(): i32 {
  return RELAXED ? 1 : 0;
}

/** model: 0 mobileposer, 1 imuposer, 2 small. precision: 0 f32, 1 int16, 2 int8. hidden: units of small's layers. */
export function start(which: i32, precision: i32, hidden: i32): void {
  model.make(which, precision, hidden);
}

/**
 * Address of a matrix's description, 6 i32: rows, columns, precision, and the addresses of its packed weights, its f32
 * scales and its f32 bias. `name`: 0 and 1 the input's Linear (from the frame, from the joints), 2 the output's Linear,
 * 3 + 4 layer + 2 direction the gates from the layer's input, one more the gates from the previous hidden state.
 */
export function matrixBase(network: i32, name: i32): usize {
  const net = changetype<Network>(load<usize>(model.networks + (network << 2)));
  if (name == 0) return changetype<usize>(net.fromImu);
  if (name == 1) return changetype<usize>(net.fromJoints);
  if (name == 2) return changetype<usize>(net.output);
  const index = (name - 3) >> 1;
  const lstm = index == 0 ? net.lstm00 : index == 1 ? net.lstm01 : index == 2 ? net.lstm10 : net.lstm11;
  return changetype<usize>((name - 3) & 1 ? lstm.hidden : lstm.input);
}

/** 24 parents and 24 indices of 6D rotations, i32; 24 x 3 offsets, f32, metres; 5 indices of the devices' bones, i32. */
export function skeletonBase(): usize {
  return model.skeleton;
}

export function frameBase(): usize {
  return model.frame;
}

/** f32: 216 of global rotations by rows, 72 of joints from the root, 3 of translation, 2 of contact. */
export function poseBase(): usize {
  return model.result;
}

/** f32, what the networks said of the pose's frame: 96 of 6D rotations, 72 of velocity (metres a frame), 2 logits. */
export function rawBase(): usize {
  return model.raw;
}

/** 1 if a pose is there, 0 while the look-ahead fills. */
export function step(): i32 {
  return model.next() ? 1 : 0;
}

/**
 * The pose from what is at rawBase(), for networks that ran elsewhere; at frameBase() are 0, 1 or 5 frames of worn
 * devices, the pose's own in the middle.
 */
export function compose(count: i32): void {
  model.compose(model.frame, count);
}

/** Forgets all frames; weights stay. */
export function reset(): void {
  model.reset();
}

/** 1: keep nothing from window to window and run every step of every layer, for comparison. */
export function recompute(on: i32): void {
  model.recompute(on != 0);
}
