import { writeSync } from 'node:fs';
import { Recorder } from '../../host/record/recorder.ts';
import { packet } from './samplePackets.ts';

/**
 * A recording host to be killed: `recordingProcess.ts DIR FIRST`. Records packets of three nodes from sequence
 * number FIRST on, without end, and says `NODE SEQ new|duplicate` once a packet may be acknowledged.
 */
const [dir, first] = process.argv.slice(2) as [string, string];
const recorder = await Recorder.open({ dir, origin: 'simulated' });
writeSync(1, `open ${recorder.restored.length}\n`);

async function recordNode(node: number): Promise<never> {
  for (let seq = Number(first); ; seq++) {
    const outcome = recorder.addSamples(packet(node, 1, seq), BigInt(Date.now()) * 1_000_000n);
    await recorder.commit();
    writeSync(1, `${node} ${seq} ${outcome}\n`);
  }
}
await Promise.all([1, 2, 3].map(recordNode));
