import type { RunId, ThreadId, UserId } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import type { Claim, ClaimedRun, Lease, RunIndex } from "./log.ts";
import type { OpenRun } from "./log-store.ts";

interface Entry {
  readonly runId: RunId;
  readonly feed: UserId;
  readonly threadId: ThreadId;
  token: number;
  durableToken: number;
  /** Monotonic time at which the lease ends; undefined when nobody holds the run. */
  leasedUntil: number | undefined;
}

/**
 * The run index of a log that one process owns. Leases live in memory: when the process dies they are void at once, so a
 * restarted server goes on without waiting for an expiry. Tokens become durable with the first append that uses them.
 */
export class RunQueue implements RunIndex {
  readonly #clock: Clock;
  readonly #entries = new Map<RunId, Entry>();
  /** Runs of each thread that have not ended, oldest first. */
  readonly #threads = new Map<ThreadId, Entry[]>();
  /** Oldest runs of their threads that nobody holds, in the order in which they became so. */
  readonly #ready = new Set<Entry>();
  readonly #leased = new Set<Entry>();
  readonly #leasedPerFeed = new Map<UserId, number>();
  readonly #listeners = new Set<() => void>();
  #announced = false;

  constructor(clock: Clock, openRuns: readonly OpenRun[]) {
    this.#clock = clock;
    for (const run of openRuns) this.open(run);
  }

  /** A run was accepted durably. */
  open(run: OpenRun): void {
    const entry: Entry = {
      runId: run.runId,
      feed: run.feed,
      threadId: run.threadId,
      token: run.token,
      durableToken: run.token,
      leasedUntil: undefined,
    };
    this.#entries.set(run.runId, entry);
    const thread = this.#threads.get(run.threadId);
    if (thread === undefined) {
      this.#threads.set(run.threadId, [entry]);
      this.#makeReady(entry);
    } else {
      thread.push(entry);
    }
  }

  /** A run ended durably. */
  end(runId: RunId): void {
    const entry = this.#entries.get(runId);
    if (entry === undefined) return;
    this.#entries.delete(runId);
    this.#ready.delete(entry);
    this.#unlease(entry);
    const thread = this.#threads.get(entry.threadId);
    if (thread === undefined) return;
    const index = thread.indexOf(entry);
    thread.splice(index, 1);
    if (thread.length === 0) this.#threads.delete(entry.threadId);
    else if (index === 0) this.#makeReady(thread[0] as Entry);
  }

  /** Opens and ends runs as these say, which are all that are open in truth; leases stay. */
  follow(openRuns: readonly OpenRun[]): void {
    const stored = new Set(openRuns.map(({ runId }) => runId));
    for (const runId of this.#entries.keys()) if (!stored.has(runId)) this.end(runId);
    for (const run of openRuns) {
      const entry = this.#entries.get(run.runId);
      if (entry === undefined) this.open(run);
      else entry.durableToken = run.token;
    }
  }

  /** The newest token of a run; undefined when it has ended or never was. */
  token(runId: RunId): number | undefined {
    return this.#entries.get(runId)?.token;
  }

  /** True once per token: the append that carries it has to make it durable. */
  takeTokenChange(lease: Lease): boolean {
    const entry = this.#entries.get(lease.runId);
    if (entry === undefined || entry.durableToken >= lease.token) return false;
    entry.durableToken = lease.token;
    return true;
  }

  async claim(claim: Claim): Promise<readonly ClaimedRun[]> {
    const now = this.#clock.monotonic();
    for (const entry of this.#leased) {
      if (entry.leasedUntil !== undefined && entry.leasedUntil <= now) {
        this.#unlease(entry);
        this.#ready.add(entry);
      }
    }
    const claimed: ClaimedRun[] = [];
    for (const entry of this.#ready) {
      if (claimed.length >= claim.runsMax) break;
      const held = this.#leasedPerFeed.get(entry.feed) ?? 0;
      if (held >= claim.runsPerFeedMax) continue;
      this.#ready.delete(entry);
      entry.token += 1;
      entry.leasedUntil = now + claim.leaseDurationMs;
      this.#leased.add(entry);
      this.#leasedPerFeed.set(entry.feed, held + 1);
      claimed.push({ feed: entry.feed, threadId: entry.threadId, runId: entry.runId, token: entry.token });
    }
    return claimed;
  }

  async renew(lease: Lease, leaseDurationMs: number): Promise<boolean> {
    const entry = this.#entries.get(lease.runId);
    if (entry === undefined || entry.token !== lease.token || entry.leasedUntil === undefined) return false;
    entry.leasedUntil = this.#clock.monotonic() + leaseDurationMs;
    return true;
  }

  async release(lease: Lease): Promise<void> {
    const entry = this.#entries.get(lease.runId);
    if (entry === undefined || entry.token !== lease.token || entry.leasedUntil === undefined) return;
    this.#unlease(entry);
    this.#makeReady(entry);
  }

  onAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #unlease(entry: Entry): void {
    if (!this.#leased.delete(entry)) return;
    entry.leasedUntil = undefined;
    const held = (this.#leasedPerFeed.get(entry.feed) ?? 1) - 1;
    if (held === 0) this.#leasedPerFeed.delete(entry.feed);
    else this.#leasedPerFeed.set(entry.feed, held);
    // Another run of this feed may have been passed over because of `runsPerFeedMax`.
    if (this.#ready.size > 0) this.#announce();
  }

  #makeReady(entry: Entry): void {
    this.#ready.add(entry);
    this.#announce();
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
