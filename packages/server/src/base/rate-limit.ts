import type { Clock } from "./clock.ts";

/**
 * A token bucket for each key: `perMinuteMax` at once, refilled evenly. Under the injected clock, unlike the libraries,
 * so that a simulation can repeat a history.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinuteMax: number;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** Beyond `keysMax` keys the longest unused one is forgotten, which can only be too generous to it. */
  constructor(options: { readonly clock: Clock; readonly perMinuteMax: number; readonly keysMax?: number }) {
    this.#clock = options.clock;
    this.#perMinuteMax = options.perMinuteMax;
    this.#keysMax = options.keysMax ?? 100_000;
  }

  /** Takes one token. 0 when there was one, else the milliseconds until there is. */
  take(key: string): number {
    const now = this.#clock.monotonic();
    const perMs = this.#perMinuteMax / 60_000;
    const before = this.#buckets.get(key);
    const tokens =
      before === undefined
        ? this.#perMinuteMax
        : Math.min(this.#perMinuteMax, before.tokens + (now - before.at) * perMs);
    // Insertion order is the order of use.
    this.#buckets.delete(key);
    if (this.#buckets.size >= this.#keysMax) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    const granted = tokens >= 1;
    this.#buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at: now });
    return granted ? 0 : Math.ceil((1 - tokens) / perMs);
  }
}
