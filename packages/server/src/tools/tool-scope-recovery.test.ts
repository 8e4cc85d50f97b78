/** Calls that an earlier attempt of their run has begun: what is done again, what is not, and what is said of it. */
import type { RunId } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CrashingLog, type InProcessNode } from "../../../../tests/support/in-process-node.ts";
import { type Call, chargeTool, settled, ToolBench } from "../../../../tests/support/tool-bench.ts";
import type { ToolOnce, ToolResult } from "./tool.ts";

/** How far the first attempt came. The appends of an attempt are its beginning, then those of the call. */
const states = {
  asked: { approval: "always", appendsBefore: 2, answer: undefined, lastOne: "lost" },
  approved: { approval: "always", appendsBefore: 2, answer: "approve", lastOne: "lost" },
  denied: { approval: "always", appendsBefore: 2, answer: "deny", lastOne: "lost" },
  executing: { approval: "never", appendsBefore: 2, answer: undefined, lastOne: "lost" },
  "approved and executing": { approval: "always", appendsBefore: 3, answer: "approve", lastOne: "lost" },
  completed: { approval: "never", appendsBefore: 2, answer: undefined, lastOne: "stored" },
  "denied and completed": { approval: "always", appendsBefore: 2, answer: "deny", lastOne: "stored" },
} as const;
type State = keyof typeof states;

/** What has changed when the second attempt makes the call. */
type Change = "nothing" | "tool unknown" | "tool not granted" | "schema stricter" | "other input" | "other tool";

interface Expected {
  readonly outcome?: ToolResult["outcome"] | "waits" | "replay mismatch";
  readonly code?: string;
  /** How often the tool has had its effect, both attempts together. */
  readonly effects: number;
}

async function recover(state: State, once: ToolOnce, change: Change) {
  const bench = new ToolBench();
  const { approval, appendsBefore, answer, lastOne } = states[state];
  const { tool, effects } = chargeTool({ once, approval });
  const refund = { ...tool, name: "refund" };
  const results: (ToolResult | Error)[] = [];
  const calling = (call: Call) => async (run: Parameters<Parameters<ToolBench["node"]>[0]["run"]>[0]) => {
    results.push(await settled(run.tool(call[0], call[1] as never)));
  };
  const log = new CrashingLog(bench.log, { appendsBefore, lastOne }, () => undefined);
  const first = bench.node({ tools: [tool, refund], log, run: calling(["charge", { amount: 5 }]) });
  const runId = await bench.begin(first);
  if (answer !== undefined) await bench.answer(first, runId, answer);
  // A process that waits for a person dies as well.
  if (!log.crashed) log.crashed = true;
  expect(results).toEqual([]);
  const effectsBefore = effects.length;

  const call: Call = [change === "other tool" ? "refund" : "charge", { amount: change === "other input" ? 50 : 5 }];
  const stricter = { ...tool, input: z.object({ amount: z.number().max(1) }) };
  const second = bench.node({
    tools: change === "tool unknown" ? [refund] : [change === "schema stricter" ? stricter : tool, refund],
    ...(change === "tool not granted" ? { granted: ["refund"] } : {}),
    run: calling(call),
  });
  await bench.clock.advance(bench.limits.leaseDurationMs * 2);
  return { bench, second, runId, results, effects, effectsBefore };
}

const completed = (effects: number): Expected => ({ outcome: "completed", effects });
const failed = (code: string): Expected => ({ outcome: "failed", code, effects: 0 });
const denied = (code: string): Expected => ({ outcome: "denied", code, effects: 0 });
const unknown: Expected = { outcome: "unknown", code: "outcome_unknown", effects: 1 };
const mismatch = (effects: number): Expected => ({ outcome: "replay mismatch", effects });

type Table = Readonly<Record<State, Readonly<Record<Change, Expected>>>>;

/** A forgotten pair does not compile. */
const atMostOnce: Table = {
  asked: {
    nothing: { outcome: "waits", effects: 0 },
    // It is withdrawn from the person, and what is denied may only end as denied.
    "tool unknown": denied("approval_expired"),
    "tool not granted": denied("approval_expired"),
    "schema stricter": denied("approval_expired"),
    "other input": mismatch(0),
    "other tool": mismatch(0),
  },
  approved: {
    nothing: completed(1),
    "tool unknown": failed("unknown_tool"),
    // What the agent may no longer call was called all the same.
    "tool not granted": denied("not_permitted"),
    "schema stricter": failed("invalid_input"),
    "other input": mismatch(0),
    "other tool": mismatch(0),
  },
  denied: {
    nothing: denied("approval_denied"),
    "tool unknown": denied("approval_denied"),
    "tool not granted": denied("approval_denied"),
    "schema stricter": denied("approval_denied"),
    "other input": mismatch(0),
    "other tool": mismatch(0),
  },
  executing: {
    nothing: unknown,
    "tool unknown": unknown,
    "tool not granted": unknown,
    "schema stricter": unknown,
    "other input": mismatch(1),
    "other tool": mismatch(1),
  },
  "approved and executing": {
    nothing: unknown,
    "tool unknown": unknown,
    "tool not granted": unknown,
    "schema stricter": unknown,
    "other input": mismatch(1),
    "other tool": mismatch(1),
  },
  completed: {
    nothing: completed(1),
    "tool unknown": completed(1),
    "tool not granted": completed(1),
    "schema stricter": completed(1),
    // The result of the first call was given for an answer to another one.
    "other input": mismatch(1),
    "other tool": mismatch(1),
  },
  "denied and completed": {
    nothing: denied("approval_denied"),
    "tool unknown": denied("approval_denied"),
    "tool not granted": denied("approval_denied"),
    "schema stricter": denied("approval_denied"),
    "other input": mismatch(0),
    "other tool": mismatch(0),
  },
};
const idempotent: Table = {
  ...atMostOnce,
  executing: { ...atMostOnce.executing, nothing: completed(2) },
  "approved and executing": { ...atMostOnce["approved and executing"], nothing: completed(2) },
};

const rows = Object.entries({ "at-most-once": atMostOnce, idempotent }).flatMap(([once, table]) =>
  Object.entries(table).flatMap(([state, changes]) =>
    Object.entries(changes).map(
      ([change, expected]) => [once as ToolOnce, state as State, change as Change, expected] as const,
    ),
  ),
);

describe("after a crash", () => {
  test.each(rows)("an %s call that was %s, with %s changed", async (once, state, change, expected) => {
    const { bench, second, runId, results, effects, effectsBefore } = await recover(state, once, change);
    const wasExecuting = state.includes("executing") || state === "completed";
    expect(effectsBefore).toBe(wasExecuting ? 1 : 0);
    const [result] = results;
    if (expected.outcome === "waits") {
      expect(results).toEqual([]);
      await finishAsked(bench, second, runId);
      expect(results).toMatchObject([{ outcome: "completed" }]);
      expect(effects).toHaveLength(1);
      expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
      return;
    }
    expect(effects).toHaveLength(expected.effects);
    // The same key for every repetition.
    expect(new Set(effects).size).toBeLessThanOrEqual(1);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended" });
    if (expected.outcome === "replay mismatch") {
      expect(String(result)).toBe("Error: unable to replay call 0.1; the agent asked for something else than before");
      return;
    }
    expect(result).toMatchObject({
      outcome: expected.outcome,
      ...(expected.code === undefined ? { output: { charged: 5 } } : { error: { code: expected.code } }),
    });
    // What the agent was told is what devices were told.
    const told = await bench.dataOf(runId, "tool_completed");
    expect(told).toEqual([{ ...told[0], ...result }]);
    if (effects.length > 0) expect(told[0]?.callId).toBe(effects[0]);
  });
});

async function finishAsked(bench: ToolBench, node: InProcessNode, runId: RunId): Promise<void> {
  expect(await bench.dataOf(runId, "approval_requested")).toHaveLength(1);
  await bench.answer(node, runId, "approve");
}

describe("a call that waits for approval while nobody runs it", () => {
  async function abandoned() {
    const bench = new ToolBench();
    const { tool, effects } = chargeTool({ approval: "always" });
    const { node: first, runId } = await bench.calls([tool], [["charge", { amount: 5 }]]);
    first.engine.abandon();
    await bench.clock.advance(0);
    const results: unknown[] = [];
    const resume = async () => {
      bench.node({
        tools: [tool],
        run: async (run) => void results.push(await settled(run.tool("charge", { amount: 5 }))),
      });
      await bench.clock.advance(0);
    };
    return { bench, first, runId, effects, results, resume };
  }

  test.each([
    ["approve", { outcome: "completed" }, 1],
    ["deny", { outcome: "denied", error: { code: "approval_denied" } }, 0],
  ] as const)("and is answered with %s goes on from there", async (decision, expected, count) => {
    const { bench, first, runId, effects, results, resume } = await abandoned();
    await bench.answer(first, runId, decision);
    expect(effects).toEqual([]);
    await resume();
    expect(results).toMatchObject([expected]);
    expect(effects).toHaveLength(count);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });

  test("and is not answered in time ends as expired, as soon as somebody runs it", async () => {
    const { bench, runId, effects, results, resume } = await abandoned();
    await bench.clock.advance(bench.limits.approvalTimeoutMs);
    await resume();
    expect(results).toMatchObject([{ outcome: "denied", error: { code: "approval_expired" } }]);
    expect(effects).toEqual([]);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });

  test("has no more time than it had", async () => {
    const { bench, runId, results, resume } = await abandoned();
    await bench.clock.advance(bench.limits.approvalTimeoutMs - 10_000);
    await resume();
    await bench.clock.advance(9_999);
    expect(results).toEqual([]);
    await bench.clock.advance(1);
    expect(results).toMatchObject([{ outcome: "denied", error: { code: "approval_expired" } }]);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });
});

describe("an idempotency key", () => {
  test("is the same for repetitions of a call, whatever order they come in, and different for all others", async () => {
    const bench = new ToolBench();
    const keys: [number, string][] = [];
    const { tool } = chargeTool({
      once: "idempotent",
      async execute({ amount }, context) {
        keys.push([amount, context.idempotencyKey]);
        // The calls of a parallel step are done in another order each time.
        await Promise.resolve();
        return amount;
      },
    });
    const run = async (agent: Parameters<Parameters<ToolBench["node"]>[0]["run"]>[0]) => {
      await agent.thinking();
      await Promise.all([1, 2, 3].map((amount) => agent.tool("charge", { amount })));
      await agent.thinking();
      await agent.tool("charge", { amount: 1 });
    };
    // A crash at each append of the run in turn, each taken over by the next node.
    const first = bench.node({ tools: [tool], log: crashAt(bench, 4), run });
    const runId = await bench.begin(first);
    for (const appendsBefore of [2, 2, 3]) {
      await bench.clock.advance(bench.limits.leaseDurationMs * 2);
      bench.node({ tools: [tool], log: crashAt(bench, appendsBefore), run });
    }
    await bench.clock.advance(bench.limits.leaseDurationMs * 2);
    bench.node({ tools: [tool], run });
    await bench.clock.advance(bench.limits.leaseDurationMs * 2);
    expect((await bench.events(runId)).at(-1)).toMatchObject({ data: { outcome: "completed" } });
    expect(keys.length).toBeGreaterThan(4);
    const executing = await bench.dataOf(runId, "tool_executing");
    expect(executing).toHaveLength(4);
    const known = new Set(executing.map(({ callId, input }) => `${(input as { amount: number }).amount} ${callId}`));
    expect(new Set(keys.map(([amount, key]) => `${amount} ${key}`))).toEqual(known);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });
});

function crashAt(bench: ToolBench, appendsBefore: number): CrashingLog {
  return new CrashingLog(bench.log, { appendsBefore, lastOne: "lost" }, () => undefined);
}
