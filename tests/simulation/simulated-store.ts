import type { UserId } from "@throughline/protocol";
import type { Epoch } from "../../packages/server/src/log/epochs.ts";
import type { AppendKey } from "../../packages/server/src/log/log.ts";
import type { Chunk, Commit, FeedBounds, LogStore, OpenRun } from "../../packages/server/src/log/log-store.ts";
import type { MemoryStore } from "../../packages/server/src/log/memory-store.ts";
import type { CommitFate } from "./plan.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface SimulatedStoreOptions {
  /** What is durable, whoever has died. */
  readonly durable: MemoryStore;
  /** Every opening of the log so far; the last is this one. */
  readonly epochs: readonly string[];
  readonly time: VirtualTime;
  /** How long the next commit takes, and what becomes of it. */
  nextCommit(): { readonly tookMs: number; readonly fate: CommitFate };
  readable(): boolean;
  onStored(commit: Commit): void;
  /** The process dies in the middle of a commit that is stored, or not. */
  onTorn(): void;
}

/** The one failure of storage that nobody is to blame for. */
export class DiskFailure extends Error {}

/** A disk under one life of the log's process: commits take time, and may fail in every way that a disk has. */
export class SimulatedStore implements LogStore {
  readonly epoch: Epoch;
  readonly #options: SimulatedStoreOptions;
  #open = true;
  #busy = false;

  constructor(options: SimulatedStoreOptions) {
    this.#options = options;
    const { epochs } = options;
    this.epoch = { number: epochs.length, name: epochs.at(-1) ?? "" };
  }

  /** A commit is on its way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The process has died: what is on its way is not stored, and nobody is told anything. */
  cut(): void {
    this.#open = false;
  }

  commit(commit: Commit): Promise<void> {
    const { durable, time, onStored, onTorn, nextCommit } = this.#options;
    const { tookMs, fate } = nextCommit();
    this.#busy = true;
    return new Promise((resolve, reject) => {
      const store = () => {
        if (!this.#open || fate === "lost" || fate === "torn_lost") return;
        void durable.commit(commit);
        onStored(commit);
      };
      const answer = () => {
        this.#busy = false;
        if (!this.#open) return;
        if (fate === "stored") resolve();
        else if (fate === "lost" || fate === "unheard") reject(new DiskFailure("unable to commit; the disk failed"));
        else onTorn();
      };
      if (tookMs === 0) {
        store();
        answer();
        return;
      }
      // Durable half way: others may read what nobody has been told of yet.
      time.schedule(tookMs / 2, store);
      time.schedule(tookMs, answer);
    });
  }

  epochNumber(name: string): number | undefined {
    const index = this.#options.epochs.indexOf(name);
    return index < 0 ? undefined : index + 1;
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

  async close(): Promise<void> {
    this.#open = false;
  }

  #readable(): MemoryStore {
    if (!this.#options.readable()) throw new DiskFailure("unable to read; the disk failed");
    return this.#options.durable;
  }
}
