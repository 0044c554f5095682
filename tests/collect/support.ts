import { mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { ClockReading } from '../../host/record/recorder.ts';
import type { PacketRecorder, SamplesMessage } from '../../host/collect/packetRecorder.ts';
import type { Fields, NodeConfig } from '../../host/link/protocol.ts';
import type { Samples } from '../../host/link/samples.ts';
import { readRecording } from '../../host/record/readRecording.ts';

/** A folder that is removed after the tests of the file. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'solstice-collect-'));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export interface Recorded {
  node: number;
  boot: number;
  seq: number;
  samples: Samples;
  fractionBits: number;
}

/** The packets of all recordings in a folder. */
export async function recordedPackets(dir: string): Promise<Recorded[]> {
  const packets: Recorded[] = [];
  for (const name of (await readdir(dir)).sort()) {
    if (!name.endsWith('.mcap')) continue;
    for await (const item of readRecording(join(dir, name))) {
      if (item.type !== 'Samples') continue;
      const { node, boot, seq } = item.message.fields;
      packets.push({ node, boot, seq, samples: item.message.samples, fractionBits: item.fractionBits });
    }
  }
  return packets;
}

/** A recorder in memory whose disk does what a test says. */
export class ScriptedRecorder implements PacketRecorder {
  readonly identities: Fields<'HELLO'>[] = [];
  readonly configurations: { node: number; config: NodeConfig }[] = [];
  readonly clocks: ClockReading[] = [];
  readonly statuses: Fields<'STATUS'>[] = [];
  /** Names of packets on the disk. */
  readonly stored = new Set<string>();
  readonly #added = new Set<string>();
  /** Stands for the disk: resolves or rejects when the write is over. */
  disk: () => Promise<void> = () => Promise.resolve();

  addIdentity(identity: Fields<'HELLO'>): void {
    this.identities.push(identity);
  }

  addConfiguration(node: number, given: NodeConfig): void {
    this.configurations.push({ node, config: given });
  }

  addClock(_node: number, clock: ClockReading): void {
    this.clocks.push(clock);
  }

  addStatus(status: Fields<'STATUS'>): void {
    this.statuses.push(status);
  }

  lastBoot(node: number): number {
    const boots = [...this.stored].map((name) => name.split(':').map(Number));
    return Math.max(0, ...boots.filter(([owner]) => owner === node).map(([, boot]) => boot!));
  }

  addSamples({ fields: { node, boot, seq } }: SamplesMessage): 'new' | 'duplicate' {
    const name = `${node}:${boot}:${seq}`;
    if (this.stored.has(name) || this.#added.has(name)) return 'duplicate';
    this.#added.add(name);
    return 'new';
  }

  async commit(): Promise<void> {
    const covered = [...this.#added];
    try {
      await this.disk();
    } catch (error) {
      this.#added.clear();
      throw error;
    }
    for (const name of covered) {
      this.stored.add(name);
      this.#added.delete(name);
    }
  }
}

/** A promise to be settled from outside. */
export function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => undefined;
  let reject = (_error: Error): void => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything that is under way in this process happen. */
export async function settle(turns = 10): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

export async function eventually(condition: () => boolean, what: string, millis = 10_000): Promise<void> {
  const deadline = Date.now() + millis;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`in vain waited for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
