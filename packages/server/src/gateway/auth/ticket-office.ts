import type { Clock } from "../../base/clock.ts";
import type { IdSource } from "../../base/id-source.ts";
import type { Identity } from "../../base/identity.ts";

const ticketsMax = 100_000;

/**
 * Hands out tickets for places where a browser or a proxy lets no header through. A ticket stands in a URL and so in
 * logs; therefore it works once, for seconds, on this node only.
 */
export class TicketOffice {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #lifetimeMs: number;
  /** In the order of issue, which is the order of expiry. */
  readonly #tickets = new Map<string, { readonly identity: Identity; readonly until: number }>();

  constructor(options: { readonly clock: Clock; readonly ids: IdSource; readonly lifetimeMs: number }) {
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#lifetimeMs = options.lifetimeMs;
  }

  /** At `ticketsMax` outstanding tickets the oldest is void. */
  issue(identity: Identity): { ticket: string; expiresAt: number } {
    this.#dropExpired();
    const ticket = this.#ids.secret();
    this.#tickets.set(ticket, { identity, until: this.#clock.monotonic() + this.#lifetimeMs });
    return { ticket, expiresAt: this.#clock.now() + this.#lifetimeMs };
  }

  /** The identity that it was issued to; undefined when it was used, has expired, or never was. */
  redeem(ticket: string): Identity | undefined {
    const entry = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return entry !== undefined && this.#clock.monotonic() < entry.until ? entry.identity : undefined;
  }

  #dropExpired(): void {
    const now = this.#clock.monotonic();
    for (const [ticket, { until }] of this.#tickets) {
      if (until > now && this.#tickets.size < ticketsMax) return;
      this.#tickets.delete(ticket);
    }
  }
}
