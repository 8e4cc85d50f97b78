/** Calls that a person must approve first. */
import type { RunId } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { alice, bob, chargeTool, ToolBench } from "../../../../tests/support/tool-bench.ts";
import { callDigest } from "./tool-scope.ts";

async function asking(given: Parameters<typeof chargeTool>[0] = {}, bench = new ToolBench()) {
  const { tool, effects } = chargeTool({ approval: "always", ...given });
  const called = await bench.calls([tool], [["charge", { amount: 5 }]]);
  return { bench, tool, effects, ...called };
}

const typesOf = async (bench: ToolBench, runId: RunId) =>
  (await bench.events(runId))
    .map(({ type }) => type)
    .filter((type) => type.startsWith("tool") || type.startsWith("app"));

const denied = (code: string, message: string) => ({ outcome: "denied", error: { code, message } });

describe("a call that needs approval", () => {
  test("waits, shown with its input, a digest of both and when it expires", async () => {
    const { bench, effects, runId, results } = await asking();
    await bench.clock.advance(1_000);
    expect([effects, results]).toEqual([[], []]);
    expect(await typesOf(bench, runId)).toEqual(["approval_requested"]);
    const [data] = await bench.dataOf(runId, "approval_requested");
    expect(data).toEqual({
      callId: expect.stringMatching(/^call_/),
      tool: "charge",
      input: { amount: 5 },
      digest: callDigest("charge", { amount: 5 }),
      expiresAt: new Date(Date.UTC(2026, 0, 1) + bench.limits.approvalTimeoutMs).toISOString(),
    });
  });

  test("approved is made once, with the id that was approved", async () => {
    const { bench, node, effects, runId, results } = await asking();
    await bench.answer(node, runId, "approve");
    expect(results).toEqual([{ outcome: "completed", output: { charged: 5 } }]);
    expect(effects).toEqual([(await bench.asked(runId)).callId]);
    expect(await typesOf(bench, runId)).toEqual([
      "approval_requested",
      "approval_answered",
      "tool_executing",
      "tool_completed",
    ]);
    // Single use: the same answer again, from another device, repeats nothing.
    expect(await bench.answer(node, runId, "approve")).toMatchObject({ decision: "approve" });
    expect(effects).toHaveLength(1);
    expect(bench.clock.pending).toBe(1);
  });

  test("denied is not made, and the agent is told", async () => {
    const { bench, node, effects, runId, results } = await asking();
    await bench.answer(node, runId, "deny");
    expect(results).toEqual([denied("approval_denied", "unable to call charge; the person denied it")]);
    expect(effects).toEqual([]);
    expect(await typesOf(bench, runId)).toEqual([
      "approval_requested",
      "approval_answered",
      "tool_executing",
      "tool_completed",
    ]);
    expect(await bench.answer(node, runId, "approve")).toMatchObject({ decision: "deny" });
    expect(effects).toEqual([]);
  });

  test("that nobody answers in time is denied by the server, and an answer after that comes too late", async () => {
    const { bench, node, effects, runId, results } = await asking();
    await bench.clock.advance(bench.limits.approvalTimeoutMs - 1);
    expect(results).toEqual([]);
    await bench.clock.advance(1);
    expect(results).toEqual([denied("approval_expired", "unable to call charge; nobody approved it in time")]);
    expect((await bench.dataOf(runId, "approval_answered")).map(({ decision }) => decision)).toEqual(["deny"]);
    expect(await bench.answer(node, runId, "approve")).toMatchObject({ decision: "deny" });
    expect(effects).toEqual([]);
  });

  test("answered in the last moment, while the server is about to deny it, is what the person said", async () => {
    for (const decision of ["approve", "deny"] as const) {
      const { bench, node, effects, runId, results } = await asking();
      await bench.clock.advance(bench.limits.approvalTimeoutMs - 1);
      // The answer is on its way to the disk when the time is up.
      bench.store.shut();
      const { callId, digest } = await bench.asked(runId);
      const answering = bench.command(node, "approval.answer", { callId, digest, decision });
      await bench.store.arrival();
      await bench.clock.advance(1);
      bench.store.open();
      expect(await answering).toMatchObject({ decision });
      await bench.clock.advance(0);
      expect((await bench.dataOf(runId, "approval_answered")).map((data) => data.decision)).toEqual([decision]);
      expect(results).toMatchObject([
        decision === "approve" ? { outcome: "completed" } : { outcome: "denied", error: { code: "approval_denied" } },
      ]);
      expect(effects).toHaveLength(decision === "approve" ? 1 : 0);
    }
  });

  test("can be answered on another node, and whoever is second is told who won", async () => {
    const { bench, node, tool, effects, runId, results } = await asking();
    const other = bench.node({ tools: [tool], run: async () => undefined });
    expect(await bench.answer(other, runId, "approve")).toMatchObject({ decision: "approve" });
    expect(await bench.answer(node, runId, "deny")).toMatchObject({ decision: "approve" });
    expect(results).toMatchObject([{ outcome: "completed" }]);
    expect(effects).toHaveLength(1);
  });

  test("cannot be answered by anybody else, nor with the digest of another input", async () => {
    const { bench, node, effects, runId } = await asking();
    const { callId, digest } = await bench.asked(runId);
    const answer = { callId, digest, decision: "approve" };
    await expect(bench.command(node, "approval.answer", answer, bob)).rejects.toThrow("no call");
    const other = { ...answer, digest: callDigest("charge", { amount: 6 }) };
    await expect(bench.command(node, "approval.answer", other, alice)).rejects.toThrow("digest");
    await bench.clock.advance(100);
    expect(effects).toEqual([]);
  });

  test("whose run is stopped waits no longer, and is not made", async () => {
    const { bench, node, effects, runId, results } = await asking();
    await bench.command(node, "run.stop", { runId });
    await bench.clock.advance(0);
    expect(results[0]).toBeInstanceOf(Error);
    expect(await typesOf(bench, runId)).toEqual(["approval_requested"]);
    expect((await bench.events(runId)).at(-1)).toMatchObject({
      type: "agent_completed",
      data: { outcome: "cancelled" },
    });
    await expect(bench.answer(node, runId, "approve")).rejects.toThrow("no call");
    await bench.clock.advance(bench.limits.approvalTimeoutMs);
    expect(effects).toEqual([]);
    expect((await bench.events(runId)).at(-1)?.type).toBe("agent_completed");
  });

  test("does not take the place of one that works", async () => {
    const bench = new ToolBench({ toolCallsConcurrentMax: 1 });
    const { tool, effects } = chargeTool({ approval: ({ amount }) => amount > 100 });
    const results: unknown[] = [];
    const node = bench.node({
      tools: [tool],
      async run(run) {
        const calls = [1_000, 1].map(async (amount) => results.push((await run.tool("charge", { amount })).outcome));
        await Promise.all(calls);
      },
    });
    const runId = await bench.begin(node);
    expect(results).toEqual(["completed"]);
    expect(effects).toHaveLength(1);
    await bench.answer(node, runId, "approve");
    expect(results).toEqual(["completed", "completed"]);
  });
});

describe("whether a call needs approval", () => {
  test.each<[string, Parameters<typeof chargeTool>[0], boolean]>([
    ["is not asked for by a tool that says nothing", {}, false],
    ["is not asked for by a tool that says never", { approval: "never" }, false],
    ["is asked for by a tool that says always", { approval: "always" }, true],
    ["can depend on the input", { approval: ({ amount }) => amount === 5 }, true],
    ["can depend on the input, and this one does not need it", { approval: ({ amount }) => amount > 5 }, false],
    [
      "depends on the input as its schema understands it",
      {
        input: z.object({ amount: z.number().transform((amount) => amount * 100) }) as never,
        approval: ({ amount }) => amount === 500,
      },
      true,
    ],
  ])("%s", async (_what, given, asks) => {
    const bench = new ToolBench();
    const { tool, effects } = chargeTool(given);
    const { runId } = await bench.calls([tool], [["charge", { amount: 5 }]]);
    expect(await bench.dataOf(runId, "approval_requested")).toHaveLength(asks ? 1 : 0);
    expect(effects).toHaveLength(asks ? 0 : 1);
  });
});

describe("the digest of a call", () => {
  test("is that of what devices are shown, and differs with the tool and with any part of the input", () => {
    const input = { amount: 5, to: "bob", items: [1, 2] };
    const digest = callDigest("charge", input);
    expect(callDigest("charge", JSON.parse(JSON.stringify(input)))).toBe(digest);
    const others = [
      callDigest("refund", input),
      callDigest("charge", { ...input, amount: 50 }),
      callDigest("charge", { ...input, to: "bo" }),
      callDigest("charge", { ...input, items: [2, 1] }),
      callDigest("charge", JSON.stringify(input)),
      callDigest("charge", { ...input, more: null }),
      callDigest('charge",{"amount":5', null),
    ];
    expect(new Set([digest, ...others]).size).toBe(others.length + 1);
    expect(digest.length).toBeLessThanOrEqual(128);
  });
});
