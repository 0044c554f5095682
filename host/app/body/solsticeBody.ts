import { LitElement, css, html, nothing } from 'lit';
import { devices, frameRate, subsets } from '../../motion/body.ts';
import { jointsOf } from '../../motion/motion.ts';
import type { ShippedModel } from '../../pose/shippedModels.ts';
import type { BodySource } from '../../server/bodySource.ts';
import type { PageFigures } from '../../server/pageFigures.ts';
import { color, darkScheme } from '../palette.ts';
import { pageStyles } from '../pageStyles.ts';
import { panelStyles } from '../panelStyles.ts';
import '../runHeader.ts';
import type { Drawn } from './bodyFigure.ts';
import type { BodyScene } from './bodyScene.ts';
import type { FromPoser, ToPoser } from './poserWorker.ts';
import './traceLine.ts';
import { traceLength } from './traceLine.ts';
import { fetchFile, fetchSource, fetchWearer, isThere, type PageWearer } from './wearer.ts';

type RunnableModel = BodySource['models'][number];

const labels = ['Left wrist', 'Right wrist', 'Left pocket', 'Right pocket', 'Head'];
/** Pictures are counted over so long. */
const rateMillis = 3000;
/** Frames that may be on their way to the worker. */
const ahead = 2;

interface Figures {
  /** Of the last ten seconds, milliseconds. */
  median: number;
  p95: number;
  /** From a frame's way to the worker until its pose is drawn, median, milliseconds. */
  drawnAfter: number;
  /** Pictures a second. */
  rate: number;
  /** Of the last second, centimetres. */
  errorCm: number;
  poses: number;
  latencyFrames: number;
}

/** A wearer as a 3D body: the pose that the networks find in a few devices, beside the truth if it is known. All runs in the page. */
export class SolsticeBody extends LitElement {
  static override properties = {
    worn: { state: true },
    there: { state: true },
    models: { state: true },
    model: { state: true },
    overlay: { state: true },
    showTruth: { state: true },
    paused: { state: true },
    status: { state: true },
    failure: { state: true },
    noPicture: { state: true },
    figures: { state: true },
  };
  static override styles = [
    panelStyles,
    pageStyles,
    css`
      .segments {
        background: var(--panel);
      }
      .status {
        margin: 0;
        padding: 3px 10px;
        border: 1px solid var(--edge);
        border-radius: 4px;
        background: var(--panel);
      }
      .status::before {
        content: '';
        display: inline-block;
        width: 8px;
        height: 8px;
        margin-right: 7px;
        border-radius: 50%;
        background: var(--muted);
      }
      .status.live::before {
        background: var(--good);
      }
      .source {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 10px;
        margin: 0;
        color: var(--muted);
      }
      .badge {
        padding: 1px 7px;
        border: 1px dashed var(--accent);
        border-radius: 3px;
        font-size: 11px;
        font-weight: 600;
        letter-spacing: 0.04em;
        text-transform: uppercase;
        color: var(--accent);
      }
      .panels {
        flex: 1;
        display: grid;
        grid-template-columns: minmax(0, 1fr) 290px;
        gap: 10px;
        min-height: 0;
      }
      .stage {
        position: relative;
        min-height: 380px;
        background: var(--panel);
        border: 1px solid var(--edge);
        border-radius: 6px;
        overflow: hidden;
      }
      canvas {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        touch-action: none;
        outline-offset: -3px;
        cursor: grab;
      }
      .name {
        position: absolute;
        top: 0;
        left: 0;
        padding: 1px 8px;
        border-radius: 3px;
        font-size: 12px;
        font-weight: 600;
        background: var(--panel);
        pointer-events: none;
        white-space: nowrap;
        visibility: hidden;
      }
      .name.estimate {
        color: var(--reconstruction);
      }
      .name.truth {
        color: var(--muted);
      }
      .hint {
        position: absolute;
        left: 12px;
        bottom: 8px;
        margin: 0;
        font-size: 12px;
        color: var(--muted);
        pointer-events: none;
      }
      .message {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
        padding: 24px;
        text-align: center;
        font-size: 14px;
        margin: 0;
        background: var(--panel);
      }
      .side {
        display: flex;
        flex-direction: column;
        gap: 10px;
        min-width: 0;
      }
      section {
        background: var(--panel);
        border: 1px solid var(--edge);
        border-radius: 6px;
      }
      section > :is(.chips, label, .legend) {
        margin: 4px 12px 12px;
      }
      .chips {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 6px;
      }
      .chips button {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 32px;
        text-align: left;
      }
      .chips button:last-child {
        grid-column: span 2;
      }
      .chips button::before {
        content: '';
        width: 9px;
        height: 9px;
        border: 1.5px solid var(--muted);
        border-radius: 2px;
        box-sizing: border-box;
      }
      .chips button[aria-pressed='true'] {
        border-color: var(--samples);
        font-weight: 600;
      }
      .chips button[aria-pressed='true']::before {
        border-color: var(--samples);
        background: var(--samples);
      }
      .chips button:disabled {
        color: var(--muted);
        cursor: not-allowed;
      }
      .chips button.away::before {
        background: none;
        border-style: dashed;
      }
      .chips small {
        margin-left: auto;
        font-weight: 400;
        color: var(--muted);
      }
      .note {
        margin: -4px 12px 10px;
        font-size: 12px;
        color: var(--muted);
      }
      section > label {
        display: block;
      }
      label select {
        box-sizing: border-box;
        width: 100%;
        min-height: 32px;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(120px, 1fr));
        margin: 0;
        background: var(--panel);
        border: 1px solid var(--edge);
        border-radius: 6px;
        overflow: hidden;
      }
      dl div {
        padding: 6px 12px 7px;
        box-shadow:
          1px 0 0 var(--edge),
          0 1px 0 var(--edge);
      }
      dt {
        font-size: 12px;
        color: var(--muted);
      }
      dd {
        margin: 0;
        font-size: 19px;
        line-height: 1.25;
        white-space: nowrap;
      }
      dd small {
        font-size: 12px;
        color: var(--muted);
      }
      @media (min-width: 1000px) and (min-height: 640px) {
        :host {
          height: 100dvh;
        }
        .side {
          overflow-y: auto;
        }
      }
      @media (max-width: 999px) {
        .panels {
          display: flex;
          flex-direction: column;
        }
        .stage {
          height: 60dvh;
        }
      }
      @media (max-width: 640px) {
        :host {
          padding: 10px;
        }
        .stage {
          height: 48dvh;
          min-height: 320px;
        }
      }
    `,
  ];
  declare worn: ReadonlySet<number>;
  /** The worn devices that had a reading in the frame of the latest pose. */
  declare there: ReadonlySet<number>;
  declare models: readonly RunnableModel[];
  declare model: RunnableModel | undefined;
  declare overlay: boolean;
  declare showTruth: boolean;
  declare paused: boolean;
  declare status: string;
  declare failure: string;
  /** Why no body is drawn; poses go on without it. */
  declare noPicture: string;
  declare figures: Figures;
  /** The latest one. */
  pose: Drawn | undefined;

  #scene: BodyScene | undefined;
  #worker: Worker | undefined;
  #wearer: PageWearer | undefined;
  /** Of the truth, frames x 24 x 3, metres from the root. */
  #joints: Float64Array = new Float64Array(0);
  /** The frame of the latest pose. */
  #shown = 0;
  /** The next frame of the movement, and how many are at the worker. */
  #next = 0;
  #waiting = 0;
  #begun = 0;
  #ready = false;
  #precision = '';
  /** Of the model that runs. */
  #modelPoses = 0;
  #errorSum = 0;
  /** To the host, which tells a summary at its end. */
  #host: WebSocket | undefined;
  #feeder: ReturnType<typeof setInterval> | undefined;
  readonly #times: number[] = [];
  readonly #errors: number[] = [];
  readonly #delays: number[] = [];
  /** When the frames at the worker were sent, and when the one was whose pose is to be drawn. */
  #sent: number[] = [];
  #toDraw: number | undefined;
  #pictures = 0;
  #picturesSince = 0;
  readonly #watcher = new ResizeObserver(() => this.#resize());

  constructor() {
    super();
    this.worn = this.there = new Set();
    this.models = [];
    this.overlay = false;
    this.showTruth = true;
    this.paused = false;
    this.status = 'Loading';
    this.failure = '';
    this.noPicture = '';
    this.figures = {
      median: NaN,
      p95: NaN,
      drawnAfter: NaN,
      rate: NaN,
      errorCm: NaN,
      poses: 0,
      latencyFrames: 0,
    };
  }

  override firstUpdated(): void {
    this.#start().catch((error: unknown) => {
      this.failure = `This did not load: ${error instanceof Error ? error.message : String(error)}. Is the host still running?`;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#feeder);
    this.#worker?.terminate();
    this.#watcher.disconnect();
    darkScheme.removeEventListener('change', this.#paint);
    this.#scene?.dispose();
    if (this.#host) this.#host.onclose = null;
    this.#host?.close();
  }

  async #start(): Promise<void> {
    await this.#startDrawing();
    const { wearer, models, chosen } = await fetchSource();
    this.#wearer = await fetchWearer(wearer);
    if (this.#wearer.truth) this.#joints = jointsOf(this.#wearer.truth);
    this.models = models;
    this.#host = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/figures`);
    this.#host.onclose = () => (this.status = 'The host has ended');
    this.#wear(new Set(wearer.slots));
    this.#worker = new Worker(new URL('./poserWorker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromPoser>) => this.#hear(data);
    await this.#load(models.find((one) => nameOf(one) === nameOf(chosen))!);
    // Frames keep their own time: a slow display shows fewer poses, it does not get fewer.
    this.#feeder = setInterval(() => this.#feed(), 1000 / frameRate / 2);
  }

  async #startDrawing(): Promise<void> {
    const canvas = this.renderRoot.querySelector('canvas')!;
    const { BodyScene } = await import('./bodyScene.ts');
    try {
      this.#scene = new BodyScene(canvas);
    } catch {
      this.noPicture =
        'This browser gives no WebGL here. Switch hardware acceleration on, or use another browser. The figures go on without a picture.';
      return;
    }
    this.#paint();
    darkScheme.addEventListener('change', this.#paint);
    this.#watcher.observe(canvas.parentElement!);
    this.#resize();
    this.#picturesSince = performance.now();
    const draw = (): void => {
      this.#draw();
      if (this.isConnected) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }

  #draw(): void {
    const scene = this.#scene!;
    scene.render();
    this.#pictures++;
    if (this.#toDraw !== undefined) keep(this.#delays, performance.now() - this.#toDraw);
    this.#toDraw = undefined;
    const heads = scene.heads();
    const stage = this.renderRoot.querySelector('.stage')!;
    for (const who of ['estimate', 'truth'] as const) {
      const name = this.renderRoot.querySelector<HTMLElement>(`.name.${who}`)!;
      const at = heads[who];
      name.style.visibility = at && !this.overlay ? 'visible' : 'hidden';
      if (!at) continue;
      const [x, y] = [at[0] * stage.clientWidth, at[1] * stage.clientHeight];
      name.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -100%)`;
    }
  }

  async #load(model: RunnableModel): Promise<void> {
    this.model = model;
    this.#ready = false;
    this.status = `Loading ${model.model}`;
    const [weights, module] = await Promise.all(
      [model.path, '/poser.wasm'].map(async (path) => (await fetchFile(path)).arrayBuffer()),
    );
    this.#tell({ type: 'model', weights: new Uint8Array(weights!), module: module! });
  }

  #tell(message: ToPoser): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: FromPoser): void {
    if (message.type === 'failed') {
      this.failure = message.message;
    } else if (message.type === 'ready') {
      this.#ready = true;
      this.#restart();
      this.#precision = message.precision;
      this.#modelPoses = this.#errorSum = 0;
      this.#times.length = 0;
      this.status = `${this.model!.model}, ${message.precision}`;
      this.figures = { ...this.figures, latencyFrames: message.latencyFrames };
    } else {
      this.#waiting = Math.max(0, this.#waiting - 1);
      const sent = this.#sent.shift();
      if (message.pose) this.#toDraw = sent;
      keep(this.#times, message.millis);
      if (message.pose && this.#ready) this.#show(message.pose);
    }
  }

  /** Sends the frames that are due: 30 a second, and no more than the worker takes. */
  #feed(): void {
    const wearer = this.#wearer;
    if (!wearer || !this.#ready || this.paused) return;
    const due = Math.floor(((performance.now() - this.#begun) / 1000) * frameRate);
    // After a pause, a hidden tab or a slow machine the movement goes on where it was.
    if (due - this.#next > ahead) this.#begun += ((due - this.#next - 1) / frameRate) * 1000;
    while (this.#next <= due && this.#waiting < ahead) {
      if (this.#next >= wearer.frames) return this.#restart();
      const frame = wearer.readings.slice(60 * this.#next, 60 * this.#next + 60);
      devices.forEach((_, slot) => {
        if (this.worn.has(slot)) return;
        frame.fill(0, 3 * slot, 3 * slot + 3);
        frame.fill(0, 15 + 9 * slot, 24 + 9 * slot);
      });
      this.#tell({ type: 'frame', frame });
      this.#sent.push(performance.now());
      this.#next++;
      this.#waiting++;
    }
  }

  #restart(): void {
    this.#tell({ type: 'reset' });
    this.#next = 0;
    this.#waiting = 0;
    this.#sent = [];
    this.#begun = performance.now();
  }

  #show(pose: NonNullable<Extract<FromPoser, { type: 'pose' }>['pose']>): void {
    if (pose.frame >= this.#wearer!.frames) return;
    this.pose = pose;
    this.#shown = pose.frame;
    this.#markThere();
    const truth = this.#truthAt(pose.frame);
    this.#scene?.draw(pose, this.showTruth ? truth : undefined, this.overlay);
    if (truth) {
      const off = distanceCm(pose.joints, truth.joints);
      keep(this.#errors, off);
      this.#errorSum += off;
    }
    this.#modelPoses++;
    const poses = this.figures.poses + 1;
    if (poses % 10 !== 0 && poses > 1) {
      this.figures.poses = poses;
      return;
    }
    const recent = this.#errors.slice(-frameRate);
    this.figures = {
      ...this.figures,
      poses,
      median: quantile(this.#times, 0.5),
      p95: quantile(this.#times, 0.95),
      drawnAfter: quantile(this.#delays, 0.5),
      errorCm: recent.reduce((sum, value) => sum + value, 0) / recent.length,
    };
    if (poses % frameRate === 0) this.#tellHost();
    const now = performance.now();
    if (!this.#scene || now - this.#picturesSince < rateMillis) return;
    this.figures.rate = (1000 * this.#pictures) / (now - this.#picturesSince);
    this.#pictures = 0;
    this.#picturesSince = now;
  }

  #truthAt(frame: number): Drawn | undefined {
    const { truth } = this.#wearer!;
    return (
      truth && {
        rotations: truth.rotations.subarray(216 * frame, 216 * frame + 216),
        joints: this.#joints.subarray(72 * frame, 72 * frame + 72),
        translation: truth.roots.subarray(3 * frame, 3 * frame + 3),
      }
    );
  }

  #tellHost(): void {
    const { latencyFrames, median, p95 } = this.figures;
    const figures: PageFigures = {
      model: this.model!.model,
      precision: this.#precision,
      poses: this.#modelPoses,
      positionErrorCm: this.#wearer!.truth ? this.#errorSum / this.#modelPoses : null,
      latencyFrames,
      stepMillisMedian: median,
      stepMillisP95: p95,
    };
    if (this.#host?.readyState === WebSocket.OPEN) this.#host.send(JSON.stringify(figures));
  }

  #wear(worn: ReadonlySet<number>): void {
    this.worn = worn;
    this.#markThere();
  }

  #markThere(): void {
    const there = new Set([...this.worn].filter((slot) => isThere(this.#wearer!, this.#shown, slot)));
    this.#scene?.wear(there);
    const same = there.size === this.there.size && [...there].every((slot) => this.there.has(slot));
    if (!same) this.there = there;
  }

  #toggle(slot: number): void {
    const worn = new Set(this.worn);
    if (!worn.delete(slot)) worn.add(slot);
    this.#wear(worn);
  }

  readonly #paint = (): void => {
    this.#scene?.paint({
      background: color('panel'),
      grid: color('edge'),
      estimate: color('reconstruction'),
      truth: color('truth'),
      device: color('samples'),
    });
  };

  #resize(): void {
    const stage = this.renderRoot.querySelector('.stage')!;
    this.#scene?.resize(stage.clientWidth, stage.clientHeight);
  }

  override render(): unknown {
    const truth = this.#wearer === undefined || this.#wearer.truth !== undefined;
    return html`
      <run-header>
        <div class="tools">
          ${truth ? this.#places() : nothing}
          <button @click=${() => (this.paused = !this.paused)}>${this.paused ? 'Go on' : 'Pause'}</button>
          <p class="status ${this.figures.poses > 0 ? 'live' : ''}" role="status">${this.status}</p>
        </div>
      </run-header>
      <p class="source">
        <span class="badge">${truth ? 'simulated' : 'recorded'}</span>
        <span
          ><b class="wearer">${this.#wearer?.name}</b>,
          ${truth ? 'virtual devices' : 'recorded devices: the true pose is not known, so no errors are shown'};
          the networks run in this page</span
        >
      </p>
      ${this.#figures()}
      <div class="panels">
        <div class="stage">
          <canvas
            tabindex="0"
            role="img"
            aria-label="The estimated body${truth ? ' and the true one' : ''}. Arrow keys turn the view, plus and minus zoom."
            @keydown=${this.#press}
          ></canvas>
          <span class="name estimate" aria-hidden="true">Estimate</span>
          <span class="name truth" aria-hidden="true">Truth</span>
          ${
            this.failure || this.noPicture
              ? html`<p class="message" role="alert">${this.failure || this.noPicture}</p>`
              : html`<p class="hint">Drag or arrow keys: turn. Wheel or + and −: zoom.</p>`
          }
        </div>
        <div class="side">
          ${this.#devices()}
          <section>
            <header><h2 id="model">Model</h2></header>
            <label>
              <select
                aria-labelledby="model"
                @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).selectedIndex)}
              >
                ${this.models.map((model) => html`<option ?selected=${model === this.model}>${nameOf(model)}</option>`)}
              </select>
            </label>
          </section>
          <section>
            <header><h2>The last ten seconds</h2></header>
            ${
              truth
                ? html`<trace-line label="Joints off" unit="cm" .values=${[...this.#errors]}></trace-line>`
                : nothing
            }
            <trace-line label="Time of a pose" unit="ms" .values=${[...this.#times]}></trace-line>
          </section>
        </div>
      </div>
    `;
  }

  #places(): unknown {
    const chosen = !this.showTruth ? 'off' : this.overlay ? 'over' : 'beside';
    return html`<div class="segments" role="group" aria-label="Truth">
      ${(['beside', 'over', 'off'] as const).map(
        (place) =>
          html`<button
            aria-pressed=${chosen === place ? 'true' : 'false'}
            @click=${() => {
              this.showTruth = place !== 'off';
              this.overlay = place === 'over';
            }}
          >
            Truth ${place}
          </button>`,
      )}
    </div>`;
  }

  #figures(): unknown {
    const { median, p95, drawnAfter, rate, errorCm, latencyFrames, poses } = this.figures;
    const figure = (key: string, label: string, value: number, decimals: number, unit: string): unknown =>
      html`<div data-figure=${key}>
        <dt>${label}</dt>
        <dd>${Number.isFinite(value) ? value.toFixed(decimals) : '–'} <small>${unit}</small></dd>
      </div>`;
    return html`<dl>
      ${figure('median', 'A pose takes', median, 1, 'ms')} ${figure('p95', '95 of 100 within', p95, 1, 'ms')}
      ${figure('latency', `Look-ahead, ${latencyFrames} frames`, (1000 * latencyFrames) / frameRate, 0, 'ms')}
      ${figure('drawn', 'And then to the picture', drawnAfter, 0, 'ms')}
      ${this.#wearer && !this.#wearer.truth ? nothing : figure('error', 'Joints off', errorCm, 1, 'cm')}
      ${figure('poses', 'Poses', poses, 0, '')} ${figure('rate', 'Pictures', rate, 0, 'a second')}
    </dl>`;
  }

  #devices(): unknown {
    const known = subsets.some(
      ({ slots }) => slots.length === this.there.size && slots.every((slot) => this.there.has(slot)),
    );
    const note = this.there.size === 0 ? 'Nothing is worn: a guess.' : 'Not trained together.';
    const has = this.#wearer?.has ?? [];
    return html`<section>
      <header><h2>Worn devices</h2></header>
      <div class="chips" role="group" aria-label="Worn devices">
        ${labels.map(
          (label, slot) =>
            html`<button
              class=${this.#isAway(slot) ? 'away' : ''}
              aria-pressed=${this.worn.has(slot) ? 'true' : 'false'}
              ?disabled=${!has.includes(slot)}
              @click=${() => this.#toggle(slot)}
            >
              ${label} ${this.#isAway(slot) ? html`<small>away</small>` : nothing}
            </button>`,
        )}
      </div>
      ${has.length < labels.length ? html`<p class="note">Grey: no readings of it are recorded.</p>` : nothing}
      ${known ? nothing : html`<p class="note">${note}</p>`}
    </section>`;
  }

  /** Worn, but without a reading at this moment. */
  #isAway(slot: number): boolean {
    return this.worn.has(slot) && !this.there.has(slot);
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#scene?.press(event.key)) event.preventDefault();
  }

  #choose(index: number): void {
    this.#load(this.models[index]!).catch((error: unknown) => (this.failure = String(error)));
  }
}

function nameOf({ model, precision }: ShippedModel): string {
  return `${model}, ${precision}`;
}

/** Mean distance of two sets of 24 joints, 24 x 3 in metres each, in centimetres. */
function distanceCm(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < 72; at += 3) {
    sum += Math.hypot(a[at]! - b[at]!, a[at + 1]! - b[at + 1]!, a[at + 2]! - b[at + 2]!);
  }
  return (100 * sum) / 24;
}

/** The smallest value that `share` of them do not exceed; NaN of none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > traceLength) values.shift();
}

customElements.define('solstice-body', SolsticeBody);
