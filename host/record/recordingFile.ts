import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { diskError } from './diskError.ts';

/**
 * A file that only grows, by appends that are wholly on stable storage or not there at all. One append at a time.
 */
export class RecordingFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #sync: boolean;
  #length: number;
  #crc: number;
  /** A failed append may have left bytes behind `#length`. */
  #torn: boolean;

  private constructor(
    path: string,
    handle: FileHandle,
    sync: boolean,
    length: number,
    crc: number,
    torn: boolean,
  ) {
    this.path = path;
    this.#handle = handle;
    this.#sync = sync;
    this.#length = length;
    this.#crc = crc;
    this.#torn = torn;
  }

  /** Bytes on stable storage. */
  get length(): number {
    return this.#length;
  }

  /** CRC-32 of these bytes. */
  get crc(): number {
    return this.#crc;
  }

  /** A new file holding `start`; its name is on stable storage too. `sync` false is for measurements only. */
  static async create(path: string, start: Uint8Array, { sync = true } = {}): Promise<RecordingFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'wx');
    } catch (error) {
      throw diskError(error, path, 'write');
    }
    const file = new RecordingFile(path, handle, sync, 0, 0, false);
    try {
      await file.append(start);
      if (sync) await syncFolder(dirname(path));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return file;
  }

  /** An existing file, to go on after `length` verified bytes with CRC-32 `crc`; what follows them is dropped at the next append. */
  static async resume(path: string, length: number, crc: number): Promise<RecordingFile> {
    try {
      return new RecordingFile(path, await open(path, 'r+'), true, length, crc, true);
    } catch (error) {
      throw diskError(error, path, 'write');
    }
  }

  /** Resolves when `bytes` are on stable storage; when it rejects, the file is as it was before. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      if (this.#torn) await this.#truncate();
      this.#torn = true;
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.#length + at);
        at += bytesWritten;
      }
      if (this.#sync) await this.#handle.datasync();
    } catch (error) {
      // Should this fail too, the next append tries again before it writes.
      await this.#truncate().catch(() => undefined);
      throw diskError(error, this.path, 'write');
    }
    this.#torn = false;
    this.#length += bytes.length;
    this.#crc = crc32(bytes, this.#crc);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #truncate(): Promise<void> {
    await this.#handle.truncate(this.#length);
    this.#torn = false;
  }
}

/** Makes the names in a folder durable, where the system lets a folder be opened. */
export async function syncFolder(dir: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(dir, 'r');
  } catch {
    return;
  }
  try {
    await handle.sync();
  } catch (error) {
    // Windows and some network file systems cannot do this, and do not need it.
    if (!['EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    await handle.close();
  }
}
