import type { NodeConfig } from '../link/protocol.ts';
import { ClockEstimate } from './clockEstimate.ts';
import { SequenceTracker } from './sequenceTracker.ts';

/** Packets of one node. */
export interface NodeCounters {
  node: number;
  /** Distinct packets, and samples in them, on stable storage. */
  packets: number;
  samples: number;
  /** Packets missing between those received. */
  lost: number;
  /** Packets received again. */
  duplicates: number;
}

/** What the host knows of one node while it collects. */
export class NodeSession {
  readonly node: number;
  readonly clock = new ClockEstimate();
  readonly sequence = new SequenceTracker();
  packets = 0;
  samples = 0;
  duplicates = 0;
  /** The configuration that its packets are taken with, as far as known. */
  config: NodeConfig | undefined;
  /** One sent that the node may have refused: it would change the meaning of samples in its queue. */
  offered: NodeConfig | undefined;
  /** Host time, in Unix microseconds, of the clock exchange under way and of the last request. */
  asking: number | undefined;
  asked = -Infinity;

  constructor(node: number) {
    this.node = node;
  }

  get counters(): NodeCounters {
    const { node, packets, samples, duplicates, sequence } = this;
    return { node, packets, samples, lost: sequence.lost, duplicates };
  }
}
