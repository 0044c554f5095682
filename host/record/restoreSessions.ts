import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { parseTopic } from './parseRecord.ts';
import { readRecording, type Verdict } from './readRecording.ts';
import { ReceivedPackets } from './receivedPackets.ts';
import { RecordingFile } from './recordingFile.ts';
import { RecordingWriter } from './recordingWriter.ts';
import type { NodeFacts, RecordingIndex, SessionRow } from './recordingIndex.ts';
import { scanRecording, type ScanEnd } from './scanRecording.ts';

/** A session that the index did not know as ended, as it was found. */
export interface RestoredSession extends SessionRow {
  verdict?: Verdict;
}

interface SeenNode extends NodeFacts {
  from: number;
  to: number;
}

/**
 * Brings the index up to date with the recordings in `dir`: reads every file that it does not know as ended (all of
 * them after the index was lost), makes it durable, and properly ends those that a killed host left behind. Bytes
 * that verify are never changed; only a record that the end of the file cuts off is dropped.
 */
export async function restoreSessions(dir: string, index: RecordingIndex): Promise<RestoredSession[]> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.mcap')).sort();
  const restored: RestoredSession[] = [];
  for (const row of index.sessions()) {
    if (row.state === 'open' && !files.includes(row.file)) {
      restored.push({ ...row, state: 'missing' });
      index.putSession({ ...row, state: 'missing' });
    }
  }
  for (const file of files) {
    const row = index.session(file);
    if (!row || row.state === 'open') restored.push(await restoreSession(dir, file, index));
  }
  return restored;
}

async function restoreSession(dir: string, file: string, index: RecordingIndex): Promise<RestoredSession> {
  const path = join(dir, file);
  const received = new ReceivedPackets(index);
  const nodes = new Map<number, SeenNode>();
  const row: RestoredSession = {
    id: file.replace(/\.mcap$/, ''),
    file,
    started: 0,
    ended: null,
    packets: 0,
    samples: 0,
    state: 'foreign',
  };
  const items = readRecording(path);
  let ours = false;
  let step;
  try {
    for (step = await items.next(); !step.done; step = await items.next()) {
      const item = step.value;
      if (item.type === 'Verdict') {
        row.verdict = item.verdict;
        continue;
      }
      ours = true;
      if (item.type === 'Session') {
        row.started = Date.parse(item.session.started) || 0;
        continue;
      }
      const millis = Number(item.logTime / 1_000_000n);
      row.ended = Math.max(row.ended ?? 0, millis);
      const node = item.type === 'Samples' ? item.message.fields.node : item.fields.node;
      const seen = nodes.get(node) ?? { from: millis, to: millis };
      nodes.set(node, seen);
      seen.from = Math.min(seen.from, millis);
      seen.to = Math.max(seen.to, millis);
      if (item.type === 'Samples') {
        row.packets++;
        row.samples += item.message.samples.slots.length;
        received.add(node, item.message.fields.boot, item.message.fields.seq);
      } else if (item.type === 'Identity') seen.identity = item.fields;
      else if (item.type === 'Configuration') seen.configuration = item.fields;
      else if (item.type === 'Calibration') seen.calibration = item.fields;
      else if (item.type === 'Clock') seen.clock = item.fields;
    }
    if (ours) row.state = await makeDurable(path, step.value, row.verdict!);
  } catch (error) {
    // An MCAP file of another program; whatever else is wrong must be seen to first.
    if (!(error instanceof UserError) || error.cause !== undefined) throw error;
  }
  index.transaction(() => {
    received.saveChanged();
    for (const [node, { from, to, ...facts }] of nodes)
      index.putNode(node, from, to, olderOnly(index, node, to, facts));
    index.putSession(row);
  });
  return row;
}

/** Facts of a session that ended before the node was last seen only fill gaps. */
function olderOnly(index: RecordingIndex, node: number, to: number, facts: NodeFacts): NodeFacts {
  const known = index.node(node);
  if (!known || known.lastSeen <= to) return facts;
  return Object.fromEntries(
    Object.entries(facts).filter(([name]) => known[name as keyof NodeFacts] === undefined),
  );
}

/** The file's state, once its content is on stable storage and, where it was cut, ended. */
async function makeDurable(path: string, end: ScanEnd, verdict: Verdict): Promise<SessionRow['state']> {
  if (verdict.state === 'cut' && end.torn && !end.dataEnded) {
    await endRecording(path, end);
    return 'recovered';
  }
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return verdict.state === 'complete' ? 'closed' : 'damaged';
}

async function endRecording(path: string, end: ScanEnd): Promise<void> {
  const writer = new RecordingWriter();
  for await (const item of scanRecording(path)) {
    if (item.kind !== 'record') continue;
    const { record } = item;
    if (record.kind === 'channel') {
      const topic = parseTopic(record.topic);
      if (topic) writer.adoptChannel(record.id, record.topic, topic.type);
    } else if (record.kind === 'message') writer.adoptMessage(record.channelId, record.logTime);
  }
  const file = await RecordingFile.resume(path, end.end, end.crc);
  try {
    await file.append(writer.ending(end.end, end.crc));
  } finally {
    await file.close();
  }
}
