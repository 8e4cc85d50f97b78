import type { RunId, UserId } from "@throughline/protocol";
import type { Epoch, EpochStart } from "./epochs.ts";
import type { AppendKey } from "./log.ts";
import type { Chunk, Commit, FeedBounds, LogStore, OpenRun } from "./log-store.ts";

interface StoredFeed {
  chunks: Chunk[];
  head: number;
  truncatedThrough: number;
  compactedThrough: number;
  epochStarts: readonly EpochStart[];
  readonly keys: Map<string, { readonly key: AppendKey; readonly at: number }>;
}

/** Keeps everything in memory and forgets it with the process: for tests, simulations and throw-away servers. */
export class MemoryStore implements LogStore {
  readonly epoch: Epoch;
  readonly #feeds = new Map<UserId, StoredFeed>();
  readonly #runs = new Map<RunId, OpenRun>();

  constructor(epoch: string) {
    this.epoch = { number: 1, name: epoch };
  }

  epochNumber(name: string): number | undefined {
    return name === this.epoch.name ? this.epoch.number : undefined;
  }

  bounds(feed: UserId): FeedBounds {
    const stored = this.#feeds.get(feed);
    return {
      head: stored?.head ?? 0,
      truncatedThrough: stored?.truncatedThrough ?? 0,
      compactedThrough: stored?.compactedThrough ?? 0,
      epochStarts: stored?.epochStarts ?? [],
    };
  }

  feeds(after: number, max: number) {
    return [...this.#feeds.keys()].slice(after, after + max).map((feed, index) => ({ place: after + index + 1, feed }));
  }

  chunks(feed: UserId, after: number, eventsMax: number, bytesMax: number): readonly Chunk[] {
    const chunks = this.#feeds.get(feed)?.chunks ?? [];
    const start = firstAfter(chunks, after);
    let events = 0;
    let bytes = 0;
    let end = start;
    while (end < chunks.length && events < eventsMax && bytes < bytesMax) {
      const chunk = chunks[end] as Chunk;
      events += chunk.last - Math.max(after, chunk.first - 1);
      bytes += chunk.texts.length;
      end += 1;
    }
    return chunks.slice(start, end);
  }

  key(feed: UserId, keyId: string): AppendKey | undefined {
    return this.#feeds.get(feed)?.keys.get(keyId)?.key;
  }

  openRuns(): readonly OpenRun[] {
    return [...this.#runs.values()];
  }

  async commit(commit: Commit): Promise<void> {
    for (const chunk of commit.chunks) {
      const feed = this.#feed(chunk.feed);
      feed.chunks.push(chunk);
      feed.head = chunk.last;
    }
    for (const { feed, key, at } of commit.keys) this.#feed(feed).keys.set(key.id, { key, at });
    for (const run of commit.runsOpened) this.#runs.set(run.runId, run);
    for (const { runId, token } of commit.runTokens) {
      const run = this.#runs.get(runId);
      if (run !== undefined) this.#runs.set(runId, { ...run, token });
    }
    for (const runId of commit.runsEnded) this.#runs.delete(runId);
    for (const { feed: id, first, last, chunks, compactedThrough } of commit.replacements) {
      const feed = this.#feed(id);
      const before = feed.chunks.filter((chunk) => chunk.last < first);
      const after = feed.chunks.filter((chunk) => chunk.last > last);
      feed.chunks = [...before, ...chunks, ...after];
      feed.compactedThrough = compactedThrough;
    }
    for (const { feed: id, through } of commit.truncations) {
      const feed = this.#feed(id);
      feed.chunks = feed.chunks.filter((chunk) => chunk.last > through);
      feed.truncatedThrough = through;
    }
    for (const { feed, starts } of commit.epochStarts) this.#feed(feed).epochStarts = starts;
    if (commit.keysBefore !== undefined) {
      for (const feed of this.#feeds.values()) {
        for (const [id, { at }] of feed.keys) if (at < commit.keysBefore) feed.keys.delete(id);
      }
    }
  }

  async close(): Promise<void> {}

  #feed(id: UserId): StoredFeed {
    let feed = this.#feeds.get(id);
    if (feed === undefined) {
      feed = { chunks: [], head: 0, truncatedThrough: 0, compactedThrough: 0, epochStarts: [], keys: new Map() };
      this.#feeds.set(id, feed);
    }
    return feed;
  }
}

/** Index of the first chunk whose `last` is greater than `after`. */
function firstAfter(chunks: readonly Chunk[], after: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunks[middle] as Chunk).last > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
