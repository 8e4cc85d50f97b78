/** One user on many devices: the same bytes on each, from any place, over either transport. */
import type { Event, ThreadSnapshot } from "@throughline/protocol";
import { advanceThreadView, type ThreadEvent, type ThreadView } from "@throughline/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";

const story = script(
  { say: "one 🙂 two" },
  { call: "write_once", label: "a" },
  {
    together: [
      { call: "write_again", label: "b" },
      { call: "write_again", label: "c", holdMs: 20 },
    ],
  },
  { stream: 6, everyMs: 10 },
);

/** Shared by all tests: each has a user, and so a feed, of its own. */
let world: ScriptedWorld;
beforeAll(async () => {
  world = await ScriptedWorld.start({ deltaIntervalMs: 1 });
});
afterAll(() => world[Symbol.asyncDispose]());

test("two WebSockets and one SSE stream of a user get byte-identical lists of events", async () => {
  const user = "two-and-one";
  await using first = await world.webSocket(user);
  await using second = await world.webSocket(user);
  await using third = await world.sse(user);
  const devices = [first, second, third];
  // Each device sends, so that no device is only told.
  const replies = await Promise.all(devices.map((device) => device.command("message.send", { text: story })));
  await Promise.all(devices.flatMap((device) => replies.map(({ runId }) => device.ended(runId))));
  const last = Math.max(...devices.map((device) => device.sequence));
  await Promise.all(devices.map((device) => device.reached(last)));
  const texts = devices.map((device) => device.eventTexts.join());
  expect(texts[1]).toBe(texts[0]);
  expect(texts[2]).toBe(texts[0]);
  expect(first.events).toHaveLength(last);
  expect(first.events.filter(({ type }) => type === "agent_completed")).toHaveLength(3);
});

test("a device resumes after every position, over either transport, with what follows and nothing else", async () => {
  const user = "resumer";
  await using witness = await world.webSocket(user);
  const { runId } = await witness.command("message.send", { text: story });
  await witness.ended(runId);
  const { epoch, head } = place(witness.cursor);
  const all = JSON.parse(`[${witness.eventTexts.join()}]`) as Event[];
  expect(all).toHaveLength(head);
  for (let after = 0; after <= head; after += 1) {
    const cursor = `${epoch}-${after}`;
    const expected = all
      .slice(after)
      .map((event) => JSON.stringify(event))
      .join();
    await using webSocket = await world.webSocket(user, { after: cursor });
    await using sse = await world.sse(user, { after: cursor });
    await Promise.all([webSocket.reached(head), sse.reached(head)]);
    expect([webSocket.eventTexts.join(), sse.eventTexts.join()]).toEqual([expected, expected]);
  }
});

test.for(["epoch", "ahead"] as const)(
  "a cursor that cannot be honoured (%s) gets a reset to the head",
  async (reason) => {
    const user = `reset-${reason}`;
    await using witness = await world.webSocket(user);
    await witness.ended((await witness.command("message.send", { text: "hello" })).runId);
    const { epoch, head } = place(witness.cursor);
    const after = reason === "epoch" ? `foreign0-${head - 1}` : `${epoch}-${head + 1}`;
    await using webSocket = await world.webSocket(user, { after });
    await using sse = await world.sse(user, { after });
    for (const device of [webSocket, sse]) {
      await device.until(() => device.resets.length === 1, "reset");
      expect(device.kinds).toEqual(["welcome", "reset"]);
      expect(device.resets).toEqual([{ kind: "reset", reason, head: witness.cursor }]);
    }
    // Delivery goes on after the head.
    const { threadId } = await webSocket.command("thread.create", {});
    for (const device of [webSocket, sse]) {
      await device.event("thread_created");
      expect(device.events).toMatchObject([{ type: "thread_created", threadId, sequence: head + 1 }]);
    }
  },
);

test("compaction removes the deltas of a run that has ended, and every cursor still leads to all the rest", async () => {
  const user = "compacted";
  await using world = await ScriptedWorld.start({ compactionDelayMs: 1, deltaIntervalMs: 1 });
  await using witness = await world.webSocket(user);
  const { runId, threadId } = await witness.command("message.send", { text: story });
  await witness.ended(runId);
  const { epoch, head } = place(witness.cursor);
  const kept = witness.events.filter(({ type }) => type !== "agent_delta");
  expect(witness.events.length - kept.length).toBeGreaterThan(3);

  const read = async (after: number) => {
    await using device = await world.webSocket(user, { after: `${epoch}-${after}` });
    await device.reached(head);
    return device.events;
  };
  // Nothing tells when compaction has been; a reader sees it.
  await expect
    .poll(async () => (await read(0)).some(({ type }) => type === "agent_delta"), { timeout: 10_000 })
    .toBe(false);
  for (let after = 0; after <= head; after += 1) {
    const events = await read(after);
    expect(events.filter(({ type }) => type !== "compacted")).toEqual(kept.filter(({ sequence }) => sequence > after));
    // The device itself proves that nothing else is missing; from inside of a stretch it begins right after the cursor.
    expect(events[0]?.sequence).toBe(after === head ? undefined : after + 1);
  }
  const inside = (await read(0)).find((event) => event.type === "compacted" && event.data.through > event.sequence);
  if (inside?.type !== "compacted") throw new Error("no stretch is longer than one event; no cursor was inside of one");

  // What compaction removed was no more than how the answer came about.
  const snapshot = (await (await world.get(user, `/v1/threads/${threadId}`)).json()) as ThreadSnapshot;
  const view = (await read(0)).reduce<ThreadView | undefined>(
    (folded, event) => (event.type === "compacted" ? folded : advanceThreadView(folded, event as ThreadEvent)),
    undefined,
  );
  expect(snapshot.thread).toEqual(JSON.parse(JSON.stringify(view)));
});

function place(cursor: string | undefined): { epoch: string; head: number } {
  const [epoch = "", sequence] = (cursor ?? "").split("-");
  return { epoch, head: Number(sequence) };
}
