import { expect, test } from "vitest";
import { latency } from "./judge-measurement.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const of = (count: number) => {
  const { p50, p95, p99 } = latency("answer", "Answer", upTo(count).reverse(), "nothing");
  return [p50, p95, p99];
};

// With a handful of values the slowest one was printed as p95 and as p99.
test("a percentile is told only when a value lies above it", () => {
  expect(of(1)).toEqual([1, undefined, undefined]);
  expect(of(2)).toEqual([1, undefined, undefined]);
  expect(of(19)).toEqual([10, undefined, undefined]);
  expect(of(20)).toEqual([10, 19, undefined]);
  expect(of(99)).toEqual([50, 95, undefined]);
  expect(of(100)).toEqual([50, 95, 99]);
});

test("without a value there is a reason instead", () => {
  expect(latency("answer", "Answer", [], "no journey was left in peace")).toMatchObject({
    count: 0,
    notTested: "no journey was left in peace",
  });
});
