import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McapWriter, type IWritable } from '@mcap/core';
import { decodeMessage } from '../../host/link/message.ts';
import { encodeSamples } from '../../host/link/samples.ts';
import { Recorder } from '../../host/record/recorder.ts';
import type { SamplesMessage } from '../../host/record/readRecording.ts';
import { fileDescriptorSet, qualifiedName, writeFields } from '../../host/record/schema.ts';
import Pbf from 'pbf';

/** How the packets of a measurement look. */
export interface PacketShape {
  packets: number;
  /** Samples per packet, and axes per sample. */
  count: number;
  axes: number;
}

/** What was written, and how long it took, the last fdatasync included. */
export interface Timing {
  seconds: number;
  packets: number;
  samples: number;
  bytes: number;
}

/** A slow walk of all axes, as a node's sensor would give it: most differences take one byte, a few two. */
export function makePackets({ packets, count, axes }: PacketShape, node = 1): SamplesMessage[] {
  const values = new Int32Array(count * axes);
  let slot = 0;
  return Array.from({ length: packets }, (_, seq) => {
    const slots = Uint32Array.from({ length: count }, () => (slot += 1 + (slot % 3)));
    for (let i = 0; i < values.length; i++) {
      values[i] = Math.round(
        2000 * Math.sin((seq * count + i / axes) / 40 + (i % axes)) + 8 * Math.sin(i * 7.3),
      );
    }
    const message = decodeMessage(encodeSamples(node, 1, seq, { axes, slots, values }));
    if (typeof message === 'string' || message.name !== 'SAMPLES') throw new Error('no packet');
    return message;
  });
}

/** The recorder, with a commit after every `perCommit` packets; `sync` false leaves out fdatasync. */
export async function timeRecorder(
  packets: readonly SamplesMessage[],
  { perCommit, sync }: { perCommit: number; sync: boolean },
): Promise<Timing> {
  return inScratch(async (dir) => {
    const recorder = await Recorder.open({ dir, origin: 'simulated', sync });
    const receivedAt = BigInt(Date.now()) * 1_000_000n;
    const start = performance.now();
    for (let i = 0; i < packets.length; i++) {
      recorder.addSamples(packets[i]!, receivedAt);
      if ((i + 1) % perCommit === 0) await recorder.commit();
    }
    await recorder.commit();
    const seconds = (performance.now() - start) / 1000;
    const { bytes } = recorder.counters;
    await recorder.close();
    return timing(packets, seconds, bytes);
  });
}

/**
 * The stock McapWriter alone, without chunks, indexes or fdatasync: `protobuf` encodes the same fields as the
 * recorder, `packet` stores each body as it is.
 */
export async function timeRawWriter(
  packets: readonly SamplesMessage[],
  { content }: { content: 'protobuf' | 'packet' },
): Promise<Timing> {
  return inScratch(async (dir) => {
    const path = join(dir, 'raw.mcap');
    const handle = await open(path, 'wx');
    let length = 0;
    const writable: IWritable = {
      position: () => BigInt(length),
      write: async (bytes) => {
        length += bytes.length;
        await handle.write(bytes);
      },
    };
    const none = { useChunks: false, useMessageIndex: false, useChunkIndex: false };
    const writer = new McapWriter({ writable, ...none });
    const logTime = BigInt(Date.now()) * 1_000_000n;
    const start = performance.now();
    await writer.start({ profile: '', library: 'bench' });
    const data = fileDescriptorSet('Samples');
    const schemaId = await writer.registerSchema({
      name: qualifiedName('Samples'),
      encoding: 'protobuf',
      data,
    });
    const channel = {
      topic: '/samples',
      schemaId,
      messageEncoding: 'protobuf',
      metadata: new Map<string, string>(),
    };
    const channelId = await writer.registerChannel(channel);
    const pbf = new Pbf(new Uint8Array(4096));
    for (let i = 0; i < packets.length; i++) {
      const { fields, samples, body } = packets[i]!;
      let bytes = body;
      if (content === 'protobuf') {
        pbf.pos = 0;
        writeFields(
          'Samples',
          { ...fields, slots: samples.slots, values: samples.values, packet: body },
          pbf,
        );
        bytes = pbf.buf.subarray(0, pbf.pos);
      }
      await writer.addMessage({ channelId, sequence: i, logTime, publishTime: logTime, data: bytes });
    }
    await writer.end();
    await handle.datasync();
    const seconds = (performance.now() - start) / 1000;
    await handle.close();
    return timing(packets, seconds, (await stat(path)).size);
  });
}

function timing(packets: readonly SamplesMessage[], seconds: number, bytes: number): Timing {
  const samples = packets.reduce((sum, { samples: { slots } }) => sum + slots.length, 0);
  return { seconds, packets: packets.length, samples, bytes };
}

async function inScratch<T>(body: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'solstice-bench-'));
  try {
    return await body(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}
