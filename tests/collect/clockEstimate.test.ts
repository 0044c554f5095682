import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClockEstimate, readClock } from '../../host/collect/clockEstimate.ts';

const slotMicros = 10_000;
/** The clock of a node: host time in microseconds at which its slot 0 began. */
const ORIGIN = 1_767_268_800_000_000;

function exchange(
  askedMicros: number,
  there: number,
  back: number,
  origin = ORIGIN,
): Parameters<typeof readClock>[0] {
  const nodeMicros = askedMicros + there - origin;
  const slot = Math.floor(nodeMicros / slotMicros);
  return {
    askedMicros,
    answeredMicros: askedMicros + there + back,
    slot,
    micros: nodeMicros - slot * slotMicros,
    slotMicros,
  };
}

test('the offset is wrong by no more than half the round trip', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 0, max: 1e6 }),
      (after, there, back) => {
        const { offsetMicros, roundTripMicros } = readClock(exchange(ORIGIN + after, there, back));
        expect(roundTripMicros).toBe(there + back);
        expect(Math.abs(offsetMicros - ORIGIN)).toBeLessThanOrEqual((there + back) / 2 + 1);
      },
    ),
  );
});

test('of recent readings the one with the shortest round trip counts', () => {
  const clock = new ClockEstimate();
  const at = ORIGIN + 1_000_000;
  const add = (askedMicros: number, there: number, back: number) => {
    const asked = exchange(askedMicros, there, back);
    return clock.add(readClock(asked), asked.answeredMicros);
  };
  expect(add(at, 5000, 100).offsetMicros).toBe(ORIGIN - 2450);
  expect(add(at + 60e6, 300, 300).offsetMicros).toBe(ORIGIN);
  expect(add(at + 120e6, 200, 9000).offsetMicros).toBe(ORIGIN);
});

test('a clock that was set anew is believed at once', () => {
  const clock = new ClockEstimate();
  const first = exchange(ORIGIN + 1e6, 10, 10);
  clock.add(readClock(first), first.answeredMicros);
  const moved = exchange(ORIGIN + 61e6, 4000, 4000, ORIGIN + 30e6);
  expect(clock.add(readClock(moved), moved.answeredMicros).offsetMicros).toBe(ORIGIN + 30e6);
});

test('a good reading does not outlive the drift of crystals for ever', () => {
  const clock = new ClockEstimate();
  let asked = exchange(ORIGIN + 1e6, 1, 1);
  clock.add(readClock(asked), asked.answeredMicros);
  for (let minute = 1; minute <= 8; minute++) {
    asked = exchange(ORIGIN + minute * 60e6, 500, 500, ORIGIN + minute * 1000);
    clock.add(readClock(asked), asked.answeredMicros);
  }
  expect(clock.best?.offsetMicros).toBe(ORIGIN + 8000);
});
