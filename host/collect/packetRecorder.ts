import type { Message } from '../link/message.ts';
import type { Fields, NodeConfig } from '../link/protocol.ts';
import type { ClockReading } from '../record/recorder.ts';

export type SamplesMessage = Extract<Message, { name: 'SAMPLES' }>;

/** What the collector needs of a recorder. Times are when the host received something, in Unix nanoseconds. */
export interface PacketRecorder {
  addIdentity(identity: Fields<'HELLO'>, receivedAt: bigint): void;
  addConfiguration(node: number, config: NodeConfig, receivedAt: bigint): void;
  addClock(node: number, clock: ClockReading, receivedAt: bigint): void;
  addStatus(status: Fields<'STATUS'>, receivedAt: bigint): void;
  /** The greatest boot number of the node's recorded packets, 0 if there are none. */
  lastBoot(node: number): number;
  /** Copies `message.body`. */
  addSamples(message: SamplesMessage, receivedAt: bigint): 'new' | 'duplicate';
  /**
   * Resolves when everything added before the call is on stable storage. When it rejects, whatever is not there by
   * then is forgotten.
   */
  commit(): Promise<void>;
}
