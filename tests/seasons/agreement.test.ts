import { describe, expect, test } from '@jest/globals';
import { configureNode } from '../../host/demo/nodeConfig.ts';
import { encodeConfig } from '../../host/link/message.ts';
import type { NodeConfig } from '../../host/link/protocol.ts';
import { sampledSlots, type PolicyName } from '../../host/sim/fit.ts';
import { defaultNode } from '../../host/sim/nodeDescription.ts';
import { NodeModule, actions } from '../../host/sim/nodeModule.ts';
import { toFixed, type FixedPoint } from '../../host/sim/signal/fixedPoint.ts';
import type { Signal } from '../../host/sim/signal/signal.ts';
import { signalHalves } from '../../host/sim/signal/signalHalves.ts';
import { syntheticSignal } from '../../host/sim/signal/syntheticSignal.ts';
import { developmentSignalFiles, openDevelopmentSignal } from '../support/developmentSignals.ts';
import { testWithData } from '../support/data.ts';
import { MomentReference, type MomentPolicy } from './momentReference.ts';
import { SkipRnnReference, publishedSkip } from './skipRnnReference.ts';
import { RICH, image } from './support.ts';

const RATES = [0.3, 0.5, 0.7];
const SLOTS = 4096;
const momentPolicies = ['linear', 'deviation', 'litesense'] as const;

interface Tally {
  decisions: number;
  disagreements: number;
  /** Decisions and states further from the reference than rounding explains. */
  unexplained: object[];
}

/** Both halves of a signal with the thresholds that the training half gives. */
function forEachRun(
  signal: Signal,
  policy: PolicyName,
  body: (half: Signal, fixed: FixedPoint, config: NodeConfig) => void,
): void {
  const fixed = toFixed(signal);
  const halves = signalHalves(signal, { slots: SLOTS });
  const latency = 1000 * signal.samplePeriod;
  for (const rate of RATES) {
    const config = configureNode(image, halves.training, fixed, defaultNode, { policy, rate, latency });
    body(halves.training, fixed, config);
    body(halves.test, fixed, config);
  }
}

/** Compares every decision; the reference follows the module's skips, so that a flip counts once. */
function compareMoments(signal: Signal, policy: MomentPolicy, rounded: boolean): Tally {
  const tally: Tally = { decisions: 0, disagreements: 0, unexplained: [] };
  forEachRun(signal, policy, (half, fixed, config) => {
    const values = Array.from({ length: half.length }, (_, slot) => fixed.encode(half.at(slot)));
    const scale = 2 ** fixed.fractionBits;
    const exact = (slot: number): Float64Array =>
      rounded ? Float64Array.from(values[slot]!) : half.at(slot).map((value) => value * scale);
    const slots = sampledSlots(image, config, values);
    const { threshold, minSkip, maxSkip } = config;
    const inputError = rounded ? 0 : 0.5;
    const reference = new MomentReference(policy, exact(slots[0]!), {
      threshold,
      minSkip,
      maxSkip,
      inputError,
    });
    for (let i = 1; i + 1 < slots.length; i++) {
      const before = slots[i]! - slots[i - 1]! - 1;
      const taken = slots[i + 1]! - slots[i]! - 1;
      const { skip, margin, bound } = reference.decide(exact(slots[i]!), before);
      tally.decisions++;
      if (skip === taken) continue;
      tally.disagreements++;
      if (!(margin <= bound)) tally.unexplained.push({ slot: slots[i], margin, bound });
    }
  });
  return tally;
}

const UNIT = 2 ** -12;
const STATES_AT = 24;

/** Compares state, probability and skip of every sample with the float model's, stepped from the module's state. */
function compareSkipRnn(signal: Signal): Tally {
  const tally: Tally = { decisions: 0, disagreements: 0, unexplained: [] };
  forEachRun(signal, 'skiprnn', (half, fixed, config) => {
    const module = new NodeModule(image);
    const { calls } = module;
    calls.reset();
    calls.start(1, 1);
    expect(module.configure(encodeConfig({ ...config, horizon: 0, density: 4 }))).toBe(0);
    const view = new DataView(calls.memory.buffer, calls.stateBase() + calls.headSize() - 36 + STATES_AT);
    const states = () => [0, 1, 2, 3].map((unit) => view.getInt16(2 * unit, true) * UNIT);
    let reference: SkipRnnReference | undefined;
    let expected: { low: number; high: number; own: number; slot: number } | undefined;
    let last = 0;
    for (let slot = 0; slot < half.length;) {
      const action = calls.next(slot, RICH);
      if (action === actions.sleep) {
        slot = calls.wakeSlot() >>> 0;
      } else if (action === actions.send) {
        const body = new DataView(module.packet().buffer);
        calls.acked(body.getUint32(5, true), body.getUint32(9, true));
      } else {
        const x = fixed.encode(half.at(slot));
        if (expected) {
          const taken = slot - expected.slot - 1;
          tally.decisions++;
          if (taken !== expected.own) tally.disagreements++;
          if (!(taken >= expected.low && taken <= expected.high))
            tally.unexplained.push({ taken, ...expected });
        }
        const before = states();
        module.push(slot, x);
        if (reference) {
          const { p, bound, states: own } = reference.step(x, slot - last, before, config.threshold);
          states().forEach((state, unit) => {
            const { value, error } = own[unit]!;
            if (!(Math.abs(state - value) <= error + 1e-12))
              tally.unexplained.push({ slot, state, value, error });
          });
          expected = {
            low: publishedSkip(Math.min(1, p + bound), config),
            high: publishedSkip(Math.max(0, p - bound), config),
            own: publishedSkip(p, config),
            slot,
          };
        } else {
          reference = new SkipRnnReference(x);
        }
        last = slot;
      }
    }
  });
  return tally;
}

function checkAll(signal: Signal, name: string): void {
  const line: string[] = [];
  for (const policy of momentPolicies) {
    const rounded = compareMoments(signal, policy, true);
    const exact = compareMoments(signal, policy, false);
    expect(rounded.unexplained).toEqual([]);
    expect(exact.unexplained).toEqual([]);
    expect(rounded.decisions).toBeGreaterThan(100);
    if (policy === 'linear') expect(rounded.disagreements).toBe(0);
    line.push(`${policy} ${rounded.disagreements} ${exact.disagreements} of ${exact.decisions}`);
  }
  const rnn = compareSkipRnn(signal);
  expect(rnn.unexplained).toEqual([]);
  expect(rnn.decisions).toBeGreaterThan(100);
  line.push(`skiprnn ${rnn.disagreements} of ${rnn.decisions}`);
  if (process.env['SOLSTICE_AGREEMENT']) process.stderr.write(`${name}: ${line.join('; ')}\n`);
}

describe('decisions differ from the float64 reference within its rounding bound only', () => {
  test('synthetic', () => {
    checkAll(syntheticSignal(5), 'synthetic');
  });
  for (const { name, file } of developmentSignalFiles) {
    testWithData(name, [file], () => {
      checkAll(openDevelopmentSignal(name), name);
    });
  }
});
