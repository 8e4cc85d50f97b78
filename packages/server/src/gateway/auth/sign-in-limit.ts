import { isIPv6 } from "node:net";
import type { Limits } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { RateLimit } from "../../base/rate-limit.ts";

/** Longer ones exist in no mail system; without a bound, made-up ones would fill the memory. */
const emailCharactersMax = 320;

/** Counts attempts at passwords by client and by account, so that neither one of them can be guessed at. */
export class SignInLimit {
  readonly #limit: RateLimit;
  readonly #perMinuteMax: number;

  constructor(options: { readonly clock: Clock; readonly limits: Limits }) {
    this.#perMinuteMax = options.limits.signInAttemptsPerMinuteMax;
    this.#limit = new RateLimit({ clock: options.clock, perMinuteMax: this.#perMinuteMax });
  }

  /** Throws `rate_limited` when there were too many. What a client has no right to any more does not count for the account. */
  take(clientAddress: string, email: string | undefined): void {
    this.#take(`address ${networkOf(clientAddress)}`);
    if (email !== undefined) this.#take(`email ${email.slice(0, emailCharactersMax).toLowerCase()}`);
  }

  #take(key: string): void {
    const retryAfterMs = this.#limit.take(key);
    if (retryAfterMs === 0) return;
    const reason = `unable to sign in; more than signInAttemptsPerMinuteMax ${this.#perMinuteMax} attempts`;
    throw new CodedError("rate_limited", reason, { retryAfterMs });
  }
}

/** What one client can hold: an IPv4 address, however written, or the /64 network that its IPv6 address is chosen from. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!isIPv6(address)) return address;
  const [left, right] = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const head = left ?? [];
  const zeros = right === undefined ? [] : Array<string>(8 - head.length - right.length).fill("0");
  const groups = [...head, ...zeros, ...(right ?? [])].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
