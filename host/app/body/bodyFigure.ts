import {
  BoxGeometry,
  Group,
  Mesh,
  MeshStandardMaterial,
  Vector3,
  type BufferGeometry,
  type Material,
} from 'three';
import { devices } from '../../motion/body.ts';
import { bodyShapes, visorShape } from './bodyShapes.ts';

/** A pose as it is drawn: 24 x 9 global rotations, 24 x 3 positions from the root, the root; metres. */
export interface Drawn {
  rotations: ArrayLike<number>;
  joints: ArrayLike<number>;
  translation: ArrayLike<number>;
}

export interface FigureColors {
  body: string;
  visor: string;
  device: string;
}

/** From the head's joint to a hand above the head. */
const crownHeight = 0.24;
let shapes: Map<number, BufferGeometry> | undefined;

/** A simple human figure of one mesh per bone, with the worn devices on it; `solid` or translucent. */
export class BodyFigure {
  readonly group = new Group();
  readonly #bones = new Map<number, Group>();
  readonly #devices: Mesh[] = [];
  readonly #body: MeshStandardMaterial;
  readonly #visor: MeshStandardMaterial;
  readonly #device = new MeshStandardMaterial({ roughness: 0.4, emissiveIntensity: 0.45 });
  #crown = 0;

  constructor({ solid }: { solid: boolean }) {
    const clear = solid ? {} : { transparent: true, opacity: 0.34 };
    this.#body = new MeshStandardMaterial({ roughness: 0.62, ...clear });
    this.#visor = new MeshStandardMaterial({ roughness: 0.3, ...clear });
    shapes ??= bodyShapes();
    for (const [joint, geometry] of shapes) this.#bones.set(joint, this.#bone(geometry, this.#body, solid));
    this.#bones.get(15)!.add(new Mesh(visorShape(), this.#visor));
    for (const bone of this.#bones.values()) {
      bone.matrixAutoUpdate = false;
      this.group.add(bone);
    }
    if (!solid) return;
    for (const { joint, offset } of devices) {
      const mesh = new Mesh(new BoxGeometry(0.05, 0.042, 0.05), this.#device);
      mesh.position.set(...offset);
      mesh.castShadow = true;
      this.#bones.get(joint)!.add(mesh);
      this.#devices.push(mesh);
    }
  }

  paint({ body, visor, device }: FigureColors): void {
    this.#body.color.set(body);
    this.#visor.color.set(visor);
    this.#device.color.set(device);
    this.#device.emissive.set(device);
  }

  wear(slots: ReadonlySet<number>): void {
    this.#devices.forEach((mesh, slot) => (mesh.visible = slots.has(slot)));
  }

  draw({ rotations, joints, translation }: Drawn): void {
    this.group.position.set(translation[0]!, translation[1]!, translation[2]!);
    for (const [joint, bone] of this.#bones) {
      const r = (i: number): number => rotations[9 * joint + i]!;
      const p = (i: number): number => joints[3 * joint + i]!;
      const rows = [r(0), r(1), r(2), p(0), r(3), r(4), r(5), p(1), r(6), r(7), r(8), p(2)] as const;
      bone.matrix.set(...rows, 0, 0, 0, 1);
      bone.matrixWorldNeedsUpdate = true;
    }
    this.#crown = joints[3 * 15 + 1]! + crownHeight;
  }

  /** Above the head, in the scene. */
  get crown(): Vector3 {
    return this.group.position.clone().setY(this.group.position.y + this.#crown);
  }

  /** A translucent bone is drawn into the depths first, so that nothing behind its skin shows. */
  #bone(geometry: BufferGeometry, material: Material, solid: boolean): Group {
    const bone = new Group();
    const skin = new Mesh(geometry, material);
    skin.castShadow = solid;
    skin.renderOrder = solid ? 0 : 2;
    bone.add(skin);
    if (!solid) {
      const depths = new Mesh(geometry, depthOnly);
      depths.renderOrder = 1;
      bone.add(depths);
    }
    return bone;
  }
}

const depthOnly = new MeshStandardMaterial({ colorWrite: false });
