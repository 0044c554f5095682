import Database from 'libsql';
import { UserError, exitCodes } from '../errors.ts';

/**
 * Holds a folder for one recorder: an exclusive SQLite lock on an empty database, which the system releases when
 * the process ends in whatever way.
 */
export class FolderLock {
  readonly #db: Database.Database;

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Throws `UserError` when another recorder has the folder, in this process or any other. */
  static take(dir: string, path: string): FolderLock {
    const db = new Database(path, { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      if (!(error as { code?: string }).code?.startsWith('SQLITE_BUSY')) throw error;
      throw new UserError(`another Solstice process is recording into ${dir}`, {
        exitCode: exitCodes.failed,
        hint: 'end it first, or choose another folder',
      });
    }
    return new FolderLock(db);
  }

  release(): void {
    this.#db.exec('ROLLBACK');
    this.#db.close();
  }
}
