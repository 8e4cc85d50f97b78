import type { CursorPlace, UserId } from "@throughline/protocol";
import type { Log } from "../../packages/server/src/log/log.ts";

/** A log that counts who reads it, and fails while it is told to. */
export class WatchedLog implements Log {
  readonly epoch: string;
  readonly runs: Log["runs"];
  readonly #log: Log;
  following = 0;
  reads = 0;
  failing = false;
  #interrupt = interrupt();

  constructor(log: Log) {
    this.#log = log;
    this.epoch = log.epoch;
    this.runs = log.runs;
  }

  /** From now on every request fails, and whoever follows is told. */
  fail(): void {
    this.failing = true;
    this.#interrupt.reject(new Error("the log is gone"));
    this.#interrupt = interrupt();
  }

  /** Whoever follows has come to an end, as when retention has overtaken it. */
  endFollowing(): void {
    this.#interrupt.resolve({ done: true, value: undefined });
    this.#interrupt = interrupt();
  }

  async read(feed: UserId, after: number) {
    this.reads += 1;
    if (this.failing) throw new Error("the log is gone");
    return this.#log.read(feed, after);
  }

  locate(feed: UserId, place: CursorPlace) {
    return this.#log.locate(feed, place);
  }

  feeds() {
    return this.#log.feeds();
  }

  async bounds(feed: UserId) {
    if (this.failing) throw new Error("the log is gone");
    return this.#log.bounds(feed);
  }

  async *follow(feed: UserId, after: number, signal: AbortSignal) {
    if (this.failing) throw new Error("the log is gone");
    this.following += 1;
    const interrupted = this.#interrupt.promise;
    const ended = new AbortController();
    const events = this.#log.follow(feed, after, AbortSignal.any([signal, ended.signal]));
    try {
      for (;;) {
        const next = await Promise.race([events.next(), interrupted]);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      this.following -= 1;
      ended.abort();
      await events.return();
    }
  }

  append: Log["append"] = (feed, append) => this.#log.append(feed, append);
  findKey: Log["findKey"] = (feed, keyId) => this.#log.findKey(feed, keyId);
  compact: Log["compact"] = (feed) => this.#log.compact(feed);
  truncate: Log["truncate"] = (feed, through) => this.#log.truncate(feed, through);
  forgetKeys: Log["forgetKeys"] = (before) => this.#log.forgetKeys(before);
  close: Log["close"] = () => this.#log.close();
}

/** What ends a follower before its time. Nobody has to wait for it. */
function interrupt(): PromiseWithResolvers<IteratorReturnResult<void>> {
  const resolvers = Promise.withResolvers<IteratorReturnResult<void>>();
  resolvers.promise.catch(() => undefined);
  return resolvers;
}
