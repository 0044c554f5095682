import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import type { Motion } from '../../host/motion/motion.ts';
import { readMotion } from '../../host/motion/readMotion.ts';
import { toQuaternion } from '../../host/motion/rotation.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';
import { writeBvh } from '../../host/motion/writeBvh.ts';
import { shippedWeights } from '../../host/pose/shippedModels.ts';
import { inFolder, run, start } from './support.ts';

const motion = generateMotion({ seconds: 6, seed: 12 });

/** What a wearer's devices say, as the table that `pose run` takes: 40 readings a second would do as well as 30. */
function tableOf({ frames }: Motion, imus: Float32Array, names: Record<string, number>): string {
  const columns = ['ax', 'ay', 'az', 'qw', 'qx', 'qy', 'qz'];
  const header = [
    'seconds',
    ...Object.keys(names).flatMap((name) => columns.map((column) => `${name}_${column}`)),
  ];
  const rows = Array.from({ length: frames }, (_, frame) => [
    frame / 30,
    ...Object.values(names).flatMap((slot) => [
      ...imus.slice(60 * frame + 3 * slot, 60 * frame + 3 * slot + 3).map((value) => value * 30),
      ...toQuaternion(imus.slice(60 * frame + 15 + 9 * slot, 60 * frame + 24 + 9 * slot)),
    ]),
  ]);
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

interface Report {
  frames: number;
  devices: string[];
  latencyFrames: number;
  unusableReadings: number;
  errors: { positionErrorCm: number } | null;
}

test(
  'pose run: a BVH file to poses, as BVH that other tools and we read, and as JSON',
  () =>
    inFolder(async (dir) => {
      const input = join(dir, 'in.bvh');
      writeFileSync(input, writeBvh(motion));
      const out = join(dir, 'out.bvh');
      const { code, stdout } = await run(['pose', 'run', input, '-o', out, '--json']);
      expect(code).toBe(0);
      const report = JSON.parse(stdout) as Report;
      expect(report).toMatchObject({ frames: 175, devices: ['lw', 'rp', 'h'], latencyFrames: 4 });
      expect(report.errors!.positionErrorCm).toBeLessThan(25);
      const again = await readMotion(out);
      expect(again.frames).toBeGreaterThanOrEqual(174);

      const small = join(dir, 'out.json');
      expect(
        (await run(['pose', 'run', input, '-o', small, '--model', 'small', '--devices', 'lp'])).code,
      ).toBe(0);
      const poses = JSON.parse(readFileSync(small, 'utf8')) as {
        names: string[];
        frames: { rotations: number[][] }[];
      };
      expect(poses.names).toHaveLength(24);
      expect(poses.frames).toHaveLength(179);
      expect(
        poses.frames.every(({ rotations }) => rotations.every((q) => Math.abs(Math.hypot(...q) - 1) < 1e-3)),
      ).toBe(true);
    }),
  120_000,
);

test(
  'pose run: a table gives what the same readings give through BVH; gaps and nonsense are counted, not fatal',
  () =>
    inFolder(async (dir) => {
      const source = join(dir, 'in.bvh');
      writeFileSync(source, writeBvh(motion));
      const seen = await readMotion(source);
      const table = tableOf(seen, virtualImus(seen, [0, 3, 4]), { lw: 0, rp: 3, h: 4 });
      const input = join(dir, 'in.csv');
      writeFileSync(input, table);
      const poses = async (path: string, name: string, extra: string[] = []): Promise<[Report, Motion]> => {
        const out = join(dir, name);
        const { code, stdout, stderr } = await run(['pose', 'run', path, '-o', out, '--json', ...extra]);
        expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
        return [JSON.parse(stdout) as Report, await readMotion(out)];
      };
      const [, fromBvh] = await poses(source, 'a.bvh');
      const [report, fromTable] = await poses(input, 'b.bvh');
      expect(report.errors).toBeNull();
      expect(fromTable.frames).toBe(fromBvh.frames);
      fromTable.rotations.forEach((value, i) =>
        expect(Math.abs(value - fromBvh.rotations[i]!)).toBeLessThan(0.01),
      );

      const lines = table.split('\n');
      lines[40] = lines[40]!.replace(/^([^,]*),[^,]*/, '$1,nan');
      lines[41] = `${lines[41]!.split(',')[0]!}${','.repeat(21)}`;
      [lines[50], lines[51]] = [lines[51]!, lines[50]!];
      const worn = join(dir, 'worn.csv');
      writeFileSync(worn, lines.join('\n').slice(0, -40));
      const [damaged, moving] = await poses(worn, 'c.bvh');
      expect(damaged.unusableReadings).toBe(1);
      expect(moving.rotations.every(Number.isFinite)).toBe(true);
      expect(moving.frames).toBeGreaterThan(fromTable.frames - 4);
    }),
  120_000,
);

test.each([
  ['a file that is not there', ['nope.bvh', '-o', 'x.bvh'], 1, /nope\.bvh.*no such file/s],
  ['an output of no known kind', ['in.bvh', '-o', 'x.fbx'], 2, /\.bvh, \.glb, \.json/],
  ['a device that is none', ['in.bvh', '-o', 'x.bvh', '--devices', 'nose'], 2, /lw, rw/],
  ['a table of something else', ['other.csv', '-o', 'x.bvh'], 1, /lw_ax/],
])(
  'pose run: %s is refused with the way out',
  (_, args, code, message) =>
    inFolder(async (dir) => {
      writeFileSync(join(dir, 'in.bvh'), writeBvh(generateMotion({ seconds: 1 })));
      writeFileSync(join(dir, 'other.csv'), 'time,x\n0,1\n1,2\n');
      const result = await run([
        'pose',
        'run',
        ...args.map((arg) => (/^(in|nope|other|x)\./.test(arg) ? join(dir, arg) : arg)),
      ]);
      expect(result.code).toBe(code);
      expect(result.stderr).toMatch(message);
      expect(existsSync(join(dir, 'x.bvh'))).toBe(false);
    }),
  60_000,
);

test(
  'pose run: what is there already is not written over',
  () =>
    inFolder(async (dir) => {
      const input = join(dir, 'in.bvh');
      writeFileSync(input, writeBvh(generateMotion({ seconds: 1 })));
      const result = await run(['pose', 'run', input, '-o', input]);
      expect(result.code).not.toBe(0);
      expect(result.stderr).toMatch(/exists already/);
    }),
  60_000,
);

test(
  'pose eval: errors of a model by subset, beside the baselines, on the given movement',
  () =>
    inFolder(async (dir) => {
      const input = join(dir, 'in.bvh');
      writeFileSync(input, writeBvh(motion));
      const { code, stdout } = await run([
        'pose',
        'eval',
        '--motion',
        input,
        '--subsets',
        'lw+rp+h,lp',
        '--json',
      ]);
      expect(code).toBe(0);
      const result = JSON.parse(stdout) as {
        overall: Record<string, number>;
        subsets: Record<string, Record<string, number>>;
        baselines: Record<string, Record<string, number>>;
      };
      expect(Object.keys(result.subsets)).toEqual(['lw+rp+h', 'lp']);
      expect(Object.keys(result.baselines).sort()).toEqual(['imuposer', 'meanPose', 'zeroInput']);
      const rows = [result.overall, ...Object.values(result.subsets), ...Object.values(result.baselines)];
      for (const row of rows) {
        for (const name of [
          'rotationErrorDeg',
          'sipErrorDeg',
          'positionErrorCm',
          'jitter',
          'translationErrorCm1s',
        ]) {
          expect(Number.isFinite(row[name])).toBe(true);
        }
      }
      // Devices tell more than nothing does.
      expect(result.subsets['lw+rp+h']!['positionErrorCm']).toBeLessThan(
        result.baselines['zeroInput']!['positionErrorCm']!,
      );
      const mean =
        (result.subsets['lw+rp+h']!['rotationErrorDeg']! + result.subsets['lp']!['rotationErrorDeg']!) / 2;
      expect(result.overall['rotationErrorDeg']).toBeCloseTo(mean, 2);
    }),
  120_000,
);

test('pose live ends after its time, and says that no page was open', async () => {
  const args = ['pose', 'live', '--for', '1s', '--no-open', '--port', '0', '--devices', 'lp,h', '--json'];
  const { code, stdout, stderr } = await run(args);
  expect(code).toBe(0);
  expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:\d+\/body\.html/);
  expect(JSON.parse(stdout)).toMatchObject({ input: 'generated', devices: ['lp', 'h'], page: null });
});

test(
  'pose live: a table is served as readings, with the model and precision that were asked for',
  () =>
    inFolder(async (dir) => {
      const input = join(dir, 'worn.csv');
      const table = tableOf(motion, virtualImus(motion, [0, 4]), { lw: 0, h: 4 });
      writeFileSync(input, table.replace(/^1,[^,]*/m, '1,nan'));
      const flags = [
        '--model',
        'mobileposer',
        '--precision',
        'int8',
        '--for',
        '8s',
        '--no-open',
        '--port',
        '0',
      ];
      const running = start(['pose', 'live', input, ...flags, '--json']);
      const [, url] = /(http:\S+\/)body\.html/.exec(await running.says('body.html'))!;
      const fetched = async (path: string): Promise<Response> => fetch(`${url}${path}`);
      expect(await (await fetched('wearer.json')).json()).toEqual({
        ...{ kind: 'readings', name: 'worn.csv', frames: motion.frames, slots: [0, 4] },
        model: 'mobileposer',
      });
      const bytes = await (await fetched('wearer.bin')).arrayBuffer();
      expect(new Float32Array(bytes)).toHaveLength(60 * motion.frames);
      const served = Buffer.from(await (await fetched('models/mobileposer.safetensors')).arrayBuffer());
      expect(served.equals(shippedWeights('mobileposer', 'int8'))).toBe(true);
      const { code, stdout } = await running.result;
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ devices: ['lw', 'h'], unusableReadings: 1, page: null });
    }),
  60_000,
);

test.each([
  ['a file that is not there', ['nope.csv'], 1, /nope\.csv.*no such file/s],
  ['a table of something else', ['other.csv'], 1, /lw_ax/],
  ['a model that the page does not run', ['--model', 'imuposer'], 2, /mobileposer, small/],
  ['a precision that does not ship', ['--model', 'small', '--precision', 'int16'], 1, /ships as int8/],
])('pose live: %s is refused with the way out', (_, args, code, message) =>
  inFolder(async (dir) => {
    writeFileSync(join(dir, 'other.csv'), 'time,x\n0,1\n1,2\n');
    const paths = args.map((arg) => (arg.endsWith('.csv') ? join(dir, arg) : arg));
    const result = await run(['pose', 'live', '--for', '1s', '--no-open', ...paths]);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message);
  }),
);
