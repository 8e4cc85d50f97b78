import { DatabaseSync } from "node:sqlite";
import type { Side } from "./shadow.ts";

/**
 * Which implementation serves which user, kept in a file: it survives restarts, every process that opens the file sees a
 * change at once, and taking everybody back is one statement.
 */
export class UserSwitch implements Disposable {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS users (user TEXT PRIMARY KEY, side TEXT NOT NULL CHECK (side IN ('old', 'new'))) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS everybody (one INTEGER PRIMARY KEY CHECK (one = 1), side TEXT NOT NULL CHECK (side IN ('old', 'new'))) STRICT;
    `);
  }

  /** `old` for whoever was not moved. */
  sideOf(userId: string): Side {
    const row = this.#database
      .prepare("SELECT coalesce((SELECT side FROM users WHERE user = ?), (SELECT side FROM everybody), 'old') AS side")
      .get(userId) as { side: Side };
    return row.side;
  }

  move(userId: string, side: Side): void {
    this.#database
      .prepare("INSERT INTO users VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET side = excluded.side")
      .run(userId, side);
  }

  /** Everybody who is not moved by name. */
  moveOthers(side: Side): void {
    this.#database
      .prepare("INSERT INTO everybody VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET side = excluded.side")
      .run(side);
  }

  /** Takes everybody back to the old implementation, in one transaction. */
  rollBack(): void {
    this.#database.exec("BEGIN IMMEDIATE; DELETE FROM users; DELETE FROM everybody; COMMIT;");
  }

  /** Who was moved by name, and what holds for everybody else. */
  read(): { readonly users: Readonly<Record<string, Side>>; readonly others: Side } {
    const rows = this.#database.prepare("SELECT user, side FROM users ORDER BY user").all() as {
      user: string;
      side: Side;
    }[];
    const others = this.#database.prepare("SELECT side FROM everybody").get() as { side: Side } | undefined;
    return { users: Object.fromEntries(rows.map(({ user, side }) => [user, side])), others: others?.side ?? "old" };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
