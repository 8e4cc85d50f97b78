/** The pipeline of a call, in the engine that owns the scope. Recovery is in `tool-scope-recovery.test.ts`. */
import { advanceRun, isRunEventType, newRunState, type RunId, type ToolErrorCode } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { alice, bob, type Call, chargeTool, settled, ToolBench } from "../../../../tests/support/tool-bench.ts";
import { UnparsedInput } from "../runs/agent.ts";
import { type AnyTool, defineTool, ToolFailure, type ToolResult } from "./tool.ts";

/** Every event of the run was legal where it stands, and the run has ended. */
async function expectEnded(bench: ToolBench, runId: RunId, outcome = "completed"): Promise<void> {
  const state = newRunState(runId);
  for (const event of await bench.events(runId)) {
    if (isRunEventType(event.type)) expect(advanceRun(state, { type: event.type, data: event.data })).toBeUndefined();
  }
  expect([state.phase, state.outcome]).toEqual(["ended", outcome]);
}

const errorOf = (result: ToolResult | Error | undefined) => {
  if (result === undefined || result instanceof Error || result.outcome === "completed") return undefined;
  return result.error;
};

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
      await expectEnded(bench, runId);
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
    await expectEnded(bench, runId);
  });
});

describe("a limit", () => {
  test("toolInputBytesMax holds the JSON of the input, in bytes", async () => {
    const bench = new ToolBench({ toolInputBytesMax: 1_000 });
    const { tool } = chargeTool({ input: z.object({ note: z.string() }) as never });
    const note = (bytes: number) => ["charge", { note: `${"語".repeat(300)}${"x".repeat(bytes - 911)}` }] as const;
    const { results } = await bench.calls([tool], [note(1_000), note(1_001)]);
    expect(results.map((result) => errorOf(result)?.code)).toEqual([undefined, "input_too_large"]);
  });

  test("toolCallsPerRunMax holds all calls of a run, also the refused ones", async () => {
    const bench = new ToolBench({ toolCallsPerRunMax: 3 });
    const { tool, effects } = chargeTool();
    const charge = ["charge", { amount: 1 }] as const;
    const { results, runId } = await bench.calls([tool], [charge, ["refund", {}], charge, charge, charge]);
    expect(results.map((result) => errorOf(result)?.code)).toEqual([
      undefined,
      "unknown_tool",
      undefined,
      "too_many_calls",
      "too_many_calls",
    ]);
    expect(effects).toHaveLength(2);
    await expectEnded(bench, runId);
  });

  test("toolCallsPerMinuteMax holds the calls of a user over all runs, and no other user's", async () => {
    const bench = new ToolBench({ toolCallsPerMinuteMax: 3 });
    const { tool, effects } = chargeTool();
    const codes: unknown[] = [];
    const node = bench.node({
      tools: [tool],
      async run(run) {
        const result = await run.tool("charge", { amount: 1 });
        codes.push(errorOf(result)?.code ?? result.outcome);
        // What is refused before it would be called does not count.
        await run.tool("charge", {});
        await run.tool("refund", {});
      },
    });
    for (let runs = 0; runs < 4; runs += 1) await bench.begin(node);
    await bench.begin(node, bob);
    expect(codes).toEqual(["completed", "completed", "completed", "rate_limited", "completed"]);
    await bench.clock.advance(20_000);
    await bench.begin(node);
    expect(codes.at(-1)).toBe("completed");
    expect(effects).toHaveLength(5);
  });

  test("toolCallsConcurrentMax lets exactly as many calls of a run work at once; the others wait in order", async () => {
    const bench = new ToolBench({ toolCallsConcurrentMax: 3 });
    const ends: (() => void)[] = [];
    const began: number[] = [];
    const { tool } = chargeTool({
      async execute({ amount }) {
        began.push(amount);
        await new Promise<void>((resolve) => ends.push(resolve));
        return amount;
      },
    });
    const results: unknown[] = [];
    const node = bench.node({
      tools: [tool],
      async run(run) {
        const calls = Array.from({ length: 10 }, (_, amount) => run.tool("charge", { amount }));
        for (const result of await Promise.all(calls)) results.push(result.outcome === "completed" && result.output);
      },
    });
    const runId = await bench.begin(node);
    for (let ended = 0; ended < 10; ended += 1) {
      expect(began).toEqual(Array.from({ length: Math.min(3 + ended, 10) }, (_, index) => index));
      // A call that waits for its turn is not said to execute.
      expect(await bench.dataOf(runId, "tool_executing")).toHaveLength(began.length);
      ends[ended]?.();
      await bench.clock.advance(0);
    }
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await expectEnded(bench, runId);
  });

  test("toolDurationMsMax holds what a tool may ask for", async () => {
    const bench = new ToolBench({ toolDurationMsMax: 1_000 });
    const execute = () => new Promise<never>(() => undefined);
    const modest = chargeTool({ execute, name: "modest", durationMsMax: 100 }).tool;
    const greedy = chargeTool({ execute, name: "greedy", durationMsMax: 5_000 }).tool;
    const { runId, results } = await bench.calls(
      [modest, greedy],
      [
        ["modest", { amount: 1 }],
        ["greedy", { amount: 1 }],
      ],
    );
    await bench.clock.advance(99);
    expect(results).toEqual([]);
    await bench.clock.advance(1);
    expect(errorOf(results[0])?.message).toBe("modest did not finish within 100 ms");
    await bench.clock.advance(1_000);
    expect(errorOf(results[1])?.message).toBe("greedy did not finish within 1000 ms");
    expect((await bench.dataOf(runId, "tool_completed")).map(({ durationMs }) => durationMs)).toEqual([100, 1_000]);
    await expectEnded(bench, runId);
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
    await expectEnded(bench, runId);
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
    await expectEnded(bench, runId);
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
    await expectEnded(bench, runId);
  });
});

describe("a run that is stopped", () => {
  test("while calls wait for their turn starts none of them", async () => {
    const bench = new ToolBench({ toolCallsConcurrentMax: 2 });
    const began: number[] = [];
    const { tool } = chargeTool({
      execute({ amount }, { signal }) {
        began.push(amount);
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    const node = bench.node({
      tools: [tool],
      async run(run) {
        await Promise.allSettled([1, 2, 3, 4, 5].map((amount) => run.tool("charge", { amount })));
      },
    });
    const runId = await bench.begin(node);
    await bench.command(node, "run.stop", { runId });
    await bench.clock.advance(0);
    expect(began).toEqual([1, 2]);
    const completed = await bench.dataOf(runId, "tool_completed");
    expect(completed.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ["cancelled", "cancelled"],
      ["cancelled", "cancelled"],
    ]);
    await expectEnded(bench, runId, "cancelled");
  });

  test("keeps the result of a tool that finishes within its grace, and nothing of one that comes later", async () => {
    const bench = new ToolBench();
    const ends = new Map<number, () => void>();
    const { tool } = chargeTool({
      execute: ({ amount }) => new Promise((resolve) => ends.set(amount, () => resolve({ charged: amount }))),
    });
    const node = bench.node({
      tools: [tool],
      async run(run) {
        await Promise.allSettled([1, 2].map((amount) => run.tool("charge", { amount })));
      },
    });
    const runId = await bench.begin(node);
    await bench.command(node, "run.stop", { runId });
    await bench.clock.advance(bench.limits.stopGraceMs - 1);
    ends.get(1)?.();
    await bench.clock.advance(1);
    await expectEnded(bench, runId, "cancelled");
    const events = await bench.events(runId);
    expect((await bench.dataOf(runId, "tool_completed")).map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ["completed", undefined],
      ["unknown", "outcome_unknown"],
    ]);
    ends.get(2)?.();
    await bench.clock.advance(100_000);
    expect(await bench.events(runId)).toEqual(events);
  });

  test("makes no call any more, though its agent goes on asking", async () => {
    const bench = new ToolBench();
    const { tool, effects } = chargeTool();
    const errors: unknown[] = [];
    const { promise: stopped, resolve: goOn } = Promise.withResolvers<void>();
    const node = bench.node({
      tools: [tool],
      async run(run) {
        await stopped;
        for (let tries = 0; tries < 3; tries += 1) errors.push(await settled(run.tool("charge", { amount: 1 })));
      },
    });
    const runId = await bench.begin(node);
    await bench.command(node, "run.stop", { runId });
    goOn();
    await bench.clock.advance(0);
    expect(errors).toHaveLength(3);
    for (const error of errors) expect(error).toBeInstanceOf(Error);
    expect(effects).toEqual([]);
    expect(await bench.dataOf(runId, "tool_executing")).toEqual([]);
    await expectEnded(bench, runId, "cancelled");
  });
});

describe("a call that cannot be journalled", () => {
  test.each(["lost", "unheard"] as const)(
    "before it is made is not made (its intent was %s), and the run is taken up again",
    async (fate) => {
      for (const once of ["idempotent", "at-most-once"] as const) {
        const bench = new ToolBench();
        const { tool, effects } = chargeTool({ once });
        let attempts = 0;
        const results: unknown[] = [];
        const node = bench.node({
          tools: [tool],
          async run(run) {
            attempts += 1;
            // Whatever was to be stored before is stored.
            await bench.clock.advance(0);
            if (attempts === 1) bench.store.fate = fate;
            results.push(await settled(run.tool("charge", { amount: 1 })));
          },
        });
        const runId = await bench.begin(node);
        await bench.clock.advance(100);
        expect([attempts, effects]).toEqual([1, []]);
        expect(results[0]).toBeInstanceOf(Error);
        bench.store.fate = "stored";
        await bench.clock.advance(60_000);
        expect(attempts).toBe(2);
        // The intent that was stored unheard is one that nobody can tell from a call that was made.
        const unknown = fate === "unheard" && once === "at-most-once";
        expect(effects).toHaveLength(unknown ? 0 : 1);
        expect(results[1]).toMatchObject(unknown ? { outcome: "unknown" } : { outcome: "completed" });
        expect(await bench.dataOf(runId, "tool_executing")).toHaveLength(1);
        await expectEnded(bench, runId);
      }
    },
  );

  test.each(["lost", "unheard"] as const)(
    "after it was made (its record was %s) is made again only if it may be, with the same key",
    async (fate) => {
      for (const once of ["idempotent", "at-most-once"] as const) {
        const bench = new ToolBench();
        const results: unknown[] = [];
        const { tool, effects } = chargeTool({
          once,
          async execute(_input, context) {
            effects.push(context.idempotencyKey);
            if (effects.length === 1) bench.store.fate = fate;
            return "done";
          },
        });
        const node = bench.node({
          tools: [tool],
          async run(run) {
            results.push(await settled(run.tool("charge", { amount: 1 })));
          },
        });
        const runId = await bench.begin(node);
        await bench.clock.advance(100);
        expect(results[0]).toBeInstanceOf(Error);
        bench.store.fate = "stored";
        await bench.clock.advance(60_000);
        const again = fate === "lost" && once === "idempotent";
        expect(effects).toHaveLength(again ? 2 : 1);
        expect(new Set(effects).size).toBe(1);
        const unknown = fate === "lost" && once === "at-most-once";
        expect(results[1]).toMatchObject(unknown ? { outcome: "unknown" } : { outcome: "completed", output: "done" });
        expect(await bench.dataOf(runId, "tool_completed")).toHaveLength(1);
        await expectEnded(bench, runId);
      }
    },
  );
});
