import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Limits, UserId } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { inTransaction } from "./assistant-database.ts";

export interface StoredDocument {
  readonly name: string;
  readonly bytes: number;
  readonly uploadedAt: string;
}

export interface DocumentMatch {
  readonly name: string;
  /** A passage with the words that were found between « and ». */
  readonly passage: string;
}

const nameCharactersMax = 120;
const passageWords = 40;

/** Text documents of each user, searched by their words. Names are labels in a table, never paths. */
export class DocumentStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #statements: Readonly<
    Record<"count" | "exists" | "add" | "remove" | "list" | "read" | "search", StatementSync>
  >;

  constructor(database: DatabaseSync, options: { readonly clock: Clock; readonly limits: Limits }) {
    this.#database = database;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#statements = {
      count: database.prepare("SELECT count(*) AS count FROM documents WHERE user = ?"),
      exists: database.prepare("SELECT 1 FROM documents WHERE user = ? AND name = ?"),
      add: database.prepare("INSERT INTO documents (user, name, text, bytes, uploaded_at) VALUES (?, ?, ?, ?, ?)"),
      remove: database.prepare("DELETE FROM documents WHERE user = ? AND name = ?"),
      list: database.prepare("SELECT name, bytes, uploaded_at FROM documents WHERE user = ? ORDER BY name"),
      read: database.prepare("SELECT text FROM documents WHERE user = ? AND name = ?"),
      search: database.prepare(
        `SELECT documents.name, snippet(document_texts, 0, '«', '»', '…', ${passageWords}) AS passage
         FROM document_texts JOIN documents ON documents.id = document_texts.rowid
         WHERE document_texts MATCH ? AND documents.user = ? ORDER BY bm25(document_texts) LIMIT ?`,
      ),
    };
  }

  /** Replaces a document of the same name. Throws a `CodedError` for a bad name and at the limits. */
  put(user: UserId, name: string, text: string): StoredDocument {
    checkName(name);
    const bytes = Buffer.byteLength(text);
    const { documentBytesMax, documentsPerUserMax } = this.#limits;
    if (bytes > documentBytesMax) {
      throw new CodedError(
        "too_large",
        `unable to store the document; ${bytes} bytes exceed documentBytesMax ${documentBytesMax}`,
      );
    }
    const uploadedAt = this.#clock.now();
    inTransaction(this.#database, () => {
      const { count } = this.#statements.count.get(user) as { count: number };
      if (count >= documentsPerUserMax && this.#statements.exists.get(user, name) === undefined) {
        const reason = `there are documentsPerUserMax ${documentsPerUserMax} already`;
        throw new CodedError("conflict", `unable to store the document; ${reason}`);
      }
      this.#statements.remove.run(user, name);
      this.#statements.add.run(user, name, text, bytes, uploadedAt);
    });
    return { name, bytes, uploadedAt: new Date(uploadedAt).toISOString() };
  }

  list(user: UserId): StoredDocument[] {
    const rows = this.#statements.list.all(user) as { name: string; bytes: number; uploaded_at: number }[];
    return rows.map(({ name, bytes, uploaded_at: at }) => ({ name, bytes, uploadedAt: new Date(at).toISOString() }));
  }

  /** Undefined when the user has no such document. */
  read(user: UserId, name: string): string | undefined {
    return (this.#statements.read.get(user, name) as { text: string } | undefined)?.text;
  }

  /** False when the user has no such document. */
  delete(user: UserId, name: string): boolean {
    return this.#statements.remove.run(user, name).changes > 0;
  }

  /** Documents with all the words, best first. */
  search(user: UserId, query: string, countMax: number): DocumentMatch[] {
    // Words only, each in quotes: nothing that a person types is an operator of the search language.
    const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
    if (words.length === 0) return [];
    const expression = words.map((word) => `"${word}"`).join(" ");
    const rows = this.#statements.search.all(expression, user, countMax) as { name: string; passage: string }[];
    return rows.map(({ name, passage }) => ({ name, passage }));
  }
}

function checkName(name: string): void {
  if (name.length > 0 && name.length <= nameCharactersMax && name.isWellFormed() && !/\p{C}/u.test(name)) return;
  const rule = `a name has 1 to ${nameCharactersMax} characters and none that cannot be seen`;
  throw new CodedError("invalid_data", `unable to store the document; ${rule}`);
}
