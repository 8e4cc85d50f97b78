/**
 * Accounts, passwords and sessions: better-auth on a SQLite file of its own. What it knows of a session leaves this file
 * only as ids; its tokens never do, but in the cookie that it sets.
 */
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { jwt } from "better-auth/plugins";
import type { JSONWebKeySet } from "jose";
import type { Logger } from "pino";
import { CodedError } from "../../base/coded-error.ts";
import { problemResponse } from "../problem.ts";
import type { AuthenticatorOptions } from "./authenticator.ts";
import { SignInLimit } from "./sign-in-limit.ts";

export interface Accounts {
  /** `iss` and `aud` of the tokens that programs get for a session. */
  readonly issuer: string;
  keys(): Promise<JSONWebKeySet>;
  handle(request: Request, clientAddress: string): Promise<Response>;
  /** The session of a request's cookie; undefined when there is none that is valid. */
  sessionOf(headers: Headers): Promise<{ readonly userId: string; readonly sessionId: string } | undefined>;
  /** Those of the sessions that have neither ended nor expired. */
  liveSessions(sessionIds: readonly string[]): Promise<ReadonlySet<string>>;
  onSessionEnded(listener: (sessionId: string) => void): () => void;
  close(): Promise<void>;
}

const basePath = "/api/auth";
const bodyBytesMax = 16_384;
const tokenLifetime = "15m";
/** Where better-auth looks for the client's address: a header that only we set. */
const addressHeader = "x-throughline-client-address";
/** Headers in which better-auth's plugins would hand out tokens. */
const tokenHeaders = ["set-auth-jwt", "set-auth-token", "access-control-expose-headers"];

export async function openAccounts(options: AuthenticatorOptions, origins: readonly string[]): Promise<Accounts> {
  const database = new DatabaseSync(options.databasePath);
  if (options.databasePath !== ":memory:") chmodSync(options.databasePath, 0o600);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
  const issuer = new URL(options.publicUrl).origin;
  const listeners = new Set<(sessionId: string) => void>();
  const settings = {
    database,
    secret: options.secret,
    baseURL: issuer,
    basePath,
    trustedOrigins: [...origins],
    emailAndPassword: { enabled: true, minPasswordLength: 8, maxPasswordLength: 128 },
    plugins: [
      jwt({
        jwt: {
          issuer,
          audience: issuer,
          expirationTime: tokenLifetime,
          // Only what a verifier needs: the token travels further than the session's own pages.
          definePayload: ({ session }) => ({ sid: session.id }),
        },
      }),
    ],
    databaseHooks: {
      session: {
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
      useSecureCookies: issuer.startsWith("https:"),
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    logger: { log: (level, message) => report(options.logger, level, message) },
  } satisfies BetterAuthOptions;
  const { runMigrations } = await getMigrations(settings);
  await runMigrations();
  const auth = betterAuth(settings);
  const limit = new SignInLimit(options);

  return {
    issuer,
    keys: async () => (await auth.api.getJwks()) as JSONWebKeySet,
    async handle(request, clientAddress) {
      try {
        const answer = await auth.handler(await admit(request, clientAddress, limit));
        const headers = new Headers(answer.headers);
        for (const name of tokenHeaders) headers.delete(name);
        headers.set("cache-control", "no-store");
        return new Response(answer.body, { status: answer.status, headers });
      } catch (error) {
        return problemResponse(error);
      }
    },
    async sessionOf(headers) {
      const cookie = headers.get("cookie");
      if (cookie === null) return undefined;
      // Only the cookie: nothing else of the request has a say in who it is.
      const found = await auth.api.getSession({ headers: new Headers({ cookie }), query: { disableRefresh: true } });
      return found === null ? undefined : { userId: found.user.id, sessionId: found.session.id };
    },
    async liveSessions(sessionIds) {
      if (sessionIds.length === 0) return new Set();
      const { adapter } = await auth.$context;
      const now = options.clock.now();
      const sessions = await adapter.findMany<{ id: string; expiresAt: Date }>({
        model: "session",
        where: [{ field: "id", operator: "in", value: [...sessionIds] }],
        limit: sessionIds.length,
      });
      return new Set(sessions.filter(({ expiresAt }) => expiresAt.getTime() > now).map(({ id }) => id));
    },
    onSessionEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      database.close();
    },
  };
}

/** Counts attempts, bounds the body, and says where the request comes from. */
async function admit(request: Request, clientAddress: string, limit: SignInLimit): Promise<Request> {
  const headers = new Headers(request.headers);
  headers.set(addressHeader, clientAddress);
  if (request.method === "GET" || request.method === "HEAD")
    return new Request(request.url, { method: request.method, headers });
  const body = await readBody(request);
  const path = new URL(request.url).pathname.slice(basePath.length);
  if (/^\/(sign-in|sign-up)(\/|$)/.test(path)) limit.take(clientAddress, emailOf(body));
  return new Request(request.url, { method: request.method, headers, body });
}

async function readBody(request: Request): Promise<string> {
  let bytes = 0;
  const parts: Uint8Array[] = [];
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bodyBytesMax) {
      throw new CodedError("too_large", `unable to read the request; its body exceeds ${bodyBytesMax} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function emailOf(body: string): string | undefined {
  try {
    const { email } = JSON.parse(body) as { email?: unknown };
    return typeof email === "string" ? email : undefined;
  } catch {
    return undefined;
  }
}

/** Its texts only: what it passes beside them may hold credentials. Who failed to sign in is no fault of the server. */
function report(logger: Logger, level: "debug" | "info" | "warn" | "error" | "success", message: string): void {
  if (level === "error") logger.error({ component: "accounts" }, message);
  else logger.debug({ component: "accounts" }, message);
}
