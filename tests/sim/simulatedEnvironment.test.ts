import { describe, expect, test } from '@jest/globals';
import { EndOfRun, PowerFailure } from '../../host/sim/environment.ts';
import { generateHarvest } from '../../host/sim/harvest/generateHarvest.ts';
import { defaultNode, energyFigures } from '../../host/sim/nodeDescription.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import {
  SimulatedEnvironment,
  type PowerObservation,
  type SimulatedEnvironmentOptions,
} from '../../host/sim/simulatedEnvironment.ts';
import { constantHarvest, harvestOf, live, losslessNode, node, rampSignal } from './support.ts';

function simulate(options: Partial<SimulatedEnvironmentOptions> = {}): SimulatedEnvironment {
  return new SimulatedEnvironment({
    harvester: constantHarvest(0),
    signal: rampSignal(),
    speed: Infinity,
    horizon: 600,
    ...options,
  });
}

describe('clock and sensor', () => {
  test('sleeps to the start of a slot, and at least to the next one', async () => {
    const environment = simulate({ harvester: constantHarvest(1e-3) });
    const started = await environment.powerOn();
    expect(started.slot).toBe(0);
    expect(started.micros).toBe(3000);
    const micros = Math.round(defaultNode.compute.seconds * 1e6);
    expect(await environment.sleepUntil(5)).toMatchObject({ slot: 5, micros });
    expect(await environment.sleepUntil(5)).toMatchObject({ slot: 6 });
    expect(await environment.sleepUntil(0)).toMatchObject({ slot: 7 });
  });

  test('senses the fixed-point value of the slot that it returns, and the signal repeats', async () => {
    const environment = simulate({ harvester: constantHarvest(1e-3), signal: rampSignal(10) });
    await environment.powerOn();
    await environment.sleepUntil(37);
    const { slot, values } = await environment.sense();
    expect(slot).toBe(37);
    expect(Array.from(environment.fixed.decode(values))).toEqual([7, -7]);
  });

  test('a sample that ends in the next slot has the value of that slot', async () => {
    const slow = node({ sense: { joules: 1e-6, seconds: 0.07 } });
    const environment = simulate({ harvester: constantHarvest(1e-3), node: slow });
    await environment.powerOn();
    await environment.sleepUntil(3);
    const { slot, values } = await environment.sense();
    expect(slot).toBe(4);
    expect(environment.fixed.decode(values)[0]).toBe(4);
  });
});

describe('energy and power failure', () => {
  test('Moment.energy is what work can take before the power fails', async () => {
    const description = losslessNode({ sleepWatts: 0, compute: { joules: 0, seconds: 1e-6 } });
    const { joules } = description.boot;
    const environment = simulate({ node: description });
    const { energy, millivolts } = await environment.powerOn();
    expect(energy).toBe(Math.floor((110e-6 * (9 - 5.76) - joules) * 1e9));
    expect(millivolts).toBe(Math.round(1000 * Math.sqrt(9 - joules / 110e-6)));

    const packet = (joules: number) =>
      simulate({
        node: { ...description, packet: { joules, seconds: 1e-3 }, byte: { joules: 0, seconds: 1e-9 } },
      });
    const enough = packet(energy * 1e-9 - 1e-9);
    await enough.powerOn();
    expect((await enough.transmit(1)).energy).toBeLessThanOrEqual(2);
    const tooMuch = packet(energy * 1e-9 + 2e-9);
    await tooMuch.powerOn();
    await expect(tooMuch.transmit(1)).rejects.toThrow(PowerFailure);
    expect(tooMuch.volts).toBeCloseTo(2.4, 12);
    expect(tooMuch.ledger().parts.radio).toBeCloseTo(energy * 1e-9, 8);
  });

  test('the energy figures of a node cover its work, losses included', async () => {
    const figures = energyFigures(defaultNode);
    for (const needed of [
      { nanojoules: figures.sampleNanojoules, work: (e: SimulatedEnvironment) => e.sense() },
      {
        nanojoules: figures.packetNanojoules + 200 * figures.byteNanojoules,
        work: (e: SimulatedEnvironment) => e.transmit(200),
      },
    ]) {
      // Discharge to just above the need by sleeping, then do the work without any harvest.
      const environment = simulate();
      let moment = await environment.powerOn();
      while (moment.energy - needed.nanojoules > 2000) {
        moment = await environment.sleepUntil(moment.slot + 1);
      }
      expect(moment.energy).toBeGreaterThanOrEqual(needed.nanojoules);
      await needed.work(environment);
      expect(environment.powerFailures).toBe(0);
    }
  });

  test('after a failure the node stays off until the on-threshold, in hysteresis', async () => {
    const volts: PowerObservation[] = [];
    const environment = simulate({
      harvester: harvestOf([
        [10, 0],
        [20, 400e-6],
      ]),
      observer: { power: (observation) => volts.push(observation) },
      observeSeconds: 0.1,
      horizon: 300,
    });
    await live(environment, async () => {
      await environment.sense();
      await environment.transmit(40);
      await environment.sleepUntil(0);
    });
    expect(environment.powerFailures).toBeGreaterThan(3);
    let edges = 0;
    volts.forEach(({ on, volts: now }, i) => {
      const before = volts[i - 1];
      expect(now).toBeGreaterThan(on ? 2.4 : 2.3);
      if (!on && i > 0) expect(now).toBeLessThan(3);
      if (!before || before.on === on) return;
      edges++;
      expect(now).toBeCloseTo(on ? 3 : 2.4, 9);
    });
    expect(edges).toBeGreaterThan(6);
  });

  test('no load is drawn while the node is off, but leakage and the converter go on', async () => {
    const environment = simulate({ node: node({ initialVolts: 2.9 }), horizon: 50 });
    await expect(environment.powerOn()).rejects.toThrow(EndOfRun);
    const ledger = environment.ledger();
    expect(ledger.load).toBe(0);
    expect(ledger.leakage).toBeGreaterThan(0);
    expect(ledger.lossParts.quiescent).toBeCloseTo(50 * 1.5e-6, 12);
    await expect(environment.sense()).rejects.toThrow(PowerFailure);
  });

  test('an empty capacitor stays at zero, and starts cold', async () => {
    const empty = node({ initialVolts: 0 });
    const dark = simulate({ node: empty, horizon: 20 });
    await expect(dark.powerOn()).rejects.toThrow(EndOfRun);
    expect(dark.volts).toBe(0);
    const bright = simulate({ node: empty, harvester: constantHarvest(1e-3), horizon: 100 });
    await bright.powerOn();
    // 220 uF to 1.8 V at 5 % of 1 mW less 1.5 uW, then to 3 V at 80 %.
    const seconds = (110e-6 * 3.24) / 48.5e-6 + (110e-6 * (9 - 3.24)) / 798.5e-6;
    expect(bright.seconds / seconds).toBeGreaterThan(1);
    expect(bright.seconds / seconds).toBeLessThan(1.02);
  });

  test('a series resistance browns out under a burst with energy left', async () => {
    const { capacitor } = defaultNode;
    const strong = simulate({ node: node({ capacitor: { ...capacitor, esrOhms: 1 } }) });
    await strong.powerOn();
    await strong.transmit(100);
    expect(strong.ledger().lossParts.esr).toBeGreaterThan(0);
    const weak = simulate({
      harvester: constantHarvest(1e-3),
      node: node({ capacitor: { ...capacitor, esrOhms: 120 }, boot: { joules: 1e-6, seconds: 3e-3 } }),
    });
    await weak.powerOn();
    await expect(weak.transmit(100)).rejects.toThrow(PowerFailure);
    expect(weak.volts).toBeGreaterThan(2.8);
    const failedAt = weak.seconds;
    await weak.powerOn();
    expect(weak.seconds - failedAt).toBeGreaterThanOrEqual(defaultNode.minOffSeconds);
  });

  test('powerOn on a running node is a reset that pays for the boot', async () => {
    const environment = simulate();
    await environment.powerOn();
    await environment.powerOn();
    expect(environment.boots).toBe(2);
    expect(environment.ledger().parts.boot).toBeCloseTo(2 * defaultNode.boot.joules, 15);
  });

  test('a description that makes no node is refused by name', () => {
    expect(() => simulate({ node: node({ offVolts: 3.2 }) })).toThrow('offVolts < onVolts');
    expect(() => simulate({ node: node({ onVolts: 5 }) })).toThrow('onVolts <= capacitor.maxVolts');
  });
});

describe('the run', () => {
  async function signature(seed: number, speed: number, horizon = 120): Promise<string> {
    const environment = simulate({
      harvester: generateHarvest('kinetic', seed),
      signal: syntheticSignal(seed),
      horizon,
      speed,
    });
    const seen: string[] = [];
    await live(environment, async () => {
      const { slot, values, energy } = await environment.sense();
      seen.push(`${slot} ${values.join()} ${energy}`);
      if (seen.length % 20 === 0) await environment.transmit(150);
      await environment.sleepUntil(slot + 1);
    });
    return seen.join('\n') + JSON.stringify(environment.ledger());
  }

  test('is the same for the same seeds and differs for others', async () => {
    const first = await signature(7, Infinity);
    expect(await signature(7, Infinity)).toBe(first);
    expect(await signature(8, Infinity)).not.toBe(first);
  });

  test('is the same to the last bit whatever the speed', async () => {
    expect(await signature(7, 50, 10)).toBe(await signature(7, Infinity, 10));
  });

  test('ends at the horizon, whatever the node is doing', async () => {
    const environment = simulate({ harvester: constantHarvest(1e-3), horizon: 5 });
    await environment.powerOn();
    await expect(environment.sleepUntil(1000)).rejects.toThrow(EndOfRun);
    expect(environment.seconds).toBe(5);
    await expect(environment.powerOn()).rejects.toThrow(EndOfRun);
  });

  test('stop ends a pending call on a paced run', async () => {
    const environment = simulate({ harvester: constantHarvest(1e-3), speed: 1, horizon: Infinity });
    await environment.powerOn();
    const pending = environment.sleepUntil(1_000_000);
    setTimeout(() => environment.stop(), 20);
    await expect(pending).rejects.toThrow(EndOfRun);
    await expect(environment.sense()).rejects.toThrow(EndOfRun);
  });

  test('stop ends a wait for power that never comes', async () => {
    const environment = simulate({ node: node({ initialVolts: 0 }), horizon: Infinity });
    const pending = environment.powerOn();
    setTimeout(() => environment.stop(), 20);
    await expect(pending).rejects.toThrow(EndOfRun);
  });

  test('the truth is told once per slot, and power at the asked rate', async () => {
    const slots: number[] = [];
    const values: number[][] = [];
    const power: PowerObservation[] = [];
    const environment = simulate({
      harvester: constantHarvest(1e-3),
      signal: rampSignal(10),
      horizon: 10,
      observeSeconds: 0.5,
      observer: {
        power: (observation) => power.push(observation),
        truth: (observation) => {
          slots.push(...observation.slots);
          values.push(...observation.values);
        },
      },
    });
    await live(environment, async () => {
      await environment.sleepUntil(environment.nowSlot + 3);
    });
    expect(slots).toEqual(Array.from({ length: 161 }, (_, i) => i));
    expect(values[27]).toEqual([7, -7]);
    expect(power.length).toBeGreaterThanOrEqual(20);
    expect(power.length).toBeLessThanOrEqual(24);
    expect(power.at(-1)!.ledger.harvested).toBe(environment.ledger().harvested);
  });

  test.each(['solar', 'rf', 'kinetic'] as const)('the default node lives on %s, not always', async (kind) => {
    let up = 0;
    let failures = 0;
    for (const seed of [1, 2, 3]) {
      const environment = simulate({
        harvester: generateHarvest(kind, seed),
        signal: syntheticSignal(1),
        horizon: 180,
      });
      let on = 0;
      await live(environment, async () => {
        const { slot, energy } = await environment.sleepUntil(0);
        on++;
        if (energy < 150_000) return;
        await environment.sense();
        if (slot % 20 === 0) await environment.transmit(170);
      });
      up += on / (180 * 16) / 3;
      failures += environment.powerFailures;
    }
    expect(up).toBeGreaterThan(0.6);
    expect(failures).toBeGreaterThanOrEqual(1);
  });
});
