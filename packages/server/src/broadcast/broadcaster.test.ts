import type { ResetReason } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import {
  alice,
  bob,
  broadcastBench,
  deltas,
  runId,
  threadId,
  titled,
  upTo,
} from "../../../../tests/support/broadcast-bench.ts";

describe("live delivery", () => {
  test("the first events of a quiet feed go out at once, as many as deliveryBurstMax", async () => {
    const { clock, append, subscribe } = broadcastBench({ deliveryBurstMax: 3 });
    const { device } = subscribe();
    await clock.advance(100);
    for (let index = 0; index < 6; index += 1) {
      await append(titled(`title ${index}`));
      await clock.advance(1);
    }
    await clock.advance(50);
    await append(titled("after a rest"));
    await clock.advance(10);
    expect(device.sequences).toEqual(upTo(7));
    // Three at once, the fourth when the interval of the first has passed, then one in each; after the rest at once again.
    expect(device.times).toEqual([100, 101, 102, 105, 110, 156]);
  });

  test("the first event of a quiet feed goes out at once, what follows within deliveryIntervalMs goes together", async () => {
    const { clock, append, subscribe } = broadcastBench({ deliveryBurstMax: 1 });
    const { device } = subscribe();
    await clock.advance(100);
    await append(titled("one"));
    await new Promise((resolve) => setImmediate(resolve));
    expect([device.sequences, clock.pending]).toEqual([[1], 0]);
    await clock.advance(1);
    await append(titled("two"));
    await clock.advance(2);
    await append(titled("three", "four"));
    await clock.advance(20);
    await append(titled("five"));
    await clock.advance(20);
    expect(
      device.received.map((frame) => frame.kind === "events" && frame.events.map((event) => event.sequence)),
    ).toEqual([[1], [2, 3, 4], [5]]);
    expect(device.times).toEqual([100, 105, 123]);
  });

  test("a steady stream is written once in each deliveryIntervalMs", async () => {
    const { clock, append, subscribe } = broadcastBench({ deliveryBurstMax: 1 });
    const { device } = subscribe();
    await clock.advance(100);
    for (let index = 0; index < 50; index += 1) {
      await append(titled(`title ${index}`));
      await clock.advance(1);
    }
    await clock.advance(10);
    expect(device.sequences).toEqual(upTo(50));
    expect(device.times).toEqual([100, 105, 110, 115, 120, 125, 130, 135, 140, 145, 150]);
  });

  test("all devices get the very same frames, encoded once", async () => {
    const { clock, append, subscribe } = broadcastBench();
    const devices = [subscribe().device, subscribe().device, subscribe().device];
    await clock.advance(10);
    await append(titled("ü", "語"));
    await append(titled("🙂"));
    await clock.advance(10);
    const [first] = devices;
    expect(first?.sequences).toEqual([1, 2, 3]);
    for (const device of devices) expect(device.frames).toEqual(first?.frames);
    for (const device of devices) {
      for (const [index, frame] of device.frames.entries()) expect(frame).toBe(first?.frames[index]);
    }
  });

  test("reaches the owner's devices and nobody else's", async () => {
    const { clock, append, subscribe } = broadcastBench();
    const [own, foreign] = [subscribe(0, alice).device, subscribe(0, bob).device];
    await clock.advance(10);
    await append(titled("for alice"), alice);
    await append(titled("for bob", "for bob too"), bob);
    await clock.advance(10);
    expect(own.events.map((event) => event.data)).toEqual([{ title: "for alice" }]);
    expect(foreign.events.map((event) => event.data)).toEqual([{ title: "for bob" }, { title: "for bob too" }]);
  });

  test("a burst leaves in frames of at most eventsFrameEventsMax and eventsFrameBytesMax", async () => {
    const { clock, append, subscribe } = broadcastBench({ eventsFrameEventsMax: 100, eventsFrameBytesMax: 20_000 });
    const { device } = subscribe();
    await clock.advance(10);
    await append(titled(...Array.from({ length: 150 }, () => "short")));
    await clock.advance(10);
    await append(titled(...Array.from({ length: 20 }, () => "語".repeat(1_000))));
    await append(titled("語".repeat(10_000)));
    await clock.advance(10);
    expect(device.sequences).toEqual(upTo(171));
    for (const frame of device.received) {
      if (frame.kind !== "events") throw new Error(frame.kind);
      expect(frame.events.length).toBeLessThanOrEqual(100);
      if (frame.events.length > 1) expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(20_000);
    }
  });
});

describe("catch-up", () => {
  test("from any place turns into live delivery without gap or repeat", async () => {
    const { clock, append, subscribe } = broadcastBench({ readEventsMax: 4 });
    await append(titled(...upTo(30).map(String)));
    const devices = upTo(30, 0).map((after) => ({ after, ...subscribe(after) }));
    for (let index = 31; index <= 60; index += 1) {
      await append(titled(String(index)));
      if (index % 3 === 0) await clock.advance(index % 4);
    }
    await clock.advance(100);
    for (const { after, device } of devices) expect(device.sequences).toEqual(upTo(60, after + 1));
  });

  test("of a device that comes while events wait to be delivered, and has seen them, repeats nothing", async () => {
    const { clock, append, subscribe } = broadcastBench();
    const early = subscribe();
    await clock.advance(10);
    await append(titled("one"));
    await append(titled("two", "three"));
    // The first is out; the others wait for the interval to end. A snapshot has shown them to the new device.
    const late = subscribe(3);
    await clock.advance(1);
    await append(titled("four"));
    await clock.advance(20);
    expect(early.device.sequences).toEqual([1, 2, 3, 4]);
    expect(late.device.sequences).toEqual([4]);
  });

  test("does not read the log for a device that has everything", async () => {
    const { clock, log, append, subscribe } = broadcastBench();
    await append(titled("one", "two"));
    const { device } = subscribe(2);
    await clock.advance(10);
    expect(log.reads).toBe(0);
    await append(titled("three"));
    await clock.advance(10);
    expect(device.sequences).toEqual([3]);
    expect(log.reads).toBe(0);
  });

  test("shows what compaction has left, with every sequence accounted for", async () => {
    const { clock, log, append, subscribe } = broadcastBench();
    await append(titled("before"));
    await append(deltas(5, "x"));
    await append([{ type: "agent_completed", threadId, runId, data: { outcome: "completed" } }]);
    await log.compact(alice);
    const whole = subscribe(0).device;
    const inside = subscribe(3).device;
    await clock.advance(10);
    expect(whole.events.map(({ sequence, type }) => [sequence, type])).toEqual([
      [1, "thread_renamed"],
      [2, "compacted"],
      [7, "agent_completed"],
    ]);
    expect(whole.events[1]?.data).toEqual({ through: 6 });
    expect(inside.events.map(({ sequence, type }) => [sequence, type])).toEqual([
      [4, "compacted"],
      [7, "agent_completed"],
    ]);
    await append(titled("after"));
    await clock.advance(10);
    expect(whole.sequences.at(-1)).toBe(8);
    expect(inside.sequences.at(-1)).toBe(8);
  });
});

describe("a cursor that cannot be honoured", () => {
  test("is told first and once, and delivery goes on from the head of that moment", async () => {
    const { clock, append, subscribe } = broadcastBench({ readEventsMax: 2 });
    const early = subscribe();
    await append(titled(...upTo(10).map(String)));
    await clock.advance(20);
    // The head was 2 when the cursor was looked at; since then others have been given more.
    const late = subscribe(2, alice, "epoch");
    await append(titled("eleven"));
    await clock.advance(20);
    expect(late.device.received[0]).toEqual({ kind: "reset", reason: "epoch", head: "epoch1-2" });
    expect(late.device.received.filter((frame) => frame.kind === "reset")).toHaveLength(1);
    expect(late.device.sequences).toEqual(upTo(11, 3));
    expect(early.device.sequences).toEqual(upTo(11));
  });

  test.each<[ResetReason, number, number]>([
    ["ahead", 9, 0],
    ["truncated", 0, 2],
  ])("because it is %s is found out here too", async (reason, after, truncatedThrough) => {
    const { clock, log, append, subscribe } = broadcastBench();
    await append(titled("one", "two", "three"));
    if (truncatedThrough > 0) await log.truncate(alice, truncatedThrough);
    const { device } = subscribe(after);
    await clock.advance(10);
    expect(device.received).toEqual([{ kind: "reset", reason, head: "epoch1-3" }]);
    await append(titled("four"));
    await clock.advance(10);
    expect(device.sequences).toEqual([4]);
  });

  test("because retention overtook a slow device is told when that device reads again", async () => {
    const { clock, log, append, subscribe } = broadcastBench({ connectionBufferBytesMax: 600 });
    const { device } = subscribe();
    device.stalled = true;
    await clock.advance(10);
    for (let index = 0; index < 20; index += 1) {
      await append(titled(`title ${index}`));
      await clock.advance(10);
    }
    const seen = device.sequences.length;
    expect(seen).toBeLessThan(20);
    await log.truncate(alice, 15);
    device.resume();
    await clock.advance(10);
    await append(titled("last"));
    await clock.advance(10);
    expect(device.received.at(-2)).toEqual({ kind: "reset", reason: "truncated", head: "epoch1-20" });
    expect(device.sequences).toEqual([...upTo(seen), 21]);
  });
});

describe("leaving", () => {
  test("the last device of a user ends the only follower of the feed", async () => {
    const { clock, log, broadcaster, append, subscribe } = broadcastBench();
    const [one, two, other] = [subscribe(), subscribe(), subscribe(0, bob)];
    await clock.advance(10);
    expect([broadcaster.feeds, log.following]).toEqual([2, 2]);
    one.unsubscribe();
    // Leaving twice is leaving once.
    one.unsubscribe();
    await clock.advance(10);
    expect([broadcaster.feeds, log.following]).toEqual([2, 2]);
    two.unsubscribe();
    await clock.advance(10);
    expect([broadcaster.feeds, log.following]).toEqual([1, 1]);
    await append(titled("nobody is here"));
    await append(titled("but bob"), bob);
    await clock.advance(10);
    expect(one.device.sequences).toEqual([]);
    expect(two.device.sequences).toEqual([]);
    expect(other.device.sequences).toEqual([1]);
    other.unsubscribe();
    await clock.advance(0);
    expect([broadcaster.feeds, log.following, clock.pending]).toEqual([0, 0, 0]);
  });

  test("and coming back at once follows the feed anew", async () => {
    const { clock, log, append, subscribe } = broadcastBench();
    const first = subscribe();
    await clock.advance(10);
    first.unsubscribe();
    const second = subscribe();
    first.unsubscribe();
    await append(titled("one"));
    await clock.advance(10);
    expect(second.device.sequences).toEqual([1]);
    expect(first.device.sequences).toEqual([]);
    expect(log.following).toBe(1);
  });

  test("while a frame is written ends delivery there, and disturbs nobody else", async () => {
    const { clock, append, subscribe } = broadcastBench({ eventsFrameEventsMax: 2 });
    const [leaving, staying] = [subscribe(), subscribe()];
    leaving.device.onWrite = () => leaving.unsubscribe();
    await clock.advance(10);
    await append(titled("one", "two", "three", "four", "five"));
    await clock.advance(10);
    expect(leaving.device.sequences).toEqual([1, 2]);
    expect(staying.device.sequences).toEqual([1, 2, 3, 4, 5]);
  });

  test("with frames unsent ends the reader that waited for them", async () => {
    const { clock, log, append, subscribe } = broadcastBench({
      connectionBufferBytesMax: 2_000,
      eventsFrameEventsMax: 4,
    });
    const { device, unsubscribe } = subscribe();
    device.stalled = true;
    await clock.advance(10);
    await append(titled(...upTo(100).map(String)));
    await clock.advance(100);
    const seen = device.sequences.length;
    expect(seen).toBeLessThan(100);
    unsubscribe();
    device.resume();
    await clock.advance(100);
    expect(device.sequences.length).toBe(seen);
    expect([log.following, clock.pending]).toEqual([0, 0]);
  });
});
