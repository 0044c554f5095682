import { existsSync, renameSync } from 'node:fs';
import Database from 'libsql';
import { UserError } from '../errors.ts';
import type { Interval } from './intervals.ts';
import { fileStamp } from './names.ts';
import type { IntervalStore } from './receivedPackets.ts';
import type { Stores } from './schema.ts';

/** Raised with every change of the tables; an index of an older version is rebuilt from the recordings. */
const VERSION = 1;

const TABLES = `
  CREATE TABLE nodes (
    node INTEGER PRIMARY KEY,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    firmware TEXT,
    module TEXT,
    identity TEXT,
    configuration TEXT,
    calibration TEXT,
    clock TEXT
  ) STRICT;
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    file TEXT NOT NULL UNIQUE,
    started INTEGER NOT NULL,
    ended INTEGER,
    packets INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE received (
    node INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    PRIMARY KEY (node, boot, first_seq)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;

/**
 * `open`: being recorded, or its host was killed. `closed`: ended properly. `recovered`: its host was killed; ended
 * by the next one. `damaged`: bytes in it do not verify; left as it is. `missing`: the file is gone. `foreign`: not
 * a recording.
 */
export type SessionState = 'open' | 'closed' | 'recovered' | 'damaged' | 'missing' | 'foreign';

export interface SessionRow {
  id: string;
  /** Name of the file in the recordings folder. */
  file: string;
  /** Unix milliseconds. */
  started: number;
  ended: number | null;
  packets: number;
  samples: number;
  state: SessionState;
}

/** The latest facts of a node. */
export interface NodeFacts {
  identity?: Stores<'Identity'>;
  configuration?: Stores<'Configuration'>;
  calibration?: Stores<'Calibration'>;
  clock?: Stores<'Clock'>;
}

export interface NodeRow extends NodeFacts {
  node: number;
  /** Unix milliseconds. */
  firstSeen: number;
  lastSeen: number;
}

interface RawNode {
  node: number;
  first_seen: number;
  last_seen: number;
  identity: string | null;
  configuration: string | null;
  calibration: string | null;
  clock: string | null;
}

/**
 * The index of a recordings folder: nodes, sessions, and which packets are known. SQLite through libsql, whose
 * binaries come inside its npm packages, so that no compiler is needed; its default rollback journal with full fsync
 * serves well at a transaction every few seconds (below 1 ms each on an SSD) and, unlike a WAL, leaves nothing beside
 * the file (libsql keeps a closed database's files open until its statements are collected). The recordings are the
 * truth: the index can be rebuilt from them at any time, and sessions that it does not know as ended are read again.
 */
export class RecordingIndex implements IntervalStore {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /**
   * Opens or creates the index. A file that SQLite finds corrupt is set aside as `<path>.broken-<stamp>` and
   * named in `setAside`. Throws `UserError` for an index of a newer Solstice.
   */
  static open(path: string, now: number): { index: RecordingIndex; setAside?: string } {
    const existed = existsSync(path);
    try {
      return { index: RecordingIndex.#open(path) };
    } catch (error) {
      if (!existed || !isCorruption(error)) throw indexError(error, path);
    }
    const setAside = `${path}.broken-${fileStamp(now)}`;
    for (const suffix of ['', '-journal', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix);
    }
    try {
      return { index: RecordingIndex.#open(path), setAside };
    } catch (error) {
      throw indexError(error, path);
    }
  }

  static #open(path: string): RecordingIndex {
    const db = new Database(path, { timeout: 5000 });
    try {
      const [check] = db.prepare('PRAGMA quick_check(1)').raw().get() as [string];
      if (check !== 'ok') throw new CorruptIndex(check);
      const [version] = db.prepare('PRAGMA user_version').raw().get() as [number];
      if (version > VERSION) {
        throw new UserError(
          `${path} was made by a newer Solstice (index version ${version}, known ${VERSION})`,
          {
            hint: 'update Solstice, or choose another folder',
          },
        );
      }
      if (version < VERSION) {
        db.exec(
          `DROP TABLE IF EXISTS nodes; DROP TABLE IF EXISTS sessions; DROP TABLE IF EXISTS received; ${TABLES}`,
        );
      }
      db.prepare('SELECT count(*) FROM nodes, sessions, received').get();
    } catch (error) {
      db.close();
      throw error;
    }
    return new RecordingIndex(db);
  }

  /** Runs `body` as one transaction. */
  transaction<T>(body: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = body();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  sessions(): SessionRow[] {
    return this.#prepare(
      'SELECT id, file, started, ended, packets, samples, state FROM sessions ORDER BY started',
    ).all() as SessionRow[];
  }

  session(file: string): SessionRow | undefined {
    return this.#prepare(
      'SELECT id, file, started, ended, packets, samples, state FROM sessions WHERE file = ?',
    ).get(file) as SessionRow | undefined;
  }

  putSession(row: SessionRow): void {
    this.#prepare('DELETE FROM sessions WHERE id = ? OR file = ?').run(row.id, row.file);
    this.#prepare(
      'INSERT INTO sessions (id, file, started, ended, packets, samples, state) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(row.id, row.file, row.started, row.ended, row.packets, row.samples, row.state);
  }

  nodes(): NodeRow[] {
    return (this.#prepare('SELECT * FROM nodes ORDER BY node').all() as RawNode[]).map(nodeRow);
  }

  node(node: number): NodeRow | undefined {
    const row = this.#prepare('SELECT * FROM nodes WHERE node = ?').get(node) as RawNode | undefined;
    return row && nodeRow(row);
  }

  /** Notes that a node was seen between two times (Unix milliseconds), and the facts that are given. */
  putNode(node: number, from: number, to: number, facts: NodeFacts): void {
    const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
    this.#prepare(
      `INSERT INTO nodes (node, first_seen, last_seen, firmware, module, identity, configuration, calibration, clock)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (node) DO UPDATE SET
         first_seen = min(first_seen, excluded.first_seen),
         last_seen = max(last_seen, excluded.last_seen),
         firmware = coalesce(excluded.firmware, firmware),
         module = coalesce(excluded.module, module),
         identity = coalesce(excluded.identity, identity),
         configuration = coalesce(excluded.configuration, configuration),
         calibration = coalesce(excluded.calibration, calibration),
         clock = coalesce(excluded.clock, clock)`,
    ).run(
      node,
      from,
      to,
      facts.identity?.firmware ?? null,
      facts.identity?.module ?? null,
      json(facts.identity),
      json(facts.configuration),
      json(facts.calibration),
      json(facts.clock),
    );
  }

  load(node: number, boot: number): Interval[] {
    return this.#prepare(
      'SELECT first_seq AS first, last_seq AS last FROM received WHERE node = ? AND boot = ? ORDER BY first_seq',
    ).all(node, boot) as Interval[];
  }

  save(node: number, boot: number, intervals: Iterable<Interval>): void {
    if (!this.#db.inTransaction) return this.transaction(() => this.save(node, boot, intervals));
    this.#prepare('DELETE FROM received WHERE node = ? AND boot = ?').run(node, boot);
    const insert = this.#prepare(
      'INSERT INTO received (node, boot, first_seq, last_seq) VALUES (?, ?, ?, ?)',
    );
    for (const { first, last } of intervals) insert.run(node, boot, first, last);
  }

  lastBoot(node: number): number {
    const row = this.#prepare('SELECT max(boot) AS boot FROM received WHERE node = ?').get(node);
    return (row as { boot: number | null }).boot ?? 0;
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

class CorruptIndex extends Error {}

function isCorruption(error: unknown): boolean {
  if (error instanceof CorruptIndex) return true;
  const { code, message } = error as { code?: string; message?: string };
  // A table or column that should be there and is not: the file is another database, or was tampered with.
  return /^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code ?? '') || /no such (table|column)/.test(message ?? '');
}

/** An error of SQLite, as a person can act on it. */
export function indexError(error: unknown, path: string): Error {
  const { code, message } = error as { code?: string; message?: string };
  if (!code?.startsWith('SQLITE_')) return error as Error;
  return new UserError(`cannot use the index ${path}: ${message} (${code})`, {
    hint: 'check that the folder is writable and the disk has room; the index can be deleted and is then rebuilt',
    cause: error,
  });
}

function nodeRow(row: RawNode): NodeRow {
  const facts: Record<string, unknown> = {};
  for (const name of ['identity', 'configuration', 'calibration', 'clock'] as const) {
    const value = row[name];
    if (value !== null) facts[name] = JSON.parse(value);
  }
  return { node: row.node, firstSeen: row.first_seen, lastSeen: row.last_seen, ...facts };
}
