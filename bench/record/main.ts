import { makePackets, timeRawWriter, timeRecorder, type Timing } from './writers.ts';

/**
 * `node --import ./tests/support/typescript.mjs bench/record/main.ts`: the recorder beside the stock MCAP writer, in
 * packets and samples per second, best of three. One JSON object per line.
 */
const shape = { packets: 20_000, count: 60, axes: 3 };
const packets = makePackets(shape);
const few = packets.slice(0, 2000);

async function report(name: string, measure: () => Promise<Timing>): Promise<void> {
  const runs = [await measure(), await measure(), await measure()];
  const {
    seconds,
    packets: written,
    samples,
    bytes,
  } = runs.reduce((a, b) => (a.seconds < b.seconds ? a : b));
  const rates = {
    packetsPerSecond: Math.round(written / seconds),
    samplesPerSecond: Math.round(samples / seconds),
  };
  console.log(JSON.stringify({ name, ...rates, bytesPerPacket: Math.round(bytes / written) }));
}

await report('stock writer, packet bodies', () => timeRawWriter(packets, { content: 'packet' }));
await report('stock writer, protobuf', () => timeRawWriter(packets, { content: 'protobuf' }));
for (const perCommit of [1000, 100, 10, 1]) {
  const some = perCommit < 100 ? few : packets;
  await report(`recorder, ${perCommit} packets a commit, no fdatasync`, () =>
    timeRecorder(some, { perCommit, sync: false }),
  );
  await report(`recorder, ${perCommit} packets a commit, fdatasync`, () =>
    timeRecorder(some, { perCommit, sync: true }),
  );
}
