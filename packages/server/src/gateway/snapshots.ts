import {
  advanceThreadSummary,
  advanceThreadView,
  formatCursor,
  type Limits,
  type RunId,
  type ThreadId,
  type ThreadSnapshot,
  type ThreadSummary,
  type ThreadsSnapshot,
  type ThreadView,
  type UserId,
} from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { Log } from "../log/log.ts";
import { readFeed } from "../log/read-feed.ts";

interface Summaries {
  /** Sequence that they are true at. */
  head: number;
  readonly threads: Map<ThreadId, ThreadSummary>;
}

const feedsKnownMax = 1_000;

/** Projections of one user's feed, each with the cursor it is true at. Made from the log and from nothing else. */
export class Snapshots {
  readonly #log: Log;
  readonly #limits: Limits;
  /** Folds of feeds that were asked for, carried on from where they stand; the first is the longest unused. */
  readonly #summaries = new Map<UserId, Summaries>();

  constructor(options: { readonly log: Log; readonly limits: Limits }) {
    this.#log = options.log;
    this.#limits = options.limits;
  }

  async threads(feed: UserId): Promise<ThreadsSnapshot> {
    const summaries = await this.#current(feed);
    const all = [...summaries.threads.values()].sort((left, right) => (left.updatedAt < right.updatedAt ? 1 : -1));
    const { snapshotThreadsMax } = this.#limits;
    return {
      threads: all.slice(0, snapshotThreadsMax),
      more: all.length > snapshotThreadsMax,
      cursor: formatCursor(this.#log.epoch, summaries.head),
    };
  }

  /** Throws `not_found` for a thread that is not this user's, was deleted, or never was: they look the same. */
  async thread(feed: UserId, threadId: ThreadId, before: RunId | undefined): Promise<ThreadSnapshot> {
    let view: ThreadView | undefined;
    let head = 0;
    for await (const events of readFeed(this.#log, feed, 0)) {
      for (const stored of events) {
        head = stored.lastSequence;
        // The id is looked for in the text first: most events of a feed belong to other threads.
        if (!stored.text.includes(threadId) || stored.event.threadId !== threadId) continue;
        if (stored.event.type !== "compacted") view = advanceThreadView(view, stored.event);
      }
    }
    if (view === undefined || view.deleted) throw new CodedError("not_found", `unable to find thread ${threadId}`);
    const end = before === undefined ? view.runs.length : view.runs.findIndex((run) => run.runId === before);
    if (end < 0) throw new CodedError("not_found", `unable to find run ${before} in thread ${threadId}`);
    const start = Math.max(0, end - this.#limits.snapshotMessagesMax);
    return {
      thread: { ...view, runs: view.runs.slice(start, end) },
      more: start > 0,
      cursor: formatCursor(this.#log.epoch, head),
    };
  }

  async #current(feed: UserId): Promise<Summaries> {
    const known = this.#summaries.get(feed);
    // A copy, so that two requests at once do not fold the same events into one map.
    const summaries: Summaries = { head: known?.head ?? 0, threads: new Map(known?.threads) };
    for await (const events of readFeed(this.#log, feed, summaries.head)) {
      for (const stored of events) {
        summaries.head = stored.lastSequence;
        const { event } = stored;
        if (event.threadId === undefined) continue;
        const summary = advanceThreadSummary(summaries.threads.get(event.threadId), event);
        if (summary === undefined) summaries.threads.delete(event.threadId);
        else summaries.threads.set(event.threadId, summary);
      }
    }
    this.#summaries.delete(feed);
    this.#summaries.set(feed, summaries);
    if (this.#summaries.size > feedsKnownMax) {
      const oldest = this.#summaries.keys().next();
      if (!oldest.done) this.#summaries.delete(oldest.value);
    }
    return summaries;
  }
}
