import type { Limits } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { RateLimit } from "../../base/rate-limit.ts";

/** Counts sign-ins and sign-ups by client address and by account, so that neither one of them can be guessed at. */
export class SignInLimit {
  readonly #limit: RateLimit;
  readonly #perMinuteMax: number;

  constructor(options: { readonly clock: Clock; readonly limits: Limits }) {
    this.#perMinuteMax = options.limits.signInAttemptsPerMinuteMax;
    this.#limit = new RateLimit({ clock: options.clock, perMinuteMax: this.#perMinuteMax });
  }

  /** Throws `rate_limited` when there were too many. */
  take(clientAddress: string, email: string | undefined): void {
    const waits = [this.#limit.take(`address ${clientAddress}`)];
    if (email !== undefined) waits.push(this.#limit.take(`email ${email.trim().toLowerCase()}`));
    const retryAfterMs = Math.max(...waits);
    if (retryAfterMs === 0) return;
    throw new CodedError(
      "rate_limited",
      `unable to sign in; more than signInAttemptsPerMinuteMax ${this.#perMinuteMax} attempts`,
      { retryAfterMs },
    );
  }
}
