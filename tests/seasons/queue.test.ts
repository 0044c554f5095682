import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeMessage, encodeConfig } from '../../host/link/message.ts';
import { MAX_NODE_BODY } from '../../host/link/protocol.ts';
import { encodeSamples, type Samples } from '../../host/link/samples.ts';
import { NodeModule } from '../../host/sim/nodeModule.ts';
import { RICH, baseConfig, configured, image, policies, runModule } from './support.ts';

function decoded(body: Uint8Array): { boot: number; seq: number; samples: Samples } {
  expect(body.length).toBeLessThanOrEqual(MAX_NODE_BODY);
  const message = decodeMessage(body);
  if (typeof message === 'string' || message.name !== 'SAMPLES')
    throw new Error(`refused: ${JSON.stringify(message)}`);
  return { boot: message.fields.boot, seq: message.fields.seq, samples: message.samples };
}

/** A signal that can be recomputed: value and slot determine each other. */
const wave =
  (axes: number) =>
  (slot: number): Int32Array =>
    Int32Array.from({ length: axes }, (_, axis) => Math.round(20_000 * Math.sin(slot / (3 + axis))) + axis);

test.each([1, 3, 9])(
  '%i axes: every sample taken arrives once, in order, with its value and time',
  (axes) => {
    const module = configured({ axes, policy: policies.linear, threshold: 3000, batch: 20 });
    const taken: number[] = [];
    const received: number[] = [];
    let seq = 0;
    runModule(module, wave(axes), [0, 5000], {
      onSample: (slot) => taken.push(slot),
      onPacket: (body) => {
        const packet = decoded(body);
        expect(packet.seq).toBe(seq++);
        expect(encodeSamples(7, packet.boot, packet.seq, packet.samples)).toEqual(body);
        packet.samples.slots.forEach((slot, i) => {
          received.push(slot);
          expect([...packet.samples.values.subarray(i * axes, (i + 1) * axes)]).toEqual([
            ...wave(axes)(slot),
          ]);
        });
        return true;
      },
    });
    expect(received).toEqual(taken.slice(0, received.length));
    expect(taken.length - received.length).toBe(module.calls.queueLength());
  },
);

test('no sample is older than the latency bound when it is sent, whatever the batch', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 8, max: 400 }),
      fc.integer({ min: 655, max: 65535 }),
      (batch, latencySlots, rate) => {
        const module = configured({ batch, latencySlots, rate, sendSlots: 2 });
        runModule(module, wave(1), [0, 3000], {
          onPacket: (body, slot) => {
            expect(slot - decoded(body).samples.slots[0]!).toBeLessThanOrEqual(latencySlots);
            return true;
          },
        });
        expect(module.calls.lateCount()).toBe(0);
        expect(module.calls.blockedCount()).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});

test('a packet that is not answered is formed again byte for byte, also after a power failure, and waits longer each time', () => {
  const module = configured({ batch: 4 });
  const attempts: { slot: number; body: Uint8Array }[] = [];
  runModule(module, wave(1), [0, 30], {
    onPacket: (body, slot) => {
      attempts.push({ slot, body });
      return false;
    },
  });
  expect(attempts.length).toBeGreaterThanOrEqual(4);
  const gaps = attempts.slice(1).map(({ slot }, i) => slot - attempts[i]!.slot);
  expect(gaps.slice(0, 4)).toEqual([1, 2, 4, 8]);

  const unanswered = attempts.length;
  const after = new NodeModule(image);
  after.state().set(module.state());
  after.calls.start(7, 2);
  after.configure(encodeConfig({ ...baseConfig, batch: 4 }));
  runModule(after, wave(1), [40, 41], {
    onPacket: (body, slot) => {
      attempts.push({ slot, body });
      return true;
    },
  });
  const bodies = attempts.slice(0, unanswered + 1).map(({ body }) => Buffer.from(body).toString('hex'));
  expect(new Set(bodies).size).toBe(1);
  expect(decoded(attempts[0]!.body).boot).toBe(1);
});

test('an acknowledgement of another packet releases nothing', () => {
  const module = configured({ batch: 2 });
  module.push(0, Int32Array.of(1));
  module.push(1, Int32Array.of(2));
  module.calls.next(2, RICH);
  const { boot, seq } = decoded(module.packet());
  expect(module.calls.acked(boot, seq + 1)).toBe(0);
  expect(module.calls.acked(boot + 1, seq)).toBe(0);
  expect(module.calls.queueLength()).toBe(2);
  expect(module.calls.acked(boot, seq)).toBe(2);
  expect(module.calls.acked(boot, seq)).toBe(0);
  expect(module.calls.queueLength()).toBe(0);
});

describe('energy', () => {
  test('while the host is silent samples wait in the queue; when it is full no sample replaces one that is held', () => {
    const module = configured({ batch: 8, latencySlots: 100_000 });
    const taken: number[] = [];
    runModule(module, wave(1), [0, 1000], { onPacket: () => false, onSample: (slot) => taken.push(slot) });
    expect(taken).toHaveLength(384);
    expect(module.calls.queueLength()).toBe(384);
    expect(module.calls.blockedCount()).toBe(1000 - 384);
    const received: number[] = [];
    runModule(module, wave(1), [1100, 1101], {
      onPacket: (body) => {
        received.push(...decoded(body).samples.slots);
        return true;
      },
    });
    expect([...received, 1100].slice(0, 384)).toEqual(taken);
  });

  /** No income to count on: with rate 1 the node expects next to nothing, and sees nothing come in. */
  const dark = { batch: 8, rate: 1, policy: policies.linear, maxSkip: 0 };

  test('without income a sample is taken only from energy that also delivers it with all that waits', () => {
    const packet = (samples: number): number => 50_000 + (28 + samples * 4) * 100;
    for (let held = 0; held < 7; held++) {
      const module = configured(dark);
      for (let slot = 0; slot < held; slot++) module.push(slot, Int32Array.of(slot));
      // An empty queue is begun with the energy of a whole packet.
      const need = packet(held === 0 ? 8 : held + 1) + (held === 0 ? 8 * 1000 : 0);
      const enough = 1000 + need + Math.floor(need / 16);
      expect(module.calls.next(held, enough - 500)).toBe(0);
      expect(module.calls.next(held + 1, enough + 10)).toBe(1);
    }
  });

  test('when the energy fades to what the held samples need, they are sent before it is gone', () => {
    const module = configured(dark);
    const packet = 50_000 + (28 + 2 * 4) * 100;
    module.calls.next(0, packet);
    module.push(0, Int32Array.of(1));
    module.push(1, Int32Array.of(2));
    let energy = 1.05 * packet;
    let slot = 2;
    while (module.calls.next(slot, Math.floor(energy)) === 0) {
      slot++;
      energy -= packet / 1000;
      expect(energy).toBeGreaterThan(packet);
    }
    expect(energy).toBeLessThan(1.02 * packet);
    expect(decoded(module.packet()).samples.slots).toHaveLength(2);
  });

  test('with income in sight samples gather while the energy of their packet is still to come', () => {
    const module = configured({ batch: 8, rate: 1, horizon: 64, latencySlots: 400, sendSlots: 4 });
    // 1,000 nJ come in per slot; nothing is there.
    for (let slot = 0; slot < 2000; slot++) module.calls.next(slot, Math.min(slot * 1000, 100_000));
    module.calls.start(7, 2);
    const taken: number[] = [];
    let energy = 0;
    for (let slot = 2000; slot < 2050; slot++) {
      energy += 1000;
      if (module.calls.next(slot, energy) !== 1) continue;
      module.push(slot, Int32Array.of(slot));
      energy -= 1000;
      taken.push(slot);
    }
    expect(taken.length).toBeGreaterThan(0);
    expect(taken[0]! - 2000).toBeLessThan(50_000 / 1000);
  });

  test('short of energy for all that waits, what adds least is left out; less than half of it waits for the last chance', () => {
    const module = configured({
      batch: 8,
      latencySlots: 20,
      sendSlots: 2,
      packetNanojoules: 50_000,
      byteNanojoules: 1000,
    });
    [0, 0, 50, 0, 0].forEach((value, slot) => module.push(slot, Int32Array.of(value)));
    expect(module.calls.next(19, 50_000 + (28 + 2 * 4) * 1000)).toBe(0);
    expect(module.calls.next(19, 50_000 + (28 + 3 * 4) * 1000)).toBe(2);
    expect([...decoded(module.packet()).samples.slots]).toEqual([0, 2, 4]);
  });
});

describe('configuration', () => {
  test.each([
    ['policy', { policy: 6 }, 1],
    ['axes', { axes: 0 }, 2],
    ['axes', { axes: 10 }, 2],
    ['batch', { batch: 0 }, 3],
    ['slot length', { slotMicros: 0 }, 4],
    ['latency bound', { latencySlots: 4, sendSlots: 4 }, 5],
    ['skips', { minSkip: 9, maxSkip: 8 }, 6],
    ['rate', { rate: 0 }, 7],
    ['threshold', { threshold: -1 }, 8],
    ['density', { density: 3 }, 9],
    ['density', { density: 33 }, 9],
  ])('a bad %s is refused and the old one stays in force', (_, change, code) => {
    const module = configured();
    expect(module.configure(encodeConfig({ ...baseConfig, ...change }))).toBe(code);
    expect(module.calls.next(0, RICH)).toBe(1);
  });

  test('one that changes the meaning of queued samples waits until they are gone', () => {
    const module = configured({ axes: 1 });
    module.push(0, Int32Array.of(1));
    const wider = encodeConfig({ ...baseConfig, axes: 2 });
    expect(module.configure(wider)).toBe(100);
    module.calls.next(160, RICH);
    const { boot, seq } = decoded(module.packet());
    module.calls.acked(boot, seq);
    expect(module.configure(wider)).toBe(0);
  });
});

test('the state block is all there is: a restored copy goes on exactly like the original', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.constantFrom(0, 1, 2, 3), (cut, policy) => {
      const config = { axes: 3, policy, threshold: 4000, batch: 10 };
      const original = configured(config);
      runModule(original, wave(3), [0, cut]);
      const copy = new NodeModule(image);
      copy.state().set(original.state());
      const bodies = [original, copy].map((module) => {
        const sent: string[] = [];
        runModule(module, wave(3), [cut, cut + 300], {
          onPacket: (body) => {
            sent.push(Buffer.from(body).toString('hex'));
            return true;
          },
        });
        return sent;
      });
      expect(bodies[1]).toEqual(bodies[0]);
      expect(bodies[0]!.length).toBeGreaterThan(0);
    }),
    { numRuns: 40 },
  );
});

test('a push writes nothing of the live queue: the old head stays true until the new one is stored', () => {
  const module = configured({ batch: 16 });
  runModule(module, wave(1), [0, 1000]);
  for (let slot = 1000; slot < 1200; slot++) {
    const before = module.state().slice();
    if (module.push(slot, wave(1)(slot)) !== 0) break;
    const { calls } = module;
    const [from, to] = [calls.dirtyOffset(), calls.dirtyOffset() + calls.dirtySize()];
    expect(from).toBeGreaterThanOrEqual(calls.headSize());
    const after = module.state();
    const changed = [...after.keys()].filter((i) => i >= calls.headSize() && after[i] !== before[i]);
    expect(changed.filter((i) => i < from || i >= to)).toEqual([]);
    // The old head with the new ring still forms the packet it formed before.
    const [old, mixed] = [
      before,
      Uint8Array.from([...before.subarray(0, calls.headSize()), ...after.subarray(calls.headSize())]),
    ];
    const bodies = [old, mixed].map((state) => {
      const node = new NodeModule(image);
      node.state().set(state);
      node.calls.next(slot + 200, RICH);
      return node.calls.queueLength() === 0 ? '' : Buffer.from(node.packet()).toString('hex');
    });
    expect(bodies[1]).toBe(bodies[0]);
  }
});
