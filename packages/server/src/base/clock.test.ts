import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { delay, instant, systemClock } from "./clock.ts";

describe("the system clock", () => {
  test("stamps with the time of the machine and measures without going back", () => {
    const before = Date.now();
    const stamp = systemClock.now();
    expect(stamp).toBeGreaterThanOrEqual(before);
    expect(stamp).toBeLessThanOrEqual(Date.now());
    const readings = Array.from({ length: 1_000 }, () => systemClock.monotonic());
    expect(readings).toEqual(readings.toSorted((left, right) => left - right));
  });

  test("does not keep the process alive for a timer", async () => {
    const clock = fileURLToPath(new URL("clock.ts", import.meta.url));
    const script = `import { systemClock } from ${JSON.stringify(clock)};
      systemClock.schedule(3_600_000, () => console.log("fired"));
      systemClock.schedule(40 * 86_400_000, () => console.log("fired"));
      console.log("scheduled");`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { timeout: 30_000 });
    expect((await run).stdout).toBe("scheduled\n");
  });

  describe("with the machine's timers in hand", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
    afterEach(() => void vi.useRealTimers());

    test("calls once, when the delay is over", () => {
      const fired = vi.fn();
      systemClock.schedule(1_000, fired);
      vi.advanceTimersByTime(999);
      expect(fired).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(fired).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(100_000);
      expect(fired).toHaveBeenCalledTimes(1);
    });

    test("does not call a cancelled timer; cancelling twice, or after it fired, is harmless", () => {
      const fired = vi.fn();
      const timer = systemClock.schedule(1_000, fired);
      timer.cancel();
      timer.cancel();
      vi.advanceTimersByTime(10_000);
      expect(fired).not.toHaveBeenCalled();
      const other = systemClock.schedule(1, fired);
      vi.advanceTimersByTime(1);
      other.cancel();
      expect(fired).toHaveBeenCalledTimes(1);
    });

    // Node calls a timer of more than 2^31 - 1 ms after 1 ms: an approval that may take 30 days had expired when it was asked.
    test.each([
      ["the most that Node can wait", 2_147_483_647],
      ["one more than Node can wait", 2_147_483_648],
      ["thirty days", 30 * 86_400_000],
      ["a hundred days", 100 * 86_400_000],
    ])("waits its whole delay: %s", (_name, delayMs) => {
      const fired = vi.fn();
      systemClock.schedule(delayMs, fired);
      vi.advanceTimersByTime(delayMs - 1);
      expect(fired).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(fired).toHaveBeenCalledTimes(1);
      expect(vi.getTimerCount()).toBe(0);
    });

    test("cancels a delay that Node cannot wait in one piece, whenever it is asked to", () => {
      const fired = vi.fn();
      const timer = systemClock.schedule(100 * 86_400_000, fired);
      vi.advanceTimersByTime(50 * 86_400_000);
      timer.cancel();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});

describe("delay", () => {
  test("resolves when its time is over", async () => {
    const clock = new VirtualClock();
    let over = false;
    const waiting = delay(clock, 100).then(() => {
      over = true;
    });
    await clock.advance(99);
    expect(over).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(clock.pending).toBe(0);
  });

  test("resolves at once when its signal aborts, and leaves no timer behind", async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 1_000_000, abort.signal);
    expect(clock.pending).toBe(1);
    abort.abort(new Error("not to be thrown"));
    await expect(waiting).resolves.toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test("does not begin to wait when its signal has aborted before", async () => {
    const clock = new VirtualClock();
    await expect(delay(clock, 1_000_000, AbortSignal.abort())).resolves.toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

test("an instant is ISO 8601 in UTC with milliseconds", () => {
  expect(instant(0)).toBe("1970-01-01T00:00:00.000Z");
  expect(instant(Date.UTC(2026, 10, 23, 13, 5, 9, 7))).toBe("2026-11-23T13:05:09.007Z");
});
