import type { RunId, ThreadId, UserId } from "@throughline/protocol";
import type { Epoch, EpochStart } from "./epochs.ts";
import type { AppendKey } from "./log.ts";

/**
 * Consecutive events of one feed as they are stored: one row, whatever their number, because a row and its index entry
 * cost far more than the events in it.
 */
export interface Chunk {
  readonly feed: UserId;
  readonly first: number;
  readonly last: number;
  /** Encoded events, joined by line feeds (JSON holds none). */
  readonly texts: string;
  /** JSON of `[sequence, private part][]`, or null when no event has one. */
  readonly privates: string | null;
}

export interface OpenRun {
  readonly runId: RunId;
  readonly feed: UserId;
  readonly threadId: ThreadId;
  /** The newest token that was used in a durable append; 0 when none was. */
  readonly token: number;
}

/** Everything that becomes durable together, or not at all. */
export interface Commit {
  readonly chunks: readonly Chunk[];
  readonly keys: readonly { readonly feed: UserId; readonly key: AppendKey; readonly at: number }[];
  readonly runsOpened: readonly OpenRun[];
  readonly runTokens: readonly { readonly runId: RunId; readonly token: number }[];
  readonly runsEnded: readonly RunId[];
  /** Replaces all chunks within `first`–`last` of the feed. */
  readonly replacements: readonly {
    readonly feed: UserId;
    readonly first: number;
    readonly last: number;
    readonly chunks: readonly Chunk[];
    /** Remembered as the place up to which compaction has nothing more to do. */
    readonly compactedThrough: number;
  }[];
  readonly truncations: readonly { readonly feed: UserId; readonly through: number }[];
  /** Replaces the epoch starts of a feed. */
  readonly epochStarts: readonly { readonly feed: UserId; readonly starts: readonly EpochStart[] }[];
  /** Forget keys stored before this time. */
  readonly keysBefore: number | undefined;
}

export interface FeedBounds {
  readonly head: number;
  /** Everything up to here was removed by retention. */
  readonly truncatedThrough: number;
  readonly compactedThrough: number;
  /** In order; the newest `epochStartsPerFeedMax`. */
  readonly epochStarts: readonly EpochStart[];
}

/**
 * Where an `EmbeddedLog` keeps its bytes. The log decides order, conditions and leases; the store keeps what it is told.
 * Reads are synchronous, see every resolved commit, and are called from one thread. Commits are called one at a time.
 */
export interface LogStore {
  /** Of this opening. */
  readonly epoch: Epoch;
  /** The number of an epoch of this history; undefined when it never was one, or is older than `epochsMax` openings. */
  epochNumber(name: string): number | undefined;
  bounds(feed: UserId): FeedBounds;
  /** At most `max` feeds from place `after` on (0 = from the first), with the places that they have among all. */
  feeds(after: number, max: number): readonly { readonly place: number; readonly feed: UserId }[];
  /** Chunks whose `last` is greater than `after`, in order, until one of the maxima is reached; at least one if any. */
  chunks(feed: UserId, after: number, eventsMax: number, bytesMax: number): readonly Chunk[];
  key(feed: UserId, keyId: string): AppendKey | undefined;
  /** In the order in which they were opened. */
  openRuns(): readonly OpenRun[];
  /** All of it is durable when it resolves; none or all of it is when it rejects. */
  commit(commit: Commit): Promise<void>;
  close(): Promise<void>;
}
