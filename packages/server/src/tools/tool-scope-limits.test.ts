/** Each limit of tool calls, at its value and one beyond. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bob, chargeTool, errorOf, ToolBench } from "../../../../tests/support/tool-bench.ts";

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
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
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
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
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
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
  });
});
