import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { checkStructure, openingError } from "../base/damaged-data-error.ts";

/**
 * What the quality module keeps. `user` of an alert is empty when it is the tenant's. An `outbox` row is an event that is
 * to be appended to a feed: it is written together with what it tells of, and removed when it is in the feed.
 */
const schema = `
CREATE TABLE IF NOT EXISTS verdicts (
  run TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  agent TEXT NOT NULL,
  at INTEGER NOT NULL,
  score REAL NOT NULL,
  level TEXT NOT NULL,
  passed INTEGER NOT NULL,
  blocked INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS verdicts_of_tenant ON verdicts (tenant, at);
CREATE INDEX IF NOT EXISTS verdicts_of_user ON verdicts (user, at);
CREATE TABLE IF NOT EXISTS issues (
  run TEXT NOT NULL REFERENCES verdicts (run) ON DELETE CASCADE,
  code TEXT NOT NULL,
  PRIMARY KEY (run, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alerts (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  agent TEXT NOT NULL,
  state TEXT NOT NULL,
  severity TEXT NOT NULL,
  occurrences INTEGER NOT NULL,
  score REAL NOT NULL,
  content_type TEXT NOT NULL,
  issues TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS alerts_unresolved ON alerts (scope, tenant, user, agent) WHERE state <> 'resolved';
CREATE INDEX IF NOT EXISTS alerts_changed ON alerts (scope, tenant, user, changed_at);
CREATE TABLE IF NOT EXISTS subscriptions (
  user TEXT NOT NULL,
  scope TEXT NOT NULL,
  tenant TEXT NOT NULL,
  PRIMARY KEY (user, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS subscriptions_of_tenant ON subscriptions (tenant, scope);
CREATE TABLE IF NOT EXISTS outbox (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  tenant TEXT NOT NULL,
  scope TEXT NOT NULL,
  event TEXT NOT NULL
) STRICT;
`;

/** `:memory:` for none that lasts. */
export function openQualityDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    if (path !== ":memory:") chmodSync(path, 0o600);
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;",
    );
    checkStructure(database, path);
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw openingError(path, error);
  }
}
