import type { DatabaseSync } from "node:sqlite";

/** A file of the data folder is not what was written: whoever opens it must neither go on with it nor begin anew. */
export class DamagedDataError extends Error {
  override readonly name = "DamagedDataError";

  constructor(path: string, reason: string, options?: { cause?: unknown }) {
    super(`unable to use ${path}; ${reason}`, options);
  }
}

/** The error of opening a database: a `DamagedDataError` where SQLite says that the file is damaged or none of its own. */
export function openingError(path: string, error: unknown): unknown {
  const { errcode = 0, message } = error as { errcode?: number; message?: string };
  // Extended codes keep the primary one in their lowest byte.
  const isDamage = (errcode & 0xff) === sqliteCorrupt || (errcode & 0xff) === sqliteNotADatabase;
  return isDamage ? new DamagedDataError(path, `SQLite says: ${message}`, { cause: error }) : error;
}

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

/** Up to this size a start reads a whole file, which takes about a millisecond for each megabyte. */
const wholeCheckBytesMax = 268_435_456;

/** Throws a `DamagedDataError` when the structure of a database is damaged. A file that is too large is not looked through. */
export function checkStructure(database: DatabaseSync, path: string): void {
  const { bytes } = database
    .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    .get() as { bytes: number };
  if (bytes > wholeCheckBytesMax) return;
  const { quick_check: finding } = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (finding !== "ok") throw new DamagedDataError(path, `SQLite says: ${finding.replace(/\s*\n\s*/g, " ")}`);
}
