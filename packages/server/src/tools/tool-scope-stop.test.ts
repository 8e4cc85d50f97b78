/** Calls of a run that is stopped, and calls that cannot be journalled. */
import { describe, expect, test } from "vitest";
import { chargeTool, settled, ToolBench } from "../../../../tests/support/tool-bench.ts";

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
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "cancelled" });
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
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "cancelled" });
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
    expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "cancelled" });
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
        expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
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
        expect(await bench.judged(runId)).toMatchObject({ phase: "ended", outcome: "completed" });
      }
    },
  );
});
