/**
 * Lives through a plan: nodes over one shared log, devices of several users, and the faults between them, in one process
 * under virtual time. Says what was seen; what that means is the checker's.
 */
import { defaultLimits, type UserId } from "@throughline/protocol";
import type { Circumstances, Mistake } from "./circumstances.ts";
import { Cluster } from "./cluster.ts";
import type { Link } from "./link.ts";
import type { Observation } from "./observation.ts";
import type { Unstamped } from "./observe.ts";
import { People } from "./people.ts";
import type { Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { atSequence, sequenceOf } from "./simulated-device.ts";
import { VirtualTime } from "./virtual-time.ts";

/** What a plan led to. */
export interface History {
  readonly observations: readonly Observation[];
  readonly mistakes: readonly Mistake[];
  /** How often something happened that observations do not show. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Every world begins here. */
const start = Date.UTC(2026, 0, 1);
/** After so much time without faults a world must have come to rest. */
const restMsMax = 1_800_000;
/** No multiple of what a node does at intervals: nothing must look busy every time. */
const restCheckIntervalMs = 1_037;
const auditMsMax = 120_000;
const auditCheckIntervalMs = 100;

/** The same plan leads to the same history, to the byte. */
export function simulate(plan: Plan): Promise<History> {
  return new World(plan).run();
}

class World {
  readonly #world: Circumstances;
  readonly #cluster: Cluster;
  readonly #people: People;
  readonly #observations: Observation[] = [];
  readonly #mistakes: Mistake[] = [];
  readonly #counts = new Map<string, number>();

  constructor(plan: Plan) {
    const time = new VirtualTime({ start, onThrow: (error) => this.#mistake("unhandled", error) });
    this.#world = {
      plan,
      limits: { ...defaultLimits, ...plan.limits },
      time,
      random: new Random(`world ${plan.seed}`),
      observe: (observation: Unstamped) => {
        this.#observations.push({ at: Math.floor(time.now), ...observation } as Observation);
      },
      count: (what) => this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1),
      mistake: (rule, error) => this.#mistake(rule, error),
    };
    this.#cluster = new Cluster(this.#world);
    this.#people = new People(this.#world, this.#cluster);
  }

  async run(): Promise<History> {
    const onUnhandled = (error: unknown) => this.#mistake("unhandled", error);
    process.on("unhandledRejection", onUnhandled);
    try {
      const { plan, time, observe } = this.#world;
      if (plan.quality !== "off") observe({ kind: "gated", gate: plan.quality });
      const { retentionMs, durationMs } = plan;
      if (retentionMs !== undefined) observe({ kind: "retained", forMs: retentionMs, until: start + durationMs });
      this.#cluster.start();
      this.#people.start();
      for (const action of plan.actions) time.schedule(action.at, () => this.#people.act(action));
      for (const fault of plan.faults) {
        if (!("at" in fault)) continue;
        time.schedule(fault.at, () => {
          this.#cluster.strike(fault);
          this.#people.strike(fault);
        });
      }
      await time.run(start + plan.durationMs);
      this.#cluster.heal();
      this.#people.heal();
      await this.#settle();
      for (const { user, cursor } of [...this.#people.users()]) await this.#audit(user, cursor);
    } finally {
      this.#cluster.close();
      process.off("unhandledRejection", onUnhandled);
    }
    return { observations: this.#observations, mistakes: this.#mistakes, counts: this.#counts };
  }

  #mistake(rule: Mistake["rule"], error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#mistakes.push({ rule, message, at: Math.floor(this.#world.time.now) });
  }

  async #settle(): Promise<void> {
    const { time, limits, random, observe } = this.#world;
    await this.#rest();
    // Some feeds are audited compacted, some as they grew.
    if (random.stream("audit").chance(0.5)) {
      await time.run(time.now + limits.compactionDelayMs + 1_000);
      await this.#rest();
    }
    observe({ kind: "settled" });
  }

  /** Lets time go on until nothing is left to do. */
  async #rest(): Promise<void> {
    const { time } = this.#world;
    const until = time.now + restMsMax;
    let unrest: string | undefined;
    do {
      await time.run(time.now + restCheckIntervalMs);
      unrest = this.#cluster.unrest ?? this.#people.unrest((user) => this.#headOf(user));
      if (unrest === undefined) return;
    } while (time.now < until);
    this.#mistake("restless", unrest);
  }

  #headOf(user: string): number {
    return this.#cluster.durable.bounds(user as UserId).head;
  }

  /** Reads a whole feed, from its oldest event to its end. */
  async #audit(user: string, cursor: string | undefined): Promise<void> {
    const { time } = this.#world;
    const { head, truncatedThrough } = this.#cluster.durable.bounds(user as UserId);
    if (cursor === undefined || head === 0) return;
    const after = atSequence(cursor, truncatedThrough);
    let position: number | undefined;
    const messages = new Map<string, string>();
    const link: Link = this.#people.connect(
      { user, device: `${user}-auditor`, role: "auditor", after },
      {
        opened: () => link.send(JSON.stringify({ kind: "hello", protocol: 1, after })),
        receive: (text) => {
          const frame = JSON.parse(text) as { kind: string; cursor: string; events: readonly AuditedEvent[] };
          // Of a feed that has nothing left, the welcome is all there is to see.
          if (frame.kind === "welcome") position = truncatedThrough;
          if (frame.kind !== "events") return;
          position = sequenceOf(frame.cursor);
          for (const event of frame.events) this.#blame(event, messages);
        },
        ended: () => undefined,
      },
    );
    const until = time.now + auditMsMax;
    while (time.now < until && position !== head) await time.run(time.now + auditCheckIntervalMs);
    if (position !== head) this.#mistake("restless", `the auditor of ${user} is at ${position}, the head is ${head}`);
    link.leave();
  }

  /** An agent fails when its script says so, and never because of what happened to the server. */
  #blame({ type, runId = "", data }: AuditedEvent, messages: Map<string, string>): void {
    if (type === "message_accepted") messages.set(runId, data.text ?? "");
    const text = messages.get(runId);
    if (type !== "agent_completed" || data.error?.code !== "agent_failed" || text === undefined) return;
    const failsByItself = this.#world.plan.agent === "program" && text.includes('"ending":"cut"');
    if (!failsByItself) this.#mistake("internal", `run ${runId} failed through no fault of its agent`);
  }
}

interface AuditedEvent {
  readonly type: string;
  readonly runId?: string;
  readonly data: { readonly text?: string; readonly error?: { readonly code: string } };
}
