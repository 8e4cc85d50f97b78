import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("the longest wait doubles from 250 ms to 15 s", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 2_000].map((attempt) => backoffMs(attempt, () => 1))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
  ]);
});

test("clients are spread over the whole wait", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), random, (attempt, value) => {
      const longestMs = backoffMs(attempt, () => 1);
      expect(Math.abs(backoffMs(attempt, () => value) - longestMs * value)).toBeLessThanOrEqual(0.5);
    }),
  );
});
