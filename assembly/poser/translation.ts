/**
 * Where the root is: the network's root velocity, and the supporting foot standing still, by the contact's probability.
 * The floor is y = 0, at the height of the toe joints of a body that stands on it.
 */
import { sigmoid } from './activation';
import { offsets } from './skeleton';

const ANKLES: i32 = 7;
const TOES: i32 = 10;
/** How far a supporting foot above the floor sinks in a frame, metres: 0.54 m/s at 30 Hz, enough for stairs. */
const SINK: f32 = 0.018;

/**
 * Moves `translation` (3 f32, metres) by one frame. `before` and `now`: joints from the root, a frame apart;
 * `velocity`: of the root, metres a frame; `logits`: of the left and the right foot's contact, whose probabilities go
 * to `contact`. `start`: the first frame, which stands above the origin.
 */
export function advanceTranslation(
  start: bool,
  before: usize,
  now: usize,
  velocity: usize,
  logits: usize,
  contact: usize,
  translation: usize,
): void {
  const p = sigmoid(v128.load64_zero(logits));
  v128.store64_lane(contact, p, 0);
  const left = load<f32>(contact);
  const right = load<f32>(contact, 4);
  if (start) {
    memory.fill(translation, 0, 12);
  } else {
    const foot = right > left ? 1 : 0;
    const weight = min<f32>(1, max<f32>(0, (max(left, right) - 0.5) / 0.4));
    const point = soleOf(now, foot);
    const sink = min<f32>(SINK, max<f32>(0, load<f32>(translation, 4) + height(now, point)));
    for (let axis: usize = 0; axis < 12; axis += 4) {
      const net = load<f32>(velocity + axis);
      const at = point * 12 + axis;
      const held = load<f32>(before + at) - load<f32>(now + at) - (axis == 4 ? sink : 0);
      store<f32>(translation + axis, load<f32>(translation + axis) + net + weight * (held - net));
    }
  }
  const lowest = min(height(now, soleOf(now, 0)), height(now, soleOf(now, 1)));
  const y = load<f32>(translation, 4) + lowest;
  if (start || y < 0) store<f32>(translation, load<f32>(translation, 4) - y, 4);
}

/** The joint of a foot (0 left, 1 right) that is nearer to the floor: ankle or toes. */
function soleOf(joints: usize, foot: i32): i32 {
  return height(joints, ANKLES + foot) < height(joints, TOES + foot) ? ANKLES + foot : TOES + foot;
}

/** Height of the ground below an ankle or toe joint, from the root: an ankle stands as far above it as at rest. */
function height(joints: usize, joint: i32): f32 {
  const y = load<f32>(joints + joint * 12, 4);
  return joint < TOES ? y + load<f32>(offsets + (joint + TOES - ANKLES) * 12, 4) : y;
}
