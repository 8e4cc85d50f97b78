import type { Limits, ThreadId, UserId } from "@throughline/protocol";
import type { Clock, Timer } from "../base/clock.ts";
import type { Feeds } from "./feeds.ts";
import type { Log } from "./log.ts";
import { readFeed } from "./read-feed.ts";

export interface RetentionOptions {
  readonly log: Log;
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly limits: Limits;
  /** How long a thread is kept after its last event. */
  readonly retentionMs: number;
  onError(error: unknown): void;
}

interface ThreadAge {
  /** Milliseconds since the Unix epoch. */
  lastAt: number;
  deletedAt: number | undefined;
}

/** What one reading of a feed tells. */
interface FeedAge {
  readonly head: number;
  readonly threads: ReadonlyMap<ThreadId, ThreadAge>;
  /** End of the stretch from the oldest event on that holds nothing but what was deleted long ago; 0 for none. */
  readonly goneThrough: number;
}

/**
 * Keeps what is not too old. A thread in which nothing has happened for `retentionMs` is deleted, as its owner would: every
 * device sees it, and compaction removes what it held. What then is left at the beginning of a feed, the deletions
 * themselves, is removed when it is that old again; a device that was away for longer gets `reset`. A thread with an open
 * run is kept, and so is everything behind it.
 */
export class Retention {
  readonly #options: RetentionOptions;
  /** No feed has to be looked at before its time: what happens later makes it later. */
  readonly #dueAt = new Map<UserId, number>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#sweepLater();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #sweepLater(): void {
    const { clock, limits, onError } = this.#options;
    this.#timer = clock.schedule(limits.retentionSweepIntervalMs, () => {
      this.#sweep()
        .catch(onError)
        .finally(() => {
          if (!this.#closed) this.#sweepLater();
        });
    });
  }

  async #sweep(): Promise<void> {
    const { log, clock, onError } = this.#options;
    for await (const feed of log.feeds()) {
      if (this.#closed) return;
      if ((this.#dueAt.get(feed) ?? 0) > clock.now()) continue;
      try {
        await this.#keep(feed);
      } catch (error) {
        // One feed that cannot be read or written does not keep the others.
        onError(error);
      }
    }
  }

  async #keep(feed: UserId): Promise<void> {
    const { log, clock, limits, retentionMs } = this.#options;
    const cutoff = clock.now() - retentionMs;
    const { head, threads, goneThrough } = await this.#read(feed, cutoff);
    const tooOld = [...threads].filter(([, { deletedAt, lastAt }]) => deletedAt === undefined && lastAt <= cutoff);
    await this.#delete(
      feed,
      tooOld.map(([threadId]) => threadId),
      head,
    );
    if (goneThrough > 0) await log.truncate(feed, goneThrough);
    if (this.#dueAt.size >= limits.feedStatesMax) this.#dueAt.clear();
    // What was not there yet is no older than this look at it, also in a feed that had nothing.
    let oldest = cutoff + retentionMs;
    for (const { deletedAt, lastAt } of threads.values()) oldest = Math.min(oldest, deletedAt ?? lastAt);
    // What is due by now is looked at again with the next sweep: something may have kept it from being done.
    this.#dueAt.set(feed, oldest + retentionMs);
  }

  async #read(feed: UserId, cutoff: number): Promise<FeedAge> {
    const threads = new Map<ThreadId, ThreadAge>();
    let head = 0;
    let goneThrough = 0;
    let begins = true;
    for await (const events of readFeed(this.#options.log, feed, 0)) {
      for (const stored of events) {
        head = stored.lastSequence;
        // How old the last event is that it stands for, only the next one tells.
        if (stored.type === "compacted") continue;
        const { type, threadId, at } = stored.event;
        const time = Date.parse(at);
        // Compaction leaves a deletion alone of its thread, so that it can stand at the beginning of a feed.
        begins &&= (type === "thread_deleted" || threadId === undefined) && time <= cutoff;
        if (begins) {
          goneThrough = head;
          continue;
        }
        // What is about the user and no thread goes when it is the oldest that there is.
        if (threadId === undefined) continue;
        const deletedAt = type === "thread_deleted" ? time : threads.get(threadId)?.deletedAt;
        threads.set(threadId, { lastAt: time, deletedAt });
      }
    }
    return { head, threads, goneThrough };
  }

  async #delete(feed: UserId, threadIds: readonly ThreadId[], head: number): Promise<void> {
    await this.#options.feeds.transact(feed, {}, (state) => {
      // Something was appended since the feed was read: a thread may be in use again.
      if (state.head !== head) return { refusal: "changed" as const };
      const events = threadIds
        .filter((threadId) => state.threads.get(threadId)?.openRuns.length === 0)
        .slice(0, this.#options.limits.appendEventsMax)
        .map((threadId) => ({ type: "thread_deleted", threadId, data: {} }) as const);
      return events.length === 0 ? { refusal: "nothing" as const } : { events };
    });
  }
}
