import { BufferGeometry, LatheGeometry, Quaternion, SphereGeometry, Vector2, Vector3 } from 'three';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';

type Point = readonly [number, number, number];

const SEGMENTS = 24;
const PROFILE_STEPS = 14;
const CAP_STEPS = 6;

/** A rounded limb from one point to another, metres, thicker by `bulge` above its middle. */
function limb(from: Point, to: Point, radii: readonly [number, number], bulge = 0): BufferGeometry {
  const start = new Vector3(...from);
  const along = new Vector3(...to).sub(start);
  const length = along.length();
  const [first, last] = radii;
  const profile: Vector2[] = [];
  for (let i = 0; i <= CAP_STEPS; i++) {
    const angle = (Math.PI / 2) * (i / CAP_STEPS);
    profile.push(new Vector2(first * Math.sin(angle), -first * Math.cos(angle)));
  }
  for (let i = 1; i < PROFILE_STEPS; i++) {
    const t = i / PROFILE_STEPS;
    profile.push(
      new Vector2(first + (last - first) * t + bulge * Math.sin(Math.PI * Math.sqrt(t)), length * t),
    );
  }
  for (let i = 0; i <= CAP_STEPS; i++) {
    const angle = (Math.PI / 2) * (i / CAP_STEPS);
    profile.push(new Vector2(last * Math.cos(angle), length + last * Math.sin(angle)));
  }
  return new LatheGeometry(profile, SEGMENTS)
    .applyQuaternion(new Quaternion().setFromUnitVectors(new Vector3(0, 1, 0), along.normalize()))
    .translate(start.x, start.y, start.z);
}

function ball(centre: Point, radii: Point): BufferGeometry {
  return new SphereGeometry(1, SEGMENTS, 18).scale(...radii).translate(...centre);
}

/** Wider to the sides than to the front: a trunk's cross-section. */
function flat(geometry: BufferGeometry, depth: number): BufferGeometry {
  return geometry.scale(1, 1, depth);
}

/** The figure's parts in the frames of their joints at rest, by joint. Our own proportions around host/pose/skeleton.json. */
export function bodyShapes(): Map<number, BufferGeometry> {
  const shapes = new Map<number, BufferGeometry[]>([
    [0, [flat(limb([0, 0.0, 0], [0, 0.1, 0], [0.135, 0.122]), 0.76)]],
    [3, [flat(limb([0, -0.1, 0], [0, 0.1, 0], [0.119, 0.124]), 0.77)]],
    [9, [flat(limb([0, -0.02, 0], [0, 0.1, -0.01], [0.124, 0.142], 0.004), 0.77)]],
    [12, [limb([0, -0.05, 0], [0, 0.07, 0.012], [0.055, 0.047])]],
    [
      15,
      [
        ball([0, 0.085, 0.018], [0.076, 0.112, 0.094]),
        limb([0, 0.03, 0.035], [0, 0.02, 0.07], [0.05, 0.036]),
      ],
    ],
  ]);
  for (const [out, offset] of [
    [1, 0],
    [-1, 1],
  ] as const) {
    shapes.set(1 + offset, [limb([0, -0.01, 0], [0, -0.3683, 0], [0.085, 0.054], 0.006)]);
    shapes.set(4 + offset, [limb([0, 0, 0], [0, -0.4541, 0], [0.052, 0.034], 0.013)]);
    shapes.set(7 + offset, [
      limb([0, -0.036, -0.04], [out * 0.014, -0.044, 0.15], [0.034, 0.027], 0.008),
      limb([0, 0, 0], [out * 0.006, -0.034, 0.06], [0.036, 0.03]),
    ]);
    shapes.set(13 + offset, [limb([out * -0.02, 0.005, 0.02], [out * 0.085, -0.02, 0.015], [0.062, 0.058])]);
    shapes.set(16 + offset, [limb([out * 0.005, 0, 0], [out * 0.2823, 0, 0], [0.054, 0.038], 0.006)]);
    shapes.set(18 + offset, [limb([0, 0, 0], [out * 0.2368, 0, 0], [0.038, 0.027], 0.007)]);
    shapes.set(20 + offset, [ball([out * 0.08, 0, 0.004], [0.088, 0.021, 0.042])]);
  }
  return new Map([...shapes].map(([joint, parts]) => [joint, mergeGeometries(parts)]));
}

/** Where the eyes look out, in the head's frame: tells front from back. */
export function visorShape(): BufferGeometry {
  return ball([0, 0.1, 0.07], [0.062, 0.027, 0.052]);
}
