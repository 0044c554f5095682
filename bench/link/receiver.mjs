/** The host's end: one process, pinned to one core by whoever starts it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { Collector } from '../../dist/host/collect/collector.js';
import { decodeMessage } from '../../dist/host/link/message.js';
import { SerialTransport } from '../../dist/host/link/serial.js';
import { Recorder } from '../../dist/host/record/recorder.js';
import { RecordingFile } from '../../dist/host/record/recordingFile.js';
import { RecordingWriter } from '../../dist/host/record/recordingWriter.js';
import { BOOT, NODE, SAMPLES_PER_PACKET, bodyOf, frameOf } from './packets.mjs';

const [path, folder] = process.argv.slice(2);
const TEMPLATES = 512;
const SAMPLE_MILLIS = 1000;

const port = await SerialTransport.open(path);
/** A round leaves the port open for the next. */
const lent = {
  name: path,
  write: (bytes) => port.write(bytes),
  onData: (receiver) => port.onData(receiver),
  onState: (receiver) => port.onState(receiver),
  pause: () => port.pause(),
  resume: () => port.resume(),
  close: () => Promise.resolve(),
};
port.onData(() => undefined);

/** Seconds of wall clock and of this process' CPU while `work` ran; `work` resolves with when it began. */
async function timed(work) {
  const before = process.cpuUsage();
  const started = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

async function pipeline({ packets, window }) {
  const dir = await mkdtemp(join(folder, 'pipeline-'));
  const recorder = await Recorder.open({ dir, origin: 'simulated', title: 'bench' });
  const collector = new Collector({ recorder });
  const result = await timed(async () => {
    let started;
    await new Promise((resolve) => {
      let left = packets;
      collector.on('samples', () => {
        if (--left === 0) resolve();
      });
      collector.attach({
        ...lent,
        onData: (receiver) =>
          port.onData((chunk) => {
            started ??= performance.now();
            receiver(chunk);
          }),
      });
      process.send({ start: { mode: 'window', packets, window } });
    });
    return started;
  });
  await collector.close();
  const { lost, duplicates } = collector.counters();
  const { packets: recorded, commits, bytes } = recorder.counters;
  await recorder.close();
  await rm(dir, { recursive: true });
  if (recorded !== packets || lost > 0) throw new Error(`${recorded} of ${packets} packets, ${lost} lost`);
  return { ...result, commits, bytes, duplicates };
}

async function raw({ packets }) {
  let left = 0;
  for (let seq = 0; seq < packets; seq++) left += lengths[seq % TEMPLATES];
  return timed(async () => {
    let started;
    await new Promise((resolve) => {
      port.onData((chunk) => {
        started ??= performance.now();
        left -= chunk.length;
        // Lengths repeat up to a stuffing byte or a longer number: the last packet's worth is not waited for.
        if (left <= packets) resolve();
      });
      process.send({ start: { mode: 'raw', packets } });
    });
    return started;
  });
}

const templates = Array.from({ length: TEMPLATES }, (_, seq) => {
  const message = decodeMessage(bodyOf(seq));
  return { ...message, body: message.body.slice() };
});
const lengths = Array.from({ length: TEMPLATES }, (_, seq) => frameOf(seq).length);

/** The writer alone: decoded records in, one file out, the next batch encoded while the last one is synced. */
async function writer({ packets, batch }) {
  const dir = await mkdtemp(join(folder, 'writer-'));
  const facts = { id: 'bench', title: 'bench', origin: 'simulated', started: Date.now() };
  const file = await RecordingFile.create(join(dir, 'bench.mcap'), RecordingWriter.preamble(facts, 'bench'));
  const records = new RecordingWriter();
  const result = await timed(async () => {
    const started = performance.now();
    let writing = Promise.resolve();
    for (let seq = 0; seq < packets;) {
      for (const end = Math.min(packets, seq + batch); seq < end; seq++) {
        const { fields, samples, body } = templates[seq % TEMPLATES];
        const { slot, axes } = fields;
        const { slots, values } = samples;
        const receivedAt = BigInt(Date.now()) * 1_000_000n;
        const stored = { node: NODE, boot: BOOT, seq, slot, axes, packet: body, slots, values };
        records.add('Samples', NODE, stored, receivedAt);
      }
      await writing;
      const taken = records.take();
      writing = file.append(taken.bytes).then(() => records.settle(taken));
    }
    await writing;
    return started;
  });
  const bytes = file.length;
  await file.close();
  await rm(dir, { recursive: true });
  return { ...result, bytes, commits: Math.ceil(packets / batch) };
}

let ending;
/** Collects until told to end; reports memory every second. */
async function soak() {
  const dir = await mkdtemp(join(folder, 'soak-'));
  const recorder = await Recorder.open({ dir, origin: 'simulated', title: 'soak' });
  const collector = new Collector({ recorder });
  collector.attach(lent);
  const memory = [];
  const timer = setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    memory.push({ rss, heapUsed });
  }, SAMPLE_MILLIS);
  process.send({ soaking: true });
  await new Promise((resolve) => (ending = resolve));
  clearInterval(timer);
  await collector.close();
  const { lost, duplicates, packets, samples } = collector.counters();
  const { bytes } = recorder.counters;
  await recorder.close();
  await rm(dir, { recursive: true });
  return { memory, lost, duplicates, packets, samples, bytes };
}

const modes = { pipeline, raw, writer, soak };
process.on('message', async (order) => {
  if (order.end) {
    await port.close();
    process.exit();
  }
  if (order.finish) return ending();
  const result = await modes[order.mode](order);
  port.onData(() => undefined);
  process.send({ result: { ...result, samples: result.samples ?? order.packets * SAMPLES_PER_PACKET } });
});
process.send({ ready: true });
