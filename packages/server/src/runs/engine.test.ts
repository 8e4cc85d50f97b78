import { advanceRun, defaultLimits, type Event, isRunEventType, newRunState, type RunId } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { GatedStore } from "../../../../tests/support/gated-store.ts";
import { CrashingLog, eventsOf, InProcessNode, identityOf } from "../../../../tests/support/in-process-node.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { EmbeddedLog } from "../log/embedded-log.ts";
import { MemoryLog } from "../log/memory-log.ts";
import { MemoryStore } from "../log/memory-store.ts";
import { defineTool, type ToolOnce } from "../tools/tool.ts";
import type { AgentRun } from "./agent.ts";
import { RunFailure } from "./agent.ts";
import { defineAgent } from "./define-agent.ts";

const alice = identityOf("alice");

function setUp() {
  const clock = new VirtualClock();
  const log = new MemoryLog({ epoch: "epoch1", clock, limits: defaultLimits });
  return { clock, log };
}

let commands = 0;
async function send(node: InProcessNode, data: object): Promise<{ runId: RunId; threadId: string }> {
  commands += 1;
  const reply = await node.router.handle(alice, { id: `command${commands}`, type: "message.send", data });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.data as { runId: RunId; threadId: string };
}

async function command(node: InProcessNode, type: string, data: object) {
  commands += 1;
  return node.router.handle(alice, { id: `command${commands}`, type, data });
}

const types = (events: readonly Event[]) => events.map((event) => event.type);
const ofRun = (events: readonly Event[], runId: RunId) => events.filter((event) => event.runId === runId);
function completion(events: readonly Event[], runId: RunId) {
  const all = ofRun(events, runId).filter((event) => event.type === "agent_completed");
  expect(all).toHaveLength(1);
  return all[0]?.data as Extract<Event, { type: "agent_completed" }>["data"];
}

/** Holds a history against the state table; every run in it must have ended. */
function expectLegal(events: readonly Event[]): void {
  const runs = new Map<RunId, ReturnType<typeof newRunState>>();
  for (const event of events) {
    if (!isRunEventType(event.type) || event.runId === undefined) continue;
    const state = runs.get(event.runId) ?? newRunState(event.runId);
    runs.set(event.runId, state);
    expect(advanceRun(state, { type: event.type, data: event.data })).toBeUndefined();
  }
  for (const state of runs.values()) expect(state.phase).toBe("ended");
}

/** A promise that a test resolves, and an agent or tool waits for. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe("a run", () => {
  test("tells its story in five lifecycle events and ends with the text of its deltas", async () => {
    const { clock, log } = setUp();
    const add = defineTool({
      name: "add",
      description: "Adds",
      input: z.object({ a: z.number(), b: z.number() }),
      once: "idempotent",
      execute: async ({ a, b }) => a + b,
    });
    const agent = defineAgent({
      name: "adder",
      tools: [add],
      async run(run) {
        await run.thinking("let me see");
        const result = await run.tool("add", { a: 40, b: 2 });
        run.delta(`It is ${result.outcome === "completed" ? result.output : "?"}.`);
      },
    });
    const node = new InProcessNode({ log, clock, agent });
    const { runId } = await send(node, { text: "40 + 2?" });
    await clock.advance(100);
    const events = await eventsOf(log, alice);
    expect(types(events)).toEqual([
      "thread_created",
      "message_accepted",
      "agent_started",
      "agent_thinking",
      "tool_executing",
      "tool_completed",
      "agent_thinking",
      "agent_delta",
      "agent_completed",
    ]);
    expect(completion(events, runId)).toMatchObject({ outcome: "completed", message: { text: "It is 42." } });
    expectLegal(events);
  });

  test.each([
    [
      "a failure that people may read",
      () => new RunFailure("model_failed", "the model said no"),
      "model_failed",
      "the model said no",
    ],
    ["any other failure, without its text", () => new Error("password=hunter2"), "agent_failed", "the agent failed"],
  ])("ends as failed on %s, and keeps what was said", async (_name, failure, code, message) => {
    const { clock, log } = setUp();
    const agent = defineAgent({
      name: "failing",
      async run(run) {
        run.delta("I was about to");
        throw failure();
      },
    });
    const node = new InProcessNode({ log, clock, agent });
    const { runId } = await send(node, { text: "go" });
    await clock.advance(100);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId)).toMatchObject({
      outcome: "failed",
      error: { code, message },
      message: { text: "I was about to" },
    });
    expectLegal(events);
  });

  test("fails when it exceeds its deadline, even if the agent ignores the signal", async () => {
    const { clock, log } = setUp();
    const agent = defineAgent({ name: "hanging", run: () => new Promise<void>(() => undefined) });
    const node = new InProcessNode({ log, clock, agent, limits: { runDurationMsMax: 60_000 } });
    const { runId } = await send(node, { text: "go" });
    await clock.advance(59_999);
    expect(ofRun(await eventsOf(log, alice), runId).at(-1)?.type).toBe("agent_started");
    await clock.advance(10_000);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId)).toMatchObject({ outcome: "failed", error: { code: "deadline_exceeded" } });
    expectLegal(events);
  });

  test("fails when it exceeds stepsPerRunMax or answerCharactersMax", async () => {
    const { clock, log } = setUp();
    const limits = { stepsPerRunMax: 3, answerCharactersMax: 10 };
    const steps = defineAgent({
      name: "talker",
      async run(run) {
        if (run.message.text === "steps") for (;;) await run.step(async () => 1);
        run.delta("eleven char");
      },
    });
    const node = new InProcessNode({ log, clock, agent: steps, limits });
    const first = await send(node, { text: "steps" });
    const second = await send(node, { text: "length" });
    await clock.advance(1_000);
    const events = await eventsOf(log, alice);
    expect(completion(events, first.runId).error?.code).toBe("too_many_steps");
    expect(ofRun(events, first.runId).filter((event) => event.type === "agent_thinking")).toHaveLength(3);
    expect(completion(events, second.runId).error?.code).toBe("answer_too_large");
  });

  test("does not begin on a history that an append of the earlier attempt has overtaken", async () => {
    const clock = new VirtualClock();
    const store = new GatedStore(new MemoryStore("epoch1"));
    const log = new EmbeddedLog({ store, clock, limits: defaultLimits });
    let effects = 0;
    const charge = defineTool({
      name: "charge",
      description: "Charges",
      input: z.object({}),
      once: "at-most-once",
      async execute() {
        effects += 1;
      },
    });
    const agent = defineAgent({
      name: "charger",
      tools: [charge],
      async run(run) {
        return (await run.tool("charge", {})).outcome;
      },
    });
    // The first node dies while `agent_started` and `tool_executing` are on their way to a slow disk.
    const crash = { appendsBefore: 1, lastOne: "stored" } as const;
    const first = new InProcessNode({ log: new CrashingLog(log, crash, () => undefined), clock, agent });
    const { runId } = await send(first, { text: "hello" });
    store.shut();
    await clock.advance(1);
    expect(types(await eventsOf(log, alice))).not.toContain("agent_started");
    // The second reads the history before they are stored, and begins after.
    new InProcessNode({ log, clock, agent });
    await clock.advance(defaultLimits.leaseDurationMs * 2);
    store.open();
    await clock.advance(10_000);
    const events = await eventsOf(log, alice);
    expect(types(ofRun(events, runId))).toEqual([
      "message_accepted",
      "agent_started",
      "tool_executing",
      "run_resumed",
      "tool_completed",
      "agent_completed",
    ]);
    expect(completion(events, runId)).toMatchObject({ outcome: "completed", message: { text: "unknown" } });
    expect(effects).toBe(0);
  });

  test("goes on later when its conversation cannot be read just now", async () => {
    const clock = new VirtualClock();
    const store = new GatedStore(new MemoryStore("epoch1"));
    const log = new EmbeddedLog({ store, clock, limits: defaultLimits });
    let attempts = 0;
    const agent = defineAgent({
      name: "reader",
      async run(run) {
        attempts += 1;
        store.unreadable = attempts === 1;
        clock.schedule(10, () => {
          store.unreadable = false;
        });
        return `read ${(await run.conversation()).length} messages`;
      },
    });
    const node = new InProcessNode({ log, clock, agent });
    const { runId } = await send(node, { text: "hello" });
    await clock.advance(10_000);
    const events = await eventsOf(log, alice);
    expect(attempts).toBe(2);
    expect(completion(events, runId)).toMatchObject({ outcome: "completed", message: { text: "read 0 messages" } });
    expectLegal(events);
  });
});

describe("stopping", () => {
  test("is acknowledged while a tool hangs, starts nothing more, and ends the run within its bound", async () => {
    const { clock, log } = setUp();
    let started = 0;
    const hang = defineTool({
      name: "hang",
      description: "Never returns",
      input: z.object({}),
      once: "at-most-once",
      execute: () => {
        started += 1;
        return new Promise<never>(() => undefined);
      },
    });
    const agent = defineAgent({
      name: "hanging",
      tools: [hang],
      async run(run) {
        await run.tool("hang", {});
        await run.tool("hang", {});
      },
    });
    const node = new InProcessNode({ log, clock, agent });
    const { runId } = await send(node, { text: "go" });
    await clock.advance(50);
    const reply = await command(node, "run.stop", { runId });
    expect(reply).toMatchObject({ ok: true, data: { runId, state: "stopping" } });
    const again = await command(node, "run.stop", { runId });
    expect(again).toMatchObject({ ok: true, data: { runId, state: "stopping" } });
    await clock.advance(defaultLimits.stopGraceMs * 3);
    const events = await eventsOf(log, alice);
    expect(types(ofRun(events, runId))).toEqual([
      "message_accepted",
      "agent_started",
      "tool_executing",
      "run_stop_requested",
      "tool_completed",
      "agent_completed",
    ]);
    expect(started).toBe(1);
    expect(ofRun(events, runId).at(-2)?.data).toMatchObject({ outcome: "unknown", error: { code: "outcome_unknown" } });
    expect(completion(events, runId)).toMatchObject({ outcome: "cancelled", error: { code: "cancelled" } });
    expect(await command(node, "run.stop", { runId })).toMatchObject({ ok: true, data: { runId, state: "ended" } });
    expectLegal(events);
  });

  test("before the next attempt has come to what was said keeps what was said", async () => {
    const { clock, log } = setUp();
    let attempts = 0;
    const never = new Promise<never>(() => undefined);
    const agent = defineAgent({
      name: "thorough",
      async run(run) {
        attempts += 1;
        if (attempts > 1) await never;
        await run.step(async ({ delta }) => delta("one"));
        await run.step(async ({ delta }) => delta("two"));
        await run.step(() => never);
      },
    });
    const node = new InProcessNode({ log, clock, agent });
    const { runId } = await send(node, { text: "go" });
    await clock.advance(100);
    const other = new InProcessNode({ log, clock, agent });
    node.engine.abandon();
    await clock.advance(100);
    expect(attempts).toBe(2);
    await command(other, "run.stop", { runId });
    await clock.advance(defaultLimits.stopGraceMs * 3);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId)).toMatchObject({ outcome: "cancelled", message: { text: "one\n\ntwo" } });
    expectLegal(events);
  });

  test("of a run that has not begun ends it without an agent", async () => {
    const { clock, log } = setUp();
    const first = gate();
    const ran: string[] = [];
    const agent = defineAgent({
      name: "slow",
      async run(run) {
        ran.push(run.message.text);
        await first.opened;
      },
    });
    const node = new InProcessNode({ log, clock, agent });
    const { threadId, runId } = await send(node, { text: "one" });
    const queued = await send(node, { text: "two", threadId });
    await command(node, "run.stop", { runId: queued.runId });
    await clock.advance(10);
    first.open();
    await clock.advance(100);
    const events = await eventsOf(log, alice);
    expect(ran).toEqual(["one"]);
    expect(completion(events, runId).outcome).toBe("completed");
    expect(completion(events, queued.runId).outcome).toBe("cancelled");
    expectLegal(events);
  });
});

describe("a thread that is busy", () => {
  function slowNode() {
    const { clock, log } = setUp();
    const gates = new Map<string, ReturnType<typeof gate>>();
    const order: string[] = [];
    const agent = defineAgent({
      name: "slow",
      async run(run) {
        order.push(`${run.message.text} begins`);
        const waiting = gates.get(run.message.text);
        await Promise.race([
          waiting?.opened,
          new Promise((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason))),
        ]);
        order.push(`${run.message.text} ends`);
      },
    });
    const node = new InProcessNode({ log, clock, agent, limits: { queuedRunsPerThreadMax: 2 } });
    for (const text of ["one", "two", "three"]) gates.set(text, gate());
    return { clock, log, node, gates, order };
  }

  test("runs queued messages one after the other, up to a limit", async () => {
    const { clock, log, node, gates, order } = slowNode();
    const { threadId } = await send(node, { text: "one" });
    await send(node, { text: "two", threadId });
    await send(node, { text: "three", threadId, onBusy: "queue" });
    const refused = await command(node, "message.send", { text: "four", threadId });
    expect(refused).toMatchObject({ ok: false, error: { code: "busy", retryable: true } });
    await clock.advance(10);
    expect(order).toEqual(["one begins"]);
    gates.get("one")?.open();
    await clock.advance(10);
    expect(order).toEqual(["one begins", "one ends", "two begins"]);
    for (const waiting of gates.values()) waiting.open();
    await clock.advance(10);
    expect(order).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
    expectLegal(await eventsOf(log, alice));
  });

  test("refuses with busy when asked to reject, and stores nothing", async () => {
    const { clock, log, node, gates } = slowNode();
    const { threadId } = await send(node, { text: "one" });
    const before = (await eventsOf(log, alice)).filter((event) => event.type === "message_accepted");
    const reply = await command(node, "message.send", { text: "two", threadId, onBusy: "reject" });
    expect(reply).toMatchObject({ ok: false, error: { code: "busy" } });
    gates.get("one")?.open();
    await clock.advance(10);
    expect((await eventsOf(log, alice)).filter((event) => event.type === "message_accepted")).toEqual(before);
  });

  test("stops what runs when interrupted, and then runs the new message", async () => {
    const { clock, log, node, gates, order } = slowNode();
    const { threadId, runId } = await send(node, { text: "one" });
    await clock.advance(10);
    gates.get("two")?.open();
    const second = await send(node, { text: "two", threadId, onBusy: "interrupt" });
    await clock.advance(10_000);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId).outcome).toBe("cancelled");
    expect(completion(events, second.runId).outcome).toBe("completed");
    expect(order).toEqual(["one begins", "two begins", "two ends"]);
    expectLegal(events);
  });

  test("does not keep other threads waiting", async () => {
    const { clock, node, gates, order } = slowNode();
    await send(node, { text: "one" });
    gates.get("two")?.open();
    await send(node, { text: "two" });
    await clock.advance(10);
    expect(order).toEqual(["one begins", "two begins", "two ends"]);
  });
});

describe("leases", () => {
  // A node that has no room for more once renewed nothing, and its runs were taken over.
  test.each([
    ["with room for more runs", {}],
    ["with as many runs as it may have", { runsPerNodeMax: 1 }],
  ])("a healthy run that is longer than its lease is executed once, on a node %s", async (_node, limits) => {
    const { clock, log } = setUp();
    let executions = 0;
    const done = gate();
    const agent = defineAgent({
      name: "long",
      async run() {
        executions += 1;
        await done.opened;
      },
    });
    const node = new InProcessNode({ log, clock, agent, limits });
    const other = new InProcessNode({ log, clock, agent });
    const { runId } = await send(node, { text: "go" });
    await clock.advance(defaultLimits.leaseDurationMs * 10);
    done.open();
    await clock.advance(100);
    expect(executions).toBe(1);
    expect(completion(await eventsOf(log, alice), runId).outcome).toBe("completed");
    expect(other.engine.activeRuns).toBe(0);
  });

  test("a zombie that comes back after its lease can append nothing", async () => {
    const { clock, log } = setUp();
    const zombieContinues = gate();
    const zombieErrors: unknown[] = [];
    const zombieLog = new CrashingLog(log, { appendsBefore: 1_000, lastOne: "lost" }, () => undefined);
    const said = (text: string, wait: Promise<void>) =>
      defineAgent({
        name: "agent",
        async run(run: AgentRun) {
          await wait;
          await run
            .step(async (scope) => scope.delta(text))
            .catch((error: unknown) => {
              zombieErrors.push(error);
              throw error;
            });
        },
      });
    const zombie = new InProcessNode({ log: zombieLog, clock, agent: said("from the grave", zombieContinues.opened) });
    const { runId } = await send(zombie, { text: "go" });
    await clock.advance(100);
    // Its heartbeats fail from now on, but it does not know that it is dead.
    const { renew } = zombieLog.runs;
    zombieLog.runs.renew = () => new Promise(() => undefined);
    zombieLog.runs.claim = async () => [];
    const heirContinues = gate();
    new InProcessNode({ log, clock, agent: said("alive", heirContinues.opened) });
    await clock.advance(defaultLimits.leaseDurationMs + defaultLimits.leaseRenewIntervalMs + 1_000);
    // The heir is at work, so only the fence keeps the zombie out.
    zombieContinues.open();
    zombieLog.runs.renew = renew;
    await clock.advance(1_000);
    expect(types(ofRun(await eventsOf(log, alice), runId))).toEqual([
      "message_accepted",
      "agent_started",
      "run_resumed",
    ]);
    heirContinues.open();
    await clock.advance(1_000);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId)).toMatchObject({ outcome: "completed", message: { text: "alive" } });
    expect(zombieErrors).toHaveLength(1);
    expectLegal(events);
  });
});

describe("a crash at any append of a run", () => {
  for (const once of ["idempotent", "at-most-once"] satisfies ToolOnce[]) {
    for (const lastOne of ["lost", "stored"] as const) {
      test(`with an ${once} tool, the last append ${lastOne}: one answer, recorded work not repeated`, async () => {
        let crashes = 0;
        for (let appendsBefore = 0; ; appendsBefore += 1) {
          const outcome = await crashAndRecover(once, { appendsBefore, lastOne });
          if (!outcome.crashed) break;
          crashes += 1;
        }
        // agent_started, two steps (begin and close), one tool call (intent and record), the end.
        expect(crashes).toBeGreaterThanOrEqual(8);
      });
    }
  }

  test("before the resumption is stored: no call is repeated by an attempt that nobody can count", async () => {
    const { clock, log } = setUp();
    const effects: string[] = [];
    const charge = defineTool({
      name: "charge",
      description: "Charges a card",
      input: z.object({}),
      once: "idempotent",
      execute: async (_input, context) => void effects.push(context.idempotencyKey),
    });
    const agent = defineAgent({
      name: "shop",
      tools: [charge],
      run: async (run) => void (await run.tool("charge", {})),
    });
    // Dies with the result of the call; the next one with its resumption.
    const first = new InProcessNode({ log: crashAfter(log, 2), clock, agent });
    const { runId } = await send(first, { text: "buy" });
    await clock.advance(1_000);
    new InProcessNode({ log: crashAfter(log, 0), clock, agent });
    await clock.advance(defaultLimits.leaseDurationMs * 2);
    expect(effects).toHaveLength(1);
    new InProcessNode({ log, clock, agent });
    await clock.advance(defaultLimits.leaseDurationMs * 2);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId).outcome).toBe("completed");
    expect(events.filter(({ type }) => type === "run_resumed")).toHaveLength(1);
    expect(effects).toEqual([effects[0], effects[0]]);
  });

  test("again and again ends as failed when runAttemptsMax is reached", async () => {
    const { clock, log } = setUp();
    const agent = defineAgent({ name: "agent", run: async (run) => run.delta("done") });
    const limits = { runAttemptsMax: 3 };
    let node = new InProcessNode({ log: crashAfter(log, 1), clock, agent, limits });
    const { runId } = await send(node, { text: "go" });
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await clock.advance(defaultLimits.leaseDurationMs * 2);
      node = new InProcessNode({ log: attempt < 3 ? crashAfter(log, 1) : log, clock, agent, limits });
    }
    await clock.advance(defaultLimits.leaseDurationMs * 2);
    const events = await eventsOf(log, alice);
    expect(completion(events, runId)).toMatchObject({ outcome: "failed", error: { code: "attempts_exhausted" } });
    expectLegal(events);
  });
});

function crashAfter(log: MemoryLog, appendsBefore: number) {
  return new CrashingLog(log, { appendsBefore, lastOne: "lost" }, () => undefined);
}

async function crashAndRecover(once: ToolOnce, crash: { appendsBefore: number; lastOne: "lost" | "stored" }) {
  const { clock, log } = setUp();
  /** Idempotency keys of calls that had their effect, in order: the world outside, which crashes do not undo. */
  const effects: string[] = [];
  let modelCalls = 0;
  const charge = defineTool({
    name: "charge",
    description: "Charges a card",
    input: z.object({ amount: z.number() }),
    once,
    async execute({ amount }, context) {
      effects.push(context.idempotencyKey);
      return { charged: amount };
    },
  });
  const results: string[] = [];
  const agent = defineAgent({
    name: "shop",
    tools: [charge],
    async run(run) {
      const amount = await run.step(async (scope) => {
        modelCalls += 1;
        scope.delta("Charging. ");
        return 42;
      });
      const result = await run.tool("charge", { amount });
      results.push(result.outcome);
      await run.step(async (scope) => scope.delta(`It ended as ${result.outcome}.`));
    },
  });
  const crashing = new CrashingLog(log, crash, () => undefined);
  const first = new InProcessNode({ log: crashing, clock, agent });
  const { runId } = await send(first, { text: "buy" });
  await clock.advance(1_000);
  const crashed = crashing.crashed;
  new InProcessNode({ log, clock, agent });
  await clock.advance(defaultLimits.leaseDurationMs * 2);

  const events = await eventsOf(log, alice);
  const where = `crash after ${crash.appendsBefore} appends, the last ${crash.lastOne}`;
  expectLegal(events);
  expect(completion(events, runId).outcome, where).toBe("completed");
  expect(completion(events, runId).message?.text, where).toBe(`Charging. \n\nIt ended as ${results.at(-1)}.`);
  const executing = ofRun(events, runId).filter((event) => event.type === "tool_executing");
  expect(executing, where).toHaveLength(1);
  const completed = ofRun(events, runId).find((event) => event.type === "tool_completed");
  if (once === "idempotent") {
    expect(results.at(-1), where).toBe("completed");
    expect(effects.length, where).toBeGreaterThanOrEqual(1);
    expect(new Set(effects).size, where).toBe(1);
  } else {
    // At most once, always; and when the record says that nobody knows, the run crashed while it was in hand.
    expect(effects.length, where).toBeLessThanOrEqual(1);
    if (results.at(-1) === "completed") expect(effects, where).toHaveLength(1);
    else expect(completed?.data, where).toMatchObject({ outcome: "unknown", error: { code: "outcome_unknown" } });
  }
  const resumed = ofRun(events, runId).find((event) => event.type === "run_resumed");
  if (resumed?.type === "run_resumed" && resumed.data.step > 1) expect(modelCalls, where).toBe(1);
  return { crashed };
}
