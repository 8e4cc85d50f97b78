import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Limits, UserId } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { inTransaction } from "../../base/in-transaction.ts";
import { ToolFailure } from "../tool.ts";

export interface Note {
  readonly title: string;
  readonly text: string;
}

const appliedRetentionMs = 172_800_000;

/** Notes of each user. A write that is repeated with its idempotency key has no second effect and the first result. */
export class NoteStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #statements: Readonly<
    Record<
      "count" | "exists" | "save" | "list" | "read" | "delete" | "findApplied" | "addApplied" | "forgetApplied",
      StatementSync
    >
  >;

  constructor(database: DatabaseSync, options: { readonly clock: Clock; readonly limits: Limits }) {
    this.#database = database;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#statements = {
      count: database.prepare("SELECT count(*) AS count FROM notes WHERE user = ?"),
      exists: database.prepare("SELECT 1 FROM notes WHERE user = ? AND title = ?"),
      save: database.prepare(
        "INSERT INTO notes (user, title, text, saved_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at",
      ),
      list: database.prepare("SELECT title FROM notes WHERE user = ? ORDER BY title"),
      read: database.prepare("SELECT title, text FROM notes WHERE user = ? AND title = ?"),
      delete: database.prepare("DELETE FROM notes WHERE user = ? AND title = ?"),
      findApplied: database.prepare("SELECT result FROM applied WHERE user = ? AND key = ?"),
      addApplied: database.prepare("INSERT INTO applied (user, key, result, at) VALUES (?, ?, ?, ?)"),
      forgetApplied: database.prepare("DELETE FROM applied WHERE user = ? AND at < ?"),
    };
  }

  /** Replaces a note of the same title. Throws a `ToolFailure` at `notesPerUserMax`. */
  save(user: UserId, note: Note, key: string): { title: string; replaced: boolean } {
    return this.#once(user, key, () => {
      const replaced = this.#statements.exists.get(user, note.title) !== undefined;
      const { count } = this.#statements.count.get(user) as { count: number };
      if (!replaced && count >= this.#limits.notesPerUserMax) {
        throw new ToolFailure(
          `unable to save the note; there are notesPerUserMax ${this.#limits.notesPerUserMax} already`,
        );
      }
      this.#statements.save.run(user, note.title, note.text, this.#clock.now());
      return { title: note.title, replaced };
    });
  }

  list(user: UserId): string[] {
    return this.#statements.list.all(user).map((row) => (row as { title: string }).title);
  }

  read(user: UserId, title: string): Note {
    const row = this.#statements.read.get(user, title) as Note | undefined;
    if (row === undefined) throw new ToolFailure(`unable to find a note "${title}"`);
    return { title: row.title, text: row.text };
  }

  delete(user: UserId, title: string, key: string): { title: string } {
    return this.#once(user, key, () => {
      if (this.#statements.delete.run(user, title).changes === 0)
        throw new ToolFailure(`unable to find a note "${title}"`);
      return { title };
    });
  }

  /** The effect and the memory of it are one transaction: after a crash there are both or neither. */
  #once<Result>(user: UserId, key: string, effect: () => Result): Result {
    return inTransaction(this.#database, () => {
      const applied = this.#statements.findApplied.get(user, key) as { result: string } | undefined;
      if (applied !== undefined) return JSON.parse(applied.result) as Result;
      const result = effect();
      const now = this.#clock.now();
      this.#statements.addApplied.run(user, key, JSON.stringify(result), now);
      this.#statements.forgetApplied.run(user, now - appliedRetentionMs);
      return result;
    });
  }
}
