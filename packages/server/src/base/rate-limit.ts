import type { Clock } from "./clock.ts";

/** Parts of a token. A bucket counts in these, so that a whole millisecond refills a whole number and nothing is rounded. */
const tokenParts = 60_000;

/**
 * A token bucket for each key: `perMinuteMax` at once, refilled evenly. Under the injected clock, unlike the libraries,
 * so that a simulation can repeat a history.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinuteMax: number;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, { parts: number; at: number }>();

  /** Beyond `keysMax` keys the longest unused one is forgotten, which can only be too generous to it. */
  constructor(options: { readonly clock: Clock; readonly perMinuteMax: number; readonly keysMax?: number }) {
    this.#clock = options.clock;
    this.#perMinuteMax = options.perMinuteMax;
    this.#keysMax = options.keysMax ?? 100_000;
  }

  /** Takes one token. 0 when there was one, else the milliseconds until there is. */
  take(key: string): number {
    const now = this.#clock.monotonic();
    const full = this.#perMinuteMax * tokenParts;
    const before = this.#buckets.get(key);
    const parts = before === undefined ? full : Math.min(full, before.parts + (now - before.at) * this.#perMinuteMax);
    // Insertion order is the order of use.
    this.#buckets.delete(key);
    if (this.#buckets.size >= this.#keysMax) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    const granted = parts >= tokenParts;
    this.#buckets.set(key, { parts: granted ? parts - tokenParts : parts, at: now });
    return granted ? 0 : Math.ceil((tokenParts - parts) / this.#perMinuteMax);
  }
}
