/** The one place that constructs implementations and plugs them together. */
import { accessSync, chmodSync, constants, existsSync, mkdirSync } from "node:fs";
import { createServer as createNodeServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { defaultLimits, type Limits, type UserId } from "@throughline/protocol";
import { type Logger, pino } from "pino";
import { type Clock, pendingSystemTimers, systemClock } from "./base/clock.ts";
import { CodedError } from "./base/coded-error.ts";
import { DamagedDataError } from "./base/damaged-data-error.ts";
import { acquireDataLock } from "./base/data-lock.ts";
import { type IdSource, RandomIdSource } from "./base/id-source.ts";
import { createMetrics, type Metrics } from "./base/metrics.ts";
import { RateLimit } from "./base/rate-limit.ts";
import { StartError } from "./base/start-error.ts";
import { Broadcaster } from "./broadcast/broadcaster.ts";
import { type ExternalIssuer, openAuthenticator } from "./gateway/auth/authenticator.ts";
import { Connections } from "./gateway/connections.ts";
import { documentRoutes } from "./gateway/document-routes.ts";
import { createHttpApp, type UserRoute } from "./gateway/http-app.ts";
import { problemResponse } from "./gateway/problem.ts";
import { Snapshots } from "./gateway/snapshots.ts";
import { openUserPort, type UserPort } from "./gateway/user-port.ts";
import { WebFiles } from "./gateway/web-files.ts";
import { WebSocketGateway } from "./gateway/websocket.ts";
import type { WireFormat } from "./gateway/wire-format.ts";
import { appendNotice } from "./log/append-notice.ts";
import { Feeds } from "./log/feeds.ts";
import type { Log } from "./log/log.ts";
import { Maintenance } from "./log/maintenance.ts";
import { Retention } from "./log/retention.ts";
import { inspectLogFile } from "./log/sqlite-file.ts";
import { SqliteLog } from "./log/sqlite-log.ts";
import type { Durability } from "./log/sqlite-store.ts";
import { Quality } from "./quality/quality.ts";
import { openQualityDatabase } from "./quality/quality-database.ts";
import { QualityStore, type RunVerdict } from "./quality/quality-store.ts";
import { builtInRoutes, userPermissions } from "./router/built-in-routes.ts";
import { commandLimit } from "./router/command-limit.ts";
import { tenantPermission } from "./router/quality-routes.ts";
import { type Middleware, type Policy, Router } from "./router/router.ts";
import type { Agent } from "./runs/agent.ts";
import { type AgentDefinition, createAgent } from "./runs/define-agent.ts";
import { Engine } from "./runs/engine.ts";
import { type ChosenModel, chooseModel, type ModelSettings } from "./runs/model/model-choice.ts";
import { ModelConfigError } from "./runs/model/model-config-error.ts";
import { probeModel } from "./runs/model/probe-model.ts";
import type { QualityGate } from "./runs/quality-gate.ts";
import { type BuiltInTools, openBuiltInTools } from "./tools/builtin/built-in-tools.ts";
import { ToolRegistry } from "./tools/tool-registry.ts";

export interface ServerOptions {
  /** Folder of the log and the accounts; made when missing. One process at a time. */
  readonly dataDirectory: string;
  /** Signs sessions and tokens; at least 32 characters, kept out of the data directory's backups if those are shared. */
  readonly secret: string;
  /** Port to listen on; 0 lets the system choose. Left out, nothing listens: mount `handleRequest` and `handleUpgrade`. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1: reachable from this machine only. */
  readonly hostname?: string;
  /** Origin under which browsers reach the server. Default `http://localhost:<port>`; required when nothing listens. */
  readonly publicUrl?: string;
  /** Further origins whose pages may connect with the user's cookie. */
  readonly trustedOrigins?: readonly string[];
  /** May people make accounts of their own? Default `open`. */
  readonly signUp?: "open" | "closed";
  /** Take client addresses from `X-Forwarded-For`; only behind a proxy that overwrites it. Default false. */
  readonly trustProxy?: boolean;
  /** `full` (default): an acknowledgement survives the loss of power. `relaxed`: it survives the death of the process. */
  readonly durability?: Durability;
  /** Answers messages. Default: an assistant with the built-in tools, on the model that `model` or `env` name. */
  readonly agent?: AgentDefinition;
  /** The default agent's model; overrides `env`. */
  readonly model?: ModelSettings;
  /** Whose tokens are accepted besides this server's own. */
  readonly issuers?: readonly ExternalIssuer[];
  /** What the default agent's answers have to be like. Default: they are not judged. */
  readonly quality?: QualityGate;
  /** User ids that may look at the quality of the answers of everybody in their tenant. Default: nobody. */
  readonly operators?: readonly string[];
  /** May an identity do what needs a permission? Given, `operators` is not looked at. Default: every signed-in user may do what the built-in commands need, for themselves. */
  readonly policy?: Policy;
  /** Threads in which nothing has happened for so long are deleted. Default: everything is kept. */
  readonly retentionMs?: number;
  /** Other values for limits of `GET /v1/limits`. */
  readonly limits?: Partial<Limits>;
  /** Formats of older clients, besides protocol 1, each at a path of its own. Default: none. */
  readonly wires?: readonly WireFormat[];
  /** Folder of the built chat page; without it there is no page. */
  readonly webRoot?: string;
  /** Where model variables are looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly logger?: Logger;
}

export interface ThroughlineServer {
  /** Origin that it can be reached at. */
  readonly url: string;
  readonly model: { readonly agent: string; readonly model: string; readonly description: string };
  readonly limits: Limits;
  /** Begins to answer requests; the address has been bound since `createServer`. */
  listen(): Promise<void>;
  /** For a server of one's own: answers a request of Node, or of anything that speaks fetch. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  fetch(request: Request): Promise<Response>;
  /** For the `upgrade` event of a server of one's own; true when the path is ours and the socket was taken. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /**
   * For code of the same process that acts for a user, such as bridges from older code: whoever the headers' credential
   * names, and nobody else. Rejects with a `CodedError`.
   */
  userPort(headers: Headers): Promise<UserPort>;
  /** Live connections of a user to this node, now. */
  connectionsOf(userId: string): number;
  /** Adds one to a counter of `/metrics`. Labels must not grow: never a user or a thread. */
  count(name: string, description: string, labels: Readonly<Record<string, string>>): void;
  /** Tells clients, takes no new work, waits for runs in hand (at most `drainTimeoutMs`), then closes. */
  drain(): Promise<void>;
  /** Closes at once; runs in hand go on after the next start. */
  close(): Promise<void>;
}

const defaultPort = 3_000;
const localHostname = "127.0.0.1";

/**
 * Which model would answer, in one line, and what is wrong when it does not: it is asked for a word. Rejects with a
 * `StartError` when the settings cannot work.
 */
export async function checkModel(
  options: Pick<ServerOptions, "model" | "env">,
): Promise<{ readonly description: string; readonly failure: string | undefined }> {
  const { model, description } = await modelOf(options, systemClock);
  return { description, failure: await probeModel(model, systemClock) };
}

/** Looks whether the log of a data folder that no process uses could be opened; throws what the start would say. */
export function checkLog(dataDirectory: string): void {
  try {
    expectLog(dataDirectory);
    inspectLogFile(logPath(dataDirectory));
  } catch (error) {
    throw startErrorOf(error);
  }
}

async function modelOf(options: Pick<ServerOptions, "model" | "env">, clock: Clock): Promise<ChosenModel> {
  try {
    return await chooseModel({ config: options.model, env: options.env ?? process.env, clock });
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    throw new StartError("bad_model", error.message, "correct the setting, or remove it", { cause: error });
  }
}

/** Opens the log and the accounts and starts the engine. Rejects with a `StartError` that says what to do. */
export async function createServer(options: ServerOptions): Promise<ThroughlineServer> {
  checkOptions(options);
  const closers: (() => void | Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await open(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw startErrorOf(error);
  }
}

type Closers = (() => void | Promise<void>)[];

async function open(
  options: ServerOptions,
  closers: Closers,
  closeAll: () => Promise<void>,
): Promise<ThroughlineServer> {
  const clock = systemClock;
  const ids = new RandomIdSource();
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const logger = options.logger ?? defaultLogger(options.env ?? process.env);
  const metrics = createMetrics();
  const socket = options.port === undefined ? undefined : await bind(options.port, options.hostname ?? localHostname);
  // The address is taken first, so that a port that is in use is found before any data is touched.
  const serving = Promise.withResolvers<RequestHandlers>();
  if (socket !== undefined) {
    closers.push(() => closeSocket(socket));
    answerWith(socket, serving.promise);
  }
  const port = socket === undefined ? undefined : (socket.address() as AddressInfo).port;
  const publicUrl = options.publicUrl ?? `http://localhost:${port ?? defaultPort}`;

  const log = openLog(options, { clock, ids, limits }, closers);
  const maintenance = new Maintenance({
    log,
    clock,
    limits,
    onError: (error) => logger.error({ err: error }, "unable to maintain the log"),
  });
  closers.push(() => maintenance.close());
  const feeds = new Feeds({ log, limits, onCompactable: (feed) => maintenance.compactLater(feed) });

  if (options.retentionMs !== undefined) {
    const retention = new Retention({
      log,
      feeds,
      clock,
      limits,
      retentionMs: options.retentionMs,
      onError: (error) => logger.error({ err: error }, "unable to apply the retention"),
    });
    closers.push(() => retention.close());
  }

  const authenticator = await openAuthenticator({
    databasePath: accountsPath(options.dataDirectory),
    secret: options.secret,
    publicUrl,
    trustedOrigins: options.trustedOrigins ?? [],
    signUp: options.signUp ?? "open",
    issuers: options.issuers ?? [],
    limits,
    clock,
    ids,
    logger,
  });
  closers.push(() => authenticator.close());

  const { agent, model, userRoutes } = await openAgent(options, { clock, limits }, closers);
  const registry = new ToolRegistry(agent.tools);
  const toolRate = new RateLimit({ clock, perMinuteMax: limits.toolCallsPerMinuteMax });
  const operators = new Set(options.operators);
  const policy: Policy =
    options.policy ??
    ((identity, permission) =>
      userPermissions.has(permission) || (permission === tenantPermission && operators.has(identity.userId)));
  const quality = openQuality(options.dataDirectory, { feeds, policy, clock, ids, limits, logger });
  closers.push(() => quality.close());
  const onJudged = (verdict: RunVerdict) => quality.record(verdict);
  const engine = new Engine({ log, feeds, agent, registry, toolRate, clock, ids, limits, logger, onJudged });
  let draining = false;
  const refuseWhileDraining: Middleware = (command, next) => {
    if (draining) throw new CodedError("draining", `unable to ${command.type}; the server is about to stop`);
    return next();
  };
  const router = new Router({
    routes: builtInRoutes(quality),
    middleware: [countCommands(metrics), refuseWhileDraining, commandLimit({ clock, limits })],
    policy,
    feeds,
    clock,
    ids,
    limits,
    onInternalError: (error, command) => logger.error({ err: error, type: command.type }, "unable to handle a command"),
  });
  const broadcaster = new Broadcaster({
    log,
    clock,
    limits,
    onError: (error) => logger.error({ err: error }, "unable to follow a feed"),
  });
  const connections = new Connections({
    clock,
    limits,
    stillValid: (identities) => authenticator.stillValid(identities),
    onError: (error) => logger.error({ err: error }, "unable to check credentials"),
  });
  closers.push(() => connections.close());
  closers.push(authenticator.onSessionEnded((sessionId) => connections.endSession(sessionId)));
  metrics.gauge("heap_used_bytes", "Memory of JavaScript objects", () => process.memoryUsage().heapUsed);
  metrics.gauge(
    "external_bytes",
    "Memory of buffers and of what V8 knows of besides",
    () => process.memoryUsage().external,
  );
  metrics.gauge("timers_pending", "Timers that have neither fired nor been cancelled", pendingSystemTimers);
  metrics.gauge("connections", "Live connections of this node", () => connections.count);
  metrics.gauge("feeds_followed", "Users with a live connection to this node", () => broadcaster.feeds);
  metrics.gauge("runs_active", "Runs in execution on this node", () => engine.activeRuns);

  const onInternalError = (error: unknown) => logger.error({ err: error }, "unable to answer a request");
  const shared = { authenticator, connections, broadcaster, router, log, clock, ids, limits, onInternalError };
  const snapshots = new Snapshots({ log, limits });
  const app = createHttpApp({
    ...shared,
    snapshots,
    userRoutes,
    webFiles: await readPage(options.webRoot),
    model,
    trustProxy: options.trustProxy ?? false,
    secure: publicUrl.startsWith("https:"),
    metrics: () => metrics.text(),
    notReady: () => (draining ? "it is about to stop" : undefined),
  });
  const webSockets = new WebSocketGateway({
    ...shared,
    snapshots,
    wires: options.wires ?? [],
    count: (name, description, labels) => metrics.count(name, description, labels),
  });

  engine.start();
  quality.start();
  closers.push(() => engine.drain());

  const fetch = async (request: Request) => app.fetch(request);
  const handleRequest = getRequestListener((request, environment) => app.fetch(request, environment), {
    overrideGlobalObjects: false,
  });
  const handleUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): boolean => {
    if (!webSockets.serves(new URL(request.url ?? "/", publicUrl).pathname)) return false;
    void webSockets.upgrade(request, stream, head);
    return true;
  };
  return {
    url: publicUrl,
    model,
    limits,
    async listen() {
      if (socket === undefined)
        throw new StartError("bad_option", "unable to listen; no port was given", "give a port");
      serving.resolve({ handleRequest, handleUpgrade });
    },
    handleRequest,
    fetch,
    handleUpgrade,
    userPort: (headers) => openUserPort(headers, { authenticator, router, connections }),
    connectionsOf: (userId) => connections.countOf(userId as UserId),
    count: (name, description, labels) => metrics.count(name, description, labels),
    async drain() {
      draining = true;
      connections.drain(reconnectAfterMs);
      await engine.drain();
      await closeAll();
    },
    async close() {
      draining = true;
      engine.abandon();
      await closeAll();
    },
  };
}

/** How long a client of a draining server should wait: about as long as a restart takes. */
const reconnectAfterMs = 1_000;

function openLog(
  options: ServerOptions,
  parts: { readonly clock: Clock; readonly ids: IdSource; readonly limits: Limits },
  closers: Closers,
): Log {
  const { dataDirectory } = options;
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    // Of a folder that cannot be written SQLite only says that it is unable to open the file.
    accessSync(dataDirectory, constants.R_OK | constants.W_OK | constants.X_OK);
    const lock = acquireDataLock(dataDirectory);
    if (lock === undefined) {
      const advice = "stop the other process, or give this one a folder of its own";
      throw new StartError("data_locked", `unable to open ${dataDirectory}; another process uses it`, advice);
    }
    closers.push(() => lock.release());
    const path = logPath(dataDirectory);
    expectLog(dataDirectory);
    const log = new SqliteLog({
      path,
      durability: options.durability ?? "full",
      newEpoch: () => parts.ids.secret().slice(0, epochCharacters),
      clock: parts.clock,
      limits: parts.limits,
    });
    closers.push(() => log.close());
    chmodSync(path, 0o600);
    return log;
  } catch (error) {
    if (error instanceof StartError || error instanceof DamagedDataError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const advice = "give a folder that this user may write, with free space";
    throw new StartError("data_unwritable", `unable to open ${dataDirectory}; ${reason}`, advice, { cause: error });
  }
}

const epochCharacters = 10;

function logPath(dataDirectory: string): string {
  return join(dataDirectory, "log.db");
}

function accountsPath(dataDirectory: string): string {
  return join(dataDirectory, "auth.db");
}

/** The log is made before the accounts: where they are, it was. */
function expectLog(dataDirectory: string): void {
  const path = logPath(dataDirectory);
  if (existsSync(path) || !existsSync(accountsPath(dataDirectory))) return;
  throw new DamagedDataError(path, "it is missing, and the accounts are there");
}

function startErrorOf(error: unknown): unknown {
  if (!(error instanceof DamagedDataError)) return error;
  const advice = "put the whole folder back from a backup, with no file of another copy, or move it away to begin anew";
  return new StartError("data_damaged", error.message, advice, { cause: error });
}

interface OpenedAgent {
  readonly agent: Agent;
  readonly model: ThroughlineServer["model"];
  readonly userRoutes: readonly UserRoute[];
}

async function openAgent(
  options: ServerOptions,
  parts: { readonly clock: Clock; readonly limits: Limits },
  closers: Closers,
): Promise<OpenedAgent> {
  const { clock, limits } = parts;
  const agentParts = {
    clock,
    modelIdleTimeoutMs: limits.modelIdleTimeoutMs,
    answerCharactersMax: limits.answerCharactersMax,
  };
  if (options.agent !== undefined) {
    const agent = createAgent(options.agent, agentParts);
    const description = `agent "${agent.name}", given by the program`;
    return { agent, model: { agent: agent.name, model: agent.name, description }, userRoutes: [] };
  }
  const tools: BuiltInTools = openBuiltInTools({ dataDirectory: options.dataDirectory, limits, clock });
  closers.push(() => tools.close());
  const chosen = await modelOf(options, clock);
  const agent = createAgent(
    {
      name: "assistant",
      model: chosen.model,
      instructions: defaultInstructions,
      tools: tools.tools,
      ...(options.quality && { quality: options.quality }),
    },
    agentParts,
  );
  return {
    agent,
    model: { agent: agent.name, model: chosen.name, description: chosen.description },
    userRoutes: documentRoutes(tools.documents, limits.documentBytesMax),
  };
}

const defaultInstructions = [
  "You are a helpful assistant. Answer briefly and truthfully.",
  "Use the tools for arithmetic, units, times, dates, notes and the user's own documents rather than guessing.",
  "When a tool fails, is denied or its outcome is unknown, say so plainly.",
].join(" ");

function openQuality(
  dataDirectory: string,
  parts: {
    readonly feeds: Feeds;
    readonly policy: Policy;
    readonly clock: Clock;
    readonly ids: IdSource;
    readonly limits: Limits;
    readonly logger: Logger;
  },
): Quality {
  const { feeds, policy, clock, ids, limits, logger } = parts;
  return new Quality({
    store: new QualityStore(openQualityDatabase(join(dataDirectory, "quality.db")), ids),
    clock,
    limits,
    deliver: (userId, key, event) => appendNotice(feeds, userId, key, event),
    // Of a user who is not here only the id and the tenant are known.
    mayReadTenant: ({ userId, tenantId }) =>
      policy({ userId, tenantId, sessionId: undefined, expiresAt: undefined }, tenantPermission) === true,
    onError: (error) => logger.error({ err: error }, "unable to tell of quality"),
  });
}

async function readPage(webRoot: string | undefined): Promise<WebFiles | undefined> {
  if (webRoot === undefined) return undefined;
  try {
    return await WebFiles.read(webRoot);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError("bad_option", `unable to serve the page; ${reason}`, "build the page first", { cause: error });
  }
}

function countCommands(metrics: Metrics): Middleware {
  return async (command, next) => {
    try {
      const acceptance = await next();
      const outcome = acceptance.duplicate ? "duplicate" : "accepted";
      metrics.count("commands", "Commands by type and outcome", { type: command.type, outcome });
      return acceptance;
    } catch (error) {
      const outcome = error instanceof CodedError ? error.code : "internal";
      metrics.count("commands", "Commands by type and outcome", { type: command.type, outcome });
      throw error;
    }
  };
}

/** Lines of JSON on standard error, so that standard output stays for what the program says to its caller. */
function defaultLogger(env: Readonly<Record<string, string | undefined>>): Logger {
  const level = env.THROUGHLINE_LOG_LEVEL || "warn";
  if (level !== "silent" && !(level in pino.levels.values)) {
    const advice = `use one of silent, ${Object.keys(pino.levels.values).join(", ")}`;
    throw new StartError("bad_option", `unable to start; THROUGHLINE_LOG_LEVEL ${level} is no level`, advice);
  }
  return pino({ level }, pino.destination(2));
}

function checkOptions(options: ServerOptions): void {
  if (options.secret.length < secretCharactersMin) {
    const reason = `unable to start; the secret has ${options.secret.length} characters, the least is ${secretCharactersMin}`;
    throw new StartError("bad_option", reason, "give a longer random secret");
  }
  if (options.port === undefined && options.publicUrl === undefined) {
    throw new StartError("bad_option", "unable to start; neither a port nor a publicUrl is given", "give one of them");
  }
  if (options.retentionMs !== undefined && !(options.retentionMs > 0)) {
    const reason = `unable to start; a retentionMs of ${options.retentionMs} keeps nothing`;
    throw new StartError("bad_option", reason, "give the milliseconds that a thread is kept, or leave it out");
  }
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    if (name in defaultLimits && Number.isSafeInteger(value) && value >= 1) continue;
    const advice = "see GET /v1/limits for the names; values are whole numbers from 1";
    throw new StartError("bad_option", `unable to start; limit ${name} = ${value} is not one`, advice);
  }
}

const secretCharactersMin = 32;

function bind(port: number, hostname: string): Promise<Server> {
  // Slow requests are cut by Node: 60 s for the headers of a request, 300 s for all of it.
  const server = createNodeServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") {
        const advice = "stop the other process, or choose another port";
        reject(new StartError("port_in_use", `unable to listen; port ${port} is in use`, advice, { cause: error }));
      } else {
        const advice = "choose an address and a port that this user may listen on";
        reject(new StartError("bad_option", `unable to listen; ${error.message}`, advice, { cause: error }));
      }
    });
    server.listen(port, hostname, () => resolve(server));
  });
}

type RequestHandlers = Pick<ThroughlineServer, "handleRequest" | "handleUpgrade">;

/** From the moment of binding: what arrives before the server is ready waits for it, and would else wait for ever. */
function answerWith(server: Server, serving: Promise<RequestHandlers>): void {
  server.on("request", async (request, response) => {
    const { handleRequest } = await serving;
    await handleRequest(request, response);
  });
  server.on("upgrade", async (request, stream, head) => {
    // Node listens no more once it has handed over the stream, and a client that leaves must not end the process.
    const leave = () => stream.destroy();
    stream.on("error", leave);
    const { handleUpgrade } = await serving;
    stream.off("error", leave);
    if (!handleUpgrade(request, stream, head)) refuseUpgrade(stream);
  });
}

function closeSocket(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function refuseUpgrade(stream: Duplex): void {
  const { status } = problemResponse(new CodedError("not_found", "unable to upgrade at this path"));
  stream.end(`HTTP/1.1 ${status} Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
