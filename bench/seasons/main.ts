import { FIXED_RATE } from '../../host/demo/nodeConfig.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { intermittentUniform, type Candidate } from '../../host/sim/compare/policies.ts';
import { CellRunner, type Contest } from '../../host/sim/compare/runCell.ts';
import { radioDominates } from '../../host/sim/compare/regimes.ts';
import { errorOf } from '../../host/sim/compare/runNode.ts';
import { SeasonsController } from '../../host/sim/compare/seasonsController.ts';
import { cellsOf, suites, type SuiteName } from '../../host/sim/compare/suite.ts';
import { loadSeasons } from '../../host/sim/nodeModule.ts';

/**
 * `npm run -s bench:seasons [-- quick]`: what each part of the controller adds. The cells of a suite, the node module
 * with one setting for each regime; geometric means of the error on the reported half over that of intermittent
 * uniform, which chooses among its settings on the training half. One JSON object per line.
 */
const parts: Record<string, (config: Configs) => NodeConfig> = {
  'policy at a fixed rate of 0.35 (no energy)': ({ linearFixed }) => linearFixed,
  'rate follows energy, uniform': ({ uniform }) => ({ ...uniform, density: 4, reserve: 0 }),
  '+ reserve': ({ uniform }) => ({ ...uniform, density: 4 }),
  '+ Variation': ({ variation }) => ({ ...variation, density: 4 }),
  '+ more taken than sent': ({ variation }) => variation,
  'Linear in its place': ({ linear }) => linear,
  'Deviation in its place': ({ deviation }) => deviation,
  'Skip RNN in its place': ({ skiprnn }) => skiprnn,
};
type Configs = Record<
  'linearFixed' | 'uniform' | 'variation' | 'linear' | 'deviation' | 'skiprnn',
  NodeConfig
>;

/** Settings by regime, as `configureNode` has them. */
function configsOf({ configs, node, batch, halves }: Contest, latency: number, budget: number): Configs {
  const radio = radioDominates(node, halves.test.signal.axes.length, batch);
  const energy = radio ? { horizon: 512, reserve: 154 } : { horizon: 256, reserve: 51 };
  const following = (policy: 'uniform' | 'variation' | 'linear' | 'deviation' | 'skiprnn'): NodeConfig =>
    configs.config(node, latency, policy, { rate: 0.35, income: budget, energy });
  return {
    linearFixed: configs.config(node, latency, 'linear', { rate: 0.35, energy: FIXED_RATE }),
    uniform: following('uniform'),
    variation: following('variation'),
    linear: following('linear'),
    deviation: following('deviation'),
    skiprnn: following('skiprnn'),
  };
}

const image = loadSeasons();
const suite = suites[(process.argv[2] ?? 'standard') as SuiteName]();
const runner = new CellRunner(image, suite);
const logs = new Map<string, { radio: number[]; sensor: number[]; misses: number }>();

for (const cell of cellsOf(suite)) {
  const contest = runner.contest(cell);
  const { configs, halves, node, batch, income } = contest;
  const maeOf = (candidate: Candidate, half: 'training' | 'test'): { mae: number; misses: number } => {
    const run = contest.run(candidate, half);
    const { signal } = halves[half];
    return { mae: errorOf(run, signal, signal.length).mae, misses: run.misses };
  };
  const base = configs.config(node, cell.latency, 'uniform', { rate: 1, energy: FIXED_RATE });
  const settings = intermittentUniform(base, income).map((candidate) => ({
    candidate,
    mae: maeOf(candidate, 'training').mae,
  }));
  const best = settings.reduce((a, b) => (b.mae < a.mae || Number.isNaN(a.mae) ? b : a)).candidate;
  const reference = maeOf(best, 'test').mae;
  const own = configsOf(contest, cell.latency, cell.budget);
  for (const [name, configure] of Object.entries(parts)) {
    const config = configure(own);
    const candidate = { label: name, create: () => new SeasonsController(image, config) };
    const { mae, misses } = maeOf(candidate, 'test');
    const log = logs.get(name) ?? { radio: [], sensor: [], misses: 0 };
    logs.set(name, log);
    log.misses += misses;
    if (!Number.isFinite(mae / reference)) continue;
    const kind = radioDominates(node, halves.test.signal.axes.length, batch) ? 'radio' : 'sensor';
    log[kind].push(Math.log(Math.max(mae, 1e-9) / reference));
  }
}

const mean = (values: number[]): number | null =>
  values.length === 0 ? null : +Math.exp(values.reduce((a, b) => a + b, 0) / values.length).toFixed(3);
for (const [part, { radio, sensor, misses }] of logs) {
  console.log(
    JSON.stringify({
      part,
      all: mean([...radio, ...sensor]),
      radioDominates: mean(radio),
      sensorDominates: mean(sensor),
      misses,
    }),
  );
}
