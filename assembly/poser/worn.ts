/** What worn devices say of the bones that they sit on. */
import { REDUCED, devices } from './skeleton';

export const DEVICES: i32 = 5;
/** Where a frame's rotations begin, after the accelerations. */
const ROTATIONS: usize = (3 * <usize>DEVICES) << 2;
/**
 * Share of the measured rotation in a worn bone's: the networks know how devices move, the device how this bone lies.
 * 0.7 served both clean devices and ones with mounting errors on the validation takes (docs/pose.md).
 */
const TRUST: f32 = 0.7;

/**
 * Copies 16 rotations in 6D to `to`, those of worn bones drawn towards what the devices measure: the mean over `count`
 * frames from `frames` on, `stride` bytes apart, so that their noise does not shake the body. A device is worn if the
 * middle frame has it.
 */
export function trustDevices(frames: usize, stride: usize, count: i32, sixD: usize, to: usize): void {
  memory.copy(to, sixD, REDUCED * 24);
  const middle = frames + <usize>(count >> 1) * stride;
  for (let device = 0; device < DEVICES; device++) {
    const r = ROTATIONS + device * 36;
    if (count == 0 || !present(middle + r)) continue;
    const bone = to + load<i32>(devices + (device << 2)) * 24;
    for (let axis: usize = 0; axis < 3; axis++) {
      for (let column: usize = 0; column < 2; column++) {
        const at = r + axis * 12 + (column << 2);
        let sum: f32 = 0;
        let seen: f32 = 0;
        for (let t = 0; t < count; t++) {
          const frame = frames + t * stride;
          if (!present(frame + r)) continue;
          sum += load<f32>(frame + at);
          seen += 1;
        }
        draw(bone + column * 12 + (axis << 2), sum / seen);
      }
    }
  }
}

/** Whether a rotation (its squares sum to 3) is at `r`, not an absent device's zeros. */
function present(r: usize): bool {
  let square: f32 = 0;
  for (let i: usize = 0; i < 36; i += 4) square += load<f32>(r + i) * load<f32>(r + i);
  return square > 1;
}

function draw(value: usize, measured: f32): void {
  store<f32>(value, load<f32>(value) + TRUST * (measured - load<f32>(value)));
}
