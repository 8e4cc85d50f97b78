/**
 * Tables of a SQLite log. `chunks` is append-only in the order of commits: clustering rows on (feed, last) instead costs
 * a random page write for every append. The index entry is paid once a chunk, not once an event.
 */
export const sqliteSchemaVersion = 2;

export const sqliteSchema = `
CREATE TABLE epochs (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE feeds (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  truncated_through INTEGER NOT NULL DEFAULT 0,
  compacted_through INTEGER NOT NULL DEFAULT 0,
  epoch_starts TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY,
  feed INTEGER NOT NULL REFERENCES feeds (id),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  texts TEXT NOT NULL,
  privates TEXT
) STRICT;
CREATE UNIQUE INDEX chunks_by_place ON chunks (feed, last);
CREATE TABLE keys (
  feed INTEGER NOT NULL REFERENCES feeds (id),
  id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reply TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (feed, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_by_age ON keys (at);
CREATE TABLE runs (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  feed TEXT NOT NULL,
  thread TEXT NOT NULL,
  token INTEGER NOT NULL
) STRICT;
`;
