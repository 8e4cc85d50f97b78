import type { UserId } from "@throughline/protocol";
import type { Log } from "../../packages/server/src/log/log.ts";
import type { StoredEvent } from "../../packages/server/src/log/stored-event.ts";
import type { Line } from "./line.ts";
import type { NodeGate } from "./node-gate.ts";

export interface RemoteLogOptions {
  readonly log: Log;
  readonly gate: NodeGate;
  readonly requests: Line;
  readonly answers: Line;
  /** False once the log's process has died. */
  reachable(): boolean;
  count(what: string): void;
}

/** The log as one node sees it: requests and answers take their time, and are lost with the node. */
export class RemoteLog implements Log {
  readonly epoch: string;
  readonly runs: Log["runs"];
  readonly #options: RemoteLogOptions;

  constructor(options: RemoteLogOptions) {
    this.#options = options;
    const { runs } = options.log;
    this.epoch = options.log.epoch;
    this.runs = {
      claim: (claim) => this.#ask(() => runs.claim(claim)),
      renew: (lease, leaseDurationMs) => this.#ask(() => runs.renew(lease, leaseDurationMs)),
      release: (lease) => this.#ask(() => runs.release(lease)),
      onAvailable: (listener) => runs.onAvailable(() => this.#answer(listener)),
    };
  }

  append: Log["append"] = (feed, append) =>
    this.#ask(async () => {
      const result = await this.#options.log.append(feed, append);
      this.#options.count(`append ${result.kind}`);
      return result;
    });
  read: Log["read"] = (feed, after) => this.#ask(() => this.#options.log.read(feed, after));
  locate: Log["locate"] = (feed, place) => this.#ask(() => this.#options.log.locate(feed, place));
  feeds: Log["feeds"] = () => this.#options.log.feeds();
  bounds: Log["bounds"] = (feed) => this.#ask(() => this.#options.log.bounds(feed));
  findKey: Log["findKey"] = (feed, keyId) => this.#ask(() => this.#options.log.findKey(feed, keyId));
  compact: Log["compact"] = (feed) => this.#ask(() => this.#options.log.compact(feed));
  truncate: Log["truncate"] = (feed, through) => this.#ask(() => this.#options.log.truncate(feed, through));
  forgetKeys: Log["forgetKeys"] = (before) => this.#ask(() => this.#options.log.forgetKeys(before));
  /** Of the node's view only; the log is everybody's. */
  close: Log["close"] = async () => undefined;

  async *follow(feed: UserId, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[], void, void> {
    const pages: (readonly StoredEvent[])[] = [];
    let ending: { readonly error: unknown } | undefined;
    let wake: (() => void) | undefined;
    const changed = () => {
      wake?.();
      wake = undefined;
    };
    const left = new AbortController();
    signal.addEventListener("abort", changed, { once: true });
    const end = (error: unknown) => {
      ending ??= { error };
      changed();
    };
    this.#options.gate.leave(() =>
      this.#options.requests.put(
        () =>
          void this.#pump(feed, after, left.signal, {
            page: (events) =>
              this.#answer(() => {
                pages.push(events);
                changed();
              }),
            end: (error) => this.#answer(() => end(error)),
          }),
      ),
    );
    try {
      while (!signal.aborted) {
        const page = pages.shift();
        if (page !== undefined) yield page;
        else if (ending !== undefined) {
          if (ending.error !== undefined) throw ending.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener("abort", changed);
      left.abort();
    }
  }

  /** The side of the log: it follows for as long as the node lives and wants it. */
  async #pump(
    feed: UserId,
    after: number,
    left: AbortSignal,
    node: { page(events: readonly StoredEvent[]): void; end(error: unknown): void },
  ): Promise<void> {
    try {
      for await (const events of this.#options.log.follow(feed, after, left)) {
        if (!this.#options.gate.alive) return;
        node.page(events);
      }
      node.end(undefined);
    } catch (error) {
      node.end(error);
    }
  }

  #ask<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { gate, requests, reachable } = this.#options;
    return new Promise((resolve, reject) => {
      gate.leave(() =>
        requests.put(() => {
          if (!reachable()) return;
          ask().then(
            (answer) => this.#answer(() => resolve(answer)),
            (error: unknown) => this.#answer(() => reject(error)),
          );
        }),
      );
    });
  }

  #answer(act: () => void): void {
    const { gate, answers, reachable } = this.#options;
    if (reachable()) answers.put(() => gate.arrive(act));
  }
}
