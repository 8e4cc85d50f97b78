import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { checkStructure, openingError } from "../../base/damaged-data-error.ts";

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
CREATE TABLE IF NOT EXISTS passages (
  id INTEGER PRIMARY KEY,
  user TEXT NOT NULL,
  document INTEGER NOT NULL REFERENCES documents (id),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS passages_by_document ON passages (document);
CREATE VIRTUAL TABLE IF NOT EXISTS passage_texts USING fts5 (
  user, text, content = 'passages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER IF NOT EXISTS passage_added AFTER INSERT ON passages BEGIN
  INSERT INTO passage_texts (rowid, user, text) VALUES (new.id, new.user, new.text);
END;
CREATE TRIGGER IF NOT EXISTS passage_removed AFTER DELETE ON passages BEGIN
  INSERT INTO passage_texts (passage_texts, rowid, user, text) VALUES ('delete', old.id, old.user, old.text);
END;
`;

export function openAssistantDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    chmodSync(path, 0o600);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
    checkStructure(database, path);
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw openingError(path, error);
  }
}
