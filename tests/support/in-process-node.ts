/**
 * A node without a network: router, engine and dispatcher over a log that several nodes may share. It is made of the
 * product's own parts and adds only what a test needs to cut it off.
 */
import { type CursorPlace, defaultLimits, type Event, type Limits, type UserId } from "@throughline/protocol";
import { pino } from "pino";
import type { Clock } from "../../packages/server/src/base/clock.ts";
import { RandomIdSource } from "../../packages/server/src/base/id-source.ts";
import { type Identity, localTenant } from "../../packages/server/src/base/identity.ts";
import { RateLimit } from "../../packages/server/src/base/rate-limit.ts";
import { Feeds } from "../../packages/server/src/log/feeds.ts";
import type { Append, AppendResult, Log } from "../../packages/server/src/log/log.ts";
import { readFeed } from "../../packages/server/src/log/read-feed.ts";
import type { Quality } from "../../packages/server/src/quality/quality.ts";
import { builtInRoutes } from "../../packages/server/src/router/built-in-routes.ts";
import { Router } from "../../packages/server/src/router/router.ts";
import { type AgentDefinition, createAgent } from "../../packages/server/src/runs/define-agent.ts";
import { Engine } from "../../packages/server/src/runs/engine.ts";
import type { AnyTool } from "../../packages/server/src/tools/tool.ts";
import { ToolRegistry } from "../../packages/server/src/tools/tool-registry.ts";
import { memoryQuality } from "./memory-quality.ts";

export interface NodeOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly agent: AgentDefinition;
  /** Every tool of the server; those of the agent unless a test says otherwise. */
  readonly tools?: readonly AnyTool[];
  readonly limits?: Partial<Limits>;
  /** One that nodes share. Default: one of its own, in memory. */
  readonly quality?: Quality;
}

export class InProcessNode {
  readonly feeds: Feeds;
  readonly router: Router;
  readonly engine: Engine;

  constructor(given: NodeOptions) {
    const { log, clock, agent: definition, tools } = given;
    const limits = { ...defaultLimits, ...given.limits };
    const ids = new RandomIdSource();
    this.feeds = new Feeds({ log, limits });
    const agent = createAgent(definition, {
      clock,
      modelIdleTimeoutMs: limits.modelIdleTimeoutMs,
      answerCharactersMax: limits.answerCharactersMax,
    });
    const quality = given.quality ?? memoryQuality({ feeds: this.feeds, clock, ids, limits });
    this.engine = new Engine({
      log,
      feeds: this.feeds,
      agent,
      registry: new ToolRegistry(tools ?? agent.tools),
      toolRate: new RateLimit({ clock, perMinuteMax: limits.toolCallsPerMinuteMax }),
      clock,
      ids,
      limits,
      logger: pino({ level: "silent" }),
      onJudged: (verdict) => quality.record(verdict),
    });
    this.router = new Router({
      routes: builtInRoutes(quality),
      middleware: [],
      policy: () => true,
      feeds: this.feeds,
      clock,
      ids,
      limits,
      onInternalError: () => undefined,
    });
    this.engine.start();
  }
}

export function identityOf(name: string): Identity {
  return { userId: name as UserId, tenantId: localTenant, sessionId: undefined, expiresAt: undefined };
}

/** Every event of a feed, as a device would see it. */
export async function eventsOf(log: Log, identity: Identity): Promise<Event[]> {
  const events: Event[] = [];
  for await (const page of readFeed(log, identity.userId, 0)) for (const stored of page) events.push(stored.event);
  return events;
}

/** Where, counted in its appends, a node dies, and whether that last append still reaches the log. */
export interface Crash {
  readonly appendsBefore: number;
  readonly lastOne: "lost" | "stored";
}

/**
 * A node's own view of a shared log, through which it can be cut off: from the crash on, nothing it does reaches the log
 * and nothing comes back, as if the process were gone.
 */
export class CrashingLog implements Log {
  readonly epoch: string;
  readonly runs: Log["runs"];
  readonly #log: Log;
  readonly #crash: Crash;
  readonly #onCrash: () => void;
  #appends = 0;
  crashed = false;

  constructor(log: Log, crash: Crash, onCrash: () => void) {
    this.#log = log;
    this.#crash = crash;
    this.#onCrash = onCrash;
    this.epoch = log.epoch;
    const never = <Value>(alive: () => Promise<Value>) => (this.crashed ? silence<Value>() : alive());
    this.runs = {
      claim: (claim) => never(() => log.runs.claim(claim)),
      renew: (lease, leaseDurationMs) => never(() => log.runs.renew(lease, leaseDurationMs)),
      release: (lease) => never(() => log.runs.release(lease)),
      onAvailable: (listener) => log.runs.onAvailable(() => this.crashed || listener()),
    };
  }

  async append(feed: UserId, append: Append): Promise<AppendResult> {
    if (this.crashed) return silence();
    // Only what the run itself says counts: the command that begins it is not what dies here.
    if (append.lease !== undefined) this.#appends += 1;
    if (append.lease === undefined || this.#appends <= this.#crash.appendsBefore) return this.#log.append(feed, append);
    this.crashed = true;
    if (this.#crash.lastOne === "stored") await this.#log.append(feed, append);
    this.#onCrash();
    return silence();
  }

  read = (feed: UserId, after: number) => (this.crashed ? silence<never>() : this.#log.read(feed, after));
  locate = (feed: UserId, place: CursorPlace) => this.#log.locate(feed, place);
  feeds = () => this.#log.feeds();
  bounds = (feed: UserId) => this.#log.bounds(feed);
  findKey = (feed: UserId, keyId: string) => this.#log.findKey(feed, keyId);
  compact = (feed: UserId) => this.#log.compact(feed);
  truncate = (feed: UserId, through: number) => this.#log.truncate(feed, through);
  forgetKeys = (before: number) => this.#log.forgetKeys(before);
  close = () => this.#log.close();

  async *follow(feed: UserId, after: number, signal: AbortSignal) {
    for await (const events of this.#log.follow(feed, after, signal)) {
      if (this.crashed) return;
      yield events;
    }
  }
}

function silence<Value>(): Promise<Value> {
  return new Promise(() => undefined);
}
