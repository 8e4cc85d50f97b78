import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Limits, UserId } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { inTransaction } from "../../base/in-transaction.ts";
import { passagesOf } from "./passages.ts";

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
/** Passages that a search compares: of more, the first in the order of upload. */
const candidatesMax = 200;

/**
 * Text documents of each user, searched by the words of their passages. Whole documents are not searched: to show where in a
 * megabyte some words stand takes SQLite a second. Names are labels in a table, never paths.
 */
export class DocumentStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #statements: Readonly<
    Record<
      "count" | "add" | "addPassage" | "find" | "removePassages" | "remove" | "list" | "read" | "search",
      StatementSync
    >
  >;

  constructor(database: DatabaseSync, options: { readonly clock: Clock; readonly limits: Limits }) {
    this.#database = database;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#statements = {
      count: database.prepare("SELECT count(*) AS count FROM documents WHERE user = ?"),
      find: database.prepare("SELECT id FROM documents WHERE user = ? AND name = ?"),
      add: database.prepare("INSERT INTO documents (user, name, text, bytes, uploaded_at) VALUES (?, ?, ?, ?, ?)"),
      addPassage: database.prepare("INSERT INTO passages (user, document, text) VALUES (?, ?, ?)"),
      removePassages: database.prepare("DELETE FROM passages WHERE document = ?"),
      remove: database.prepare("DELETE FROM documents WHERE id = ?"),
      list: database.prepare("SELECT name, bytes, uploaded_at FROM documents WHERE user = ? ORDER BY name"),
      read: database.prepare("SELECT text FROM documents WHERE user = ? AND name = ?"),
      search: database.prepare(
        `SELECT documents.name, snippet(passage_texts, 1, '«', '»', '…', ${passageWords}) AS passage
         FROM passage_texts JOIN passages ON passages.id = passage_texts.rowid JOIN documents ON documents.id = document
         WHERE passage_texts MATCH ? AND passages.user = ? LIMIT ${candidatesMax}`,
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
      if (!this.#remove(user, name) && count >= documentsPerUserMax) {
        const reason = `there are documentsPerUserMax ${documentsPerUserMax} already`;
        throw new CodedError("conflict", `unable to store the document; ${reason}`);
      }
      const { lastInsertRowid } = this.#statements.add.run(user, name, text, bytes, uploadedAt);
      for (const passage of passagesOf(text)) this.#statements.addPassage.run(user, lastInsertRowid, passage);
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
    return inTransaction(this.#database, () => this.#remove(user, name));
  }

  #remove(user: UserId, name: string): boolean {
    const row = this.#statements.find.get(user, name) as { id: number } | undefined;
    if (row === undefined) return false;
    this.#statements.removePassages.run(row.id);
    this.#statements.remove.run(row.id);
    return true;
  }

  /**
   * Documents with a passage that has all the words, those first in which the words stand most densely; of each its best
   * passage. What other users have uploaded has no part in it, neither in the order nor in what it costs.
   */
  search(user: UserId, query: string, countMax: number): DocumentMatch[] {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    // Words only, each in quotes: nothing that a person types is an operator of the search language. The words of the user's
    // id let the index pass over everybody else; that the passage is this very user's is a condition of its own.
    const expression = `user : "${wordsOf(user).join(" ")}" AND text : (${words.map((word) => `"${word}"`).join(" ")})`;
    const rows = this.#statements.search.all(expression, user) as unknown as DocumentMatch[];
    const best = new Map<string, { readonly passage: string; readonly density: number }>();
    for (const { name, passage } of rows) {
      const density = passage.split("«").length / wordsOf(passage).length;
      if (density > (best.get(name)?.density ?? 0)) best.set(name, { passage, density });
    }
    return [...best]
      .sort(([, left], [, right]) => right.density - left.density)
      .slice(0, countMax)
      .map(([name, { passage }]) => ({ name, passage }));
  }
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? [];
}

function checkName(name: string): void {
  if (name.length > 0 && name.length <= nameCharactersMax && name.isWellFormed() && !/\p{C}/u.test(name)) return;
  const rule = `a name has 1 to ${nameCharactersMax} characters and none that cannot be seen`;
  throw new CodedError("invalid_data", `unable to store the document; ${rule}`);
}
