/** The product's router over a log in memory under virtual time, and a worker's hand to bring runs into any state. */
import {
  type CallId,
  type CommandType,
  defaultLimits,
  type Event,
  type Limits,
  type ReplyFrame,
  type RunId,
  type ThreadId,
} from "@throughline/protocol";
import type { Clock } from "../../packages/server/src/base/clock.ts";
import type { CodedError } from "../../packages/server/src/base/coded-error.ts";
import { RandomIdSource } from "../../packages/server/src/base/id-source.ts";
import type { Identity } from "../../packages/server/src/base/identity.ts";
import { EmbeddedLog } from "../../packages/server/src/log/embedded-log.ts";
import { Feeds } from "../../packages/server/src/log/feeds.ts";
import { MemoryStore } from "../../packages/server/src/log/memory-store.ts";
import type { NewEvent } from "../../packages/server/src/log/stored-event.ts";
import type { Quality } from "../../packages/server/src/quality/quality.ts";
import { builtInRoutes } from "../../packages/server/src/router/built-in-routes.ts";
import type { AnyRoute } from "../../packages/server/src/router/route.ts";
import { type Middleware, Router, type RouterOptions } from "../../packages/server/src/router/router.ts";
import { GatedStore } from "./gated-store.ts";
import { eventsOf, identityOf } from "./in-process-node.ts";
import { memoryQuality } from "./memory-quality.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const alice = identityOf("alice");
export const bob = identityOf("bob");
export const approvalDigest = "digest-of-the-call";

interface Given extends Partial<Pick<RouterOptions, "policy">> {
  /** Other routes than the built-in ones, which it is given. */
  routes?(builtIn: readonly AnyRoute[]): readonly AnyRoute[];
  readonly limits?: Partial<Limits>;
  middleware?(parts: { readonly clock: Clock; readonly limits: Limits }): readonly Middleware[];
}

export class RouterBench {
  readonly clock = new VirtualClock();
  readonly limits: Limits;
  readonly store = new GatedStore(new MemoryStore("epoch1"));
  readonly log: EmbeddedLog;
  readonly internalErrors: CodedError[] = [];
  readonly feeds: Feeds;
  readonly quality: Quality;
  readonly router: Router;
  readonly #ids = new RandomIdSource();
  readonly #given: Given;
  #commands = 0;

  constructor(given: Given = {}) {
    this.#given = given;
    this.limits = { ...defaultLimits, ...given.limits };
    this.log = new EmbeddedLog({ store: this.store, clock: this.clock, limits: this.limits });
    this.feeds = new Feeds({ log: this.log, limits: this.limits });
    this.quality = memoryQuality({ feeds: this.feeds, clock: this.clock, ids: this.#ids, limits: this.limits });
    this.router = this.#newRouter(this.feeds);
  }

  /** Another node over the same log; it has read nothing yet. */
  anotherRouter(): Router {
    return this.#newRouter(new Feeds({ log: this.log, limits: this.limits }));
  }

  #newRouter(feeds: Feeds): Router {
    const routes = builtInRoutes(this.quality);
    return new Router({
      routes: this.#given.routes?.(routes) ?? routes,
      middleware: this.#given.middleware?.(this) ?? [],
      policy: this.#given.policy ?? (() => true),
      feeds,
      clock: this.clock,
      ids: this.#ids,
      limits: this.limits,
      onInternalError: (error) => this.internalErrors.push(error),
    });
  }

  newId(): string {
    this.#commands += 1;
    return `command${this.#commands}`;
  }

  send(type: CommandType, data: object, identity: Identity = alice, id = this.newId()): Promise<ReplyFrame> {
    return this.router.handle(identity, { id, type, data });
  }

  /** Data of the reply; throws when the command was refused. */
  async accepted<Data = { threadId: ThreadId; runId: RunId }>(
    type: CommandType,
    data: object,
    identity?: Identity,
  ): Promise<Data> {
    const reply = await this.send(type, data, identity);
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.data as Data;
  }

  events(identity: Identity = alice): Promise<Event[]> {
    return eventsOf(this.log, identity);
  }

  async head(identity: Identity = alice): Promise<number> {
    return (await this.log.bounds(identity.userId)).head;
  }

  /** A thread whose run has begun; `add` appends to it as its worker would. */
  async runningRun(identity: Identity = alice) {
    const { threadId, runId } = await this.accepted("message.send", { text: "go" }, identity);
    const claimed = await this.log.runs.claim({ leaseDurationMs: 1_000_000, runsMax: 100, runsPerFeedMax: 100 });
    const lease = claimed.find((run) => run.runId === runId);
    const add = async (event: Pick<NewEvent, "type"> & { data: object }) => {
      const result = await this.feeds.transact(identity.userId, { ...(lease && { lease }) }, () => ({
        events: [{ ...event, threadId, runId } as NewEvent],
      }));
      if (result.kind !== "appended") throw new Error(JSON.stringify(result));
    };
    const { messageId } =
      (await this.events(identity)).findLast((event) => event.type === "message_accepted")?.data ?? {};
    await add({ type: "agent_started", data: { agent: "tester", messageId } });
    return { threadId, runId, add };
  }

  /** A run with a call that waits for approval. */
  async askedApproval(identity: Identity = alice) {
    const run = await this.runningRun(identity);
    const callId = this.#ids.callId();
    const expiresAt = new Date(this.clock.now() + this.limits.approvalTimeoutMs).toISOString();
    const data = { callId, tool: "charge", input: { amount: 1 }, digest: approvalDigest, expiresAt };
    await run.add({ type: "approval_requested", data });
    return { ...run, callId: callId as CallId };
  }
}
