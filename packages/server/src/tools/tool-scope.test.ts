/** The pipeline of a call, in the engine that owns the scope: what is refused, and what is made. */
import type { ToolErrorCode } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { alice, type Call, chargeTool, errorOf, ToolBench } from "../../../../tests/support/tool-bench.ts";
import { UnparsedInput } from "../runs/agent.ts";
import { type AnyTool, defineTool, ToolFailure } from "./tool.ts";

describe("a call that is refused", () => {
  const throwing = () => {
    throw new Error("password=hunter2");
  };
  const cases: readonly [string, Call, { outcome: string; code: ToolErrorCode; message: string }, Partial<AnyTool>?][] =
    [
      [
        "of a tool that nobody knows",
        ["refund", { amount: 1 }],
        { outcome: "failed", code: "unknown_tool", message: "no such tool; known are charge" },
      ],
      [
        "of a tool with a name that is special elsewhere",
        ["__proto__", { amount: 1 }],
        { outcome: "failed", code: "unknown_tool", message: "no such tool" },
      ],
      [
        "of a tool that the agent was not given",
        ["secret", { amount: 1 }],
        { outcome: "denied", code: "not_permitted", message: "the agent was not given this tool" },
      ],
      [
        "with input that the tool does not take",
        ["charge", { amount: "much" }],
        {
          outcome: "failed",
          code: "invalid_input",
          message: "amount: Invalid input: expected number, received string",
        },
      ],
      [
        "with input that is no JSON",
        ["charge", new UnparsedInput('{"amount": 1')],
        { outcome: "failed", code: "invalid_input", message: "its input is not JSON" },
      ],
      [
        "with input that is too large",
        ["charge", { amount: 1, note: "x".repeat(65_536) }],
        { outcome: "failed", code: "input_too_large", message: "exceeds toolInputBytesMax 65536" },
      ],
      [
        "with text for input that is no JSON and too large",
        ["charge", new UnparsedInput("語".repeat(30_000))],
        { outcome: "failed", code: "input_too_large", message: "its input of 90002 bytes" },
      ],
      // These rejected instead of saying how the call ended: the whole run failed, and the call was nowhere to be seen.
      [
        "because the schema of its input throws",
        ["charge", { amount: 1 }],
        { outcome: "failed", code: "tool_failed", message: "it failed while it looked at its input" },
        { input: z.object({ amount: z.number().transform(throwing) }) },
      ],
      [
        "because the question whether to ask somebody throws",
        ["charge", { amount: 1 }],
        { outcome: "failed", code: "tool_failed", message: "it failed while it looked at its input" },
        { approval: throwing },
      ],
    ];

  test.each(cases)(
    "%s ends visibly, is told to the agent, and nothing is called",
    async (_why, call, expected, given) => {
      const bench = new ToolBench();
      const { tool, effects } = chargeTool(given as object);
      const secret = { ...tool, name: "secret" };
      const { runId, results } = await bench.calls([tool, secret], [call], { granted: ["charge"] });
      const { outcome, code, message } = expected;
      expect(results).toEqual([{ outcome, error: { code, message: expect.stringContaining(message) } }]);
      expect(errorOf(results[0])?.message).not.toContain("hunter2");
      expect(effects).toEqual([]);
      const [executing] = await bench.dataOf(runId, "tool_executing");
      const [completed] = await bench.dataOf(runId, "tool_completed");
      const { callId } = executing ?? {};
      expect(executing?.tool).toBe(call[0]);
      expect(completed).toEqual({ callId, tool: call[0], outcome, error: errorOf(results[0]), durationMs: 0 });
      expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
    },
  );

  test("shows the text that a model wrote where JSON was asked for", async () => {
    const bench = new ToolBench();
    const { runId } = await bench.calls([chargeTool().tool], [["charge", new UnparsedInput('{"amount": 1')]]);
    expect((await bench.dataOf(runId, "tool_executing"))[0]?.input).toBe('{"amount": 1');
  });

  test("keeps nothing of an input, and of a name only as much as a name may have, when they are too large", async () => {
    const bench = new ToolBench();
    const note = "x".repeat(1_000_000);
    const { runId, results } = await bench.calls(
      [chargeTool().tool],
      [
        ["charge", { amount: 1, note }],
        ["c".repeat(1_000_000), {}],
      ],
    );
    expect(results.map((result) => errorOf(result)?.code)).toEqual(["input_too_large", "unknown_tool"]);
    expect((await bench.dataOf(runId, "tool_executing")).map(({ tool, input }) => [tool, input])).toEqual([
      ["charge", null],
      ["c".repeat(64), {}],
    ]);
    expect(JSON.stringify(await bench.events(runId)).length).toBeLessThan(5_000);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });
});

describe("a call that is made", () => {
  test("tells its story in a pair of events, and the tool whose call it is", async () => {
    const bench = new ToolBench();
    const { tool, contexts } = chargeTool({ input: z.object({ amount: z.coerce.number() }) as never });
    const { runId, results } = await bench.calls([tool], [["charge", { amount: "5" }]]);
    expect(results).toEqual([{ outcome: "completed", output: { charged: 5 } }]);
    const [context] = contexts;
    const { callId } = (await bench.dataOf(runId, "tool_executing"))[0] ?? {};
    const [accepted] = await bench.events(runId);
    expect(context).toEqual({
      userId: alice.userId,
      threadId: accepted?.threadId,
      runId,
      callId,
      idempotencyKey: callId,
      clock: bench.clock,
      signal: expect.any(AbortSignal),
    });
    // Devices are shown what was asked for; the tool gets what its schema makes of it.
    expect(await bench.dataOf(runId, "tool_executing")).toEqual([{ callId, tool: "charge", input: { amount: "5" } }]);
    expect(await bench.dataOf(runId, "tool_completed")).toEqual([
      { callId, tool: "charge", outcome: "completed", output: { charged: 5 }, durationMs: 0 },
    ]);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });

  test("in parallel with others of its step keeps its own id, input and result, whichever is done first", async () => {
    const bench = new ToolBench();
    const ends = new Map<number, () => void>();
    const { tool } = chargeTool({
      execute: ({ amount }, context) =>
        new Promise((resolve) => ends.set(amount, () => resolve({ amount, key: context.idempotencyKey }))),
    });
    const results: unknown[] = [];
    const node = bench.node({
      tools: [tool],
      async run(run) {
        await run.thinking();
        results.push(...(await Promise.all([1, 2, 3].map((amount) => run.tool("charge", { amount })))));
      },
    });
    const runId = await bench.begin(node);
    for (const amount of [2, 3, 1]) {
      ends.get(amount)?.();
      await bench.clock.advance(0);
    }
    const executing = await bench.dataOf(runId, "tool_executing");
    expect(new Set(executing.map(({ callId }) => callId)).size).toBe(3);
    expect(executing.map(({ input }) => input)).toEqual([{ amount: 1 }, { amount: 2 }, { amount: 3 }]);
    expect(results).toEqual(
      executing.map(({ callId }, index) => ({
        callId,
        outcome: "completed",
        output: { amount: index + 1, key: callId },
      })),
    );
    const completed = await bench.dataOf(runId, "tool_completed");
    expect(completed.map(({ output }) => (output as { amount: number }).amount)).toEqual([2, 3, 1]);
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });

  test("executes what it was made with, whatever the agent does to the input afterwards", async () => {
    const bench = new ToolBench();
    const charged: unknown[] = [];
    // `unknown` hands the input on as it is.
    const tool = defineTool<unknown, unknown>({
      ...chargeTool().tool,
      input: z.unknown(),
      approval: "always",
      execute: async (input) => charged.push(input),
    });
    const node = bench.node({
      tools: [tool],
      async run(run) {
        const input = { amount: 1, items: [{ name: "book" }] };
        const calling = run.tool("charge", input);
        await new Promise((resolve) => setImmediate(resolve));
        input.amount = 1_000_000;
        input.items.push({ name: "yacht" });
        await calling;
      },
    });
    const runId = await bench.begin(node);
    await bench.clock.advance(0);
    await bench.answer(node, runId, "approve");
    const shown = { amount: 1, items: [{ name: "book" }] };
    expect((await bench.dataOf(runId, "approval_requested"))[0]?.input).toEqual(shown);
    expect((await bench.dataOf(runId, "tool_executing"))[0]?.input).toEqual(shown);
    expect(charged).toEqual([shown]);
  });

  test("that fails with more than can be stored fails, and the run goes on", async () => {
    const bench = new ToolBench();
    const { tool } = chargeTool({
      async execute() {
        throw new ToolFailure("x".repeat(20_000_000));
      },
    });
    const { runId, results } = await bench.calls([tool], [["charge", { amount: 1 }]]);
    expect(results).toEqual([{ outcome: "failed", error: { code: "tool_failed", message: expect.any(String) } }]);
    expect((await bench.dataOf(runId, "tool_completed"))[0]?.error).toEqual(errorOf(results[0]));
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });
});
