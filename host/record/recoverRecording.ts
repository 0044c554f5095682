import { rm } from 'node:fs/promises';
import { exitCodes } from '../errors.ts';
import { readRecording, type StoredSession, type Verdict } from './readRecording.ts';
import { RecordingFile } from './recordingFile.ts';
import { RecordingWriter } from './recordingWriter.ts';

export interface RecoverResult {
  /** 0: the input is whole. 3: something is missing from it or damaged in it. 1: there is nothing in it. */
  exitCode: 0 | 1 | 3;
  /** The recording that was written; null when there was nothing to write. */
  path: string | null;
  packets: number;
  samples: number;
  /** Messages of all kinds that were recovered. */
  messages: number;
  lostBytes: number;
  lostMessages: number;
  verdict: Verdict;
}

/** Written in one go. */
const BATCH_BYTES = 1 << 18;
const LIBRARY = 'solstice recover';

/**
 * Copies everything in `path` that verifies into the new recording `out`, whatever state the input is in. Throws
 * `UserError` when the input cannot be read or `out` exists; the input is only ever read.
 */
export async function recoverRecording(path: string, out: string): Promise<RecoverResult> {
  const writer = new RecordingWriter();
  let file: RecordingFile | undefined;
  let session: StoredSession | undefined;
  let verdict: Verdict | undefined;
  let packets = 0;
  let samples = 0;
  let messages = 0;
  const flush = async (): Promise<void> => {
    file ??= await RecordingFile.create(out, preamble(session));
    const batch = writer.take();
    await file.append(batch.bytes);
    writer.settle(batch);
  };
  try {
    for await (const item of readRecording(path)) {
      if (item.type === 'Session') session = item.session;
      else if (item.type === 'Verdict') verdict = item.verdict;
      else {
        const node = item.type === 'Samples' ? item.message.fields.node : item.fields.node;
        writer.addEncoded(item.type, node, item.encoded, item.logTime, item.publishTime);
        messages++;
        if (item.type === 'Samples') {
          packets++;
          samples += item.message.samples.slots.length;
        }
        if (writer.pendingBytes >= BATCH_BYTES) await flush();
      }
    }
    const { state, lostBytes, lostMessages } = verdict!;
    const something = messages > 0 || state === 'complete';
    if (something) {
      await flush();
      await file!.append(writer.ending(file!.length, file!.crc));
    }
    const exitCode = state === 'complete' ? exitCodes.ok : something ? exitCodes.partial : exitCodes.failed;
    const counts = { packets, samples, messages, lostBytes, lostMessages };
    return { exitCode, path: something ? out : null, ...counts, verdict: verdict! };
  } catch (error) {
    // Half a copy would pass for a whole one. A file that `create` refused to touch is not ours to remove.
    if (file) await rm(out, { force: true });
    throw error;
  } finally {
    await file?.close();
  }
}

function preamble(session: StoredSession | undefined): Uint8Array {
  const started = Date.parse(session?.started ?? '');
  const { id = '', title = '', origin = '' } = session ?? {};
  return RecordingWriter.preamble(
    { id, title, origin, started: Number.isNaN(started) ? 0 : started },
    LIBRARY,
  );
}
