import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import type { Clock } from "./clock.ts";
import { RateLimit } from "./rate-limit.ts";

function takeAll(limit: RateLimit, key = "key"): number {
  for (let taken = 0; ; taken += 1) if (limit.take(key) > 0) return taken;
}

describe("a rate limit", () => {
  test("grants exactly perMinuteMax at once and says how long the next takes", async () => {
    const clock = new VirtualClock();
    const limit = new RateLimit({ clock, perMinuteMax: 300 });
    expect(takeAll(limit)).toBe(300);
    expect(limit.take("key")).toBe(200);
    await clock.advance(199);
    expect(limit.take("key")).toBe(1);
    await clock.advance(1);
    expect(limit.take("key")).toBe(0);
    expect(limit.take("key")).toBe(200);
  });

  test("refills evenly, and never beyond perMinuteMax", async () => {
    const clock = new VirtualClock();
    const limit = new RateLimit({ clock, perMinuteMax: 60 });
    expect(takeAll(limit)).toBe(60);
    await clock.advance(10_000);
    expect(takeAll(limit)).toBe(10);
    await clock.advance(86_400_000);
    expect(takeAll(limit)).toBe(60);
  });

  test("takes nothing for what it refuses", async () => {
    const clock = new VirtualClock();
    const limit = new RateLimit({ clock, perMinuteMax: 60 });
    takeAll(limit);
    for (let refused = 0; refused < 1_000; refused += 1) expect(limit.take("key")).toBe(1_000);
    await clock.advance(1_000);
    expect(limit.take("key")).toBe(0);
  });

  test("counts each key by itself", () => {
    const limit = new RateLimit({ clock: new VirtualClock(), perMinuteMax: 2 });
    expect(["a", "a", "a", "b", "b", "b"].map((key) => limit.take(key) === 0)).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  test("beyond keysMax forgets the key that was unused for longest, and no other", () => {
    const limit = new RateLimit({ clock: new VirtualClock(), perMinuteMax: 1, keysMax: 3 });
    const granted = (keys: string) => [...keys].map((key) => limit.take(key) === 0);
    expect(granted("abc")).toEqual([true, true, true]);
    // A key that is known costs nobody their place, and counts as used even when it is refused.
    expect(granted("ba")).toEqual([false, false]);
    expect(granted("d")).toEqual([true]);
    expect(granted("bad")).toEqual([false, false, false]);
    expect(granted("c")).toEqual([true]);
  });

  test("whoever waits as long as it was told is granted, and not a whole millisecond earlier", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }),
        (perMinuteMax, waitsMs) => {
          const clock = steppedClock();
          const limit = new RateLimit({ clock, perMinuteMax });
          takeAll(limit);
          for (const waitMs of waitsMs) {
            clock.nowMs += waitMs;
            const retryAfterMs = limit.take("key");
            if (retryAfterMs === 0) continue;
            expect(Number.isSafeInteger(retryAfterMs)).toBe(true);
            clock.nowMs += retryAfterMs - 1;
            expect(limit.take("key")).toBe(1);
            clock.nowMs += 1;
            expect(limit.take("key")).toBe(0);
          }
        },
      ),
    );
  });

  test("grants over any time no more than what it holds and what was refilled", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 300 }),
        (perMinuteMax, waitsMs) => {
          const clock = steppedClock();
          const limit = new RateLimit({ clock, perMinuteMax });
          let granted = 0;
          for (const waitMs of waitsMs) {
            clock.nowMs += waitMs;
            granted += takeAll(limit);
            expect(granted).toBeLessThanOrEqual(perMinuteMax + (clock.nowMs * perMinuteMax) / 60_000);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** Time without timers, for tests that take many steps. */
function steppedClock(): Clock & { nowMs: number } {
  return {
    nowMs: 0,
    now() {
      return this.nowMs;
    },
    monotonic() {
      return this.nowMs;
    },
    schedule() {
      throw new Error("a rate limit needs no timers");
    },
  };
}
