#!/usr/bin/env node
/**
 * Simulated node-seconds per second of wall clock on one core, beside shepherd-core's virtual source on the same trace,
 * converter, capacitor and load; and how far the stored energies are apart. The Python package is installed into a
 * virtual environment under node_modules/.cache the first time (needs python3 with venv and a package index).
 * `npm run -s bench:sim -- [--json] [--rounds N] [--seconds N]`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
  },
});
const seconds = Number(flags.seconds);
const roundCount = Number(flags.rounds);
if (!(seconds >= 1 && Number.isInteger(seconds) && roundCount >= 1)) {
  throw new Error('--seconds and --rounds need whole numbers from 1 on');
}

build(['host']);
const { PowerSupply } = await import('../../dist/host/sim/powerSupply.js');
const { TraceHarvester } = await import('../../dist/host/sim/harvest/harvester.js');
const scenario = await import('./scenario.mjs');
const { load, loadSteps, makeTrace, node, recordSeconds, sampleSeconds, shepherd } = scenario;

const samples = Math.round(seconds / sampleSeconds);
const record = Math.round(recordSeconds / sampleSeconds);
const rows = makeTrace(seconds);
const fine = harvester(1);
const coarse = harvester(1000);
const folder = mkdtempSync(join(tmpdir(), 'solstice-bench-'));
let result;
try {
  const python = prepare();
  const ours = [];
  const theirs = [];
  const held = [];
  runOurs(fine);
  for (let round = 0; round < roundCount; round++) {
    ours.push(runOurs(fine));
    held.push(runOurs(coarse));
    if (python.path) theirs.push(runShepherd(python.path));
  }
  const rate = (runs) => median(runs.map((run) => seconds / run.seconds));
  result = {
    nodeSecondsPerSecond: rate(ours),
    ratioToShepherd: null,
    storedEnergyDifference: null,
    simulatedSeconds: seconds,
    rounds: roundCount,
    rowSeconds: sampleSeconds,
    powerSwitches: ours[0].switches,
    endJoules: ours[0].joules.at(-1),
    lowestJoules: Math.min(...ours[0].joules),
    highestJoules: Math.max(...ours[0].joules),
    heldRows: { rowSeconds: 1000 * sampleSeconds, nodeSecondsPerSecond: rate(held) },
    shepherd: null,
  };
  if (python.path) {
    const apart = theirs[0].joules.map((joules, i) => Math.abs(ours[0].joules[i] / joules - 1));
    const ratios = theirs.map((run, i) => run.seconds / ours[i].seconds);
    Object.assign(result, {
      ratioToShepherd: median(ratios),
      ratioByRound: { min: Math.min(...ratios), max: Math.max(...ratios) },
      storedEnergyDifference: Math.max(...apart),
      storedEnergyDifferenceAtEnd: apart.at(-1),
      shepherd: {
        version: theirs[0].version,
        nodeSecondsPerSecond: rate(theirs),
        powerSwitches: theirs[0].switches,
        endJoules: theirs[0].joules.at(-1),
      },
    });
  } else {
    result.shepherdReason = python.reason;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(flags.json ? JSON.stringify(result) : render(result));

/** The trace as a harvester, each `hold`-th row held for `hold` samples. */
function harvester(hold) {
  const count = samples / hold;
  const of = (value) => Float64Array.from({ length: count }, (_, i) => value(i * hold));
  const volts = of((i) => rows[2 * i] * 1e-6);
  return new TraceHarvester({
    name: 'bench',
    starts: of((i) => i * sampleSeconds),
    volts,
    watts: of((i) => rows[2 * i] * 1e-6 * rows[2 * i + 1] * 1e-9),
    duration: seconds,
  });
}

/** Supplies the load while the output is on and charges while it is off, as a node's run does. */
function runOurs(source) {
  const joules = [];
  let switches = 1;
  let on = true;
  const start = process.hrtime.bigint();
  const supply = new PowerSupply(source, node);
  let done = 0;
  let next = record;
  while (done < samples) {
    for (const { part, watts, samples: length } of load) {
      const phaseEnd = Math.min(done + length, samples);
      while (done < phaseEnd) {
        const end = Math.min(phaseEnd, next);
        const until = end * sampleSeconds;
        while (supply.seconds < until) {
          const outcome = on ? supply.supply(watts, part, until) : supply.charge(until);
          if (outcome === 'reached') break;
          on = !on;
          switches++;
        }
        done = end;
        if (done === next) {
          joules.push((node.capacitor.farads * supply.volts ** 2) / 2);
          next += record;
        }
      }
    }
  }
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, joules, switches };
}

function runShepherd(python) {
  const script = fileURLToPath(new URL('../../training/shepherd_source.py', import.meta.url));
  const trace = join(folder, 'trace.i32');
  writeFileSync(trace, rows);
  const input = JSON.stringify({ ...shepherd, trace, load: loadSteps, record });
  const { status, stdout, stderr } = spawnSync(python, [script], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`shepherd-core's run failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** {path} of a Python that has the pinned packages, or the {reason} why there is none. */
function prepare() {
  const requirements = fileURLToPath(new URL('../../training/requirements-shepherd.txt', import.meta.url));
  const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  const environment = join(cache, 'venv-shepherd');
  const path = join(environment, 'bin', 'python');
  const stamp = join(environment, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { path };
  console.error(`installing shepherd-core into ${environment}`);
  mkdirSync(cache, { recursive: true });
  for (const [command, args] of [
    ['python3', ['-m', 'venv', '--clear', environment]],
    [path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]],
  ]) {
    const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status === 0) continue;
    const cause = error?.message ?? `${stdout}${stderr}`.trim().split('\n').at(-1);
    return { reason: `${[command, ...args.slice(0, 3)].join(' ')}: ${cause}` };
  }
  writeFileSync(stamp, wanted);
  return { path };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function render(outcome, indent = '') {
  return Object.entries(outcome)
    .map(([key, value]) =>
      value !== null && typeof value === 'object'
        ? `${indent}${key}\n${render(value, `${indent}  `)}`
        : `${indent}${key}: ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`,
    )
    .join('\n');
}
