import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SequenceTracker } from '../../host/collect/sequenceTracker.ts';

function lostOf(seqs: readonly number[]): number {
  const tracker = new SequenceTracker();
  for (const seq of seqs) tracker.note(1, seq);
  return tracker.lost;
}

test('what is missing between the least and the greatest number is lost, in whatever order the others come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 80 }), (seqs) => {
      const seen = new Set(seqs);
      expect(lostOf(seqs)).toBe(Math.max(...seqs) - Math.min(...seqs) + 1 - seen.size);
    }),
  );
});

test('the same over the whole range of 32 bits', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1 }), (seqs) => {
      expect(lostOf(seqs)).toBe(Math.max(...seqs) - Math.min(...seqs) + 1 - new Set(seqs).size);
    }),
  );
});

test('a packet that comes late is lost no more', () => {
  expect(lostOf([10, 12])).toBe(1);
  expect(lostOf([10, 12, 11])).toBe(0);
  expect(lostOf([10, 12, 11, 11, 10, 12])).toBe(0);
});

test('a packet of an earlier boot, sent again after a power failure, closes its gap', () => {
  const tracker = new SequenceTracker();
  tracker.note(1, 5);
  tracker.note(2, 7);
  expect(tracker.lost).toBe(1);
  tracker.note(1, 6);
  expect(tracker.lost).toBe(0);
});

test('an erased node counts from the start again, and nothing of that is lost', () => {
  const tracker = new SequenceTracker();
  tracker.note(20, 1000);
  tracker.note(20, 1002);
  tracker.booted(21);
  tracker.note(21, 1003);
  tracker.booted(1);
  tracker.note(1, 0);
  tracker.note(1, 1);
  expect(tracker.lost).toBe(1);
  tracker.note(1, 3);
  expect(tracker.lost).toBe(2);
});

test('ever new gaps take bounded time, and all are counted', () => {
  expect(lostOf(Array.from({ length: 50_000 }, (_, i) => 2 * i))).toBe(49_999);
  expect(lostOf(Array.from({ length: 20_000 }, (_, i) => 2 * (20_000 - i)))).toBe(19_999);
});
