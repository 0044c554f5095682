import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LiveStore } from '../../host/app/liveStore.ts';
import type { LiveMessage } from '../../host/server/events.ts';
import { LiveHistory } from '../../host/server/liveHistory.ts';
import { FakeFeed } from './fakeFeed.ts';

function contents(store: LiveStore): unknown {
  const nodes = [...store.nodes].map(([node, { samples, queue, late }]) => [
    node,
    samples.rows,
    queue.rows,
    late,
  ]);
  const { run, counters, summary, firstSlot, lastSlot } = store;
  return {
    run,
    counters,
    summary,
    firstSlot,
    lastSlot,
    truth: store.truth.rows,
    power: store.power.rows,
    nodes,
  };
}

test('a history and what follows give the same contents as having been there from the start', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 0, max: 300 }), (seed, joined) => {
      const feed = new FakeFeed(seed);
      const events = [feed.run, ...feed.next(10), ...feed.next(10), feed.end()];
      const history = new LiveHistory(10_000);
      const early = new LiveStore();
      const late = new LiveStore();
      events.forEach((event, index) => {
        if (index === joined) late.apply(history.message());
        history.add(event);
        early.apply([event]);
        if (index >= joined) late.apply([event]);
      });
      if (joined >= events.length) late.apply(history.message());
      expect(contents(late)).toEqual(contents(early));
      // Another history, as after a lost connection, adds nothing.
      late.apply(history.message());
      expect(contents(late)).toEqual(contents(early));
    }),
    { numRuns: 30 },
  );
});

test('memory is bounded however long the run and however many the nodes, and the store says that it thinned', () => {
  const store = new LiveStore({ limit: 1000 });
  store.apply([new FakeFeed().run]);
  expect(store.thinned).toBe(false);
  for (let slot = 0; slot < 100_000; slot++) {
    const node = slot % 100;
    const message: LiveMessage = [
      { type: 'truth', slots: [slot], values: [[1]] },
      { type: 'samples', node, slots: [slot], values: [[1]], late: 0 },
      { type: 'power', slot, volts: 3, on: true, ledger: {}, parts: {} },
      { type: 'queue', slot, node, length: 0, oldestAge: 0 },
    ];
    store.apply(message);
  }
  expect(store.truth.rows.length).toBeLessThanOrEqual(1000);
  expect(store.power.rows.length).toBeLessThanOrEqual(1000);
  expect(store.nodes.size).toBe(64);
  for (const { samples, queue } of store.nodes.values()) {
    expect(samples.rows.length).toBeLessThanOrEqual(1000);
    expect(queue.rows.length).toBeLessThanOrEqual(1000);
  }
  expect(store.thinned).toBe(true);
  expect([store.firstSlot, store.lastSlot]).toEqual([0, 99_999]);
});

test('a thinned history is told; the next run starts whole', () => {
  const store = new LiveStore();
  const { run } = new FakeFeed();
  store.apply([{ type: 'history', thinned: true }, run]);
  expect(store.thinned).toBe(true);
  store.apply([{ ...run, title: 'the next' }]);
  expect(store.thinned).toBe(false);
});

test('the history of a host without a run empties the store', () => {
  const store = new LiveStore();
  const feed = new FakeFeed();
  store.apply([feed.run, ...feed.next(5), feed.end()]);
  store.apply(new LiveHistory(10).message());
  expect(contents(store)).toEqual(contents(new LiveStore()));
});
