/** The server side of a world: the process of the log, the nodes that share it, and what goes wrong with them. */
import { EmbeddedLog } from "../../packages/server/src/log/embedded-log.ts";
import type { Log } from "../../packages/server/src/log/log.ts";
import type { Commit } from "../../packages/server/src/log/log-store.ts";
import { MemoryStore } from "../../packages/server/src/log/memory-store.ts";
import type { Circumstances } from "./circumstances.ts";
import { Line } from "./line.ts";
import type { Link, ServerEnd } from "./link.ts";
import { type Death, NodeGate } from "./node-gate.ts";
import type { CommitFate, Fault } from "./plan.ts";
import type { Random } from "./random.ts";
import { RemoteLog } from "./remote-log.ts";
import { SimulatedNode } from "./simulated-node.ts";
import { SimulatedStore } from "./simulated-store.ts";

const restartIntervalMs = 100;
/** Of one node's border in one world; some thousands are usual. */
const crossingsMax = 300_000;

interface LogProcess {
  readonly store: SimulatedStore;
  readonly log: Log;
  readonly life: { alive: boolean };
}

interface Life {
  readonly gate: NodeGate;
  readonly node: SimulatedNode;
  /** To the log and back. */
  readonly lines: readonly Line[];
  readonly links: Set<Link>;
  draining: boolean;
}

interface Place {
  readonly name: string;
  life: Life | undefined;
  lives: number;
  /** Of its border, over all its lives. */
  crossings: number;
  /** What happens to it at which crossing. */
  readonly accidents: ReadonlyMap<number, Fault & { do: "crash_at" | "pause_at" }>;
  clockAheadMs: number;
}

export class Cluster {
  readonly #world: Circumstances;
  readonly #luck: Random;
  readonly #places: readonly Place[];
  readonly #commits: ReadonlyMap<number, Fault & { do: "commit" }>;
  /** What outlives every process, and how it came about: an old backup is a beginning of it. */
  #durable = new MemoryStore("durable");
  #history: Commit[] = [];
  readonly #epochs: string[] = [];
  #process: LogProcess | undefined;
  /** Every life of every node. */
  readonly #lives: Pick<Life, "gate" | "node">[] = [];
  #commitCount = 0;
  #unreadableUntil = 0;
  #healed = false;
  /** Calls that have killed a node. */
  readonly #killers = new Set<string>();

  constructor(world: Circumstances) {
    this.#world = world;
    this.#luck = world.random.stream("cluster");
    const { faults, nodes } = world.plan;
    this.#commits = new Map(faults.flatMap((fault) => (fault.do === "commit" ? [[fault.number, fault]] : [])));
    this.#places = Array.from({ length: nodes }, (_, index) => ({
      name: `node${index + 1}`,
      life: undefined,
      lives: 0,
      crossings: 0,
      accidents: new Map(
        faults.flatMap((fault) =>
          (fault.do === "crash_at" || fault.do === "pause_at") && fault.node === index ? [[fault.crossing, fault]] : [],
        ),
      ),
      clockAheadMs: 0,
    }));
  }

  start(): void {
    this.#openLog();
    for (const place of this.#places) this.#start(place);
  }

  /** What is durable. */
  get durable(): MemoryStore {
    return this.#durable;
  }

  /** What still goes on; undefined when nothing does. */
  get unrest(): string | undefined {
    if (this.#process === undefined) return "the log is down";
    if (this.#process.store.busy) return "a commit is on its way";
    for (const { name, life } of this.#places) {
      if (life === undefined) return `${name} is down`;
      if (life.draining) return `${name} is about to stop`;
      if (life.lines.some((line) => line.busy)) return `${name} waits for the log`;
    }
    const [open] = this.#durable.openRuns();
    return open && `run ${open.runId} of ${open.feed} has not ended`;
  }

  /** Leads a link to some node. `onOpened` is told which, once it is there. */
  connect(link: Link, user: string, random: Random, onOpened: (node: string) => void): void {
    const { name, life } = random.pick(this.#places);
    link.open(life?.gate, (): ServerEnd | undefined => {
      onOpened(name);
      life?.links.add(link);
      return life?.node.admit(link, user);
    });
  }

  strike(fault: Fault & { readonly at: number }): void {
    const place = "node" in fault ? (this.#places[fault.node % this.#places.length] as Place) : undefined;
    if (fault.do === "unreadable") {
      this.#world.observe({ kind: "hindered", by: "unreadable", node: null, forMs: fault.forMs });
      this.#unreadableUntil = Math.max(this.#unreadableUntil, this.#world.time.now + fault.forMs);
    } else if (fault.do === "restore") this.#restore(fault.commitsBack);
    if (place === undefined) return;
    if (fault.do === "clock") place.clockAheadMs += fault.aheadMs;
    if (place.life === undefined) return;
    if (fault.do === "crash") this.#kill(place, fault.downMs);
    else if (fault.do === "drain") void this.#drain(place, place.life, fault.downMs);
    else if (fault.do === "partition") this.#partition(place.name, place.life, fault.forMs);
    else if (fault.do === "pause") this.#pause(place.name, place.life, fault.forMs);
  }

  /** From now on nothing goes wrong any more. */
  heal(): void {
    this.#healed = true;
    this.#unreadableUntil = 0;
    for (const { name, life } of this.#places) {
      life?.node.endRetention();
      if (life !== undefined) this.#resume(name, life);
    }
  }

  /** The world is over. */
  close(): void {
    for (const { gate, node } of this.#lives) {
      gate.shut();
      node.abandon();
    }
  }

  #openLog(): void {
    const { time, limits } = this.#world;
    const life = { alive: true };
    const epochs = [...this.#epochs, `simulated${this.#epochs.length + 1}`];
    const process: LogProcess = {
      life,
      store: new SimulatedStore({
        durable: this.#durable,
        epochs,
        time,
        nextCommit: () => this.#nextCommit(),
        readable: () => time.now >= this.#unreadableUntil,
        onStored: (commit) => this.#history.push(commit),
        onTorn: () => this.#logDied(),
      }),
      get log() {
        return log;
      },
    };
    const clock = {
      now: () => Math.floor(time.now),
      monotonic: () => time.now,
      schedule: (delayMs: number, callback: () => void) =>
        time.schedule(delayMs, () => {
          if (life.alive) callback();
        }),
    };
    const log = new EmbeddedLog({ store: process.store, clock, limits });
    this.#epochs.push(epochs.at(-1) as string);
    this.#process = process;
  }

  #nextCommit(): { tookMs: number; fate: CommitFate } {
    this.#commitCount += 1;
    const [least, most] = this.#world.plan.latencies.commit;
    const tookMs = this.#luck.between(least, most);
    const fault = this.#healed ? undefined : this.#commits.get(this.#commitCount);
    if (fault === undefined) return { tookMs, fate: "stored" };
    const { extraMs, fate } = fault;
    if (extraMs > 0) this.#world.observe({ kind: "hindered", by: "slow_commit", node: null, forMs: extraMs });
    if (fate !== "stored") {
      this.#world.observe({ kind: "hindered", by: "failed_commit", node: null, forMs: tookMs + extraMs });
    }
    return { tookMs: tookMs + extraMs, fate };
  }

  /** Whoever uses an embedded log is in its process, so every node dies with it. */
  #logDied(): void {
    const process = this.#process;
    if (process === undefined) return;
    process.life.alive = false;
    process.store.cut();
    this.#process = undefined;
    this.#world.observe({ kind: "storage_crashed" });
    this.#world.time.schedule(this.#luck.between(1, 3_000), () => this.#reopenLog());
    for (const place of this.#places) this.#kill(place, 0);
  }

  #reopenLog(): void {
    try {
      this.#openLog();
    } catch {
      // Its storage cannot be read just now.
      this.#world.time.schedule(restartIntervalMs, () => this.#reopenLog());
    }
  }

  /** Somebody puts an older copy of the storage back. */
  #restore(commitsBack: number): void {
    if (this.#process === undefined) return;
    this.#logDied();
    const kept = this.#history.slice(0, Math.max(0, this.#history.length - commitsBack));
    this.#history = kept;
    this.#durable = new MemoryStore("durable");
    for (const commit of kept) void this.#durable.commit(commit);
    this.#world.observe({ kind: "history_lost", user: null });
  }

  #start(place: Place): void {
    const { time, random, plan, limits, observe, mistake, count } = this.#world;
    const process = this.#process;
    if (place.life !== undefined || place.crossings >= crossingsMax) return;
    if (process === undefined) {
      time.schedule(restartIntervalMs, () => this.#start(place));
      return;
    }
    place.lives += 1;
    const luck = random.stream(`${place.name} life ${place.lives}`);
    const gate = new NodeGate({
      time,
      random: luck.stream("wake"),
      clockAhead: () => place.clockAheadMs,
      onCrossing: () => this.#onCrossing(place),
      onDeath: (downMs) => this.#kill(place, downMs),
    });
    const requests = new Line(time, luck.stream("requests"), plan.latencies.log);
    const answers = new Line(time, luck.stream("answers"), plan.latencies.log);
    const log = new RemoteLog({
      log: process.log,
      gate,
      requests,
      answers,
      reachable: () => process.life.alive,
      count,
    });
    observe({ kind: "node_started", node: place.name });
    const node = new SimulatedNode({
      node: place.name,
      log,
      gate,
      agent: plan.agent,
      quality: plan.quality,
      retentionMs: this.#healed ? undefined : plan.retentionMs,
      random: luck.stream("node"),
      limits,
      observe,
      onMistake: (error) => mistake("internal", error),
      die: (callId) => this.#dieOnce(place, callId),
    });
    this.#lives.push({ gate, node });
    // It may have died on its first step.
    if (gate.alive) place.life = { gate, node, lines: [requests, answers], links: new Set(), draining: false };
  }

  #onCrossing(place: Place): Death | undefined {
    place.crossings += 1;
    if (place.crossings === crossingsMax) {
      this.#world.mistake("restless", `${place.name} has crossed its border ${crossingsMax} times`);
    }
    // It would do so for ever, and time would stand still.
    if (place.crossings >= crossingsMax) return { when: "before", downMs: 0 };
    const accident = this.#healed ? undefined : place.accidents.get(place.crossings);
    if (accident?.do === "crash_at") return accident;
    if (accident !== undefined && place.life !== undefined) this.#pause(place.name, place.life, accident.forMs);
    return undefined;
  }

  #dieOnce(place: Place, callId: string): boolean {
    if (this.#healed || this.#killers.has(callId)) return false;
    this.#killers.add(callId);
    this.#kill(place, this.#luck.pick([0, 1_000, 10_000]));
    return true;
  }

  #kill(place: Place, downMs: number): void {
    const { life } = place;
    place.life = undefined;
    life?.gate.shut();
    this.#world.observe({ kind: "node_crashed", node: place.name });
    this.#world.time.schedule(Math.max(1, downMs), () => this.#start(place));
    // A machine that lost its power says no goodbye; of a process that died, the system still sends what it was given.
    const how = this.#luck.pick(["silent", "told", "sent", "sent and told"] as const);
    for (const link of life?.links ?? []) {
      if (how === "silent" || how === "told") link.cut(how === "told" ? 0 : undefined, undefined);
      else link.sever(how === "sent and told");
    }
  }

  async #drain(place: Place, life: Life, downMs: number): Promise<void> {
    if (life.draining) return;
    life.draining = true;
    const { count, observe, limits } = this.#world;
    count("drains");
    observe({ kind: "hindered", by: "drain", node: place.name, forMs: limits.drainTimeoutMs });
    await life.node.drain();
    if (place.life === life) this.#kill(place, downMs);
  }

  #pause(name: string, life: Life, forMs: number): void {
    if (life.gate.paused) return;
    life.gate.pause();
    this.#world.observe({ kind: "node_paused", node: name });
    this.#world.time.schedule(forMs, () => this.#resume(name, life));
  }

  #partition(node: string, { lines }: Life, forMs: number): void {
    this.#world.observe({ kind: "hindered", by: "partition", node, forMs });
    for (const line of lines) line.block(forMs);
  }

  #resume(name: string, { gate }: Life): void {
    if (!gate.alive || !gate.paused) return;
    this.#world.observe({ kind: "node_resumed", node: name });
    gate.resume();
  }
}
