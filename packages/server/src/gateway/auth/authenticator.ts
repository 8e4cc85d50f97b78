/**
 * Who a request speaks for. Every credential is verified here and nowhere else: the session cookie of the accounts, a
 * bearer token of ours or of a trusted issuer, or a single-use ticket.
 */
import { parseUserId } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { type Identity, localTenant } from "../../base/identity.ts";
import { type Accounts, openAccounts } from "./accounts.ts";
import type { AuthenticatorOptions } from "./authenticator-options.ts";
import { OriginCheck } from "./origin-check.ts";
import { TicketOffice } from "./ticket-office.ts";
import { type ExternalIssuer, TokenVerifier } from "./token-verifier.ts";

export type { ExternalIssuer };

export interface CredentialInput {
  readonly headers: Headers;
  readonly ticket: string | undefined;
  /** For everything that a foreign page could do with the user's cookie: upgrades, streams, and all but plain reads. */
  readonly originRequired: boolean;
}

export interface Authenticator {
  /** Answers everything below `/api/auth/`. `clientAddress` is what sign-in attempts are counted by. */
  handle(request: Request, clientAddress: string): Promise<Response>;
  /**
   * The identity behind the one credential of a request. Rejects with a `CodedError`: `unauthenticated` also when there
   * are several, `forbidden` for a cookie from another origin, `not_ready` when an issuer's keys cannot be had.
   */
  authenticate(input: CredentialInput): Promise<Identity>;
  /** Single use, for `ticketLifetimeMs`. `expiresAt` in milliseconds since the Unix epoch. Throws `rate_limited`, `overloaded`. */
  issueTicket(identity: Identity): { readonly ticket: string; readonly expiresAt: number };
  /** Whether the credentials behind live connections still hold; one answer for each, in their order. */
  stillValid(identities: readonly Identity[]): Promise<readonly boolean[]>;
  /** Called as soon as a session was ended here. Returns what ends the calls. */
  onSessionEnded(listener: (sessionId: string) => void): () => void;
  close(): Promise<void>;
}

/** Rejects with a `StartError` when an origin or an issuer cannot be used. */
export async function openAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { issuers, clock, logger } = options;
  const origins = new OriginCheck(options.publicUrl, options.trustedOrigins);
  const accounts = await openAccounts(options, origins);
  try {
    const own = { issuer: origins.own, keys: () => accounts.keys() };
    return new AccountAuthenticator(options, accounts, origins, new TokenVerifier({ own, issuers, clock, logger }));
  } catch (error) {
    await accounts.close();
    throw error;
  }
}

class AccountAuthenticator implements Authenticator {
  readonly #accounts: Accounts;
  readonly #origins: OriginCheck;
  readonly #tokens: TokenVerifier;
  readonly #tickets: TicketOffice;
  readonly #clock: Clock;

  constructor(options: AuthenticatorOptions, accounts: Accounts, origins: OriginCheck, tokens: TokenVerifier) {
    this.#accounts = accounts;
    this.#origins = origins;
    this.#tokens = tokens;
    this.#clock = options.clock;
    this.#tickets = new TicketOffice(options);
  }

  handle(request: Request, clientAddress: string): Promise<Response> {
    return this.#accounts.handle(request, clientAddress);
  }

  async authenticate({ headers, ticket, originRequired }: CredentialInput): Promise<Identity> {
    const authorization = headers.get("authorization") ?? undefined;
    const cookie = this.#accounts.hasCookie(headers) ? headers : undefined;
    const given = [ticket, authorization, cookie].filter((credential) => credential !== undefined);
    if (given.length > 1) throw unauthenticated("more than one credential was given");
    if (ticket !== undefined) return this.#redeem(ticket);
    if (authorization !== undefined) return this.#bearer(authorization);
    if (cookie !== undefined) return this.#cookie(cookie, originRequired);
    throw unauthenticated("no credential was given");
  }

  issueTicket(identity: Identity): { ticket: string; expiresAt: number } {
    return this.#tickets.issue(identity);
  }

  async stillValid(identities: readonly Identity[]): Promise<readonly boolean[]> {
    const sessionIds = new Set(identities.flatMap(({ sessionId }) => sessionId ?? []));
    const live = await this.#accounts.liveSessions([...sessionIds]);
    const now = this.#clock.now();
    return identities.map(({ sessionId, expiresAt }) => {
      if (expiresAt !== undefined && expiresAt <= now) return false;
      return sessionId === undefined || live.has(sessionId);
    });
  }

  onSessionEnded(listener: (sessionId: string) => void): () => void {
    return this.#accounts.onSessionEnded(listener);
  }

  async close(): Promise<void> {
    await this.#accounts.close();
  }

  async #redeem(ticket: string): Promise<Identity> {
    const identity = this.#tickets.redeem(ticket);
    if (identity === undefined) throw unauthenticated("the ticket is not valid");
    return this.#stillLive(identity);
  }

  async #bearer(authorization: string): Promise<Identity> {
    const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization)?.[1];
    const identity = token === undefined ? undefined : await this.#tokens.verify(token);
    if (identity === undefined) throw unauthenticated("the bearer token is not valid");
    return this.#stillLive(identity);
  }

  /** A ticket or token of ours dies with its session, however long it says that it lives. */
  async #stillLive(identity: Identity): Promise<Identity> {
    const [valid] = await this.stillValid([identity]);
    if (valid !== true) throw unauthenticated("the credential has expired or its session has ended");
    return identity;
  }

  async #cookie(headers: Headers, originRequired: boolean): Promise<Identity> {
    if (originRequired && !this.#origins.admits(headers)) {
      const reason = "unable to use the session of this browser; the request comes from another origin";
      throw new CodedError("forbidden", reason);
    }
    const session = await this.#accounts.sessionOf(headers);
    const userId = parseUserId(session?.userId);
    if (session === undefined || userId === undefined) throw unauthenticated("the session has ended");
    return { userId, tenantId: localTenant, sessionId: session.sessionId, expiresAt: undefined };
  }
}

function unauthenticated(reason: string): CodedError {
  return new CodedError("unauthenticated", `unable to tell who this is; ${reason}`);
}
