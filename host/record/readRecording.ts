import { UserError } from '../errors.ts';
import { decodeMessage, type Message } from '../link/message.ts';
import { parseTopic, type ParsedRecord } from './parseRecord.ts';
import { PROFILE, SESSION_METADATA } from './recordingWriter.ts';
import { scanRecording, type ScanEnd, type ScanItem } from './scanRecording.ts';
import { readFields, type SchemaName, type Stores } from './schema.ts';

/** A decoded SAMPLES message. */
export type SamplesMessage = Extract<Message, { name: 'SAMPLES' }>;

/** The session's facts as the file states them. */
export interface StoredSession {
  id: string;
  title: string;
  origin: string;
  /** ISO 8601, UTC. */
  started: string;
}

/** What reading a whole file showed. */
export interface Verdict {
  /** `cut`: ends before it was closed (a killed host, a torn copy). `damaged`: bytes in it do not verify. */
  state: 'complete' | 'cut' | 'damaged';
  bytes: number;
  /** Where verified bytes end, in a file that was not closed. */
  cutAt?: number;
  /** Places where something does not verify or contradicts itself. */
  damagedPlaces: number;
  /** Bytes that belong to no verified record, a cut tail included. */
  lostBytes: number;
  /** Messages known to be missing: gaps in the sequence numbers, and what the closing statistics miss. */
  lostMessages: number;
}

interface Common {
  /** Unix nanoseconds: reception by the host, and the node's time of the (first) sample where its clock is known. */
  logTime: bigint;
  publishTime: bigint;
  /** The encoded fields, as stored, without their CRC: a view valid until the next record is asked for. */
  encoded: Uint8Array;
}

export type StoredMessage = {
  [N in Exclude<SchemaName, 'Samples'>]: { type: N; fields: Stores<N> } & Common;
}[Exclude<SchemaName, 'Samples'>];

/** A packet; `message` is decoded from the packet itself, `message.body` is valid until the next record is asked for. */
export type StoredSamples = { type: 'Samples'; message: SamplesMessage; fractionBits: number } & Common;

export type RecordingItem =
  | { type: 'Session'; session: StoredSession }
  | StoredSamples
  | StoredMessage
  /** Always the last item, and only there. */
  | { type: 'Verdict'; verdict: Verdict };

/** `slots` and `values` repeat the packet. */
const REPEATED: ReadonlySet<string> = new Set(['slots', 'values']);
const NOTHING: ReadonlySet<string> = new Set();

/**
 * Reads a recording from front to back with bounded memory, whatever state it is in: every item is verified (its
 * own CRC, and for samples the node's CRC of the packet), and what does not verify is counted in the verdict that
 * comes last. Throws `UserError` when the file cannot be read or is an MCAP file of another program.
 */
export async function* readRecording(path: string): AsyncGenerator<RecordingItem, ScanEnd> {
  const scan = scanRecording(path);
  try {
    return yield* read(scan, path);
  } finally {
    // Closes the file when the reader stops early.
    await scan.return(undefined as never);
  }
}

async function* read(
  scan: AsyncGenerator<ScanItem, ScanEnd>,
  path: string,
): AsyncGenerator<RecordingItem, ScanEnd> {
  const channels = new Map<number, { node: number; type: SchemaName } | undefined>();
  const verdict: Verdict = { state: 'complete', bytes: 0, damagedPlaces: 0, lostBytes: 0, lostMessages: 0 };
  /** A header is believed to be another program's only when nothing in the file is ours: it has no CRC. */
  let header: { profile: string; library: string } | undefined;
  let ours = false;
  let expected = 0;
  let stated: number | undefined;
  let step = await scan.next();
  for (; !step.done; step = await scan.next()) {
    const item = step.value;
    if (item.kind === 'damage') {
      verdict.damagedPlaces++;
      verdict.lostBytes += item.length;
      continue;
    }
    const { record } = item;
    switch (record.kind) {
      case 'header':
        header = record;
        break;
      case 'channel':
        channels.set(record.id, parseTopic(record.topic));
        break;
      case 'statistics':
        stated = record.messages;
        break;
      case 'metadata':
        if (record.name === SESSION_METADATA)
          yield { type: 'Session', session: storedSession(record.entries) };
        break;
      case 'message': {
        ours = true;
        const gap = (record.sequence - expected) >>> 0;
        // More than half the range ahead is behind: a message that has its place elsewhere.
        if (gap > 0x7fffffff) verdict.damagedPlaces++;
        else verdict.lostMessages += gap;
        expected = (record.sequence + 1) >>> 0;
        const message = storedMessage(record);
        if (message === undefined) {
          verdict.damagedPlaces++;
          verdict.lostMessages++;
          break;
        }
        if (!channels.has(record.channelId)) {
          verdict.damagedPlaces++;
          channels.set(record.channelId, { node: nodeOf(message), type: record.type });
        }
        const channel = channels.get(record.channelId);
        if (channel?.type !== record.type || channel.node !== nodeOf(message)) verdict.damagedPlaces++;
        yield message;
        break;
      }
      case 'schema':
      case 'dataEnd':
      case 'footer':
    }
  }
  if (!ours && header && header.profile !== PROFILE) {
    const { profile, library } = header;
    throw new UserError(`${path} is no Solstice recording: MCAP profile '${profile}', made by '${library}'`, {
      hint: 'give a file made by solstice collect or solstice demo',
    });
  }
  const end = step.value;
  if (stated !== undefined && end.summaryCrc === true) verdict.lostMessages += Math.max(0, stated - expected);
  verdict.bytes = end.size;
  verdict.lostBytes += end.size - end.end;
  // Something that carries no CRC of its own: a schema, a channel, the statistics.
  const sectionsHold = end.dataCrc !== false && end.summaryCrc !== false;
  if (!sectionsHold && verdict.damagedPlaces === 0) verdict.damagedPlaces++;
  if (!end.closed) verdict.cutAt = end.end;
  if (verdict.damagedPlaces > 0 || verdict.lostMessages > 0) verdict.state = 'damaged';
  else if (!end.closed) verdict.state = 'cut';
  yield { type: 'Verdict', verdict };
  return end;
}

function storedSession(entries: ReadonlyMap<string, string>): StoredSession {
  const get = (key: string): string => entries.get(key) ?? '';
  return { id: get('id'), title: get('title'), origin: get('origin'), started: get('started') };
}

function storedMessage(
  record: Extract<ParsedRecord, { kind: 'message' }>,
): StoredMessage | StoredSamples | undefined {
  const { type, logTime, publishTime, fields: encoded } = record;
  if (type !== 'Samples') {
    return {
      type,
      fields: readFields(type, encoded, NOTHING),
      logTime,
      publishTime,
      encoded,
    } as StoredMessage;
  }
  const { packet, fractionBits } = readFields(type, encoded, REPEATED);
  const message = decodeMessage(packet);
  if (typeof message === 'string' || message.name !== 'SAMPLES') return undefined;
  return { type, message, fractionBits, logTime, publishTime, encoded };
}

function nodeOf(item: StoredMessage | StoredSamples): number {
  return item.type === 'Samples' ? item.message.fields.node : item.fields.node;
}
