import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeConfig, decodeMessage } from '../../host/link/message.ts';
import type { Samples } from '../../host/link/samples.ts';
import { NodeModule } from '../../host/sim/nodeModule.ts';
import { baseConfig, configured, image } from './support.ts';

interface Sample {
  slot: number;
  values: number[];
}

/** Visvalingam and Whyatt's line simplification in plain numbers: the sample with the least triangle goes, the first of equals. */
function simplified(samples: Sample[], keep: number): Sample[] {
  const kept = [...samples];
  const area = (i: number): number => {
    const [left, middle, right] = [kept[i - 1]!, kept[i]!, kept[i + 1]!];
    return middle.values.reduce((sum, value, axis) => {
      const rise = (right.values[axis]! - left.values[axis]!) * (middle.slot - left.slot);
      return sum + Math.abs((value - left.values[axis]!) * (right.slot - left.slot) - rise);
    }, 0);
  };
  while (kept.length > Math.max(2, keep)) {
    let least = 1;
    for (let i = 2; i < kept.length - 1; i++) if (area(i) < area(least)) least = i;
    kept.splice(least, 1);
  }
  return kept;
}

function samplesOf(body: Uint8Array): { boot: number; seq: number; samples: Samples } {
  const message = decodeMessage(body);
  if (typeof message === 'string' || message.name !== 'SAMPLES') throw new Error('not SAMPLES');
  return { boot: message.fields.boot, seq: message.fields.seq, samples: message.samples };
}

const config = {
  latencySlots: 400,
  sendSlots: 4,
  packetNanojoules: 50_000,
  byteNanojoules: 100,
  sampleNanojoules: 10,
  rate: 1,
  batch: 255,
};
const packetEnergy = (samples: number, axes: number): number =>
  50_000 + (28 + samples * (1 + 3 * axes)) * 100;

/** A queue of `gaps.length` samples, and the energy that pays for `keep` of them at the bound. */
const queues = fc.integer({ min: 1, max: 3 }).chain((axes) =>
  fc.record({
    axes: fc.constant(axes),
    gaps: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 20 }),
    values: fc.array(fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: axes, maxLength: axes }), {
      minLength: 20,
      maxLength: 20,
    }),
    share: fc.double({ min: 0.5, max: 1, noNaN: true }),
  }),
);

function fill(module: NodeModule, gaps: number[], values: number[][]): Sample[] {
  let slot = 100;
  return gaps.map((gap, i) => {
    slot += gap;
    module.push(slot, Int32Array.from(values[i]!));
    return { slot, values: values[i]! };
  });
}

test('a packet that the energy cuts short keeps the samples that line simplification keeps', () => {
  fc.assert(
    fc.property(queues, ({ axes, gaps, values, share }) => {
      const module = configured({ ...config, axes });
      const queue = fill(module, gaps, values);
      const keep = Math.max(2, Math.ceil(queue.length * share));
      expect(module.calls.next(queue[0]!.slot + 397, packetEnergy(keep, axes))).toBe(2);
      const { boot, seq, samples } = samplesOf(module.packet());
      const expected = simplified(queue, keep);
      expect([...samples.slots]).toEqual(expected.map(({ slot }) => slot));
      expect([...samples.values]).toEqual(expected.flatMap((sample) => sample.values));
      expect(module.calls.acked(boot, seq)).toBe(keep);
      expect(module.calls.queueLength()).toBe(0);
      expect(module.calls.prunedCount()).toBe(queue.length - keep);
    }),
    { numRuns: 200 },
  );
});

test('after a power failure the packet in flight leaves out the same samples, whatever was pushed behind it', () => {
  fc.assert(
    fc.property(queues, fc.integer({ min: -2000, max: 2000 }), ({ axes, gaps, values }, later) => {
      const module = configured({ ...config, axes });
      const queue = fill(module, gaps, values);
      const keep = Math.max(2, Math.ceil(queue.length * 0.6));
      module.calls.next(queue[0]!.slot + 397, packetEnergy(keep, axes));
      const sent = module.packet().slice();
      module.push(queue[0]!.slot + 398, new Int32Array(axes).fill(later));
      const after = new NodeModule(image);
      after.state().set(module.state());
      after.calls.start(7, 2);
      after.configure(encodeConfig({ ...baseConfig, ...config, axes }));
      expect(after.calls.next(queue[0]!.slot + 399, 10_000_000)).toBe(2);
      expect(Buffer.from(after.packet()).equals(Buffer.from(sent))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('a queue longer than the set of left-out samples is thinned out in its oldest part, and all the rest arrives', () => {
  const module = configured({ ...config, latencySlots: 1000 });
  const taken = Array.from({ length: 384 }, (_, slot) => slot);
  for (const slot of taken) module.push(slot, Int32Array.of(Math.round(3000 * Math.sin(slot / 9))));
  const arrived: number[] = [];
  while (module.calls.queueLength() > 0) {
    const oldest = 2000 - module.calls.oldestAge(2000);
    expect(module.calls.next(oldest + 1000, packetEnergy(60, 1))).toBe(2);
    const { boot, seq, samples } = samplesOf(module.packet());
    arrived.push(...samples.slots);
    module.calls.acked(boot, seq);
  }
  expect(arrived).toEqual([...new Set(arrived)].sort((a, b) => a - b));
  expect(arrived[0]).toBe(0);
  expect(arrived.at(-1)).toBe(383);
  expect(arrived.length + module.calls.prunedCount()).toBe(384);
});

test('samples beyond the bound without energy to send them are given up, counted, and never sent', () => {
  const module = configured({ ...config, latencySlots: 20 });
  module.push(0, Int32Array.of(1));
  module.push(10, Int32Array.of(2));
  expect(module.calls.next(20, 0)).toBe(0);
  expect(module.calls.expiredCount()).toBe(0);
  expect(module.calls.next(21, 0)).toBe(0);
  expect(module.calls.expiredCount()).toBe(1);
  expect(module.calls.next(26, 10_000_000)).toBe(2);
  expect([...samplesOf(module.packet()).samples.slots]).toEqual([10]);
});

test('a place in the ring that was given up stays unused until the state is committed', () => {
  const module = configured({ ...config, latencySlots: 400 });
  for (let slot = 0; slot < 384; slot++) expect(module.push(slot, Int32Array.of(slot))).toBe(0);
  const committed = module.state().slice();
  module.calls.next(401, 0);
  expect(module.calls.expiredCount()).toBe(1);
  expect(module.push(401, Int32Array.of(-1))).toBe(1);
  const live = module.state().subarray(module.calls.headSize());
  expect(Buffer.from(live).equals(Buffer.from(committed.subarray(module.calls.headSize())))).toBe(true);
});

test('a packet that is to span the queue leaves out what its bytes do not hold', () => {
  const axes = 9;
  const module = configured({ ...config, axes, batch: 20 });
  for (let slot = 0; slot < 20; slot++)
    module.push(
      slot,
      Int32Array.from({ length: axes }, (_, axis) => Math.round(9e5 * Math.sin(slot + axis))),
    );
  expect(module.calls.next(397, packetEnergy(20, axes))).toBe(2);
  const { boot, seq, samples } = samplesOf(module.packet());
  expect(samples.slots.length).toBeGreaterThan(4);
  expect([samples.slots[0], samples.slots.at(-1)]).toEqual([0, 19]);
  module.calls.acked(boot, seq);
  expect(module.calls.queueLength()).toBe(0);
  expect(module.calls.prunedCount()).toBe(20 - samples.slots.length);
});
