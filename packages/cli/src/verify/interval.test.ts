import { expect, test } from "vitest";
import { exactInterval, trialsToClaim } from "./interval.ts";

// The closed forms at the ends; in between, values from a sum over the binomial distribution in exact integers.
test.each([
  { failures: 0, trials: 736, lower: 0.025 ** (1 / 736), upper: 1 },
  { failures: 0, trials: 1, lower: 0.025, upper: 1 },
  { failures: 10, trials: 10, lower: 0, upper: 1 - 0.025 ** (1 / 10) },
  { failures: 5, trials: 10, lower: 0.187086, upper: 0.812914 },
  { failures: 1, trials: 10, lower: 0.554984, upper: 0.997471 },
  { failures: 1, trials: 100, lower: 0.945541, upper: 0.999747 },
  { failures: 90, trials: 100, lower: 0.049005, upper: 0.176223 },
])("$failures failures in $trials", ({ failures, trials, lower, upper }) => {
  const interval = exactInterval(failures, trials);
  expect(interval.lower).toBeCloseTo(lower, 6);
  expect(interval.upper).toBeCloseTo(upper, 6);
});

test("nothing tried, nothing known", () => {
  expect(exactInterval(0, 0)).toEqual({ lower: 0, upper: 1 });
});

test("the trials that it takes are the first whose interval begins at the line", () => {
  expect(trialsToClaim(0.995)).toBe(736);
  expect(trialsToClaim(0.9)).toBe(36);
  for (const failures of [1, 3]) {
    const trials = trialsToClaim(0.995, failures);
    expect(exactInterval(failures, trials).lower).toBeGreaterThanOrEqual(0.995);
    expect(exactInterval(failures, trials - 1).lower).toBeLessThan(0.995);
  }
});
