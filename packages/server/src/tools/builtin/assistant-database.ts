import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** What the default agent keeps for its users. Every table begins with the user; every statement names one. */
const schema = `
CREATE TABLE IF NOT EXISTS notes (
  user TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (user, title)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applied (
  user TEXT NOT NULL,
  key TEXT NOT NULL,
  result TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
  id INTEGER PRIMARY KEY,
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  uploaded_at INTEGER NOT NULL,
  UNIQUE (user, name)
) STRICT;
CREATE VIRTUAL TABLE IF NOT EXISTS document_texts USING fts5 (
  text, content = 'documents', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER IF NOT EXISTS document_added AFTER INSERT ON documents BEGIN
  INSERT INTO document_texts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER IF NOT EXISTS document_removed AFTER DELETE ON documents BEGIN
  INSERT INTO document_texts (document_texts, rowid, text) VALUES ('delete', old.id, old.text);
END;
`;

export function openAssistantDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  chmodSync(path, 0o600);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
  database.exec(schema);
  return database;
}

/** Runs `work` in one transaction: all of it happens or none. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
