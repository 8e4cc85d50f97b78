import type { UserId } from "@throughline/protocol";
import type { Epoch } from "../../packages/server/src/log/epochs.ts";
import type { AppendKey } from "../../packages/server/src/log/log.ts";
import type { Chunk, Commit, FeedBounds, LogStore, OpenRun } from "../../packages/server/src/log/log-store.ts";

/** What becomes of a commit. `unheard`: it is stored, and whoever asked for it is told that it failed. */
export type CommitFate = "stored" | "lost" | "unheard";

/**
 * A store between a log and a real one, whose commits wait at a gate while it is shut and fail when a test says so. While
 * the gate is shut, a commit is in the store already where `storesFirst` says so: durable, but nobody has been told.
 */
export class GatedStore implements LogStore {
  readonly epoch: Epoch;
  readonly commits: Commit[] = [];
  fate: CommitFate = "stored";
  storesFirst = false;
  unreadable = false;
  readonly #store: LogStore;
  #gate: PromiseWithResolvers<void> | undefined;
  #arrival = Promise.withResolvers<void>();

  constructor(store: LogStore) {
    this.#store = store;
    this.epoch = store.epoch;
  }

  shut(): void {
    this.#gate = Promise.withResolvers();
    this.#arrival = Promise.withResolvers();
  }

  /** Resolves when a commit waits at the shut gate. */
  arrival(): Promise<void> {
    return this.#arrival.promise;
  }

  open(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  async commit(commit: Commit): Promise<void> {
    this.commits.push(commit);
    const first = this.storesFirst && this.fate !== "lost";
    if (first) await this.#store.commit(commit);
    if (this.#gate !== undefined) {
      this.#arrival.resolve();
      await this.#gate.promise;
    }
    if (!first && this.fate !== "lost") await this.#store.commit(commit);
    if (this.fate !== "stored") throw new Error("unable to commit; the disk is gone");
  }

  epochNumber(name: string): number | undefined {
    return this.#readable().epochNumber(name);
  }

  feeds(after: number, max: number) {
    return this.#readable().feeds(after, max);
  }

  bounds(feed: UserId): FeedBounds {
    return this.#readable().bounds(feed);
  }

  chunks(feed: UserId, after: number, eventsMax: number, bytesMax: number): readonly Chunk[] {
    return this.#readable().chunks(feed, after, eventsMax, bytesMax);
  }

  key(feed: UserId, keyId: string): AppendKey | undefined {
    return this.#readable().key(feed, keyId);
  }

  openRuns(): readonly OpenRun[] {
    return this.#readable().openRuns();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #readable(): LogStore {
    if (this.unreadable) throw new Error("unable to read; the disk is gone");
    return this.#store;
  }
}
