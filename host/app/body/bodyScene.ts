import * as three from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { BodyFigure, type Drawn } from './bodyFigure.ts';

/** From the left and the top of the picture, 0 to 1. */
type Place = readonly [number, number];

export interface SceneColors {
  background: string;
  grid: string;
  estimate: string;
  truth: string;
  device: string;
}

/** The soles are this far below the toe joints, whose height is 0 on the floor. */
const sole = 0.034;
/** Even, so that the lines stay where they are when the floor goes along by metres. */
const floorMetres = 40;
const tilePixels = 256;
const up = new three.Vector3(0, 1, 0);
const keyRadians = 0.12;
const keyMetres = 0.2;
const keyZoom = 0.9;
/** Of the camera from what it looks at, metres. */
const firstView = new three.Vector3(1.1, 0.6, 3.3);
/** The camera catches up with the wearer in about so many seconds. */
const followSeconds = 0.3;

/** The estimate as a solid figure, the truth as a translucent one beside or over it, on a floor; the camera follows. */
export class BodyScene {
  readonly #renderer: three.WebGLRenderer;
  readonly #scene = new three.Scene();
  readonly #camera = new three.PerspectiveCamera(40, 1, 0.1, 60);
  readonly #controls: OrbitControls;
  readonly #estimate = new BodyFigure({ solid: true });
  readonly #truth = new BodyFigure({ solid: false });
  readonly #light = new three.DirectionalLight(0xffffff, 2.2);
  readonly #floor: three.Mesh;
  readonly #grid: three.Mesh<three.PlaneGeometry, three.MeshBasicMaterial>;
  readonly #follow = new three.Vector3(0, 0.9, 0);
  #placed = false;
  #rendered = performance.now();
  /** Of the truth from where it is, metres to the wearer's left. */
  #aside = 1.1;

  /** Throws where there is no WebGL. */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new three.WebGLRenderer({ canvas, antialias: true });
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.enableDamping = true;
    this.#controls.maxPolarAngle = Math.PI / 2 - 0.03;
    this.#controls.minDistance = 1.5;
    this.#controls.maxDistance = 12;
    this.#controls.target.copy(this.#follow);
    this.#floor = new three.Mesh(
      new three.PlaneGeometry(floorMetres, floorMetres),
      new three.ShadowMaterial({ opacity: 0.18, depthWrite: false }),
    );
    this.#floor.rotation.x = -Math.PI / 2;
    this.#floor.receiveShadow = true;
    this.#grid = new three.Mesh(
      new three.PlaneGeometry(floorMetres, floorMetres).rotateX(-Math.PI / 2),
      new three.MeshBasicMaterial({ depthWrite: false }),
    );
    this.#grid.renderOrder = -1;
    this.#light.castShadow = true;
    this.#light.shadow.mapSize.set(1024, 1024);
    Object.assign(this.#light.shadow.camera, { left: -2.5, right: 2.5, top: 2.5, bottom: -2.5, far: 12 });
    this.#estimate.group.visible = this.#truth.group.visible = false;
    const sky = new three.HemisphereLight(0xffffff, 0x8a8f8c, 1.6);
    this.#scene.add(
      sky,
      this.#light,
      this.#light.target,
      this.#grid,
      this.#floor,
      this.#estimate.group,
      this.#truth.group,
    );
  }

  paint({ background, grid, estimate, truth, device }: SceneColors): void {
    this.#scene.background = new three.Color(background);
    this.#scene.fog?.color.set(background);
    this.#estimate.paint({ body: estimate, visor: background, device });
    this.#truth.paint({ body: truth, visor: background, device });
    this.#grid.material.map?.dispose();
    this.#grid.material.map = tile(background, grid);
    this.#grid.material.needsUpdate = true;
  }

  resize(width: number, height: number): void {
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    if (this.#placed || height === 0) return;
    this.#placed = true;
    // Two figures side by side fit into the width of a phone too.
    const away = Math.max(1, 1.15 / this.#camera.aspect);
    this.#camera.position.copy(this.#follow).addScaledVector(firstView, away);
    this.#scene.fog = new three.Fog(this.#scene.background as three.Color, 4 * away, 14 * away);
  }

  wear(slots: ReadonlySet<number>): void {
    this.#estimate.wear(slots);
  }

  /** `overlay`: the truth stands where it is, not beside. */
  draw(estimate: Drawn, truth: Drawn | undefined, overlay: boolean): void {
    this.#estimate.draw(estimate);
    this.#estimate.group.visible = true;
    this.#truth.group.visible = truth !== undefined;
    this.#aside = overlay ? 0 : 1.1;
    // The estimate's way drifts from the truth's: for comparison both stand at one place on the floor.
    if (truth) {
      this.#truth.draw(truth);
      this.#truth.group.position.x = this.#estimate.group.position.x + this.#aside;
      this.#truth.group.position.z = this.#estimate.group.position.z;
    }
  }

  /** Turns and zooms with the arrow keys, + and -. Tells whether the key was one of these. */
  press(key: string): boolean {
    const offset = this.#camera.position.clone().sub(this.#follow);
    if (key === 'ArrowLeft') offset.applyAxisAngle(up, -keyRadians);
    else if (key === 'ArrowRight') offset.applyAxisAngle(up, keyRadians);
    else if (key === 'ArrowUp') offset.y += keyMetres;
    else if (key === 'ArrowDown') offset.y -= keyMetres;
    else if (key === '+' || key === '=') offset.multiplyScalar(keyZoom);
    else if (key === '-') offset.divideScalar(keyZoom);
    else return false;
    this.#camera.position.copy(this.#follow).add(offset);
    return true;
  }

  /** Above the heads, 0 to 1 from the left and the top of the picture; undefined where nobody is. */
  heads(): { estimate: Place | undefined; truth: Place | undefined } {
    const place = (figure: BodyFigure): Place | undefined => {
      if (!figure.group.visible) return undefined;
      const { x, y } = figure.crown.project(this.#camera);
      return [(x + 1) / 2, (1 - y) / 2];
    };
    return { estimate: place(this.#estimate), truth: place(this.#truth) };
  }

  render(): void {
    const at = this.#estimate.group.position;
    const middle = this.#truth.group.visible ? this.#aside / 2 : 0;
    const now = performance.now();
    const share = 1 - Math.exp((this.#rendered - now) / 1000 / followSeconds);
    this.#rendered = now;
    const move = new three.Vector3(at.x + middle, 0.9, at.z).sub(this.#follow).multiplyScalar(share);
    this.#follow.add(move);
    this.#camera.position.add(move);
    this.#controls.target.copy(this.#follow);
    this.#light.position.set(this.#follow.x + 2, 5, this.#follow.z + 3);
    this.#light.target.position.copy(this.#follow);
    this.#grid.position.set(Math.round(this.#follow.x), -sole, Math.round(this.#follow.z));
    this.#floor.position.set(this.#follow.x, -sole, this.#follow.z);
    this.#controls.update();
    this.#renderer.render(this.#scene, this.#camera);
  }

  dispose(): void {
    this.#controls.dispose();
    this.#renderer.dispose();
  }
}

/** A metre of floor with lines around and through its middle; mipmaps keep them calm far away. */
function tile(background: string, line: string): three.Texture {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = tilePixels;
  const context = canvas.getContext('2d')!;
  context.fillStyle = background;
  context.fillRect(0, 0, tilePixels, tilePixels);
  context.fillStyle = line;
  for (const [at, width] of [
    [0, 2],
    [tilePixels - 2, 2],
    [tilePixels / 2 - 1, 2],
  ] as const) {
    context.fillRect(at, 0, width, tilePixels);
    context.fillRect(0, at, tilePixels, width);
  }
  const texture = new three.CanvasTexture(canvas);
  texture.colorSpace = three.SRGBColorSpace;
  texture.wrapS = texture.wrapT = three.RepeatWrapping;
  texture.repeat.set(floorMetres, floorMetres);
  texture.anisotropy = 8;
  return texture;
}
