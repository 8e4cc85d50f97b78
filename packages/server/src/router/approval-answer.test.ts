import type { Event } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { alice, approvalDigest, RouterBench } from "../../../../tests/support/router-bench.ts";

const refused = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });
const types = (events: readonly Event[]) => events.map((event) => event.type);

describe("approval.answer", () => {
  const answer = (callId: string, decision: "approve" | "deny", digest = approvalDigest) => ({
    callId,
    decision,
    digest,
  });

  test.each([
    ["approve", "deny"],
    ["deny", "approve"],
  ] as const)("the first answer counts: after %s, %s is told so", async (first, second) => {
    const bench = new RouterBench();
    const { callId } = await bench.askedApproval();
    expect(await bench.accepted("approval.answer", answer(callId, first))).toEqual({ callId, decision: first });
    expect(await bench.accepted("approval.answer", answer(callId, second))).toEqual({ callId, decision: first });
    expect(types(await bench.events()).filter((type) => type === "approval_answered")).toHaveLength(1);
  });

  test("two answers at once: one counts, and both are told which", async () => {
    const bench = new RouterBench();
    const { callId } = await bench.askedApproval();
    const other = bench.anotherRouter();
    const replies = await Promise.all([
      bench.send("approval.answer", answer(callId, "deny")),
      other.handle(alice, { id: "other", type: "approval.answer", data: answer(callId, "approve") }),
    ]);
    const decisions = replies.map((reply) => reply.ok && (reply.data as { decision: string }).decision);
    expect(decisions[0]).toBe(decisions[1]);
    const answered = (await bench.events()).filter((event) => event.type === "approval_answered");
    expect(answered.map((event) => event.data.decision)).toEqual([decisions[0]]);
  });

  test("with a digest of something else is a conflict, and the call goes on waiting", async () => {
    const bench = new RouterBench();
    const { callId } = await bench.askedApproval();
    const head = await bench.head();
    expect(await bench.send("approval.answer", answer(callId, "approve", "another"))).toEqual(refused("conflict"));
    expect(await bench.head()).toBe(head);
    expect(await bench.accepted("approval.answer", answer(callId, "approve"))).toEqual({ callId, decision: "approve" });
    // Who won is told only to those who know what was asked.
    expect(await bench.send("approval.answer", answer(callId, "deny", "another"))).toEqual(refused("conflict"));
  });

  test("counts up to the last millisecond before it expires, and not after", async () => {
    const bench = new RouterBench();
    const [early, late] = [await bench.askedApproval(), await bench.askedApproval()];
    await bench.clock.advance(bench.limits.approvalTimeoutMs - 1);
    expect(await bench.send("approval.answer", answer(early.callId, "approve"))).toMatchObject({ ok: true });
    await bench.clock.advance(1);
    expect(await bench.send("approval.answer", answer(late.callId, "approve"))).toEqual(refused("conflict"));
  });

  test("of a run that was stopped is a conflict, and of one that has ended is not found", async () => {
    const bench = new RouterBench();
    const { callId, runId, add } = await bench.askedApproval();
    await bench.accepted("run.stop", { runId });
    expect(await bench.send("approval.answer", answer(callId, "approve"))).toEqual(refused("conflict"));
    await add({ type: "agent_completed", data: { outcome: "cancelled" } });
    expect(await bench.send("approval.answer", answer(callId, "approve"))).toEqual(refused("not_found"));
  });

  test("is told who won even when the run has ended since", async () => {
    const bench = new RouterBench();
    const { callId, add } = await bench.askedApproval();
    await bench.accepted("approval.answer", answer(callId, "deny"));
    await add({ type: "agent_completed", data: { outcome: "completed" } });
    expect(await bench.accepted("approval.answer", answer(callId, "approve"))).toEqual({ callId, decision: "deny" });
  });
});
