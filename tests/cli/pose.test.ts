import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateMotion } from '../../host/motion/generateMotion.ts';
import type { Motion } from '../../host/motion/motion.ts';
import { readMotion } from '../../host/motion/readMotion.ts';
import { virtualImus } from '../../host/motion/virtualImu.ts';
import { writeBvh } from '../../host/motion/writeBvh.ts';
import { NODE, START_NANOS, config, introduce, openRecorder, packet } from '../record/fixtures.ts';
import { wearerTable } from '../support/wearerTable.ts';
import { inFolder, run } from './support.ts';

const motion = generateMotion({ seconds: 6, seed: 12 });

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
      const table = wearerTable(virtualImus(seen, [0, 3, 4]), [0, 3, 4]);
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

const oneWrist = wearerTable(virtualImus(generateMotion({ seconds: 2, seed: 3 }), [0]), [0]);

test.each([
  ['a file that is not there', ['nope.csv'], 1, /nope\.csv.*no such file.*check the path/s],
  ['a recording that is none', ['bad.mcap'], 1, /bad\.mcap has no samples.*solstice info/s],
  ['a table of something else', ['other.csv'], 1, /no device's readings.*lw_ax/s],
  [
    'readings without an orientation',
    ['zero.csv'],
    1,
    /None of the 2 readings.*quaternion that is not zero/s,
  ],
  [
    'a device that the table lacks',
    ['lw.csv', '--devices', 'lw,lp'],
    1,
    /no readings of lp\..*--devices out/s,
  ],
  ['a node that is not there', ['node.csv', '--wear', '2b=lw'], 1, /node 0000002b.*can name: 0000002a/s],
  ['nodes of a table without any', ['lw.csv', '--wear', '2a=lw'], 1, /node 0000002a.*Leave --wear out/s],
  ['nodes of a movement', ['in.bvh', '--wear', '2a=lw'], 2, /no nodes.*Leave --wear out/s],
  ['nodes of a generated wearer', ['--wear', '2a=lw'], 2, /no nodes.*recording/s],
  ['a wrong --wear', ['lw.csv', '--wear', 'lw'], 2, /1a2b=lw/],
  ['a model that is none', ['--model', 'big'], 2, /mobileposer, small, imuposer/],
  ['a precision that is none', ['--precision', 'f32'], 2, /int16, int8/],
  [
    'a model in a precision it lacks',
    ['--model', 'small', '--precision', 'int16'],
    1,
    /small.*ships as int8/s,
  ],
])(
  'pose live: %s is refused with the way out',
  (_, args, code, message) =>
    inFolder(async (dir) => {
      writeFileSync(join(dir, 'in.bvh'), writeBvh(generateMotion({ seconds: 1 })));
      writeFileSync(join(dir, 'bad.mcap'), 'no recording');
      writeFileSync(join(dir, 'other.csv'), 'time,x\n0,1\n1,2\n');
      writeFileSync(join(dir, 'lw.csv'), oneWrist);
      writeFileSync(
        join(dir, 'zero.csv'),
        oneWrist.split('\n', 1)[0]! + '\n0,0,0,0,0,0,0,0\n1,0,0,0,nan,0,0,0\n',
      );
      const rows = [
        'node,seconds,ax,ay,az,qw,qx,qy,qz',
        '0000002a,0,0,0,0,1,0,0,0',
        '0000002a,1,0,0,0,1,0,0,0',
      ];
      writeFileSync(join(dir, 'node.csv'), `${rows.join('\n')}\n`);
      const paths = args.map((arg) => (/\.(bvh|csv|mcap)$/.test(arg) ? join(dir, arg) : arg));
      const live = ['pose', 'live', '--for', '1s', '--no-open', '--port', '0'];
      const result = await run([...live, ...paths]);
      expect(result.stderr).toMatch(message);
      expect(result.code).toBe(code);
      expect(result.stderr).not.toContain('body.html');
    }),
  60_000,
);

test(
  "pose live and pose run read a recording's nodes as the devices that --wear names",
  () =>
    inFolder(async (dir) => {
      const recorder = await openRecorder(dir);
      introduce(recorder);
      recorder.addConfiguration(NODE, { ...config, axes: 7 }, START_NANOS);
      const axes = ['ax', 'ay', 'az', 'qw', 'qx', 'qy', 'qz'];
      const calibration = axes.map((name) => ({ name, scale: 0.1, offset: 0, unit: '' }));
      recorder.addCalibration(NODE, calibration, START_NANOS);
      for (let seq = 0; seq < 2; seq++)
        recorder.addSamples(packet(NODE, 1, seq, { axes: 7, count: 20 }), START_NANOS);
      await recorder.close();
      const input = recorder.path;
      const wear = [input, '--wear', '2a=rp', '--json'];
      const live = await run(['pose', 'live', ...wear, '--for', '1s', '--no-open', '--port', '0']);
      expect({ code: live.code, stdout: JSON.parse(live.stdout) as unknown }).toMatchObject({
        code: 0,
        stdout: { input, devices: ['rp'], unusableReadings: 0, model: 'mobileposer', precision: 'int16' },
      });
      const ran = await run(['pose', 'run', ...wear, '-o', join(dir, 'out.json'), '--model', 'small']);
      expect(JSON.parse(ran.stdout)).toMatchObject({ devices: ['rp'], unusableReadings: 0, errors: null });
      const seconds = (text: string): number => (JSON.parse(text) as { seconds: number }).seconds;
      expect(seconds(live.stdout)).toBeGreaterThan(10);
      expect(seconds(live.stdout)).toBe(seconds(ran.stdout));

      writeFileSync(input, readFileSync(input).subarray(0, -20));
      const cut = await run(['pose', 'run', ...wear, '-o', join(dir, 'cut.json')]);
      expect(cut.stderr).toMatch(/is cut: \d+ of \d+ bytes are not read/);
    }),
  60_000,
);
