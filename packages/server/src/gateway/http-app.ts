/** HTTP routes of the gateway: each verifies, translates and answers; none decides what a command means. */
import { type Limits, parseRunId, parseThreadId } from "@throughline/protocol";
import { commandEnvelopeSchema } from "@throughline/protocol/schemas";
import { Hono, type MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { CodedError, toCodedError } from "../base/coded-error.ts";
import type { Identity } from "../base/identity.ts";
import type { Router } from "../router/router.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { type EventStreamParts, openEventStream } from "./event-stream.ts";
import { problemOf, problemResponse } from "./problem.ts";
import { readBody } from "./read-body.ts";
import type { Snapshots } from "./snapshots.ts";
import type { WebFiles } from "./web-files.ts";

/** What a Node server puts beside a request; absent when the handler is called as a plain function. */
export interface RequestEnvironment {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } };
}

/** A signed-in user's route of some other part, such as the documents of the default agent. */
export interface UserRoute {
  readonly method: "GET" | "PUT" | "DELETE";
  /** In the syntax of Hono, below `/v1/`. */
  readonly path: string;
  handle(identity: Identity, request: Request, parameters: Readonly<Record<string, string>>): Promise<Response>;
}

export interface HttpParts extends EventStreamParts {
  readonly authenticator: Authenticator;
  readonly router: Router;
  readonly snapshots: Snapshots;
  readonly limits: Limits;
  readonly userRoutes: readonly UserRoute[];
  readonly webFiles: WebFiles | undefined;
  /** Which model answers; shown to signed-in users. */
  readonly model: { readonly agent: string; readonly model: string; readonly description: string };
  /** Take the client's address from `X-Forwarded-For`, whose last entry a proxy of ours has written. */
  readonly trustProxy: boolean;
  /** Whether browsers reach the server by https. */
  readonly secure: boolean;
  /** Text of `/metrics`. */
  metrics(): Promise<string>;
  /** Why the server should get no traffic now, or undefined. */
  notReady(): string | undefined;
  onInternalError(error: unknown): void;
}

type Environment = { Bindings: RequestEnvironment; Variables: { identity: Identity } };

/** As strict as the page allows: everything from here, nothing from elsewhere, nobody frames it. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  manifestSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

export function createHttpApp(parts: HttpParts): Hono<Environment> {
  const app = new Hono<Environment>();
  app.onError((error) => {
    const { code } = toCodedError(error);
    if (code === "internal" || code === "not_ready") parts.onInternalError(error);
    return problemResponse(error);
  });
  app.notFound((context) => {
    const file =
      context.req.method === "GET"
        ? parts.webFiles?.respond(context.req.path, context.req.header("if-none-match"))
        : undefined;
    return file ?? problemResponse(new CodedError("not_found", "unable to find anything at this path"));
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      referrerPolicy: "no-referrer",
      crossOriginResourcePolicy: "same-origin",
      // Only a server that is reached by https may promise that it always will be.
      strictTransportSecurity: parts.secure,
    }),
  );

  app.get("/livez", (context) => context.text("ok"));
  app.get("/readyz", (context) => {
    const reason = parts.notReady();
    if (reason === undefined) return context.text("ok");
    return problemResponse(new CodedError("not_ready", `unable to take traffic; ${reason}`));
  });
  app.get("/metrics", async (context) => {
    return context.text(await parts.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  app.all("/api/auth/*", (context) => {
    return parts.authenticator.handle(context.req.raw, clientAddress(context.req.raw, context.env, parts.trustProxy));
  });

  const read = signedIn(parts.authenticator, false);
  const write = signedIn(parts.authenticator, true);

  app.get("/v1/limits", (context) => context.json(parts.limits));
  app.get("/v1/model", read, (context) => context.json(parts.model));
  app.post("/v1/ticket", write, (context) => {
    const { ticket, expiresAt } = parts.authenticator.issueTicket(context.var.identity);
    return context.json({ ticket, expiresAt: new Date(expiresAt).toISOString() }, 200, { "cache-control": "no-store" });
  });
  app.post("/v1/commands", write, async (context) => {
    const body = await readBody(context.req.raw, parts.limits.clientFrameBytesMax, "clientFrameBytesMax");
    const command = commandEnvelopeSchema.safeParse(withKind(parseJson(body)));
    if (!command.success)
      throw new CodedError("bad_frame", "unable to read the command; it is {id, type, data} as JSON");
    const reply = await parts.router.handle(context.var.identity, command.data);
    if (reply.ok) return context.json(reply);
    const problem = problemOf(reply.error);
    return new Response(JSON.stringify({ ...problem, id: reply.id }), {
      status: problem.status,
      headers: { "content-type": "application/problem+json" },
    });
  });
  app.get("/v1/events", signedIn(parts.authenticator, true), (context) => {
    const after = context.req.header("last-event-id") ?? context.req.query("after") ?? null;
    return openEventStream(context.var.identity, after, parts);
  });
  app.get("/v1/threads", read, async (context) => {
    return context.json(await parts.snapshots.threads(context.var.identity.userId), 200, {
      "cache-control": "no-store",
    });
  });
  app.get("/v1/threads/:threadId", read, async (context) => {
    const threadId = parseThreadId(context.req.param("threadId"));
    const beforeText = context.req.query("before");
    const before = beforeText === undefined ? undefined : parseRunId(beforeText);
    if (threadId === undefined || (beforeText !== undefined && before === undefined)) {
      throw new CodedError("invalid_data", "unable to read the thread; an id has not the right form");
    }
    const snapshot = await parts.snapshots.thread(context.var.identity.userId, threadId, before);
    return context.json(snapshot, 200, { "cache-control": "no-store" });
  });
  for (const route of parts.userRoutes) {
    app.on(route.method, route.path, route.method === "GET" ? read : write, (context) => {
      return route.handle(context.var.identity, context.req.raw, context.req.param());
    });
  }
  return app;
}

function signedIn(authenticator: Authenticator, originRequired: boolean): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const ticket = context.req.query("ticket");
    const identity = await authenticator.authenticate({ headers: context.req.raw.headers, ticket, originRequired });
    context.set("identity", identity);
    await next();
  };
}

function withKind(body: unknown): unknown {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? { kind: "command", ...body } : body;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function clientAddress(request: Request, environment: RequestEnvironment | undefined, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return forwarded || environment?.incoming?.socket.remoteAddress || "unknown";
}
