import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Collector } from '../../host/collect/collector.ts';
import { createVirtualLink } from '../../host/link/virtual.ts';
import { ScriptedNode } from './scriptedNode.ts';
import { ScriptedRecorder, settle } from './support.ts';

/** What a test does next: sends packets, lets the disk finish the write under way well or badly, or lets things happen. */
const anyStep = fc.oneof(
  fc.record({ send: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 6 }) }),
  fc.record({ disk: fc.constantFrom<'well' | 'badly'>('well', 'well', 'badly') }),
  fc.record({ turns: fc.integer({ min: 1, max: 4 }) }),
);

test('under any order of packets, repetitions and disk failures: acknowledged is stored, and the books agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
      const recorder = new ScriptedRecorder();
      const collector = new Collector({ recorder, maxPendingBytes: 300 });
      const [host, end] = createVirtualLink();
      collector.attach(host);
      const node = ScriptedNode.one(end);
      const told = new Set<number>();
      const wrong: string[] = [];
      collector.on('samples', ({ seq }) => {
        if (told.has(seq)) wrong.push(`${seq} told twice`);
        if (!recorder.stored.has(`7:1:${seq}`)) wrong.push(`${seq} told before it was stored`);
        told.add(seq);
      });
      const writes: { end: (well: boolean) => void }[] = [];
      recorder.disk = () =>
        new Promise((resolve, reject) => {
          writes.push({ end: (well) => (well ? resolve() : reject(new Error('the disk is full'))) });
        });
      const check = (): void => {
        for (const seq of node.acknowledged) expect(recorder.stored).toContain(`7:1:${seq}`);
      };
      for (const step of steps) {
        if ('send' in step) await node.send(...step.send);
        else if ('disk' in step) writes.shift()?.end(step.disk === 'well');
        else await settle(step.turns);
        check();
      }
      recorder.disk = () => Promise.resolve();
      for (const write of writes) write.end(true);
      await settle();
      // The disk works again: the node repeats what is missing, and all of it arrives.
      for (let seq = 0; seq <= 15; seq++) {
        if (!node.acknowledged.has(seq)) await node.send(seq);
        await settle(3);
      }
      await settle();
      check();
      expect(node.acknowledged.size).toBe(16);
      expect(wrong).toEqual([]);
      expect(told.size).toBe(16);
      expect(collector.counters()).toMatchObject({ packets: 16, lost: 0 });
    }),
    { numRuns: 200 },
  );
});
