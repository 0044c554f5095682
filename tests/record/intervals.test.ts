import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Intervals, type Interval } from '../../host/record/intervals.ts';
import { ReceivedPackets, type IntervalStore } from '../../host/record/receivedPackets.ts';

test('intervals hold the same members as a set, merged', () => {
  const range = fc.record({ first: fc.nat(60), length: fc.nat(6) });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
      const intervals = new Intervals();
      const set = new Set<number>();
      for (const { first, length } of ranges) {
        intervals.add(first, first + length);
        for (let value = first; value <= first + length; value++) set.add(value);
      }
      for (let value = -1; value < 70; value++) expect(intervals.has(value)).toBe(set.has(value));
      const list = [...intervals];
      for (let i = 1; i < list.length; i++) expect(list[i]!.first).toBeGreaterThan(list[i - 1]!.last + 1);
      const span = set.size === 0 ? 0 : Math.max(...set) - Math.min(...set) + 1;
      expect(intervals.count()).toEqual({ members: set.size, missing: span - set.size });
    }),
  );
});

test('a packet sequence without gaps is one interval, up to the last number', () => {
  const intervals = new Intervals([{ first: 0xfffffff0, last: 0xfffffffe }]);
  intervals.add(0xffffffff);
  for (let seq = 0; seq < 10_000; seq++) intervals.add(seq);
  expect([...intervals]).toEqual([
    { first: 0, last: 9999 },
    { first: 0xfffffff0, last: 0xffffffff },
  ]);
});

class MemoryStore implements IntervalStore {
  readonly saved = new Map<string, Interval[]>();
  broken = false;

  load(node: number, boot: number): readonly Interval[] {
    return this.saved.get(`${node}:${boot}`) ?? [];
  }

  save(node: number, boot: number, intervals: Iterable<Interval>): void {
    if (this.broken) throw new Error('full');
    this.saved.set(`${node}:${boot}`, [...intervals]);
  }

  lastBoot(node: number): number {
    const boots = [...this.saved.keys()].map((key) => key.split(':').map(Number));
    return Math.max(0, ...boots.filter(([owner]) => owner === node).map(([, boot]) => boot!));
  }
}

test('received packets are known whatever was moved out of memory', () => {
  const step = fc.record({ node: fc.nat(3), boot: fc.nat(3), seq: fc.nat(12), broken: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const store = new MemoryStore();
      const received = new ReceivedPackets(store, { limit: 12 });
      const set = new Set<string>();
      for (const { node, boot, seq, broken } of steps) {
        store.broken = broken;
        expect(received.has(node, boot, seq)).toBe(set.has(`${node}:${boot}:${seq}`));
        received.add(node, boot, seq);
        set.add(`${node}:${boot}:${seq}`);
      }
      store.broken = false;
      received.saveChanged();
      const again = new ReceivedPackets(store);
      for (const name of set) {
        const [node, boot, seq] = name.split(':').map(Number) as [number, number, number];
        expect(again.has(node, boot, seq)).toBe(true);
      }
    }),
  );
});

test('memory stays bounded over many boots', () => {
  const received = new ReceivedPackets(new MemoryStore(), { limit: 100 });
  for (let boot = 0; boot < 1000; boot++) received.add(1, boot, 0);
  expect(received.size).toBeLessThanOrEqual(25);
  expect(received.has(1, 3, 0)).toBe(true);
});
