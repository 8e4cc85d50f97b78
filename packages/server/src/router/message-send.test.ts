import { describe, expect, test } from "vitest";
import { alice, bob, RouterBench } from "../../../../tests/support/router-bench.ts";

const refused = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });

describe("message.send", () => {
  test("to a thread of one's own opens a run there; to another's is not found", async () => {
    const bench = new RouterBench();
    const { threadId } = await bench.accepted("thread.create", { title: "Plans" });
    expect(await bench.send("message.send", { threadId, text: "mine?" }, bob)).toEqual(refused("not_found"));
    const reply = await bench.accepted<{ threadId: string; runId: string; messageId: string; sequence: number }>(
      "message.send",
      { threadId, text: "  kept as it is \n" },
    );
    expect(reply.threadId).toBe(threadId);
    const event = (await bench.events()).find(({ sequence }) => sequence === reply.sequence);
    expect(event).toMatchObject({
      type: "message_accepted",
      threadId,
      runId: reply.runId,
      data: { messageId: reply.messageId, commandId: "command3", text: "  kept as it is \n" },
    });
  });

  test("to a deleted thread is answered like one to a thread that never was", async () => {
    const bench = new RouterBench();
    const { threadId } = await bench.accepted("thread.create", {});
    await bench.accepted("thread.delete", { threadId });
    const never = await bench.send("message.send", { threadId: "thr_zzzzzzzz", text: "hello" }, alice, "one");
    const deleted = await bench.send("message.send", { threadId, text: "hello" }, alice, "one");
    expect(never).toEqual(refused("not_found"));
    expect(JSON.stringify(deleted).replaceAll(threadId, "ID")).toBe(
      JSON.stringify(never).replaceAll("thr_zzzzzzzz", "ID"),
    );
  });

  test("that interrupts asks each open run of its thread to stop, once, and no other run", async () => {
    const bench = new RouterBench();
    const elsewhere = await bench.runningRun();
    const first = await bench.runningRun();
    const { threadId } = first;
    const second = await bench.accepted("message.send", { threadId, text: "two" });
    await bench.accepted("run.stop", { runId: second.runId });
    const third = await bench.accepted("message.send", { threadId, text: "three", onBusy: "interrupt" });
    const stops = (await bench.events()).filter((event) => event.type === "run_stop_requested");
    expect(stops.map((event) => event.runId)).toEqual([second.runId, first.runId]);
    expect(stops.map((event) => event.runId)).not.toContain(elsewhere.runId);
    expect((await bench.events()).at(-1)).toMatchObject({ type: "message_accepted", runId: third.runId });
  });

  test("whose commit was stored although it failed is answered by a run", async () => {
    const bench = new RouterBench();
    bench.store.fate = "unheard";
    expect(await bench.send("message.send", { text: "go" }, alice, "one")).toEqual(refused("not_ready"));
    bench.store.fate = "stored";
    const reply = await bench.send("message.send", { text: "go" }, alice, "one");
    const claim = { leaseDurationMs: 1_000, runsMax: 10, runsPerFeedMax: 10 };
    const claimed = await bench.log.runs.claim(claim);
    expect(claimed.map(({ runId }) => runId)).toEqual([reply.ok && (reply.data as { runId: string }).runId]);
  });

  test("queuedRunsPerThreadMax holds the messages that wait besides the one that is answered", async () => {
    const bench = new RouterBench({ limits: { queuedRunsPerThreadMax: 2 } });
    const { threadId } = await bench.runningRun();
    for (const text of ["one", "two"]) await bench.accepted("message.send", { threadId, text });
    for (const onBusy of ["queue", "interrupt", "reject"]) {
      const reply = await bench.send("message.send", { threadId, text: "three", onBusy });
      expect(reply).toMatchObject({ ok: false, error: { code: "busy", retryable: true } });
    }
    expect(await bench.send("message.send", { text: "elsewhere" })).toMatchObject({ ok: true });
  });
});
