import type { JsonValue, Limits, RunEventType, RunId, UserId } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import { FeedState } from "./feed-state.ts";
import type { AppendKey, Lease, Log } from "./log.ts";
import type { NewEvent, StoredEvent } from "./stored-event.ts";

/** What a decision wants to append. */
export interface Proposal {
  readonly events: readonly NewEvent[];
  /** Handed back, and remembered under the transaction's key. A JSON value. */
  readonly reply?: unknown;
}

export interface TransactionKey {
  readonly id: string;
  readonly fingerprint: string;
}

interface TransactionOptions {
  readonly key?: TransactionKey;
  readonly lease?: Lease;
}

/** How a transaction ended; `Refusal` is whatever the decision refuses with. */
export type Transaction<Refusal> =
  | { readonly kind: "appended"; readonly events: readonly StoredEvent[]; readonly reply: JsonValue }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "duplicate"; readonly original: AppendKey }
  /** The lease is not the newest, or the run has ended. */
  | { readonly kind: "fenced" }
  /** The append gate refused: the state table does not allow these events here. */
  | { readonly kind: "illegal"; readonly reason: string };

export type Decision<Refusal> = Proposal | { readonly refusal: Refusal };

interface Entry {
  readonly feed: UserId;
  state: FeedState | undefined;
  loading: boolean;
  /** Number of the newest transaction. */
  newest: number;
  /** What waits for the state, by number: whoever has to decide again does so in its old place. */
  readonly turns: Turn[];
  /** Appends whose fate is not known yet; a state is loaded only when there are none. */
  readonly pending: Set<Promise<unknown>>;
}

interface Turn {
  readonly number: number;
  /** Decides and appends, at once. */
  take(state: FeedState): void;
  /** There is no state. */
  fail(error: unknown): void;
}

/** Run events that somebody without a lease may append: they ask something of the run, they do not come from it. */
const unleasedTypes: ReadonlySet<RunEventType> = new Set<RunEventType>([
  "message_accepted",
  "run_stop_requested",
  "approval_answered",
]);

const conflictRetriesMax = 16;

/**
 * This node's one writer to feeds. A transaction decides on the state of a feed and appends in the same turn of the event
 * loop, so decisions of this node never conflict with each other; when another node appended in between, the decision is
 * made again on what the feed holds now. Nothing else calls `Log.append`.
 */
export class Feeds {
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #onCompactable: (feed: UserId) => void;
  readonly #entries = new Map<UserId, Entry>();

  /** `onCompactable` is told of feeds in which a run has ended or a thread was deleted. */
  constructor(options: { readonly log: Log; readonly limits: Limits; onCompactable?(feed: UserId): void }) {
    this.#log = options.log;
    this.#limits = options.limits;
    this.#onCompactable = options.onCompactable ?? (() => undefined);
  }

  /** The state of a feed as of now, for reading; use it before the next `await`. */
  async state(feed: UserId): Promise<FeedState> {
    const entry = this.#entry(feed);
    // Other nodes append as well; only the log knows how far.
    const { head } = await this.#log.bounds(feed);
    if (entry.state !== undefined && entry.state.head < head) entry.state = undefined;
    return this.#inTurn(entry, nextNumber(entry), (current) => current);
  }

  /**
   * Decides and appends. `decide` must be pure: it may be called again on a newer state. Storage failures are thrown as
   * `CodedError`; then nobody knows whether the append happened, and repeating a transaction that has a key finds out.
   */
  transact<Refusal>(
    feed: UserId,
    options: TransactionOptions,
    decide: (state: FeedState) => Decision<Refusal>,
  ): Promise<Transaction<Refusal>> {
    const entry = this.#entry(feed);
    const number = nextNumber(entry);
    const { state } = entry;
    if (options.key !== undefined) return this.#transactOnce(entry, number, options, options.key, decide);
    if (state === undefined) return this.#decideInTurn(entry, number, options, decide, 0);
    // Nearly all of what runs say, and nothing to wait for. Thousands of these may be on their way to the disk at once, each
    // with all the promises that were made for it.
    try {
      return this.#decide(entry, number, options, decide, 0, state);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #transactOnce<Refusal>(
    entry: Entry,
    number: number,
    options: TransactionOptions,
    key: TransactionKey,
    decide: (state: FeedState) => Decision<Refusal>,
  ): Promise<Transaction<Refusal>> {
    return (await this.#original(entry, key)) ?? this.#decideInTurn(entry, number, options, decide, 0);
  }

  #decideInTurn<Refusal>(
    entry: Entry,
    number: number,
    options: TransactionOptions,
    decide: (state: FeedState) => Decision<Refusal>,
    conflicts: number,
  ): Promise<Transaction<Refusal>> {
    if (conflicts >= conflictRetriesMax) {
      const reason = `unable to append; ${conflictRetriesMax} conflicts in a row`;
      return Promise.reject(new CodedError("overloaded", reason));
    }
    return this.#inTurn(entry, number, (state) => this.#decide(entry, number, options, decide, conflicts, state));
  }

  /** Appends in this very turn of the event loop, unless the decision or the gate refuses. */
  #decide<Refusal>(
    entry: Entry,
    number: number,
    options: TransactionOptions,
    decide: (state: FeedState) => Decision<Refusal>,
    conflicts: number,
    state: FeedState,
  ): Promise<Transaction<Refusal>> {
    const again = () => this.#decideInTurn(entry, number, options, decide, conflicts + 1);
    const judged = judge(state, decide(state), options.lease);
    if (judged.kind === "proposed") return this.#append(entry, state, judged.proposal, options, again);
    return this.#isCurrent(entry, state).then(async (isCurrent) => {
      if (!isCurrent) return again();
      // What it was refused for may be this very transaction, made a moment before.
      return (options.key && (await this.#original(entry, options.key))) ?? judged;
    });
  }

  async #original(entry: Entry, key: TransactionKey) {
    const original = await this.#log.findKey(entry.feed, key.id);
    return original && ({ kind: "duplicate", original } as const);
  }

  /**
   * True when the log holds what the state says and no more. The state runs ahead of it by appends that may still fail,
   * and other nodes run ahead of the state; an append finds that out by itself, what is not appended has to ask.
   */
  async #isCurrent(entry: Entry, state: FeedState): Promise<boolean> {
    const { head } = await this.#log.bounds(entry.feed);
    if (entry.state === state && head > state.head) entry.state = undefined;
    await Promise.allSettled(entry.pending);
    return entry.state === state;
  }

  #append<Refusal>(
    entry: Entry,
    state: FeedState,
    proposal: Proposal,
    options: TransactionOptions,
    onConflict: () => Promise<Transaction<Refusal>>,
  ): Promise<Transaction<Refusal>> {
    const expectedHead = state.head;
    let sequence = expectedHead;
    for (const event of proposal.events) {
      sequence += 1;
      state.apply(event, sequence);
    }
    const reply = (proposal.reply ?? null) as JsonValue;
    const key = options.key && { ...options.key, reply };
    const appending = this.#log.append(entry.feed, {
      expectedHead,
      events: proposal.events,
      key,
      lease: options.lease,
      // Whatever was decided on this state is void together.
      chain: state,
    });
    entry.pending.add(appending);
    return appending.then<Transaction<Refusal>, never>(
      (result) => {
        entry.pending.delete(appending);
        if (result.kind === "appended") {
          if (proposal.events.some(isCompactable)) this.#onCompactable(entry.feed);
          return { kind: "appended", events: result.events, reply };
        }
        // The state was folded ahead of an append that did not happen.
        if (entry.state === state) entry.state = undefined;
        return result.kind === "conflict" ? onConflict() : result;
      },
      (error: unknown) => {
        entry.pending.delete(appending);
        if (entry.state === state) entry.state = undefined;
        throw error;
      },
    );
  }

  /**
   * Calls `take` with the state as soon as there is one, in the order of the numbers. All that was decided upon a state is
   * void together, and the next state is loaded only when the fate of all of it is known: so whoever has to decide again
   * has its place in the queue before anybody decides.
   */
  #inTurn<Result>(entry: Entry, number: number, take: (state: FeedState) => Result | Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const turn: Turn = {
        number,
        take(state) {
          try {
            resolve(take(state));
          } catch (error) {
            reject(error);
          }
        },
        fail: reject,
      };
      const place = entry.turns.findLastIndex((other) => other.number < number) + 1;
      entry.turns.splice(place, 0, turn);
      if (!entry.loading) void this.#takeTurns(entry);
    });
  }

  async #takeTurns(entry: Entry): Promise<void> {
    while (entry.turns.length > 0) {
      if (entry.state === undefined) {
        entry.loading = true;
        try {
          entry.state = await this.#load(entry);
        } catch (error) {
          for (const turn of entry.turns.splice(0)) turn.fail(error);
        }
        entry.loading = false;
      } else entry.turns.shift()?.take(entry.state);
    }
  }

  async #load(entry: Entry): Promise<FeedState> {
    while (entry.pending.size > 0) await Promise.allSettled(entry.pending);
    for (;;) {
      const state = await this.#read(entry.feed);
      if (state !== undefined && (await this.#isWhole(entry.feed, state))) return state;
    }
  }

  /** Undefined when retention removed, between two pages, what would have come next. */
  async #read(feed: UserId): Promise<FeedState | undefined> {
    const state = new FeedState();
    const { oldest } = await this.#log.bounds(feed);
    state.head = oldest - 1;
    for (;;) {
      const page = await this.#log.read(feed, state.head);
      if (page.kind === "truncated") return undefined;
      if (page.kind === "ahead" || page.events.length === 0) return state;
      for (const stored of page.events) state.apply(stored.event, stored.sequence);
    }
  }

  /**
   * False when compaction removed, between two pages, the end of a run whose beginning had been read: the run would be taken
   * for open for ever. Ends are removed with deleted threads only, and then the beginning of the run is gone as well.
   */
  async #isWhole(feed: UserId, state: FeedState): Promise<boolean> {
    for (const run of state.runs.values()) {
      if (run.phase === "ended" || state.threads.get(run.threadId)?.deleted !== true) continue;
      const page = await this.#log.read(feed, run.sequence - 1);
      if (page.kind !== "events" || page.events[0]?.type !== "message_accepted") return false;
    }
    return true;
  }

  #entry(feed: UserId): Entry {
    let entry = this.#entries.get(feed);
    if (entry === undefined) {
      if (this.#entries.size >= this.#limits.feedStatesMax) this.#evict();
      entry = { feed, state: undefined, loading: false, newest: 0, turns: [], pending: new Set() };
    } else {
      // Insertion order is the order of use, so that the first entry is the one to forget.
      this.#entries.delete(feed);
    }
    this.#entries.set(feed, entry);
    return entry;
  }

  #evict(): void {
    for (const [feed, entry] of this.#entries) {
      if (entry.pending.size === 0 && !entry.loading) {
        this.#entries.delete(feed);
        return;
      }
    }
  }
}

function nextNumber(entry: Entry): number {
  entry.newest += 1;
  return entry.newest;
}

/** What becomes of a decision, as far as the state of the feed can tell. */
function judge<Refusal>(state: FeedState, decision: Decision<Refusal>, lease: Lease | undefined) {
  if ("refusal" in decision) return { kind: "refused", refusal: decision.refusal } as const;
  const reason = illegality(state, decision.events, lease);
  if (reason === undefined) return { kind: "proposed", proposal: decision } as const;
  // One that is not known any more has ended, and its thread is deleted.
  const ended = lease !== undefined && (state.runs.get(lease.runId)?.phase ?? "ended") === "ended";
  return ended ? ({ kind: "fenced" } as const) : ({ kind: "illegal", reason } as const);
}

/** Why the append gate does not take these events, or undefined when it does. */
function illegality(state: FeedState, events: readonly NewEvent[], lease: Lease | undefined): string | undefined {
  for (const event of events) {
    if (!isRunEvent(event) || unleasedTypes.has(event.type)) continue;
    if (lease?.runId !== event.runId) return `unable to append ${event.type}; the caller holds no lease of its run`;
  }
  return state.refusal(events);
}

function isCompactable({ type }: NewEvent): boolean {
  return type === "agent_completed" || type === "thread_deleted";
}

function isRunEvent(event: NewEvent): event is NewEvent & { readonly type: RunEventType; readonly runId: RunId } {
  return event.runId !== undefined;
}
