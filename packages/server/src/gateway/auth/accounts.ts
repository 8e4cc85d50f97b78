/**
 * Accounts, passwords and sessions: better-auth on a SQLite file of its own. What proves a session to this server is the
 * signed cookie alone; the bare session tokens that better-auth names in its answers are handles for revoking.
 */
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { parseCookies } from "better-auth/cookies";
import { getMigrations } from "better-auth/db/migration";
import { jwt } from "better-auth/plugins";
import type { JSONWebKeySet } from "jose";
import { CodedError, toCodedError } from "../../base/coded-error.ts";
import { checkStructure, openingError } from "../../base/damaged-data-error.ts";
import { problemResponse } from "../problem.ts";
import { accountsPath, addressHeader, admitAccountRequest } from "./account-requests.ts";
import type { AuthenticatorOptions } from "./authenticator-options.ts";
import type { OriginCheck } from "./origin-check.ts";
import { SignInLimit } from "./sign-in-limit.ts";

export interface Accounts {
  /** Public halves of the keys that sign the tokens of programs. */
  keys(): Promise<JSONWebKeySet>;
  /** What is refused here is a problem document; what better-auth refuses has its shape, `{message, code}`. */
  handle(request: Request, clientAddress: string): Promise<Response>;
  /** Whether a request brings a session cookie, valid or not. */
  hasCookie(headers: Headers): boolean;
  /** The session of a request's cookie; undefined when there is none that is valid. */
  sessionOf(headers: Headers): Promise<{ readonly userId: string; readonly sessionId: string } | undefined>;
  /** Those of the sessions that have neither ended nor expired. */
  liveSessions(sessionIds: readonly string[]): Promise<ReadonlySet<string>>;
  onSessionEnded(listener: (sessionId: string) => void): () => void;
  close(): Promise<void>;
}

const tokenLifetime = "15m";
/** SQLite answers on this thread, so a check of many sessions lets others have their turn in between. */
const sessionsPerQuery = 250;

export async function openAccounts(options: AuthenticatorOptions, origins: OriginCheck): Promise<Accounts> {
  const database = new DatabaseSync(options.databasePath);
  try {
    if (options.databasePath !== ":memory:") chmodSync(options.databasePath, 0o600);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
    checkStructure(database, options.databasePath);
    return await openOn(database, options, origins);
  } catch (error) {
    database.close();
    throw openingError(options.databasePath, error);
  }
}

async function openOn(
  database: DatabaseSync,
  { secret, limits, clock, logger, signUp }: AuthenticatorOptions,
  origins: OriginCheck,
): Promise<Accounts> {
  const listeners = new Set<(sessionId: string) => void>();
  const log = logger.child({ component: "accounts" });
  const settings = {
    database,
    secret,
    // As a list too: else BETTER_AUTH_SECRETS of an application that we are mounted in would take its place.
    secrets: [{ version: 1, value: secret }],
    baseURL: origins.own,
    basePath: accountsPath,
    trustedOrigins: [...origins.allowed],
    emailAndPassword: {
      enabled: true,
      disableSignUp: signUp === "closed",
      minPasswordLength: 8,
      maxPasswordLength: 128,
    },
    plugins: [
      jwt({
        // Else every look at a session would sign a token and send it in a header.
        disableSettingJwtHeader: true,
        jwt: {
          issuer: origins.own,
          audience: origins.own,
          expirationTime: tokenLifetime,
          // Only what a verifier needs: the token travels further than the session's own pages.
          definePayload: ({ session }) => ({ sid: session.id }),
        },
      }),
    ],
    databaseHooks: {
      session: {
        create: { after: (session) => dropExpired(session.userId) },
        delete: {
          after: async (session) => {
            for (const listener of listeners) listener(session.id);
          },
        },
      },
    },
    telemetry: { enabled: false },
    // Counted by `SignInLimit`, by address and by account.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "throughline",
      useSecureCookies: origins.own.startsWith("https:"),
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // The default of both is to be off where NODE_ENV is "test".
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    // Unexpected errors come here, not to the console.
    onAPIError: { throw: true },
    // Who failed to sign in is no fault of the server. What comes beside a text may hold credentials and is left out.
    logger: { log: (level, message) => (level === "error" ? log.error(message) : log.debug(message)) },
  } satisfies BetterAuthOptions;
  const { runMigrations } = await getMigrations(settings);
  await runMigrations();
  const auth = betterAuth(settings);
  const { adapter, authCookies } = await auth.$context;
  // Keys that were encrypted with another secret can sign nothing, and better-auth would make no new ones beside them.
  await auth.api.signJWT({ body: { payload: {} } }).catch(() => adapter.deleteMany({ model: "jwks", where: [] }));
  const limit = new SignInLimit({ clock, limits });

  /** Nothing else removes the sessions of a browser that never came back. */
  async function dropExpired(userId: string): Promise<void> {
    const expired = { field: "expiresAt", operator: "lt", value: new Date(clock.now()) } as const;
    await adapter.deleteMany({ model: "session", where: [{ field: "userId", value: userId }, expired] });
  }

  async function sessionOf(headers: Headers) {
    const cookie = headers.get("cookie");
    if (cookie === null) return undefined;
    // Only the cookie: nothing else of the request has a say in who it is.
    const found = await auth.api.getSession({ headers: new Headers({ cookie }), query: { disableRefresh: true } });
    return found === null ? undefined : { userId: found.user.id, sessionId: found.session.id };
  }

  async function liveSessions(sessionIds: readonly string[]): Promise<ReadonlySet<string>> {
    const now = clock.now();
    const live = new Set<string>();
    for (let start = 0; start < sessionIds.length; start += sessionsPerQuery) {
      if (start > 0) await new Promise((resolve) => setImmediate(resolve));
      const sessions = await adapter.findMany<{ id: string; expiresAt: Date }>({
        model: "session",
        where: [{ field: "id", operator: "in", value: sessionIds.slice(start, start + sessionsPerQuery) }],
        select: ["id", "expiresAt"],
        limit: sessionsPerQuery,
      });
      for (const { id, expiresAt } of sessions) if (expiresAt.getTime() > now) live.add(id);
    }
    return live;
  }

  /** better-auth says that it signed out even when it could not delete the session. */
  async function signOut(request: Request): Promise<Response> {
    const session = await sessionOf(request.headers);
    const answer = await auth.handler(request);
    if (session !== undefined && answer.ok && (await liveSessions([session.sessionId])).size > 0) {
      throw new CodedError("internal", "unable to sign out; the session could not be deleted");
    }
    return answer;
  }

  return {
    keys: async () => (await auth.api.getJwks()) as JSONWebKeySet,
    async handle(request, clientAddress) {
      try {
        const admitted = await admitAccountRequest(request, clientAddress, { origins, limit, signUp });
        const answer = await (admitted.url.endsWith("/sign-out") ? signOut(admitted) : auth.handler(admitted));
        answer.headers.set("cache-control", "no-store");
        return answer;
      } catch (error) {
        if (toCodedError(error).code === "internal") log.error({ err: error }, "unable to answer a request");
        return problemResponse(error);
      }
    },
    hasCookie: (headers) => parseCookies(headers.get("cookie") ?? "").has(authCookies.sessionToken.name),
    sessionOf,
    liveSessions,
    onSessionEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      database.close();
    },
  };
}
