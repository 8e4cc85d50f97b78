import type { Limits, UserId } from "@throughline/protocol";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "./log.ts";

const forgetKeysIntervalMs = 3_600_000;

export interface MaintenanceOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: Limits;
  onError(error: unknown): void;
}

/**
 * Keeps the log small: compacts a feed some time after a run of it has ended or a thread was deleted, and forgets old
 * idempotency keys. Nothing depends on when, or whether, it happens.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #due = new Map<UserId, Timer>();
  #forgetting: Timer | undefined;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#forgetKeysLater();
  }

  /** Something in this feed can be compacted. Many calls within `compactionDelayMs` cause one compaction. */
  compactLater(feed: UserId): void {
    if (this.#due.has(feed)) return;
    const { clock, limits, log, onError } = this.#options;
    const timer = clock.schedule(limits.compactionDelayMs, () => {
      this.#due.delete(feed);
      log.compact(feed).catch(onError);
    });
    this.#due.set(feed, timer);
  }

  close(): void {
    this.#forgetting?.cancel();
    for (const timer of this.#due.values()) timer.cancel();
    this.#due.clear();
  }

  #forgetKeysLater(): void {
    const { clock, limits, log, onError } = this.#options;
    this.#forgetting = clock.schedule(forgetKeysIntervalMs, () => {
      log.forgetKeys(clock.now() - limits.idempotencyRetentionMs).catch(onError);
      this.#forgetKeysLater();
    });
  }
}
