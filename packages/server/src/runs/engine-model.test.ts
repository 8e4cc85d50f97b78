/**
 * Random agents on random nodes: whatever an agent does, wherever a node dies, whenever somebody stops or the storage
 * fails, every history is legal, every run ends once, and the world outside sees each effect as often as was promised.
 */
import {
  advanceRun,
  type CommandId,
  defaultLimits,
  type Event,
  isRunEventType,
  newRunState,
  type RunId,
} from "@throughline/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  type Crash,
  CrashingLog,
  eventsOf,
  InProcessNode,
  identityOf,
} from "../../../../tests/support/in-process-node.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { EmbeddedLog } from "../log/embedded-log.ts";
import type { Commit } from "../log/log-store.ts";
import { MemoryStore } from "../log/memory-store.ts";
import { defineTool, ToolFailure } from "../tools/tool.ts";
import { defineAgent } from "./define-agent.ts";

const alice = identityOf("alice");

type Action =
  | { readonly do: "think" }
  | { readonly do: "say"; readonly text: string }
  | { readonly do: "step"; readonly text: string; readonly result: number }
  | { readonly do: "call"; readonly tool: "charge" | "notify" | "fail" | "unknown"; readonly times: number }
  | { readonly do: "wait"; readonly milliseconds: number }
  | { readonly do: "throw" };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constant({ do: "think" } as const),
  fc.record({ do: fc.constant("say" as const), text: fc.string({ minLength: 1, maxLength: 20 }) }),
  fc.record({ do: fc.constant("step" as const), text: fc.string({ maxLength: 20 }), result: fc.nat() }),
  fc.record({
    do: fc.constant("call" as const),
    tool: fc.constantFrom("charge" as const, "notify" as const, "fail" as const, "unknown" as const),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constant("wait" as const), milliseconds: fc.integer({ min: 1, max: 40_000 }) }),
  fc.constant({ do: "throw" } as const),
);

interface Plan {
  /** What the agent does for each message. */
  readonly messages: readonly (readonly Action[])[];
  readonly crashes: readonly Crash[];
  /** Commits of the storage that fail, by their number. */
  readonly failures: readonly number[];
  /** Milliseconds after which everything that goes on is stopped; undefined = never. */
  readonly stopAfter: number | undefined;
  readonly sameThread: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  messages: fc.array(fc.array(action, { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
  crashes: fc.array(
    fc.record({ appendsBefore: fc.nat({ max: 12 }), lastOne: fc.constantFrom("lost" as const, "stored" as const) }),
    { maxLength: 3 },
  ),
  failures: fc.array(fc.nat({ max: 30 }), { maxLength: 2 }),
  stopAfter: fc.option(fc.nat({ max: 60_000 }), { nil: undefined }),
  sameThread: fc.boolean(),
});

/** A store whose disk is full now and then. */
class FlakyStore extends MemoryStore {
  readonly #failures: ReadonlySet<number>;
  #commits = 0;
  constructor(failures: readonly number[]) {
    super("epoch1");
    this.#failures = new Set(failures);
  }
  override async commit(commit: Commit): Promise<void> {
    this.#commits += 1;
    if (this.#failures.has(this.#commits)) throw new Error("disk full");
    return super.commit(commit);
  }
}

test("any agent, any crash, any stop, any failing commit: legal histories, one end, promised effects", async () => {
  await fc.assert(fc.asyncProperty(plan, check), { numRuns: 300 });
}, 120_000);

async function check(given: Plan): Promise<void> {
  const clock = new VirtualClock();
  const log = new EmbeddedLog({ store: new FlakyStore(given.failures), clock, limits: defaultLimits });
  /** Calls of each effect by idempotency key: what the world outside has seen. */
  const effects = { charge: new Map<string, number>(), notify: new Map<string, number>() };
  const agent = describeAgent(given, clock, effects);
  // Takes the commands, executes nothing, and lives: what dies here is whoever executes.
  const front = new InProcessNode({ log: withoutRuns(log), clock, agent });
  new InProcessNode({ log: crashing(log, given.crashes[0]), clock, agent });
  const runIds = await sendAll(front, given, clock);
  if (given.stopAfter !== undefined) {
    await clock.advance(given.stopAfter);
    await stopAll(front, runIds);
  }
  for (const crash of given.crashes.slice(1)) {
    await clock.advance(defaultLimits.leaseDurationMs * 2);
    new InProcessNode({ log: crashing(log, crash), clock, agent });
  }
  await clock.advance(defaultLimits.leaseDurationMs * 2);
  new InProcessNode({ log, clock, agent });
  await clock.advance(20 * 60_000);

  const events = await eventsOf(log, alice);
  expectGapless(events);
  expectEveryRunLegal(events, runIds);
  expectPromisedEffects(events, effects);
}

function describeAgent(given: Plan, clock: VirtualClock, effects: Record<"charge" | "notify", Map<string, number>>) {
  const effect = (name: "charge" | "notify", once: "idempotent" | "at-most-once") =>
    defineTool({
      name,
      description: name,
      input: z.object({}),
      once,
      async execute(_input, { idempotencyKey }) {
        effects[name].set(idempotencyKey, (effects[name].get(idempotencyKey) ?? 0) + 1);
        return "done";
      },
    });
  const fail = defineTool({
    name: "fail",
    description: "Fails",
    input: z.object({}),
    once: "idempotent",
    execute: () => Promise.reject(new ToolFailure("no")),
  });
  return defineAgent({
    name: "random",
    tools: [effect("charge", "at-most-once"), effect("notify", "idempotent"), fail],
    async run(run) {
      for (const step of given.messages[Number(run.message.text)] ?? []) {
        run.signal.throwIfAborted();
        if (step.do === "think") await run.thinking("hm");
        else if (step.do === "say") run.delta(step.text);
        else if (step.do === "throw") throw new Error("the agent gives up");
        else if (step.do === "wait") await new Promise<void>((resolve) => clock.schedule(step.milliseconds, resolve));
        else if (step.do === "call")
          await Promise.all(Array.from({ length: step.times }, () => run.tool(step.tool, {})));
        else {
          const result = await run.step(async (scope) => {
            scope.delta(step.text);
            return step.result;
          });
          expect(result).toBe(step.result);
        }
      }
    },
  });
}

function crashing(log: EmbeddedLog, crash: Crash | undefined) {
  return crash === undefined ? log : new CrashingLog(log, crash, () => undefined);
}

function withoutRuns(log: EmbeddedLog): CrashingLog {
  const view = new CrashingLog(log, { appendsBefore: Number.MAX_SAFE_INTEGER, lastOne: "lost" }, () => undefined);
  view.runs.claim = async () => [];
  return view;
}

let commands = 0;
/** Repeats a command under its id until it is answered for good, as a client does. */
async function insist(node: InProcessNode, clock: VirtualClock, type: string, data: object) {
  commands += 1;
  const id = `command${commands}` as CommandId;
  for (;;) {
    const reply = await node.router.handle(alice, { id, type, data });
    if (reply.ok || !reply.error.retryable) return reply;
    await clock.advance(100);
  }
}

async function sendAll(node: InProcessNode, given: Plan, clock: VirtualClock): Promise<RunId[]> {
  const runIds: RunId[] = [];
  let threadId: string | undefined;
  for (const index of given.messages.keys()) {
    const data = { text: String(index), ...(given.sameThread && threadId !== undefined ? { threadId } : {}) };
    const reply = await insist(node, clock, "message.send", data);
    if (!reply.ok) throw new Error(reply.error.message);
    const accepted = reply.data as { runId: RunId; threadId: string };
    threadId = accepted.threadId;
    runIds.push(accepted.runId);
  }
  return runIds;
}

async function stopAll(node: InProcessNode, runIds: readonly RunId[]): Promise<void> {
  for (const runId of runIds) {
    commands += 1;
    await node.router.handle(alice, { id: `command${commands}`, type: "run.stop", data: { runId } });
  }
}

function expectGapless(events: readonly Event[]): void {
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
}

function expectEveryRunLegal(events: readonly Event[], runIds: readonly RunId[]): void {
  const states = new Map(runIds.map((runId) => [runId, newRunState(runId)]));
  for (const event of events) {
    if (!isRunEventType(event.type) || event.runId === undefined) continue;
    const state = states.get(event.runId);
    expect(state).toBeDefined();
    if (state !== undefined) expect(advanceRun(state, { type: event.type, data: event.data })).toBeUndefined();
  }
  for (const state of states.values()) expect(state.phase).toBe("ended");
}

function expectPromisedEffects(
  events: readonly Event[],
  effects: Record<"charge" | "notify", Map<string, number>>,
): void {
  for (const count of effects.charge.values()) expect(count).toBe(1);
  const intended = new Set<string>();
  for (const event of events) {
    if (event.type === "tool_executing") intended.add(event.data.callId);
    if (event.type !== "tool_completed") continue;
    const { callId, tool, outcome } = event.data;
    if (tool !== "charge" && tool !== "notify") continue;
    // Success is only ever reported of what has happened.
    if (outcome === "completed") expect(effects[tool].get(callId)).toBeGreaterThanOrEqual(1);
  }
  // No effect without a durable intent.
  for (const key of [...effects.charge.keys(), ...effects.notify.keys()]) expect(intended.has(key)).toBe(true);
}
