/**
 * Who a request speaks for. Every credential is verified here and nowhere else: the session cookie of the accounts, a
 * bearer token of ours or of a trusted issuer, or a single-use ticket.
 */
import { type Limits, parseUserId, type UserId } from "@throughline/protocol";
import type { Logger } from "pino";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import type { IdSource } from "../../base/id-source.ts";
import type { Identity } from "../../base/identity.ts";
import { type Accounts, openAccounts } from "./accounts.ts";
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
  /** Rejects with a `CodedError` `unauthenticated` or `forbidden`. */
  authenticate(input: CredentialInput): Promise<Identity>;
  /** Single use, for `ticketLifetimeMs`. `expiresAt` in milliseconds since the Unix epoch. */
  issueTicket(identity: Identity): { readonly ticket: string; readonly expiresAt: number };
  /** Whether the credentials behind live connections still hold; one answer for each, in their order. */
  stillValid(identities: readonly Identity[]): Promise<readonly boolean[]>;
  /** Called as soon as a session was ended here. Returns what ends the calls. */
  onSessionEnded(listener: (sessionId: string) => void): () => void;
  close(): Promise<void>;
}

export interface AuthenticatorOptions {
  /** SQLite file of accounts and sessions. */
  readonly databasePath: string;
  readonly secret: string;
  readonly publicUrl: string;
  readonly trustedOrigins: readonly string[];
  readonly issuers: readonly ExternalIssuer[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

export async function openAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const origins = new OriginCheck(options.publicUrl, options.trustedOrigins);
  const accounts = await openAccounts(options, origins.allowed);
  const tokens = new TokenVerifier({
    own: { issuer: accounts.issuer, keys: () => accounts.keys() },
    issuers: options.issuers,
    clock: options.clock,
  });
  return new AccountAuthenticator(options, accounts, origins, tokens);
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
    this.#tickets = new TicketOffice({
      clock: options.clock,
      ids: options.ids,
      lifetimeMs: options.limits.ticketLifetimeMs,
    });
  }

  handle(request: Request, clientAddress: string): Promise<Response> {
    return this.#accounts.handle(request, clientAddress);
  }

  async authenticate({ headers, ticket, originRequired }: CredentialInput): Promise<Identity> {
    const authorization = headers.get("authorization");
    if (authorization !== null && ticket !== undefined) throw unauthenticated("two credentials were given");
    if (ticket !== undefined) return this.#redeem(ticket);
    if (authorization !== null) return this.#bearer(authorization);
    return this.#cookie(headers, originRequired);
  }

  issueTicket(identity: Identity): { ticket: string; expiresAt: number } {
    return this.#tickets.issue(identity);
  }

  async stillValid(identities: readonly Identity[]): Promise<readonly boolean[]> {
    const now = this.#clock.now();
    const sessionIds = new Set(identities.flatMap(({ sessionId }) => sessionId ?? []));
    const live = await this.#accounts.liveSessions([...sessionIds]);
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

  #redeem(ticket: string): Promise<Identity> {
    const identity = this.#tickets.redeem(ticket);
    if (identity === undefined) throw unauthenticated("the ticket is not valid");
    return this.#stillLive(identity);
  }

  async #bearer(authorization: string): Promise<Identity> {
    const match = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization);
    const identity = match === null ? undefined : await this.#tokens.verify(match[1] as string);
    if (identity === undefined) throw unauthenticated("the bearer token is not valid");
    return this.#stillLive(identity);
  }

  /** A ticket or token of ours dies with its session, however long it says that it lives. */
  async #stillLive(identity: Identity): Promise<Identity> {
    const [valid] = await this.stillValid([identity]);
    if (valid !== true) throw unauthenticated("the session has ended");
    return identity;
  }

  async #cookie(headers: Headers, originRequired: boolean): Promise<Identity> {
    const session = await this.#accounts.sessionOf(headers);
    if (session === undefined) throw unauthenticated("no valid credential was given");
    if (originRequired && !this.#origins.admits(headers)) {
      throw new CodedError(
        "forbidden",
        "unable to use the session of this browser; the request comes from another origin",
      );
    }
    return { userId: userIdOf(session.userId), sessionId: session.sessionId, expiresAt: undefined };
  }
}

function userIdOf(text: string): UserId {
  const userId = parseUserId(text);
  if (userId === undefined) throw unauthenticated("the user id has not the right form");
  return userId;
}

function unauthenticated(reason: string): CodedError {
  return new CodedError("unauthenticated", `unable to tell who this is; ${reason}`);
}
