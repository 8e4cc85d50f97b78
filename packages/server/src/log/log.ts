/** The contract of a log. Everything that happens to a user is an append here; everything else is a view of it. */
import type { CursorPlace, JsonValue, ResetReason, RunId, ThreadId, UserId } from "@throughline/protocol";
import type { NewEvent, StoredEvent } from "./stored-event.ts";

/** The right to append to a run: `token` grows with every claim, and only the newest may append. */
export interface Lease {
  readonly runId: RunId;
  readonly token: number;
}

/** Remembered with the append, atomically, for at least `idempotencyRetentionMs`. */
export interface AppendKey {
  /** The command id, unique per feed. */
  readonly id: string;
  /** Hash of the command's content; tells a repetition from a reuse of the id. */
  readonly fingerprint: string;
  readonly reply: JsonValue;
}

export interface Append {
  /** The append happens only if this is the feed's newest sequence (0 for an empty feed). */
  readonly expectedHead: number;
  /** Stored all or none. May be empty when there is only a key to remember. */
  readonly events: readonly NewEvent[];
  readonly key?: AppendKey;
  /** Present on every append of a worker to its run. */
  readonly lease?: Lease;
  /**
   * Shared by appends that were decided one upon the other without waiting for their outcomes. Once one of them does not
   * happen, every later one conflicts, even where somebody else has brought the feed to the head that it expects.
   */
  readonly chain?: object;
}

/** Expected outcomes. Storage failures are thrown as `CodedError` `not_ready`: the append may or may not have happened. */
export type AppendResult =
  | { readonly kind: "appended"; readonly head: number; readonly events: readonly StoredEvent[] }
  | { readonly kind: "duplicate"; readonly original: AppendKey }
  | { readonly kind: "conflict"; readonly head: number }
  /** `token` is the newest one; undefined when the run has ended or never was. */
  | { readonly kind: "fenced"; readonly token: number | undefined };

export type ReadResult =
  /** In order, without gap from `after`; empty exactly when `after` is the head. `head` is the newest sequence. */
  | { readonly kind: "events"; readonly events: readonly StoredEvent[]; readonly head: number }
  /** Retention removed what follows `after`; the oldest retained event is `oldest`. */
  | { readonly kind: "truncated"; readonly oldest: number; readonly head: number }
  /** `after` is beyond the head. */
  | { readonly kind: "ahead"; readonly head: number };

export interface Location {
  readonly kind: "found" | ResetReason;
  /** Newest sequence. */
  readonly head: number;
}

export interface ClaimedRun extends Lease {
  readonly feed: UserId;
  readonly threadId: ThreadId;
}

export interface Claim {
  /** Milliseconds until another may claim the run, unless renewed. */
  readonly leaseDurationMs: number;
  readonly runsMax: number;
  /** At most this many leased runs of one feed at a time. */
  readonly runsPerFeedMax: number;
}

/**
 * Runs that have not ended, derived from `message_accepted` and `agent_completed` in the same append that stores them.
 * Of each thread only the oldest can be claimed, so a thread has one run at a time.
 */
export interface RunIndex {
  /**
   * Runs that nobody holds, or whose lease has expired, longest waiting first: one that is given back waits anew. Each
   * claim gives a larger token.
   */
  claim(claim: Claim): Promise<readonly ClaimedRun[]>;
  /** False when a newer claim exists or the run has ended; then stop working on it. */
  renew(lease: Lease, leaseDurationMs: number): Promise<boolean>;
  /** Gives the run back before its lease expires; without effect when the lease is not the newest. */
  release(lease: Lease): Promise<void>;
  /** Called whenever a claim may succeed that did not before, unless because a lease expired; never inside an append. */
  onAvailable(listener: () => void): () => void;
}

export interface Log {
  /** Names this opening of the log; part of every cursor that is given out. */
  readonly epoch: string;
  readonly runs: RunIndex;

  /** Durable when it resolves. Appends of one caller to one feed take effect in the order of the calls. */
  append(feed: UserId, append: Append): Promise<AppendResult>;
  /** At most `readEventsMax` events and about `readBytesMax` bytes after `after` (0 = from the beginning). */
  read(feed: UserId, after: number): Promise<ReadResult>;
  /**
   * Yields every event after `after`, stored ones first and then new ones as they become durable, without gap or repeat,
   * until `signal` aborts. Ends early, having yielded everything it could, when `after` is truncated or ahead.
   */
  follow(feed: UserId, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[], void, void>;
  /**
   * Whether a reader who stands at this place can go on from it. It cannot when history that it may have seen was lost
   * (an older copy of the log was put back), however far the feed has grown since.
   */
  locate(feed: UserId, place: CursorPlace): Promise<Location>;
  /** Newest sequence, 0 for a feed without events; `oldest` is the first that can still be read. */
  bounds(feed: UserId): Promise<{ readonly oldest: number; readonly head: number }>;
  /** What was remembered under a key, if the retention has not removed it; waits for an append in hand that has the key. */
  findKey(feed: UserId, keyId: string): Promise<AppendKey | undefined>;

  /**
   * Replaces deltas of ended runs, and everything of deleted threads but the deletion, by `compacted` events. Sequences
   * and the meaning of cursors stay. Private parts of ended runs go too.
   */
  compact(feed: UserId): Promise<{ readonly eventsRemoved: number }>;
  /** Retention: removes every event up to and including `through`. Readers behind it get `truncated`. */
  truncate(feed: UserId, through: number): Promise<void>;
  /** Forgets idempotency keys that were stored before this time (milliseconds since the Unix epoch). */
  forgetKeys(before: number): Promise<void>;
  /** Every feed that was ever written, each once; one that is written meanwhile may be missing. */
  feeds(): AsyncGenerator<UserId, void, void>;
  /** Waits for appends in hand. Appends after it are refused with `draining`. */
  close(): Promise<void>;
}
