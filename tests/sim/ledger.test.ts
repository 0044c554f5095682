import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompensatedSum, imbalance } from '../../host/sim/ledger.ts';
import type { NodeDescription } from '../../host/sim/nodeDescription.ts';
import { SimulatedEnvironment } from '../../host/sim/simulatedEnvironment.ts';
import { harvestOf, live, node, offered, rampSignal } from './support.ts';

const RELATIVE = 1e-9;
const TIME_ROUNDING = 1e-14;

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const magnitude = (min: number, max: number) => number(Math.log10(min), Math.log10(max)).map((x) => 10 ** x);

const boostBuck = fc.record({
  kind: fc.constant('boost-buck' as const),
  boost: fc.tuple(number(0.1, 0.5), number(0.5, 1)).map(([low, high]): [number, number][] => [
    [8e-6, low],
    [1e-3, high],
  ]),
  minInputVolts: number(0, 1.2),
  coldStart: fc.record({
    volts: number(0, 1.6),
    efficiency: number(0.01, 1),
    minWatts: magnitude(1e-7, 1e-4),
  }),
  quiescentWatts: fc.oneof(fc.constant(0), magnitude(1e-8, 1e-4)),
  outputVolts: fc.constant(1.8),
  buck: fc.tuple(number(0.2, 0.8), number(0.8, 1)).map(([low, high]): [number, number][] => [
    [1e-6, low],
    [1e-3, high],
  ]),
});
const diode = fc.record({
  kind: fc.constant('diode' as const),
  dropVolts: number(0.1, 0.5),
  outputVolts: fc.constant(1.8),
});

const nodes: fc.Arbitrary<NodeDescription> = fc
  .record({
    farads: magnitude(10e-6, 10e-3),
    leakageOhms: fc.oneof(fc.constant(Infinity), magnitude(1e3, 1e8)),
    esrOhms: fc.oneof(fc.constant(0), number(0.1, 20)),
    converter: fc.oneof(boostBuck, diode),
    offVolts: number(1.7, 2.4),
    onAbove: number(0.05, 0.8),
    maxAbove: number(0, 1.5),
    initialShare: fc.oneof(fc.constant(0), number(1e-6, 1)),
    sleepWatts: magnitude(1e-7, 1e-4),
    scale: magnitude(0.1, 10),
  })
  .map(
    ({
      farads,
      leakageOhms,
      esrOhms,
      converter,
      offVolts,
      onAbove,
      maxAbove,
      initialShare,
      sleepWatts,
      scale,
    }) => {
      const base = node();
      const maxVolts = offVolts + onAbove + maxAbove;
      return {
        ...base,
        capacitor: { farads, leakageOhms, esrOhms, maxVolts },
        converter,
        offVolts,
        onVolts: offVolts + onAbove,
        initialVolts: initialShare * maxVolts,
        sleepWatts,
        packet: { joules: base.packet.joules * scale, seconds: base.packet.seconds },
      };
    },
  );

const traces = fc.array(fc.tuple(magnitude(1e-3, 3), fc.oneof(fc.constant(0), magnitude(1e-7, 2e-2))), {
  minLength: 1,
  maxLength: 20,
});
const programs = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 40 }).map((slots) => ({ sleep: slots })),
    fc.constant({ sense: true }),
    fc.integer({ min: 10, max: 250 }).map((length) => ({ send: length })),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('energy ledger', () => {
  test('balances to 1e-9, and agrees with the trace and the capacitor, over random nodes, traces and loads', async () => {
    await fc.assert(
      fc.asyncProperty(
        nodes,
        traces,
        programs,
        number(1, 40),
        async (description, pieces, program, horizon) => {
          const harvester = harvestOf(pieces, 2.5);
          const environment = new SimulatedEnvironment({
            harvester,
            signal: rampSignal(),
            node: description,
            horizon,
            speed: Infinity,
          });
          const startVolts = environment.volts;
          let slot = 0;
          await live(environment, async () => {
            for (const action of program) {
              if ('sleep' in action) ({ slot } = await environment.sleepUntil(slot + action.sleep));
              else if ('send' in action) ({ slot } = await environment.transmit(action.send));
              else ({ slot } = await environment.sense());
            }
          });
          const ledger = environment.ledger();
          const { farads } = description.capacitor;
          const stored = (farads / 2) * (environment.volts ** 2 - startVolts ** 2);
          const scale = Math.max(
            ledger.harvested,
            (farads / 2) * Math.max(environment.volts, startVolts) ** 2,
          );
          expect(imbalance(ledger)).toBeLessThan(RELATIVE);
          expect(Math.abs(ledger.stored - stored)).toBeLessThanOrEqual(RELATIVE * scale);
          expect(environment.seconds).toBeCloseTo(horizon, 9);
          // A trace's change falls on a time that is itself rounded.
          const peak = Math.max(...pieces.map(([, watts]) => watts));
          expect(Math.abs(ledger.harvested - offered(harvester, horizon))).toBeLessThanOrEqual(
            RELATIVE * scale + peak * TIME_ROUNDING * horizon,
          );
          const entries = [...Object.values(ledger.parts), ...Object.values(ledger.lossParts)];
          for (const entry of [...entries, ledger.leakage, ledger.clipped])
            expect(entry).toBeGreaterThanOrEqual(0);
          expect(environment.volts).toBeLessThanOrEqual(description.capacitor.maxVolts * (1 + 1e-12));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('balances over a million steps', async () => {
    const harvester = harvestOf([
      [0.0007, 3e-4],
      [0.0011, 0],
      [0.0003, 1.7e-3],
    ]);
    const environment = new SimulatedEnvironment({
      harvester,
      signal: rampSignal(),
      horizon: 700,
      speed: Infinity,
    });
    await live(environment, async () => {
      const { slot } = await environment.sense();
      await environment.sleepUntil(slot + 100);
    });
    const ledger = environment.ledger();
    expect(imbalance(ledger)).toBeLessThan(RELATIVE);
    expect(Math.abs(ledger.harvested / offered(harvester, 700) - 1)).toBeLessThan(RELATIVE);
  });

  test('books finished work at what the node description says', async () => {
    const description = node();
    const environment = new SimulatedEnvironment({
      harvester: harvestOf([[1, 5e-3]]),
      signal: rampSignal(),
      node: description,
      speed: Infinity,
    });
    await environment.powerOn();
    for (let i = 0; i < 50; i++) {
      await environment.sense();
      await environment.transmit(100);
      await environment.sleepUntil(0);
    }
    const { parts } = environment.ledger();
    const { boot, sense, compute, packet, byte } = description;
    expect(environment.powerFailures).toBe(0);
    expect(parts.boot).toBeCloseTo(boot.joules, 15);
    expect(parts.sense).toBeCloseTo(50 * sense.joules, 15);
    expect(parts.compute).toBeCloseTo(150 * compute.joules, 15);
    expect(parts.radio).toBeCloseTo(50 * (packet.joules + 100 * byte.joules), 15);
  });
});

test('a compensated sum keeps what a plain one loses', () => {
  const sum = new CompensatedSum();
  let plain = 1;
  sum.add(1);
  for (let i = 0; i < 1_000_000; i++) {
    sum.add(1e-17);
    plain += 1e-17;
  }
  expect(plain).toBe(1);
  expect(sum.value).toBeCloseTo(1 + 1e-11, 15);
});
