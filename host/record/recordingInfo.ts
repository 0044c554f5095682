import { loadCalibration, type AxisCalibration } from './calibration.ts';
import { Intervals } from './intervals.ts';
import { readRecording, type StoredSession, type Verdict } from './readRecording.ts';
import { nodeHex, type Stores } from './schema.ts';

/** What a recording says of one node. Facts are the last ones in the file, null where it has none. */
export interface NodeInfo {
  /** 8 hex digits. */
  node: string;
  boots: number;
  packets: number;
  samples: number;
  /** Packets that are not here although later ones of the same boot are. */
  missingPackets: number;
  axes: number;
  firstSlot: number | null;
  lastSlot: number | null;
  statusReports: number;
  protocol: number | null;
  firmware: string | null;
  module: string | null;
  configuration: Stores<'Configuration'> | null;
  calibration: AxisCalibration[] | null;
  clock: Stores<'Clock'> | null;
}

export interface RecordingInfo {
  path: string;
  session: StoredSession | null;
  verdict: Verdict;
  /** First and last reception, ISO 8601 UTC; null when nothing was received. */
  firstReceived: string | null;
  lastReceived: string | null;
  packets: number;
  samples: number;
  nodes: NodeInfo[];
}

interface Tally {
  info: NodeInfo;
  seqs: Map<number, Intervals>;
  calibration: Stores<'Calibration'> | undefined;
}

/** Reads a whole recording and sums it up. Memory grows with nodes, boots and gaps, not with its length. */
export async function recordingInfo(path: string): Promise<RecordingInfo> {
  const tallies = new Map<number, Tally>();
  let session: StoredSession | null = null;
  let verdict: Verdict | undefined;
  let first: bigint | undefined;
  let last: bigint | undefined;
  for await (const item of readRecording(path)) {
    if (item.type === 'Session') session = item.session;
    else if (item.type === 'Verdict') verdict = item.verdict;
    else {
      if (first === undefined || item.logTime < first) first = item.logTime;
      if (last === undefined || item.logTime > last) last = item.logTime;
      const node = item.type === 'Samples' ? item.message.fields.node : item.fields.node;
      let tally = tallies.get(node);
      if (!tally) {
        tally = { info: emptyInfo(node), seqs: new Map(), calibration: undefined };
        tallies.set(node, tally);
      }
      const { info } = tally;
      if (item.type === 'Samples') {
        const { boot, seq } = item.message.fields;
        const { axes, slots } = item.message.samples;
        let seqs = tally.seqs.get(boot);
        if (!seqs) tally.seqs.set(boot, (seqs = new Intervals()));
        seqs.add(seq);
        info.packets++;
        info.samples += slots.length;
        info.axes = Math.max(info.axes, axes);
        info.firstSlot = Math.min(info.firstSlot ?? slots[0]!, slots[0]!);
        info.lastSlot = Math.max(info.lastSlot ?? 0, slots.at(-1)!);
      } else if (item.type === 'Identity') {
        info.protocol = item.fields.protocol;
        info.firmware = item.fields.firmware;
        info.module = item.fields.module;
      } else if (item.type === 'Configuration') {
        info.configuration = item.fields;
        info.axes = Math.max(info.axes, item.fields.axes);
      } else if (item.type === 'Calibration') tally.calibration = item.fields;
      else if (item.type === 'Clock') info.clock = item.fields;
      else info.statusReports++;
    }
  }
  const nodes = [...tallies.entries()].sort(([a], [b]) => a - b).map(([, tally]) => finish(tally));
  return {
    path,
    session,
    verdict: verdict!,
    firstReceived: first === undefined ? null : isoTime(first),
    lastReceived: last === undefined ? null : isoTime(last),
    packets: nodes.reduce((sum, { packets }) => sum + packets, 0),
    samples: nodes.reduce((sum, { samples }) => sum + samples, 0),
    nodes,
  };
}

function emptyInfo(node: number): NodeInfo {
  return {
    node: nodeHex(node),
    boots: 0,
    packets: 0,
    samples: 0,
    missingPackets: 0,
    axes: 0,
    firstSlot: null,
    lastSlot: null,
    statusReports: 0,
    protocol: null,
    firmware: null,
    module: null,
    configuration: null,
    calibration: null,
    clock: null,
  };
}

function finish({ info, seqs, calibration }: Tally): NodeInfo {
  info.boots = seqs.size;
  for (const intervals of seqs.values()) info.missingPackets += intervals.count().missing;
  if (calibration) info.calibration = loadCalibration(calibration, calibration.scale.length);
  return info;
}

/** ISO 8601, UTC, to the microsecond: `2026-01-31T23:59:59.000123Z`. */
export function isoTime(unixNanos: bigint): string {
  const micros = unixNanos / 1000n;
  const seconds = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(micros % 1_000_000n).toString().padStart(6, '0')}Z`;
}
