import { DatabaseSync } from "node:sqlite";
import { openingError } from "./damaged-data-error.ts";

/**
 * A lock on a file that the operating system gives back when the process dies, however it dies: an exclusive SQLite
 * transaction that is never ended. Node has no file locks of its own.
 */
export class ProcessLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Undefined when another process holds the lock. Throws when the file cannot be written. */
  static acquire(path: string): ProcessLock | undefined {
    const database = new DatabaseSync(path);
    try {
      database.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
      return new ProcessLock(database);
    } catch (error) {
      database.close();
      const { errcode } = error as { errcode?: number };
      if (errcode === sqliteBusy || errcode === sqliteLocked) return undefined;
      throw openingError(path, error);
    }
  }

  release(): void {
    this.#database.close();
  }
}

const sqliteBusy = 5;
const sqliteLocked = 6;
