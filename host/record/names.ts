import { randomBytes } from 'node:crypto';

/** `20260131T235959Z`, for file names. */
export function fileStamp(unixMillis: number): string {
  return new Date(unixMillis).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** A new session's id: its start and six random hex digits. Sorts by time; also its file's name, less `.mcap`. */
export function sessionId(unixMillis: number): string {
  return `${fileStamp(unixMillis)}-${randomBytes(3).toString('hex')}`;
}
