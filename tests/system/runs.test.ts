/** Runs as a person steers them from any device: stop, a thread that is busy, approval. */
import type { Event } from "@throughline/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import type { TestDevice } from "../support/test-device.ts";

const stopGraceMs = 700;

/** Shared by all tests: each has a user, and so a feed, of its own. */
let world: ScriptedWorld;
beforeAll(async () => {
  world = await ScriptedWorld.start({ stopGraceMs, queuedRunsPerThreadMax: 2, approvalTimeoutMs: 60_000 });
});
afterAll(() => world[Symbol.asyncDispose]());

function types(device: TestDevice, runId: Event["runId"]): string[] {
  return device.events.filter((event) => event.runId === runId).map(({ type }) => type);
}

/** Effects of this label, as tools left them outside of the server. */
function effects(label: string): number {
  return world.server.effects.filter((line) => line.split(" ")[1] === label).length;
}

test("run.stop from another device is answered while a tool hangs, and nothing begins after it", async () => {
  await using asking = await world.webSocket("stopper");
  await using stopping = await world.sse("stopper");
  const text = script(
    { call: "hang", label: "hung" },
    { call: "write_once", label: "after-stop" },
    { say: "never said" },
  );
  const { runId } = await asking.command("message.send", { text });
  await Promise.all([asking, stopping].map((device) => device.event("tool_executing", runId)));
  await expect.poll(() => effects("hung"), { timeout: 10_000, interval: 5 }).toBe(1);

  const began = performance.now();
  const reply = await stopping.command("run.stop", { runId });
  const tookMs = performance.now() - began;
  console.log(`run.stop was answered after ${tookMs.toFixed(1)} ms`);
  expect(reply).toEqual({ runId, state: "stopping" });
  // The tool is still at it: what says how it ended has reached nobody.
  expect(types(stopping, runId)).not.toContain("tool_completed");
  expect(types(asking, runId)).not.toContain("tool_completed");
  expect(await asking.command("run.stop", { runId })).toEqual({ runId, state: "stopping" });

  const completed = await asking.ended(runId);
  expect(completed.data).toEqual({
    outcome: "cancelled",
    error: { code: "cancelled", message: expect.stringContaining("stopped") },
  });
  const call = await asking.event("tool_completed", runId);
  expect(call.data).toMatchObject({ outcome: "unknown", error: { code: "outcome_unknown" } });
  expect(types(asking, runId)).toEqual([
    "message_accepted",
    "agent_started",
    "tool_executing",
    "run_stop_requested",
    "tool_completed",
    "agent_completed",
  ]);
  expect(await asking.command("run.stop", { runId })).toEqual({ runId, state: "ended" });
  expect(effects("after-stop")).toBe(0);
});

test("a busy thread lets a message wait, refuses it, or is interrupted, as the message says", async () => {
  await using device = await world.webSocket("busy");
  const hang = script({ call: "hang", label: "busy" });
  const { threadId, runId: hanging } = await device.command("message.send", { text: hang });
  await device.event("tool_executing", hanging);

  expect(await device.refusal("message.send", { threadId, text: "no", onBusy: "reject" })).toMatchObject({
    code: "busy",
    retryable: true,
  });
  const queued = await device.command("message.send", { threadId, text: "waits" });
  // Another thread is not held up.
  const elsewhere = await device.command("message.send", { text: "elsewhere" });
  expect((await device.ended(elsewhere.runId)).data.message?.text).toBe("heard: elsewhere");
  expect(types(device, queued.runId)).toEqual(["message_accepted"]);

  const second = await device.command("message.send", { threadId, text: "waits too", onBusy: "queue" });
  expect(await device.refusal("message.send", { threadId, text: "one too many" })).toMatchObject({ code: "busy" });
  await device.command("run.stop", { runId: second.runId });
  await device.command("run.stop", { runId: hanging });
  expect((await device.ended(queued.runId)).data.message?.text).toBe("heard: waits");
  expect((await device.ended(second.runId)).data.outcome).toBe("cancelled");
  expect(types(device, second.runId)).toEqual([
    "message_accepted",
    "run_stop_requested",
    "agent_started",
    "agent_completed",
  ]);

  const again = await device.command("message.send", { threadId, text: hang });
  await device.event("tool_executing", again.runId);
  const instead = await device.command("message.send", { threadId, text: "instead", onBusy: "interrupt" });
  expect((await device.ended(instead.runId)).data.message?.text).toBe("heard: instead");
  const order = device.events.filter(({ runId }) => runId === again.runId || runId === instead.runId);
  expect(order.slice(3).map(({ type, runId }) => [type, runId === instead.runId])).toEqual([
    ["run_stop_requested", false],
    ["message_accepted", true],
    ["tool_completed", false],
    ["agent_completed", false],
    ["agent_started", true],
    ["agent_completed", true],
  ]);
});

test("approval can be given from any device, once, and for nothing but what was shown", async () => {
  await using first = await world.webSocket("approver");
  await using second = await world.sse("approver");
  await using stranger = await world.webSocket("approver-not");
  const text = script({ call: "ask_first", label: "approved" });
  const { runId } = await first.command("message.send", { text });
  const { data: asked } = await second.event("approval_requested", runId);
  expect(asked).toMatchObject({ tool: "ask_first", input: { label: "approved" } });
  const answer = { callId: asked.callId, digest: asked.digest, decision: "approve" as const };

  expect(await first.refusal("approval.answer", { ...answer, digest: `${asked.digest}x` })).toMatchObject({
    code: "conflict",
  });
  expect(await stranger.refusal("approval.answer", answer)).toMatchObject({ code: "not_found" });
  expect(effects("approved")).toBe(0);

  // Both at once: one wins, and both are told who.
  const [left, right] = await Promise.all([
    first.command("approval.answer", answer),
    second.command("approval.answer", { ...answer, decision: "deny" }),
  ]);
  expect(left).toEqual(right);
  const winner = await first.event("approval_answered", runId);
  expect(left).toEqual({ callId: asked.callId, decision: winner.data.decision });
  await first.ended(runId);
  expect(types(first, runId).filter((type) => type === "approval_answered")).toHaveLength(1);
  expect(effects("approved")).toBe(winner.data.decision === "approve" ? 1 : 0);
});

test("an approval counts for one call; the same call later asks again, and a denied one is not executed", async () => {
  await using device = await world.webSocket("approver-again");
  const text = script({ call: "ask_first", label: "again" }, { call: "ask_first", label: "again" });
  const { runId } = await device.command("message.send", { text });
  const { data: first } = await device.event("approval_requested", runId);
  await device.command("approval.answer", { callId: first.callId, digest: first.digest, decision: "approve" });
  const asked = () => device.events.flatMap((event) => (event.type === "approval_requested" ? [event.data] : []));
  await device.until(() => asked().length === 2, "a second approval_requested");
  const second = asked()[1];
  expect(second?.digest).toBe(first.digest);
  expect(second?.callId).not.toBe(first.callId);
  expect(effects("again")).toBe(1);
  // The old answer again changes nothing.
  await device.command("approval.answer", { callId: first.callId, digest: first.digest, decision: "approve" });
  await device.command("approval.answer", {
    callId: second?.callId ?? first.callId,
    digest: first.digest,
    decision: "deny",
  });
  await device.ended(runId);
  const outcomes = device.events.flatMap((event) => (event.type === "tool_completed" ? [event.data] : []));
  expect(outcomes).toMatchObject([
    { callId: first.callId, outcome: "completed" },
    { callId: second?.callId, outcome: "denied", error: { code: "approval_denied" } },
  ]);
  expect(effects("again")).toBe(1);
  // Both calls are over; an answer to either comes too late, but is told what counted.
  expect(
    await device.refusal("approval.answer", { callId: "call_neverexisted", digest: first.digest, decision: "deny" }),
  ).toMatchObject({ code: "not_found" });
});

test("a command sent twice has its effect once, and its id is not good for another", async () => {
  await using device = await world.webSocket("repeater");
  await using other = await world.sse("repeater");
  const id = "the-same-id";
  const [first, second] = await Promise.all([
    device.ask("message.send", { text: "once" }, id),
    other.ask("message.send", { text: "once" }, id),
  ]);
  if (!first.ok || !second.ok) throw new Error("unable to send the same command from two devices");
  expect([first.duplicate, second.duplicate].sort()).toEqual([false, true]);
  expect(first.data).toEqual(second.data);
  expect(await device.refusal("message.send", { text: "other" }, id)).toMatchObject({ code: "idempotency_conflict" });
  await device.event("agent_completed");
  expect(device.events.filter(({ type }) => type === "message_accepted")).toHaveLength(1);
});
