/** Devices that do not read, and a log that cannot be read. */
import { describe, expect, test } from "vitest";
import { bob, broadcastBench, deltas, titled, upTo } from "../../../../tests/support/broadcast-bench.ts";

describe("a device that stops reading", () => {
  test.each([
    ["one by one", 1, 2_000, "x".repeat(1_000)],
    ["in bursts", 500, 2_000, "x".repeat(10_000)],
    ["in bursts of text that has more bytes than characters", 500, 2_000, "語".repeat(3_000)],
  ])("while events come %s holds no more than it may and delays nobody", async (_how, burst, count, text) => {
    const { clock, limits, append, subscribe } = broadcastBench();
    const slow = subscribe().device;
    const quick = subscribe().device;
    slow.stalled = true;
    await clock.advance(10);
    for (let head = burst; head <= count; head += burst) {
      await append(deltas(burst, text));
      await clock.advance(5);
      expect(quick.events.length).toBe(head);
    }
    expect(slow.events.length).toBeLessThan(count);
    expect(slow.events.length).toBeGreaterThan(0);
    slow.resume();
    await clock.advance(100);
    expect(slow.sequences).toEqual(upTo(count));
    expect(slow.heldBytesMost).toBeLessThanOrEqual(limits.connectionBufferBytesMax);
  });

  test("in the middle of a long catch-up holds no more than it may, and goes on where it was", async () => {
    const { clock, limits, append, subscribe } = broadcastBench();
    for (let index = 0; index < 4; index += 1) await append(deltas(500, "語".repeat(3_000)));
    const { device } = subscribe();
    device.stalled = true;
    await clock.advance(100);
    expect(device.heldBytes).toBeGreaterThan(0);
    while (device.heldBytes > 0) {
      device.flush(1);
      await clock.advance(1);
    }
    expect(device.sequences).toEqual(upTo(2_000));
    expect(device.heldBytesMost).toBeLessThanOrEqual(limits.connectionBufferBytesMax);
  });

  test("for good costs nothing but what it holds: the log is not read for it", async () => {
    const { clock, log, append, subscribe } = broadcastBench({ connectionBufferBytesMax: 2_000 });
    const { device } = subscribe();
    device.stalled = true;
    await clock.advance(10);
    await append(titled(...upTo(100).map(String)));
    await clock.advance(10);
    const reads = log.reads;
    for (let index = 0; index < 100; index += 1) {
      await append(titled(...upTo(100).map(String)));
      await clock.advance(1_000);
    }
    expect(log.reads).toBe(reads);
    expect(clock.pending).toBe(0);
  });
});

describe("a log that fails", () => {
  test("for a while delays events, and neither loses nor repeats one", async () => {
    const { clock, log, errors, append, subscribe } = broadcastBench();
    await append(titled("one"));
    const early = subscribe();
    await clock.advance(10);
    log.fail();
    const late = subscribe();
    await clock.advance(2_000);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    expect(errors.length).toBeLessThan(20);
    expect(early.device.sequences).toEqual([1]);
    log.failing = false;
    await append(titled("two", "three"));
    await clock.advance(1_000);
    expect(early.device.sequences).toEqual([1, 2, 3]);
    expect(late.device.sequences).toEqual([1, 2, 3]);
    await append(titled("four"));
    await clock.advance(10);
    expect(early.device.sequences).toEqual([1, 2, 3, 4]);
    expect(late.device.sequences).toEqual([1, 2, 3, 4]);
    early.unsubscribe();
    late.unsubscribe();
    await clock.advance(0);
    expect([log.following, clock.pending]).toEqual([0, 0]);
  });

  test("while events wait for the interval to end loses none of them", async () => {
    const { clock, log, append, subscribe } = broadcastBench();
    const { device } = subscribe();
    await clock.advance(10);
    await append(titled("one"));
    await clock.advance(1);
    await append(titled("two"));
    await clock.advance(1);
    log.fail();
    await clock.advance(1);
    log.failing = false;
    await clock.advance(1_000);
    await append(titled("three"));
    await clock.advance(10);
    expect(device.sequences).toEqual([1, 2, 3]);
  });

  test("to be followed any further is followed anew, though events wait for the interval to end", async () => {
    const { clock, log, errors, append, subscribe } = broadcastBench();
    const { device } = subscribe();
    await clock.advance(10);
    await append(titled("one"));
    await clock.advance(1);
    await append(titled("two"));
    await clock.advance(1);
    log.endFollowing();
    await clock.advance(1);
    await append(titled("three"));
    await clock.advance(10);
    expect(device.sequences).toEqual([1, 2, 3]);
    expect([errors, log.following]).toEqual([[], 1]);
  });

  test("before it could ever be read lets nothing pile up when everybody leaves", async () => {
    const { clock, log, broadcaster, subscribe } = broadcastBench();
    log.fail();
    const subscriptions = [subscribe(), subscribe(3), subscribe(0, bob)];
    await clock.advance(100);
    for (const { unsubscribe } of subscriptions) unsubscribe();
    await clock.advance(0);
    expect([broadcaster.feeds, log.following, clock.pending]).toEqual([0, 0, 0]);
  });
});
