import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { WasmBackend } from '../../host/pose/wasmBackend.ts';
import { type NetworkWeights, readWeights } from '../../host/pose/weights.ts';
import { buildParts } from '../../tests/support/buildParts.ts';
import { PoseReference } from '../../tests/support/poseReference.ts';
import { randomFrames, randomTensors, weightsFile } from '../../tests/support/poseWeights.ts';
import { inChromium } from './chromium.ts';
import { onnxModel } from './onnxModel.ts';

/**
 * Milliseconds a pose, all four networks, 45-frame window, one thread: ours beside onnxruntime-web and onnxruntime-node
 * with the same weights on the same frames in the same run, in interleaved rounds. The peers are installed into
 * bench/pose/node_modules the first time. `npm run -s bench:pose -- [--json] [--rounds N] [--weights FILE]`
 */
const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '15' },
    weights: { type: 'string' },
  },
});
const roundCount = Number(flags.rounds);
if (!(Number.isInteger(roundCount) && roundCount >= 1))
  throw new Error('--rounds needs a whole number from 1 on');

const windowLength = 45;
const target = 40;
const seed = 1;
/** Poses in a round: enough for a clock of microseconds, few enough for rounds to alternate quickly. */
const posesARound = 5;

interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { data: Float32Array }>>;
}
interface Runtime {
  env: { wasm: { numThreads: number } };
  Tensor: new (type: 'float32', data: Float32Array, dims: number[]) => unknown;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

const folder = fileURLToPath(new URL('.', import.meta.url));
const shipped = fileURLToPath(
  new URL('../../host/pose/models/mobileposer.int16.safetensors', import.meta.url),
);

setFlagsFromString('--experimental-wasm-relaxed-simd');
buildParts('poser', 'poserRelaxed');
const peers = installPeers();
const { file, trained } = weightsBytes();
const weights = readWeights(file);
const frames = randomFrames(70, seed);
const wasm = readFileSync('dist/wasm/poser.wasm');
const relaxedWasm = readFileSync('dist/wasm/poser-relaxed.wasm');

const contenders: { name: string; times: number[]; pose: (t: number) => unknown }[] = [];
const ours = await backendContender('ours', wasm, 'int16');
await backendContender('oursNaive', wasm, 'int16', true);
const reference = await backendContender('oursF32', wasm, 'f32');
const int8 = await backendContender('oursInt8', wasm, 'int8');
const relaxed = await backendContender('oursInt8Relaxed', relaxedWasm, 'int8');
const peerDifference: Record<string, number> = {};
for (const [name, runtime] of Object.entries(peers.runtimes)) await peerContenders(name, runtime);

const errors = {
  int16: await differences(ours, reference),
  int8: await differences(int8, reference),
  int8Relaxed: await differences(relaxed, reference),
};
for (let t = 0; t < 5; t++) for (const contender of contenders) await contender.pose(t);
for (let round = 0; round < roundCount; round++) {
  for (const contender of contenders) {
    const start = process.hrtime.bigint();
    for (let t = 0; t < posesARound; t++) await contender.pose(t);
    contender.times.push(Number(process.hrtime.bigint() - start) / 1e6 / posesARound);
  }
}

const result = { ...report(), chromium: await chromiumReport() };
console.log(flags.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
process.exit(0);

function report(): Record<string, unknown> {
  const ms = Object.fromEntries(contenders.map(({ name, times }) => [name, { ms: median(times) }]));
  const ratio = (name: string, of = 'ours'): number | null => ratioOf(of, name);
  return {
    ...ms,
    ratioToWeb: ratio('onnxruntimeWeb'),
    ratioToNode: ratio('onnxruntimeNode'),
    ratioToWebCarried: ratio('onnxruntimeWebCarried'),
    ratioToNodeCarried: ratio('onnxruntimeNodeCarried'),
    naiveRatioToWeb: ratio('onnxruntimeWeb', 'oursNaive'),
    naiveRatioToNode: ratio('onnxruntimeNode', 'oursNaive'),
    relaxedRatioToWeb: ratio('onnxruntimeWeb', 'oursInt8Relaxed'),
    relaxedRatioToNode: ratio('onnxruntimeNode', 'oursInt8Relaxed'),
    meanErrorDeg: errors.int16.mean,
    worstErrorDeg: errors.int16.worst,
    int8ErrorDeg: errors.int8,
    int8RelaxedErrorDeg: errors.int8Relaxed,
    differenceFromFloat64: float64Difference(),
    peerDifference,
    moduleBytes: wasm.length,
    relaxedModuleBytes: relaxedWasm.length,
    weightBytes: file.length,
    weights: trained,
    frames: 'synthetic',
    rounds: roundCount,
    peers: peers.versions,
    peersReason: peers.reason,
  };
}

/** The same figures in a page of Chromium, which has relaxed SIMD without a flag. */
async function chromiumReport(): Promise<unknown> {
  if (peers.reason !== undefined) return { reason: peers.reason };
  const snapshot = (name: string, module: Uint8Array, precision: number, backend: WasmBackend) => ({
    name,
    module,
    precision,
    memory: backend.memory,
  });
  const times = await inChromium({
    snapshots: [snapshot('ours', wasm, 1, ours), snapshot('oursInt8Relaxed', relaxedWasm, 2, relaxed)],
    models: weights.networks.map(onnxModel),
    frames,
    rounds: roundCount,
    peer: `${folder}node_modules/onnxruntime-web/dist`,
  });
  if (typeof times === 'string') return { reason: times };
  const web = times.onnxruntimeWeb!;
  const figure = (own: number[]) => ({
    ms: median(own),
    ratioToWeb: median(own.map((ms, i) => ms / web[i]!)),
  });
  return {
    ours: figure(times.ours!),
    oursInt8Relaxed: figure(times.oursInt8Relaxed!),
    onnxruntimeWeb: { ms: median(web) },
  };
}

function weightsBytes(): { file: Uint8Array; trained: string } {
  const path = flags.weights ?? (existsSync(shipped) ? shipped : undefined);
  if (path !== undefined) {
    const bytes = readFileSync(path);
    return { file: bytes, trained: `trained: ${readWeights(bytes).metadata.trained ?? 'not stated'}` };
  }
  return {
    file: weightsFile('mobileposer', randomTensors('mobileposer', seed), 'int16'),
    trained: `random, seed ${seed}: errors say nothing of trained networks`,
  };
}

async function backendContender(
  name: string,
  module: Uint8Array<ArrayBuffer>,
  precision: 'f32' | 'int16' | 'int8',
  naive = false,
): Promise<WasmBackend> {
  const backend = await WasmBackend.create(module, weights, precision);
  backend.recompute(naive);
  const pose = (t: number): void => {
    backend.frame.set(frames[t]!);
    backend.step();
  };
  for (let t = 0; t < windowLength; t++) pose(t);
  contenders.push({ name, times: [], pose });
  return backend;
}

/** The peers see the whole window; `Carried` runs the velocity network for one step, as ours does. */
async function peerContenders(name: string, runtime: Runtime): Promise<void> {
  const options = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionProviders: [name.endsWith('Web') ? 'wasm' : 'cpu'],
  };
  const create = (network: NetworkWeights) => runtime.InferenceSession.create(onnxModel(network), options);
  const [joints, pose, contact, velocity] = await Promise.all(weights.networks.map(create));
  const run = async (session: Session, data: Float32Array, length: number): Promise<Float32Array> => {
    const x = new runtime.Tensor('float32', data, [length, 1, data.length / length]);
    return (await session.run({ x })).y!.data;
  };
  const window = (newest: number): Float32Array => {
    const rows = new Float32Array(windowLength * 60);
    for (let i = 0; i < windowLength; i++) rows.set(frames[Math.max(0, newest - 44 + i)]!, 60 * i);
    return rows;
  };
  const both = new Float32Array(windowLength * 132);
  const all = async (newest: number, carried: boolean): Promise<Float32Array> => {
    const imu = window(newest);
    const positions = await run(joints!, imu, windowLength);
    for (let i = 0; i < windowLength; i++) {
      both.set(positions.subarray(72 * i, 72 * i + 72), 132 * i);
      both.set(imu.subarray(60 * i, 60 * i + 60), 132 * i + 72);
    }
    const sixD = await run(pose!, both, windowLength);
    await run(contact!, both, windowLength);
    if (carried) await run(velocity!, both.slice(132 * target, 132 * (target + 1)), 1);
    else await run(velocity!, both, windowLength);
    return sixD.slice(96 * target, 96 * (target + 1));
  };
  contenders.push({ name, times: [], pose: (t) => all(t + windowLength, false) });
  contenders.push({ name: `${name}Carried`, times: [], pose: (t) => all(t + windowLength, true) });

  const f32 = await WasmBackend.create(wasm, weights, 'f32');
  for (let t = 0; t <= 50; t++) {
    f32.frame.set(frames[t]!);
    f32.step();
  }
  peerDifference[name] = furthest(await all(50, false), f32.raw);
}

/** Angle between the joints' rotations over the frames, degrees. */
async function differences(
  backend: WasmBackend,
  exact: WasmBackend,
): Promise<{ mean: number; worst: number }> {
  let sum = 0;
  let count = 0;
  let worst = 0;
  backend.reset();
  exact.reset();
  for (const frame of frames) {
    backend.frame.set(frame);
    exact.frame.set(frame);
    backend.step();
    if (!exact.step()) continue;
    for (let joint = 0; joint < 24; joint++) {
      const degrees = angle(backend.pose.subarray(9 * joint), exact.pose.subarray(9 * joint));
      sum += degrees;
      count++;
      worst = Math.max(worst, degrees);
    }
  }
  return { mean: sum / count, worst };
}

/** By the chord between the matrices, which keeps its precision for small angles where the trace does not. */
function angle(a: Float32Array, b: Float32Array): number {
  let chord = 0;
  for (let i = 0; i < 9; i++) chord += (a[i]! - b[i]!) ** 2;
  return (2 * Math.asin(Math.min(1, Math.sqrt(chord / 8))) * 180) / Math.PI;
}

/** Largest difference of the f32 kernels' 6D rotations from the float64 reference, over three poses. */
function float64Difference(): number {
  const exact = new PoseReference(weights);
  reference.reset();
  let most = 0;
  for (const frame of frames.slice(0, 7)) {
    reference.frame.set(frame);
    reference.step();
    const expected = exact.step(frame);
    if (expected) most = Math.max(most, furthest(expected.sixD, reference.raw));
  }
  return most;
}

function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

/** Median over the rounds of the ratio within a round: what slows the machine down slows both. */
function ratioOf(a: string, b: string): number | null {
  const [one, other] = [a, b].map((wanted) => contenders.find(({ name }) => name === wanted)?.times);
  if (!one || !other) return null;
  return median(one.map((ms, i) => ms / other[i]!));
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function installPeers(): {
  runtimes: Record<string, Runtime>;
  versions: Record<string, string>;
  reason?: string;
} {
  if (
    !existsSync(`${folder}node_modules/onnxruntime-node`) ||
    !existsSync(`${folder}node_modules/onnxruntime-web`)
  ) {
    console.error('installing onnxruntime-web and onnxruntime-node into bench/pose');
    const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0)
      return { runtimes: {}, versions: {}, reason: `npm ci failed: ${stderr.trim().slice(-300)}` };
  }
  const load = createRequire(pathToFileURL(`${folder}package.json`));
  const web = load('onnxruntime-web') as Runtime;
  web.env.wasm.numThreads = 1;
  const runtimes = { onnxruntimeWeb: web, onnxruntimeNode: load('onnxruntime-node') as Runtime };
  const version = (name: string): string =>
    (JSON.parse(readFileSync(`${folder}node_modules/${name}/package.json`, 'utf8')) as { version: string })
      .version;
  return { runtimes, versions: { web: version('onnxruntime-web'), node: version('onnxruntime-node') } };
}
