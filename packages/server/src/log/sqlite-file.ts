/**
 * The file of a SQLite log before anybody reads or writes it: made whole or not at all, looked through for damage, and
 * marked with the epoch that begins. Nothing is changed in a file that is refused.
 */
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { checkStructure, DamagedDataError, openingError } from "../base/damaged-data-error.ts";
import type { Epoch } from "./epochs.ts";
import { sqliteSchema, sqliteSchemaVersion } from "./sqlite-schema.ts";

export interface LogFileOptions {
  readonly path: string;
  /** A name that no epoch ever had. */
  newEpoch(): string;
  /** Older epochs are forgotten. */
  readonly epochsMax: number;
}

/** Throws a `DamagedDataError` when what is there is not what was written, and another error when it cannot be used. */
export function openLogFile(options: LogFileOptions): Epoch {
  inspectLogFile(options.path);
  try {
    if (!existsSync(options.path)) create(options.path);
    return beginEpoch(options);
  } catch (error) {
    throw openingError(options.path, error);
  }
}

/**
 * Looks whether the file is one that this version can open, and changes nothing in it; one that is not there yet is well.
 * Throws as `openLogFile` does.
 */
export function inspectLogFile(path: string): void {
  const walPath = `${path}-wal`;
  try {
    if (existsSync(path)) inspect(path, walPath);
    else if (existsSync(walPath)) throw new DamagedDataError(path, `it is missing, and ${walPath} is there`);
  } catch (error) {
    throw openingError(path, error);
  }
}

/**
 * The name appears with the whole schema behind it. So a file that is empty, or has no schema, was not left behind by a
 * start that died here: it is one that has lost what it held.
 */
function create(path: string): void {
  const draft = `${path}.new`;
  for (const suffix of ["", "-journal"]) rmSync(`${draft}${suffix}`, { force: true });
  const database = new DatabaseSync(draft);
  try {
    database.exec(`BEGIN; ${sqliteSchema} PRAGMA user_version = ${sqliteSchemaVersion}; COMMIT`);
  } finally {
    database.close();
  }
  // Durable with the first commit, for which SQLite flushes the folder as well.
  renameSync(draft, path);
}

/** Through a connection that cannot write, so that a damaged file stays as it is for whoever looks at it. */
function inspect(path: string, walPath: string): void {
  if (statSync(path).size === 0) throw new DamagedDataError(path, "it is empty, and a log never is");
  const markInFile = readMark(path);
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version === 0) throw new DamagedDataError(path, "it is no log");
    if (version !== sqliteSchemaVersion) {
      throw new Error(`unable to open ${path}; it has log format ${version}, this is ${sqliteSchemaVersion}`);
    }
    const { application_id: mark } = database.prepare("PRAGMA application_id").get() as { application_id: number };
    if (mark !== markInFile) throw new DamagedDataError(path, `${walPath} belongs to another copy of it`);
    checkStructure(database, path);
    // Where the last writes went, however large the file is.
    database.prepare("SELECT texts FROM chunks ORDER BY id DESC LIMIT 1").get();
  } finally {
    database.close();
  }
}

/**
 * Begins an epoch, which is durable before anybody gets a cursor of it, and gives the file a mark of its own. Both are
 * written to the file itself, past the write-ahead log: so a write-ahead log holds the mark of the file that it belongs to,
 * and one that was left beside a restored copy is not taken for a part of it.
 */
function beginEpoch({ path, newEpoch, epochsMax }: LogFileOptions): Epoch {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;");
    database.exec("BEGIN IMMEDIATE");
    const name = newEpoch();
    const { number } = database.prepare("INSERT INTO epochs (name) VALUES (?) RETURNING number").get(name) as {
      number: number;
    };
    database.prepare("DELETE FROM epochs WHERE number <= ?").run(number - epochsMax);
    database.exec(`PRAGMA application_id = ${markOf(name)}; COMMIT; PRAGMA journal_mode = WAL;`);
    return { number, name };
  } finally {
    database.close();
  }
}

/** 31 bits of an epoch's name. */
function markOf(epoch: string): number {
  let mark = 0;
  for (let index = 0; index < epoch.length; index += 1) mark = (Math.imul(mark, 31) + epoch.charCodeAt(index)) | 0;
  return mark & 0x7fff_ffff;
}

/** The mark in the file itself, whatever its write-ahead log says: the four bytes at 68 of the SQLite file format. */
function readMark(path: string): number {
  const bytes = Buffer.alloc(4);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, bytes.length, 68);
  } finally {
    closeSync(file);
  }
  return bytes.readInt32BE(0);
}
