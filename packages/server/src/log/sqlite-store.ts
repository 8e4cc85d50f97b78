import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import type { JsonValue, Limits, RunId, ThreadId, UserId } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { Epoch, EpochStart } from "./epochs.ts";
import type { AppendKey } from "./log.ts";
import type { Chunk, Commit, FeedBounds, LogStore, OpenRun } from "./log-store.ts";
import { openLogFile } from "./sqlite-file.ts";
import type { WriterReply, WriterRequest } from "./sqlite-writer.ts";

/**
 * What an acknowledgement means. `full`: it survives the loss of power (every group commit waits for the disk).
 * `relaxed`: it survives the death of the process; the operating system writes it to the disk in its own time.
 */
export type Durability = "full" | "relaxed";

export interface SqliteStoreOptions {
  /** The database file; made when missing. `-wal` and `-shm` files stand beside it. */
  readonly path: string;
  readonly durability: Durability;
  /** A name that no epoch ever had. */
  newEpoch(): string;
  readonly limits: Pick<Limits, "epochsMax">;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** Reads on the calling thread (WAL lets them run beside a commit), writes in a worker thread. */
export class SqliteStore implements LogStore {
  readonly epoch: Epoch;
  readonly #options: SqliteStoreOptions;
  readonly #reader: DatabaseSync;
  readonly #epochNumber: StatementSync;
  readonly #bounds: StatementSync;
  readonly #feeds: StatementSync;
  readonly #chunks: StatementSync;
  readonly #key: StatementSync;
  #writer: Worker | undefined;
  #waiter: Waiter | undefined;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.epoch = openLogFile({ ...options, epochsMax: options.limits.epochsMax });
    this.#reader = new DatabaseSync(options.path, { readOnly: true });
    this.#reader.exec("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456;");
    this.#epochNumber = this.#reader.prepare("SELECT number FROM epochs WHERE name = ?");
    this.#bounds = this.#reader.prepare(
      `SELECT coalesce((SELECT max(last) FROM chunks WHERE feed = feeds.id), 0) AS last, truncated_through, compacted_through,
              epoch_starts
       FROM feeds WHERE name = ?`,
    );
    this.#feeds = this.#reader.prepare("SELECT id AS place, name AS feed FROM feeds WHERE id > ? ORDER BY id LIMIT ?");
    this.#chunks = this.#reader.prepare(
      `SELECT first, last, texts, privates FROM chunks
       WHERE feed = (SELECT id FROM feeds WHERE name = ?) AND last > ? ORDER BY last`,
    );
    this.#key = this.#reader.prepare(
      "SELECT fingerprint, reply FROM keys WHERE feed = (SELECT id FROM feeds WHERE name = ?) AND id = ?",
    );
    // Started ahead of the first commit, which would otherwise wait for it.
    this.#writer = this.#startWriter();
  }

  epochNumber(name: string): number | undefined {
    return reading(() => this.#epochNumber.get(name) as { number: number } | undefined)?.number;
  }

  bounds(feed: UserId): FeedBounds {
    const row = reading(() => this.#bounds.get(feed)) as
      | { last: number; truncated_through: number; compacted_through: number; epoch_starts: string }
      | undefined;
    if (row === undefined) return { head: 0, truncatedThrough: 0, compactedThrough: 0, epochStarts: [] };
    return {
      head: Math.max(row.last, row.truncated_through),
      truncatedThrough: row.truncated_through,
      compactedThrough: row.compacted_through,
      epochStarts: JSON.parse(row.epoch_starts) as EpochStart[],
    };
  }

  feeds(after: number, max: number) {
    return this.#feeds.all(after, max) as unknown as { place: number; feed: UserId }[];
  }

  chunks(feed: UserId, after: number, eventsMax: number, bytesMax: number): readonly Chunk[] {
    return reading(() => this.#readChunks(feed, after, eventsMax, bytesMax));
  }

  #readChunks(feed: UserId, after: number, eventsMax: number, bytesMax: number): readonly Chunk[] {
    const chunks: Chunk[] = [];
    let events = 0;
    let bytes = 0;
    for (const row of this.#chunks.iterate(feed, after)) {
      const { first, last, texts, privates } = row as {
        first: number;
        last: number;
        texts: string;
        privates: string | null;
      };
      chunks.push({ feed, first, last, texts, privates });
      events += last - Math.max(after, first - 1);
      bytes += texts.length;
      if (events >= eventsMax || bytes >= bytesMax) break;
    }
    return chunks;
  }

  key(feed: UserId, keyId: string): AppendKey | undefined {
    const row = reading(() => this.#key.get(feed, keyId)) as { fingerprint: string; reply: string } | undefined;
    if (row === undefined) return undefined;
    return { id: keyId, fingerprint: row.fingerprint, reply: JSON.parse(row.reply) as JsonValue };
  }

  openRuns(): readonly OpenRun[] {
    const rows = this.#reader
      .prepare("SELECT id, feed, thread, token FROM runs ORDER BY position")
      .all() as unknown as {
      id: RunId;
      feed: UserId;
      thread: ThreadId;
      token: number;
    }[];
    return rows.map((row) => ({ runId: row.id, feed: row.feed, threadId: row.thread, token: row.token }));
  }

  commit(commit: Commit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#writer ??= this.#startWriter();
      this.#writer.postMessage({ commit } satisfies WriterRequest);
    });
  }

  async close(): Promise<void> {
    if (this.#reader.isOpen) this.#reader.close();
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    const exited = new Promise((resolve) => writer.once("exit", resolve));
    writer.postMessage("close");
    await exited;
  }

  #startWriter(): Worker {
    // The same file compiled or not: a worker is named by its file, which import rewriting does not see.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const writer = new Worker(new URL(`./sqlite-writer${extension}`, import.meta.url), {
      workerData: { path: this.#options.path, synchronous: this.#options.durability === "full" ? "FULL" : "NORMAL" },
    });
    writer.on("message", (reply: WriterReply) => {
      if (this.#writer !== writer) return;
      if (reply.ok) this.#settle()?.resolve();
      else this.#settle()?.reject(new Error(`unable to commit; SQLite says ${reply.message} (${reply.code})`));
    });
    // A thread that died takes its commit with it, whose fate the log finds out by reading; the next commit gets a new one.
    writer.on("error", (error) => this.#writerDied(writer, error));
    writer.on("exit", () => this.#writerDied(writer, new Error("unable to commit; the writer thread has ended")));
    return writer;
  }

  /** Told once or twice of each death; by the second time there may be a new thread with a commit of its own. */
  #writerDied(writer: Worker, error: unknown): void {
    if (this.#writer !== writer) return;
    this.#writer = undefined;
    this.#settle()?.reject(error instanceof Error ? error : new Error(String(error)));
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}

/** What cannot be read now may be read after a repair or a retry; who asked is to be told no more than that. */
function reading<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new CodedError("not_ready", "unable to read the log; the storage failed", { cause: error });
  }
}
