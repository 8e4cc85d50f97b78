import type { Event, ReplyFrame } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { alice, bob, RouterBench } from "../../../../tests/support/router-bench.ts";

const refused = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });
const types = (events: readonly Event[]) => events.map((event) => event.type);
const asDuplicate = (reply: ReplyFrame) => ({ ...reply, duplicate: true });

describe("threads", () => {
  test("rename and delete what was not deleted; a deleted thread is not found", async () => {
    const bench = new RouterBench();
    const { threadId } = await bench.accepted("thread.create", {});
    expect(await bench.accepted("thread.rename", { threadId, title: " New\t" })).toEqual({ threadId, title: "New" });
    await bench.accepted("thread.delete", { threadId });
    expect(await bench.send("thread.rename", { threadId, title: "x" })).toEqual(refused("not_found"));
    expect(await bench.send("thread.delete", { threadId })).toEqual(refused("not_found"));
    expect(types(await bench.events())).toEqual(["thread_created", "thread_renamed", "thread_deleted"]);
  });

  test("an id that means the same with other white space is a repetition", async () => {
    const bench = new RouterBench();
    const first = await bench.send("thread.create", { title: "Plans" }, alice, "one");
    expect(await bench.send("thread.create", { title: "  Plans " }, alice, "one")).toEqual(asDuplicate(first));
  });

  test("threadsPerUserMax holds new threads, however they come, and not those that were deleted", async () => {
    const bench = new RouterBench({ limits: { threadsPerUserMax: 3 } });
    const first = await bench.accepted("thread.create", {});
    await bench.accepted("message.send", { text: "two" });
    await bench.accepted("thread.create", {});
    expect(await bench.send("thread.create", {})).toEqual(refused("conflict"));
    expect(await bench.send("message.send", { text: "four" })).toEqual(refused("conflict"));
    expect(await bench.send("message.send", { text: "one again", threadId: first.threadId })).toMatchObject({
      ok: true,
    });
    expect(await bench.send("thread.create", {}, bob)).toMatchObject({ ok: true });
    await bench.accepted("thread.delete", { threadId: first.threadId });
    expect(await bench.send("message.send", { text: "three" })).toMatchObject({ ok: true });
    expect(await bench.send("thread.create", {})).toEqual(refused("conflict"));
  });
});
