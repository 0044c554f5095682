import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configured, policies } from './support.ts';

/**
 * Runs the module on a store with a given income per slot (all in nJ); packets cost what their bytes cost, and each slot
 * takes `drain`. At 0 the power fails, until a quarter of the capacity is there.
 */
function live(
  config: Parameters<typeof configured>[0],
  {
    slots,
    income,
    capacity,
    value = () => 0,
    drain = 0,
  }: {
    slots: number;
    income: (slot: number) => number;
    capacity: number;
    value?: (slot: number) => number;
    drain?: number;
  },
): {
  taken: number[];
  clipped: number;
  spent: number;
  /** Samples that waited when the power failed, each time. */
  stranded: number[];
  module: ReturnType<typeof configured>;
} {
  const module = configured(config);
  const { calls } = module;
  const costs = { sample: 1000, packet: 50_000, byte: 100, ...energyOf(config) };
  const taken: number[] = [];
  let energy = capacity / 2;
  let clipped = 0;
  let spent = 0;
  let wake = 0;
  let isOn = true;
  const stranded: number[] = [];
  for (let slot = 0; slot < slots; slot++) {
    energy += income(slot);
    clipped += Math.max(0, energy - capacity);
    energy = Math.min(capacity, energy);
    if (isOn) energy -= drain;
    if (energy < 0) {
      stranded.push(calls.queueLength());
      [isOn, energy] = [false, 0];
    }
    if (!isOn && energy < capacity / 4) continue;
    if (!isOn) {
      calls.start(7, stranded.length + 1);
      [isOn, wake] = [true, slot];
    }
    for (let guard = 0; slot >= wake && guard < 50; guard++) {
      const action = calls.next(slot, Math.floor(energy));
      if (action === 0) {
        wake = calls.wakeSlot() >>> 0;
        break;
      }
      let cost = costs.sample;
      if (action === 1) {
        module.push(slot, Int32Array.of(value(slot)));
        taken.push(slot);
      } else {
        const body = module.packet();
        const view = new DataView(body.buffer, body.byteOffset);
        cost = costs.packet + (body.length + 5) * costs.byte;
        calls.acked(view.getUint32(5, true), view.getUint32(9, true));
      }
      expect(cost).toBeLessThanOrEqual(energy);
      energy -= cost;
      spent += cost;
    }
  }
  return { taken, clipped, spent, stranded, module };
}

function energyOf(
  config: Parameters<typeof configured>[0],
): Partial<Record<'sample' | 'packet' | 'byte', number>> {
  return {
    ...(config?.sampleNanojoules !== undefined && { sample: config.sampleNanojoules }),
    ...(config?.packetNanojoules !== undefined && { packet: config.packetNanojoules }),
    ...(config?.byteNanojoules !== undefined && { byte: config.byteNanojoules }),
  };
}

const costly = { sampleNanojoules: 100_000, packetNanojoules: 30_000, byteNanojoules: 200, batch: 31 };
const following = { ...costly, horizon: 256, reserve: 51, rate: 20_000 };

describe('a rate that follows the energy', () => {
  test('spends a steady income to within a tenth, hardly clipping any, at whatever rate it was told to expect', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8_000, max: 90_000 }),
        fc.integer({ min: 32_768, max: 65_535 }),
        (income, rate) => {
          const run = live(
            { ...following, rate },
            { slots: 8000, income: () => income, capacity: 5_000_000 },
          );
          expect(run.spent).toBeGreaterThan(0.9 * 8000 * income);
          expect(run.clipped).toBeLessThan(0.05 * 8000 * income);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('bridges a dark stretch with what is stored, more slowly, and does not run dry at its start', () => {
    const dark = (slot: number): boolean => slot % 600 >= 400;
    const { taken } = live(following, {
      slots: 6000,
      income: (slot) => (dark(slot) ? 0 : 60_000),
      capacity: 5_000_000,
    });
    const late = taken.filter((slot) => slot > 2400 && dark(slot));
    expect(late.filter((slot) => slot % 600 >= 500).length).toBeGreaterThan(10);
    expect(late.length).toBeLessThan(taken.filter((slot) => slot > 2400 && !dark(slot)).length / 2);
  });

  test('with a horizon of 0 the policy keeps its own rate, whatever is stored', () => {
    const runs = [20_000_000, 5_000_000].map(
      (capacity) =>
        live({ ...costly, rate: 16_384, horizon: 0 }, { slots: 1000, income: () => 60_000, capacity }).taken,
    );
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).toHaveLength(250);
  });
});

test('when the harvest ends no sample waits for a power failure, however fast the energy drains', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 40_000 }),
      fc.integer({ min: 20, max: 300 }),
      fc.integer({ min: 0, max: 19 }),
      fc.constantFrom(16, 160),
      (drain, period, phase, latencySlots) => {
        const { stranded, taken } = live(
          { ...following, packetNanojoules: 2_000, byteNanojoules: 20, latencySlots, sendSlots: 1 },
          {
            ...{ slots: 6000, capacity: 900_000, drain },
            income: (slot) => ((slot + phase) % period < period / 2 ? 60_000 + 2 * drain : 0),
          },
        );
        // The first time it does not know yet what drains.
        expect(stranded.slice(1).filter((held) => held > 0)).toEqual([]);
        expect(taken.length).toBeGreaterThan(100);
        if (period * drain > 4_000_000) expect(stranded.length).toBeGreaterThan(3);
      },
    ),
    { numRuns: 100 },
  );
});

describe.each(['linear', 'deviation', 'variation'] as const)('%s on a steady income', (policy) => {
  test('takes more of its samples where the signal moves, and about as many as uniform', () => {
    const moving = (slot: number): boolean => slot % 200 < 100;
    const value = (slot: number): number => (moving(slot) ? Math.round(4000 * Math.sin(slot / 2)) : 0);
    const settings = { slots: 8000, income: () => 40_000, capacity: 8_000_000, value };
    const adaptive = live({ ...following, policy: policies[policy], threshold: 1000, maxSkip: 6 }, settings);
    const uniform = live(following, settings);
    const share = adaptive.taken.filter(moving).length / adaptive.taken.length;
    expect(share).toBeGreaterThan(0.55);
    expect(adaptive.taken.length).toBeGreaterThan(0.8 * uniform.taken.length);
    expect(adaptive.taken.length).toBeLessThanOrEqual(1.2 * uniform.taken.length);
  });
});

test('where sending is dear, more samples are taken than sent, one in two here', () => {
  const { module } = live(
    {
      horizon: 512,
      reserve: 154,
      rate: 20_000,
      density: 8,
      sampleNanojoules: 1000,
      packetNanojoules: 500_000,
      batch: 31,
    },
    {
      slots: 8000,
      income: () => 9_000,
      capacity: 6_000_000,
      value: (slot) => Math.round(3000 * Math.sin(slot / 5)),
    },
  );
  const pruned = module.calls.prunedCount();
  const sent = module.calls.sampledCount() - pruned - module.calls.queueLength();
  expect(pruned / sent).toBeGreaterThan(0.8);
  expect(pruned / sent).toBeLessThan(1.2);
  expect(module.calls.expiredCount()).toBe(0);
});
