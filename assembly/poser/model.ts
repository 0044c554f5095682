/** Which networks there are and what becomes of a frame. */
import { Causal, makeCausal, resetCausal, runCausal } from './causal';
import { reserve } from './memory';
import { IMU, JOINTS, Network, makeNetwork } from './network';
import * as scratch from './scratch';
import { TARGET, WINDOW } from './scratch';
import { REDUCED, makeSkeleton, toPositions, toRotations } from './skeleton';
import { advanceTranslation } from './translation';
import { Window, makeWindow, push, refresh, run } from './window';
import { trustDevices } from './worn';

/** Four networks: joints, pose, contact, velocity. */
export const MOBILEPOSER: i32 = 0;
/** One network over the window, pose only: no contact, no velocity. */
export const IMUPOSER: i32 = 1;
/** One causal network without look-ahead: pose, root velocity, contact. */
export const SMALL: i32 = 2;

export const SIX_D: i32 = 6 * REDUCED;
export const CONTACT: i32 = 2;
const SMALL_OUTPUTS: i32 = SIX_D + 3 + CONTACT;

let model: i32 = 0;
/** Networks in the model's order. */
export let networks: usize = 0;
let joints: Window = changetype<Window>(0);
let pose: Window = changetype<Window>(0);
let contact: Window = changetype<Window>(0);
let causal: Causal = changetype<Causal>(0);

/** The window's frames, oldest first, f32; the host writes the newest to `frame`. */
let frames: usize = 0;
export let frame: usize = 0;
export let skeleton: usize = 0;
/** Frames since the reset, and poses since the reset; neither grows beyond what matters. */
let seen: i32 = 0;
let posed: bool = false;
/** Whether nothing is kept from window to window and every step of every layer runs. */
let naive: bool = false;

/** What the networks say of the pose's frame: 96 of 6D rotations, 72 of velocity, 2 logits of contact. */
export let raw: usize = 0;
/** The pose: 216 of rotations, 72 of joints, 3 of translation, 2 of contact, f32. */
export let result: usize = 0;
let before: usize = 0;
/** The pose's 6D rotations, the devices' word included. */
let trusted: usize = 0;

const FRAME_BYTES: usize = <usize>IMU << 2;
const JOINT_BYTES: usize = <usize>JOINTS << 2;
/** Frames about the pose's over which a device's rotation is averaged where there is look-ahead. */
const WORN_FRAMES: i32 = 5;
const ROW: usize = <usize>scratch.MAX_OUTPUTS << 2;
const RAW_VELOCITY: usize = <usize>SIX_D << 2;
const RAW_CONTACT: usize = RAW_VELOCITY + JOINT_BYTES;
const POSE_JOINTS: usize = 216 << 2;
const POSE_TRANSLATION: usize = POSE_JOINTS + JOINT_BYTES;
const POSE_CONTACT: usize = POSE_TRANSLATION + 12;
/** Contact's logit where no network gives one: no contact. */
const NO_CONTACT: f32 = -60;

/** Lays out the networks of a model; small: `hidden` units, the others' are given. Called once. */
export function make(which: i32, precision: i32, hidden: i32): void {
  model = which;
  scratch.makeScratch(precision);
  frames = reserve(WINDOW * FRAME_BYTES);
  frame = reserve(WORN_FRAMES * FRAME_BYTES);
  raw = reserve(RAW_CONTACT + (CONTACT << 2));
  result = reserve(POSE_CONTACT + (CONTACT << 2));
  before = reserve(JOINT_BYTES);
  trusted = reserve(SIX_D << 2);
  networks = reserve(16);
  skeleton = makeSkeleton();
  if (model == MOBILEPOSER) {
    joints = makeWindow(network(0, makeNetwork(false, 256, JOINTS, 2, precision)), false);
    pose = makeWindow(network(1, makeNetwork(true, 256, SIX_D, 2, precision)), true);
    contact = makeWindow(network(2, makeNetwork(true, 64, CONTACT, 2, precision)), true);
    causal = makeCausal(network(3, makeNetwork(true, 256, JOINTS, 1, precision)), true);
    jointsOfWindow = reserve(WINDOW * ROW);
  } else if (model == IMUPOSER) {
    pose = makeWindow(network(0, makeNetwork(false, 256, SIX_D, 2, precision)), false);
  } else {
    causal = makeCausal(network(0, makeNetwork(false, hidden, SMALL_OUTPUTS, 1, precision)), false);
  }
  reset();
}

/** The joints network's output over the window, rows of MAX_OUTPUTS. */
let jointsOfWindow: usize = 0;

function network(index: i32, net: Network): Network {
  store<usize>(networks + (index << 2), changetype<usize>(net));
  return net;
}

export function reset(): void {
  seen = 0;
  posed = false;
  if (model != IMUPOSER) resetCausal(causal);
}

export function recompute(on: bool): void {
  naive = on;
}

/** Takes in the frame at `frame`. Whether a pose is there: the windowed models' first is of the fifth frame's first. */
export function next(): bool {
  const fill = seen == 0;
  if (seen < WINDOW) seen++;
  if (model == SMALL) {
    small();
    return true;
  }
  memory.copy(frames, frames + FRAME_BYTES, (WINDOW - 1) * FRAME_BYTES);
  for (let t = fill ? 0 : WINDOW - 1; t < WINDOW; t++) memory.copy(frames + t * FRAME_BYTES, frame, FRAME_BYTES);
  if (model == MOBILEPOSER) {
    keep(joints, fill);
    keep(pose, fill);
    keep(contact, fill);
  } else {
    keep(pose, fill);
  }
  if (seen < WINDOW - TARGET) return false;
  if (model == MOBILEPOSER) mobileposer();
  else imuposer();
  return true;
}

function keep(window: Window, fill: bool): void {
  if (naive) refresh(window, frames);
  else push(window, frame, fill);
}

function mobileposer(): void {
  run(joints, 0, 0, WINDOW - 1);
  memory.copy(jointsOfWindow, scratch.outputs, WINDOW * ROW);
  memory.copy(raw, target(pose), SIX_D << 2);
  memory.copy(raw + RAW_CONTACT, target(contact), CONTACT << 2);
  runCausal(causal, frames + TARGET * FRAME_BYTES, jointsOfWindow + TARGET * ROW);
  memory.copy(raw + RAW_VELOCITY, scratch.outputs, JOINT_BYTES);
  compose(frames + (TARGET - WORN_FRAMES / 2) * FRAME_BYTES, WORN_FRAMES);
}

function imuposer(): void {
  memory.copy(raw, target(pose), SIX_D << 2);
  store<f32>(raw + RAW_CONTACT, NO_CONTACT);
  store<f32>(raw + RAW_CONTACT, NO_CONTACT, 4);
  compose(frames + (TARGET - WORN_FRAMES / 2) * FRAME_BYTES, WORN_FRAMES);
}

function small(): void {
  runCausal(causal, frame, 0);
  memory.copy(raw, scratch.outputs, SIX_D << 2);
  memory.copy(raw + RAW_VELOCITY, scratch.outputs + (SIX_D << 2), 12);
  memory.copy(raw + RAW_CONTACT, scratch.outputs + ((SIX_D + 3) << 2), CONTACT << 2);
  compose(frame, 1);
}

/** Runs a window for its target; address of that output. */
function target(window: Window): usize {
  if (naive) {
    run(window, jointsOfWindow, 0, WINDOW - 1);
    return scratch.outputs + TARGET * ROW;
  }
  run(window, jointsOfWindow, TARGET, TARGET);
  return scratch.outputs;
}

/**
 * The pose from what the networks said, and the devices in `count` frames from `worn` on, the pose's in the middle; the
 * baseline heeds the network alone.
 */
export function compose(worn: usize, count: i32): void {
  const now = result + POSE_JOINTS;
  memory.copy(before, now, JOINT_BYTES);
  if (model != IMUPOSER) trustDevices(worn, FRAME_BYTES, count, raw, trusted);
  toRotations(model != IMUPOSER ? trusted : raw, result);
  toPositions(result, now);
  advanceTranslation(
    !posed,
    before,
    now,
    raw + RAW_VELOCITY,
    raw + RAW_CONTACT,
    result + POSE_CONTACT,
    result + POSE_TRANSLATION,
  );
  posed = true;
}
