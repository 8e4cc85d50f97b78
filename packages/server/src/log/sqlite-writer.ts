/**
 * The thread that writes a SQLite log: a commit waits for the disk, and a disk must never stop the event loop that
 * serves connections. It owns the only writing connection and knows nothing of conditions, leases or readers.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { Chunk, Commit } from "./log-store.ts";

export interface WriterRequest {
  readonly commit: Commit;
}
export type WriterReply =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly code: number };

const { path, synchronous } = workerData as { path: string; synchronous: "FULL" | "NORMAL" };
const database = new DatabaseSync(path);
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 5000;`);

const statements = {
  begin: database.prepare("BEGIN IMMEDIATE"),
  commit: database.prepare("COMMIT"),
  rollback: database.prepare("ROLLBACK"),
  findFeed: database.prepare("SELECT id FROM feeds WHERE name = ?"),
  addFeed: database.prepare("INSERT INTO feeds (name) VALUES (?) RETURNING id"),
  head: database.prepare(
    "SELECT max(coalesce((SELECT max(last) FROM chunks WHERE feed = feeds.id), 0), truncated_through) AS head FROM feeds WHERE id = ?",
  ),
  addChunk: database.prepare("INSERT INTO chunks (feed, first, last, texts, privates) VALUES (?, ?, ?, ?, ?)"),
  addKey: database.prepare("INSERT INTO keys (feed, id, fingerprint, reply, at) VALUES (?, ?, ?, ?, ?)"),
  openRun: database.prepare("INSERT INTO runs (id, feed, thread, token) VALUES (?, ?, ?, ?)"),
  setToken: database.prepare("UPDATE runs SET token = ? WHERE id = ?"),
  endRun: database.prepare("DELETE FROM runs WHERE id = ?"),
  dropChunks: database.prepare("DELETE FROM chunks WHERE feed = ? AND last BETWEEN ? AND ?"),
  setCompacted: database.prepare("UPDATE feeds SET compacted_through = ? WHERE id = ?"),
  setTruncated: database.prepare("UPDATE feeds SET truncated_through = ? WHERE id = ?"),
  setEpochStarts: database.prepare("UPDATE feeds SET epoch_starts = ? WHERE id = ?"),
  forgetKeys: database.prepare("DELETE FROM keys WHERE at < ?"),
} satisfies Record<string, StatementSync>;

/** Row id and newest sequence of each feed written so far; emptied after a failure, when neither is certain. */
const feeds = new Map<string, { readonly id: number; head: number }>();
const feedsKnownMax = 100_000;

function feedRow(name: string): { readonly id: number; head: number } {
  const known = feeds.get(name);
  if (known !== undefined) return known;
  const row = (statements.findFeed.get(name) ?? statements.addFeed.get(name)) as { id: number };
  const { head } = statements.head.get(row.id) as { head: number };
  const feed = { id: row.id, head };
  if (feeds.size >= feedsKnownMax) feeds.clear();
  feeds.set(name, feed);
  return feed;
}

function addChunk(feed: number, chunk: Chunk): void {
  statements.addChunk.run(feed, chunk.first, chunk.last, chunk.texts, chunk.privates);
}

function write(commit: Commit): void {
  for (const chunk of commit.chunks) {
    const feed = feedRow(chunk.feed);
    if (chunk.first !== feed.head + 1) {
      throw new Error(`unable to append sequence ${chunk.first}; the stored head is ${feed.head}`);
    }
    addChunk(feed.id, chunk);
    feed.head = chunk.last;
  }
  for (const { feed, key, at } of commit.keys) {
    statements.addKey.run(feedRow(feed).id, key.id, key.fingerprint, JSON.stringify(key.reply), at);
  }
  for (const run of commit.runsOpened) statements.openRun.run(run.runId, run.feed, run.threadId, run.token);
  for (const { runId, token } of commit.runTokens) statements.setToken.run(token, runId);
  for (const runId of commit.runsEnded) statements.endRun.run(runId);
  for (const replacement of commit.replacements) {
    const { id } = feedRow(replacement.feed);
    statements.dropChunks.run(id, replacement.first, replacement.last);
    for (const chunk of replacement.chunks) addChunk(id, chunk);
    statements.setCompacted.run(replacement.compactedThrough, id);
  }
  for (const { feed, through } of commit.truncations) {
    const { id } = feedRow(feed);
    statements.dropChunks.run(id, 0, through);
    statements.setTruncated.run(through, id);
  }
  for (const { feed, starts } of commit.epochStarts) {
    statements.setEpochStarts.run(JSON.stringify(starts), feedRow(feed).id);
  }
  if (commit.keysBefore !== undefined) statements.forgetKeys.run(commit.keysBefore);
}

function transact(commit: Commit): WriterReply {
  try {
    statements.begin.run();
    write(commit);
    statements.commit.run();
    return { ok: true };
  } catch (error) {
    feeds.clear();
    // SQLite has ended the transaction itself after some errors; then there is nothing to roll back.
    if (database.isTransaction) statements.rollback.run();
    const { message, errcode } = error as { message: string; errcode?: number };
    return { ok: false, message, code: errcode ?? 0 };
  }
}

parentPort?.on("message", (request: WriterRequest | "close") => {
  if (request === "close") {
    database.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(transact(request.commit));
});
