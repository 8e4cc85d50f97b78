import type { Limits, UserId } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
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
  readonly #perUserMax: number;
  /** In the order of issue, which is the order of expiry. */
  readonly #tickets = new Map<string, { readonly identity: Identity; readonly until: number }>();
  /** The same tickets, in the same order; no user is without one. */
  readonly #perUser = new Map<UserId, Set<string>>();

  constructor(options: { readonly clock: Clock; readonly ids: IdSource; readonly limits: Limits }) {
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#lifetimeMs = options.limits.ticketLifetimeMs;
    // More tickets than connections are of no use.
    this.#perUserMax = options.limits.connectionsPerUserMax;
  }

  /**
   * Throws `rate_limited` when the user has `connectionsPerUserMax` unused tickets, `overloaded` when all users together
   * have `ticketsMax`: a ticket that was handed out is never taken back to make room.
   */
  issue(identity: Identity): { ticket: string; expiresAt: number } {
    this.#dropExpired();
    const held = this.#perUser.get(identity.userId) ?? new Set();
    const [oldest] = held;
    if (oldest !== undefined && held.size >= this.#perUserMax) {
      const reason = `unable to issue a ticket; connectionsPerUserMax ${this.#perUserMax} of them are unused`;
      throw new CodedError("rate_limited", reason, { retryAfterMs: this.#leftMs(oldest) });
    }
    if (this.#tickets.size >= ticketsMax) {
      throw new CodedError("overloaded", `unable to issue a ticket; ${ticketsMax} of them are unused`);
    }
    const ticket = this.#ids.secret();
    this.#tickets.set(ticket, { identity, until: this.#clock.monotonic() + this.#lifetimeMs });
    this.#perUser.set(identity.userId, held.add(ticket));
    return { ticket, expiresAt: this.#clock.now() + this.#lifetimeMs };
  }

  /** The identity that it was issued to; undefined when it was used, has expired, or never was. */
  redeem(ticket: string): Identity | undefined {
    const valid = this.#leftMs(ticket) > 0;
    const identity = this.#remove(ticket);
    return valid ? identity : undefined;
  }

  #leftMs(ticket: string): number {
    return (this.#tickets.get(ticket)?.until ?? 0) - this.#clock.monotonic();
  }

  #dropExpired(): void {
    for (const ticket of this.#tickets.keys()) {
      if (this.#leftMs(ticket) > 0) return;
      this.#remove(ticket);
    }
  }

  #remove(ticket: string): Identity | undefined {
    const entry = this.#tickets.get(ticket);
    if (entry === undefined) return undefined;
    this.#tickets.delete(ticket);
    const held = this.#perUser.get(entry.identity.userId);
    held?.delete(ticket);
    if (held?.size === 0) this.#perUser.delete(entry.identity.userId);
    return entry.identity;
  }
}
