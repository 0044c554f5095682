import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** A backend of ours as its memory was after all weights were in. */
export interface Snapshot {
  name: string;
  module: Uint8Array;
  precision: number;
  memory: Uint8Array;
}

export interface PageJob {
  snapshots: Snapshot[];
  /** ONNX models of joints, pose, contact and velocity. */
  models: Uint8Array[];
  frames: Float32Array[];
  rounds: number;
  /** onnxruntime-web's dist folder. */
  peer: string;
}

const origin = 'http://bench.test';
const browser = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);

/** Milliseconds a pose by contender and round, all in one page of Chromium on its main thread; or why there are none. */
export async function inChromium({
  snapshots,
  models,
  frames,
  rounds,
  peer,
}: PageJob): Promise<Record<string, number[]> | string> {
  if (browser === undefined) return 'no Chromium on this machine';
  const running = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] });
  try {
    const files = new Map<string, Uint8Array>();
    snapshots.forEach(({ module, memory }, i) => files.set(`/${i}.wasm`, module).set(`/${i}.memory`, memory));
    models.forEach((model, i) => files.set(`/${i}.onnx`, model));
    const page = await running.newPage();
    await page.route(`${origin}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      const file = join(peer, pathname.slice(1));
      const body =
        files.get(pathname) ?? (pathname !== '/' && existsSync(file) ? readFileSync(file) : undefined);
      if (pathname === '/') return route.fulfill({ body: '<!doctype html>', contentType: 'text/html' });
      if (body === undefined) return route.fulfill({ status: 404, body: '' });
      const contentType = pathname.endsWith('js') ? 'text/javascript' : 'application/wasm';
      return route.fulfill({ body: Buffer.from(body), contentType });
    });
    await page.goto(`${origin}/`);
    await page.addScriptTag({ url: `${origin}/ort.wasm.min.js` });
    return await page.evaluate(measure, {
      names: snapshots.map(({ name, precision }) => ({ name, precision })),
      count: models.length,
      frames: frames.map((frame) => [...frame]),
      rounds,
    });
  } finally {
    await running.close();
  }
}

interface PageInput {
  names: { name: string; precision: number }[];
  count: number;
  frames: number[][];
  rounds: number;
}

/** Runs in the page, so it uses nothing from outside. */
async function measure({ names, count, frames, rounds }: PageInput): Promise<Record<string, number[]>> {
  interface Module {
    memory: WebAssembly.Memory;
    start(model: number, precision: number, hidden: number): void;
    frameBase(): number;
    step(): number;
  }
  interface Ort {
    env: { wasm: { numThreads: number; wasmPaths: string } };
    Tensor: new (type: string, data: Float32Array, dims: number[]) => unknown;
    InferenceSession: {
      create(model: Uint8Array): Promise<{ run(feeds: object): Promise<{ y: { data: Float32Array } }> }>;
    };
  }
  const fetched = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const contenders: { name: string; pose: (t: number) => unknown; times: number[] }[] = [];
  for (const [i, { name, precision }] of names.entries()) {
    const { instance } = await WebAssembly.instantiate(await fetched(`/${i}.wasm`));
    const module = instance.exports as unknown as Module;
    module.start(0, precision, 256);
    new Uint8Array(module.memory.buffer).set(await fetched(`/${i}.memory`));
    const input = new Float32Array(module.memory.buffer, module.frameBase(), 60);
    const pose = (t: number): void => {
      input.set(frames[t]!);
      module.step();
    };
    for (let t = 0; t < 45; t++) pose(t);
    contenders.push({ name, pose, times: [] });
  }
  const { ort } = globalThis as unknown as { ort: Ort };
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/';
  const sessions: Awaited<ReturnType<Ort['InferenceSession']['create']>>[] = [];
  for (let i = 0; i < count; i++)
    sessions.push(await ort.InferenceSession.create(await fetched(`/${i}.onnx`)));
  const run = async (i: number, data: Float32Array) =>
    (await sessions[i]!.run({ x: new ort.Tensor('float32', data, [45, 1, data.length / 45]) })).y.data;
  const both = new Float32Array(45 * 132);
  const whole = async (t: number): Promise<void> => {
    const imu = Float32Array.from(frames.slice(t, t + 45).flat());
    const joints = await run(0, imu);
    for (let i = 0; i < 45; i++) {
      both.set(joints.subarray(72 * i, 72 * i + 72), 132 * i);
      both.set(imu.subarray(60 * i, 60 * i + 60), 132 * i + 72);
    }
    for (let i = 1; i < 4; i++) await run(i, both);
  };
  contenders.push({ name: 'onnxruntimeWeb', pose: whole, times: [] });
  const posesARound = 5;
  for (let round = -1; round < rounds; round++) {
    for (const { pose, times } of contenders) {
      const start = performance.now();
      for (let t = 0; t < posesARound; t++) await pose(t);
      if (round >= 0) times.push((performance.now() - start) / posesARound);
    }
  }
  return Object.fromEntries(contenders.map(({ name, times }) => [name, times]));
}
