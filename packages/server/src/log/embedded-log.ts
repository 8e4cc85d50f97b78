import type { CursorPlace, Limits, RunId, UserId } from "@throughline/protocol";
import { type Clock, instant, type Timer } from "../base/clock.ts";
import { CodedError } from "../base/coded-error.ts";
import { decodeChunk, encodeChunks } from "./chunk-codec.ts";
import { compactEvents } from "./compaction.ts";
import { type EpochStart, sharedThrough } from "./epochs.ts";
import { FeedSubscription } from "./feed-subscription.ts";
import type { Append, AppendKey, AppendResult, Location, Log, ReadResult } from "./log.ts";
import type { Chunk, Commit, LogStore, OpenRun } from "./log-store.ts";
import { RunQueue } from "./run-queue.ts";
import { StoredEvent } from "./stored-event.ts";

interface Feed {
  readonly id: UserId;
  /** Newest durable sequence. */
  head: number;
  /** Newest sequence given out; ahead of `head` while a commit is in flight. */
  pendingHead: number;
  truncatedThrough: number;
  compactedThrough: number;
  epochStarts: readonly EpochStart[];
  readonly subscriptions: Set<FeedSubscription>;
  /** Keys of appends whose fate is not known yet. */
  readonly pendingKeys: Map<string, Promise<AppendResult>>;
  /** The newest of those appends. */
  newest: Promise<AppendResult> | undefined;
  /** Appends whose fate is not known yet, and work that needs the feed to stay loaded. */
  holds: number;
}

interface PendingAppend {
  readonly feed: Feed;
  readonly events: readonly StoredEvent[];
  readonly append: Append;
}

/** Appends that share a commit, and so their fate: one promise for all of them, because there may be thousands. */
class Batch {
  readonly appends: PendingAppend[] = [];
  readonly #stored = Promise.withResolvers<void>();

  add(pending: PendingAppend): Promise<AppendResult> {
    this.appends.push(pending);
    return this.#stored.promise.then(() => ({
      kind: "appended",
      head: pending.append.expectedHead + pending.events.length,
      events: pending.events,
    }));
  }

  resolve(): void {
    this.#stored.resolve();
  }

  reject(error: Error): void {
    // Without appends nobody hears it.
    if (this.appends.length > 0) this.#stored.reject(error);
  }
}

interface PendingMaintenance {
  readonly apply: (commit: MutableCommit) => void;
  readonly done: () => void;
  readonly reject: (error: Error) => void;
}

type Mutable<Value> = {
  -readonly [Key in keyof Value]: Value[Key] extends readonly (infer Item)[] ? Item[] : Value[Key];
};
type MutableCommit = Mutable<Commit>;

const feedsPageMax = 1_000;
const followRetryMs = 1_000;

export interface EmbeddedLogOptions {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * A log that one process owns: conditions, sequences, keys and leases are decided here, in memory, in the order of the
 * calls; bytes go to a `LogStore`. While one commit is on its way to the disk, all further appends of all feeds gather for
 * the next, so many feeds share one transaction and one flush (group commit).
 */
export class EmbeddedLog implements Log {
  readonly epoch: string;
  readonly runs: RunQueue;
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #feeds = new Map<UserId, Feed>();
  /** Chains of which an append did not happen. */
  readonly #broken = new WeakSet<object>();
  /** What waits for the next commit. */
  #batch = new Batch();
  #maintenance: PendingMaintenance[] = [];
  #flushing: Promise<void> | undefined;
  /** A commit has failed, and what the store holds was not read since. */
  #uncertain = false;
  #following: Timer | undefined;
  #closed = false;

  constructor(options: EmbeddedLogOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.epoch = options.store.epoch.name;
    this.runs = new RunQueue(options.clock, options.store.openRuns());
  }

  append(feedId: UserId, append: Append): Promise<AppendResult> {
    try {
      this.#checkLimits(append);
      this.#followStore();
      const feed = this.#feed(feedId);
      const refusal = this.#refusal(feed, append);
      if (refusal === undefined) return this.#accept(feed, append);
      this.#breakChain(append);
      return refusal;
    } catch (error) {
      this.#breakChain(append);
      return Promise.reject(storageError("append", error));
    }
  }

  #checkLimits({ events }: Append): void {
    const { appendEventsMax, appendsPendingMax } = this.#limits;
    this.#checkOpen("append");
    if (events.length > appendEventsMax) {
      throw new CodedError(
        "too_large",
        `unable to append; ${events.length} events exceed appendEventsMax ${appendEventsMax}`,
      );
    }
    const waiting = this.#batch.appends.length;
    if (waiting >= appendsPendingMax) {
      throw new CodedError("overloaded", `unable to append; ${waiting} appends wait for the disk`);
    }
  }

  /** The outcome of an append that does not happen; undefined when it may. */
  #refusal(feed: Feed, append: Append): Promise<AppendResult> | undefined {
    const { key, lease, chain, expectedHead } = append;
    if (key !== undefined) {
      const pending = feed.pendingKeys.get(key.id);
      // A repetition may be answered only when the original is durable.
      if (pending !== undefined) return pending.then(() => this.append(feed.id, append));
      const original = this.#store.key(feed.id, key.id);
      if (original !== undefined) return Promise.resolve({ kind: "duplicate", original });
    }
    if (lease !== undefined) {
      const token = this.runs.token(lease.runId);
      if (token !== lease.token) return Promise.resolve({ kind: "fenced", token });
    }
    if (expectedHead === feed.pendingHead && (chain === undefined || !this.#broken.has(chain))) return undefined;
    return conflictWith(feed);
  }

  #accept(feed: Feed, append: Append): Promise<AppendResult> {
    const at = instant(this.#clock.now());
    let bytes = 0;
    const events = append.events.map((event, index) => {
      const stored = StoredEvent.encode(event, append.expectedHead + 1 + index, at);
      bytes += stored.text.length + (stored.privateText?.length ?? 0);
      return stored;
    });
    if (bytes > this.#limits.appendBytesMax) {
      throw new CodedError(
        "too_large",
        `unable to append; ${bytes} characters exceed appendBytesMax ${this.#limits.appendBytesMax}`,
      );
    }
    feed.pendingHead += events.length;
    feed.holds += 1;
    const result = this.#batch.add({ feed, events, append });
    this.#flushSoon();
    feed.newest = result;
    if (append.key !== undefined) feed.pendingKeys.set(append.key.id, result);
    return result;
  }

  #breakChain({ chain }: Append): void {
    if (chain !== undefined) this.#broken.add(chain);
  }

  async read(feedId: UserId, after: number): Promise<ReadResult> {
    return this.#read(this.#feed(feedId), after);
  }

  #read(feed: Feed, after: number): ReadResult {
    if (after > feed.head) return { kind: "ahead", head: feed.head };
    if (after < feed.truncatedThrough) {
      return { kind: "truncated", oldest: feed.truncatedThrough + 1, head: feed.head };
    }
    if (after === feed.head) return { kind: "events", events: [], head: feed.head };
    const events: StoredEvent[] = [];
    const chunks = this.#store.chunks(feed.id, after, this.#limits.readEventsMax, this.#limits.readBytesMax);
    for (const chunk of chunks) {
      for (const stored of decodeChunk(chunk)) {
        // A commit may be in the store while its waiters have not been told; it is not the feed's yet.
        if (stored.sequence > feed.head || events.length >= this.#limits.readEventsMax) break;
        if (stored.sequence > after) events.push(stored);
        else if (stored.type === "compacted" && stored.lastSequence > after) events.push(stored.after(after));
      }
    }
    return { kind: "events", events, head: feed.head };
  }

  async *follow(
    feedId: UserId,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredEvent[], void, void> {
    const feed = this.#feed(feedId);
    const subscription = new FeedSubscription(this.#limits.readEventsMax, signal);
    feed.subscriptions.add(subscription);
    feed.holds += 1;
    try {
      let position = after;
      while (!signal.aborted) {
        const live = subscription.takeAfter(position);
        if (live !== undefined) {
          position = (live.at(-1) as StoredEvent).lastSequence;
          yield live;
        } else if (position !== feed.head) {
          const page = this.#read(feed, position);
          if (page.kind !== "events") return;
          const last = page.events.at(-1);
          if (last === undefined) return;
          position = last.lastSequence;
          yield page.events;
        } else {
          await subscription.changed();
        }
      }
    } finally {
      subscription.close();
      feed.subscriptions.delete(subscription);
      feed.holds -= 1;
    }
  }

  async bounds(feedId: UserId): Promise<{ oldest: number; head: number }> {
    const feed = this.#feed(feedId);
    return { oldest: feed.truncatedThrough + 1, head: feed.head };
  }

  async locate(feedId: UserId, place: CursorPlace): Promise<Location> {
    const { head, truncatedThrough, epochStarts } = this.#feed(feedId);
    const number = this.#store.epochNumber(place.epoch);
    const shared =
      number === undefined ? undefined : sharedThrough(epochStarts, number, this.#limits.epochStartsPerFeedMax);
    if (shared === undefined || place.sequence > shared) return { kind: "epoch", head };
    if (place.sequence > head) return { kind: "ahead", head };
    return { kind: place.sequence < truncatedThrough ? "truncated" : "found", head };
  }

  async findKey(feedId: UserId, keyId: string): Promise<AppendKey | undefined> {
    try {
      const pending = this.#feed(feedId).pendingKeys.get(keyId);
      if (pending !== undefined) await pending.catch(() => undefined);
      // Whoever is told that an append happened may count on what follows from it.
      this.#followStore();
      return this.#store.key(feedId, keyId);
    } catch (error) {
      throw storageError("find a key", error);
    }
  }

  compact(feedId: UserId): Promise<{ eventsRemoved: number }> {
    return this.#oneAtATime(feedId, async (feed) => {
      const chunks = this.#chunksToCompact(feed);
      const [firstChunk, lastChunk] = [chunks[0], chunks.at(-1)];
      if (firstChunk === undefined || lastChunk === undefined) return { eventsRemoved: 0 };
      const result = compactEvents(chunks.flatMap((chunk) => [...decodeChunk(chunk)]));
      if (!result.changed) return { eventsRemoved: 0 };
      await this.#commitMaintenance((commit) => {
        commit.replacements.push({
          feed: feed.id,
          first: firstChunk.first,
          last: lastChunk.last,
          chunks: encodeChunks(feed.id, result.events),
          compactedThrough: result.settledThrough,
        });
      });
      feed.compactedThrough = Math.max(feed.compactedThrough, result.settledThrough);
      return { eventsRemoved: result.eventsRemoved };
    });
  }

  /** Durable chunks from where compaction has work left; all of them when a thread was deleted since. */
  #chunksToCompact(feed: Feed): readonly Chunk[] {
    const durable = (after: number) =>
      this.#store
        .chunks(feed.id, after, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
        .filter((chunk) => chunk.last <= feed.head);
    const chunks = durable(feed.compactedThrough);
    const deletes = chunks.some((chunk) => chunk.texts.includes('"type":"thread_deleted"'));
    return deletes && feed.compactedThrough > 0 ? durable(feed.truncatedThrough) : chunks;
  }

  truncate(feedId: UserId, through: number): Promise<void> {
    return this.#oneAtATime(feedId, async (feed) => {
      const end = Math.min(through, feed.head);
      if (end <= feed.truncatedThrough) return;
      // Ahead of the commit, because a reader that finds the events gone must be told why.
      feed.truncatedThrough = end;
      await this.#commitMaintenance((commit) => commit.truncations.push({ feed: feed.id, through: end }));
    });
  }

  async *feeds(): AsyncGenerator<UserId, void, void> {
    let place = 0;
    for (;;) {
      const page = this.#store.feeds(place, feedsPageMax);
      for (const { feed } of page) yield feed;
      const last = page.at(-1);
      if (last === undefined) return;
      place = last.place;
    }
  }

  async forgetKeys(before: number): Promise<void> {
    this.#checkOpen("forget keys");
    await this.#commitMaintenance((commit) => {
      commit.keysBefore = Math.max(before, commit.keysBefore ?? 0);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#following?.cancel();
    while (this.#flushing !== undefined) await this.#flushing;
    await this.#store.close();
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw new CodedError("draining", `unable to ${operation}; the log is closed`);
  }

  #feed(feedId: UserId): Feed {
    const known = this.#feeds.get(feedId);
    if (known !== undefined) return known;
    const bounds = this.#store.bounds(feedId);
    const feed: Feed = {
      id: feedId,
      head: bounds.head,
      pendingHead: bounds.head,
      truncatedThrough: bounds.truncatedThrough,
      compactedThrough: bounds.compactedThrough,
      epochStarts: bounds.epochStarts,
      subscriptions: new Set(),
      pendingKeys: new Map(),
      newest: undefined,
      holds: 0,
    };
    if (this.#feeds.size >= this.#limits.feedStatesMax) this.#evict();
    this.#feeds.set(feedId, feed);
    return feed;
  }

  /** Forgets the oldest idle feed; its bounds are read again from the store when it is next used. */
  #evict(): void {
    for (const [id, feed] of this.#feeds) {
      if (feed.holds === 0) {
        this.#feeds.delete(id);
        return;
      }
    }
  }

  #maintained: Promise<unknown> = Promise.resolve();

  /** Compaction reads, then replaces; nothing else may rewrite the same events in between. */
  #oneAtATime<Result>(feedId: UserId, work: (feed: Feed) => Promise<Result>): Promise<Result> {
    const result = this.#maintained.then(async () => {
      this.#checkOpen("maintain the feed");
      const feed = this.#feed(feedId);
      feed.holds += 1;
      try {
        return await work(feed);
      } finally {
        feed.holds -= 1;
      }
    });
    this.#maintained = result.catch(() => undefined);
    return result;
  }

  #commitMaintenance(apply: (commit: MutableCommit) => void): Promise<void> {
    return new Promise((done, reject) => {
      this.#maintenance.push({ apply, done, reject });
      this.#flushSoon();
    });
  }

  #flushSoon(): void {
    this.#flushing ??= Promise.resolve().then(() => this.#flushAll());
  }

  async #flushAll(): Promise<void> {
    while (this.#batch.appends.length > 0 || this.#maintenance.length > 0) {
      const batch = this.#batch;
      const maintenance = this.#maintenance;
      this.#batch = new Batch();
      this.#maintenance = [];
      try {
        const commit = this.#gather(batch.appends);
        for (const work of maintenance) work.apply(commit);
        await this.#store.commit(commit);
        this.#publish(batch.appends);
        batch.resolve();
        for (const work of maintenance) work.done();
      } catch (error) {
        this.#abandon(batch, maintenance, storageError("append", error));
      }
    }
    this.#flushing = undefined;
  }

  #gather(appends: readonly PendingAppend[]): MutableCommit {
    const commit: MutableCommit = {
      chunks: [],
      keys: [],
      runsOpened: [],
      runTokens: [],
      runsEnded: [],
      replacements: [],
      truncations: [],
      epochStarts: [],
      keysBefore: undefined,
    };
    const perFeed = new Map<Feed, StoredEvent[]>();
    for (const { feed, events, append } of appends) {
      if (events.length > 0) {
        const gathered = perFeed.get(feed);
        if (gathered === undefined) perFeed.set(feed, events.slice());
        else for (const stored of events) gathered.push(stored);
      }
      if (append.key !== undefined) commit.keys.push({ feed: feed.id, key: append.key, at: this.#clock.now() });
      if (append.lease !== undefined && this.runs.takeTokenChange(append.lease)) {
        commit.runTokens.push(append.lease);
      }
      for (const event of append.events) {
        if (event.type === "message_accepted") commit.runsOpened.push(openedRun(feed.id, event));
        else if (event.type === "agent_completed") commit.runsEnded.push(event.runId);
      }
    }
    for (const [feed, events] of perFeed) {
      commit.chunks.push(...encodeChunks(feed.id, events));
      if (feed.epochStarts.at(-1)?.epoch !== this.#store.epoch.number) this.#beginEpoch(commit, feed);
    }
    return commit;
  }

  /** Once for each feed that this opening of the log appends to. */
  #beginEpoch(commit: MutableCommit, feed: Feed): void {
    const start = { epoch: this.#store.epoch.number, base: feed.head };
    // Void again if the commit fails: then what the store holds is read.
    feed.epochStarts = [...feed.epochStarts, start].slice(-this.#limits.epochStartsPerFeedMax);
    commit.epochStarts.push({ feed: feed.id, starts: feed.epochStarts });
  }

  #publish(appends: readonly PendingAppend[]): void {
    const fresh = new Map<Feed, StoredEvent[]>();
    for (const { feed, events, append } of appends) {
      feed.head += events.length;
      settle(feed, append);
      if (feed.subscriptions.size > 0) {
        const gathered = fresh.get(feed);
        if (gathered === undefined) fresh.set(feed, events.slice());
        else for (const stored of events) gathered.push(stored);
      }
      for (const event of append.events) {
        if (event.type === "message_accepted") this.runs.open(openedRun(feed.id, event));
        else if (event.type === "agent_completed") this.runs.end(event.runId);
      }
    }
    for (const [feed, events] of fresh) {
      for (const subscription of feed.subscriptions) subscription.add(events);
    }
  }

  /**
   * The commit failed, or its fate is unknown. Everything that was given a place after it is void as well; what the store
   * really holds is read again before anybody else gets a place.
   */
  #abandon(batch: Batch, maintenance: readonly PendingMaintenance[], error: CodedError): void {
    const abandoned = [batch, this.#batch];
    this.#batch = new Batch();
    this.#uncertain = true;
    try {
      this.#followStore();
    } catch {
      // The store cannot even be read. Nothing is appended before it can, and nobody need append for it to be tried again.
      this.#followLater();
    }
    for (const { feed, append } of abandoned.flatMap(({ appends }) => appends)) {
      feed.pendingHead = feed.head;
      settle(feed, append);
      this.#breakChain(append);
    }
    for (const each of abandoned) each.reject(error);
    for (const work of maintenance) work.reject(error);
  }

  #followLater(): void {
    this.#following?.cancel();
    this.#following = this.#clock.schedule(followRetryMs, () => {
      try {
        this.#followStore();
      } catch {
        this.#followLater();
      }
    });
  }

  /** Takes over what the store holds, whoever was told what. Throws when it cannot be read. */
  #followStore(): void {
    if (!this.#uncertain) return;
    for (const feed of this.#feeds.values()) {
      const bounds = this.#store.bounds(feed.id);
      Object.assign(feed, { ...bounds, pendingHead: bounds.head });
      for (const subscription of feed.subscriptions) subscription.wake();
    }
    this.runs.follow(this.#store.openRuns());
    this.#uncertain = false;
    this.#following?.cancel();
  }
}

function conflictWith(feed: Feed): Promise<AppendResult> {
  const conflict = (): AppendResult => ({ kind: "conflict", head: feed.head });
  // The head has to be one that the caller can read, or it would conflict again and again until the disk is done.
  return feed.newest === undefined ? Promise.resolve(conflict()) : feed.newest.then(conflict, conflict);
}

function settle(feed: Feed, append: Append): void {
  feed.holds -= 1;
  if (feed.head === feed.pendingHead) feed.newest = undefined;
  if (append.key !== undefined) feed.pendingKeys.delete(append.key.id);
}

function openedRun(feed: UserId, event: { readonly runId: RunId; readonly threadId: OpenRun["threadId"] }): OpenRun {
  return { runId: event.runId, feed, threadId: event.threadId, token: 0 };
}

function storageError(operation: string, error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError("not_ready", `unable to ${operation}; the storage failed`, { cause: error });
}
