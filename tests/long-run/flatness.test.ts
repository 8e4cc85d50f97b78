import { describe, expect, test } from "vitest";
import { bounds, judgeFlatness } from "./flatness.ts";
import type { Sample } from "./sample.ts";

const level = {
  residentBytes: 150e6,
  heapUsedBytes: 60e6,
  externalBytes: 10e6,
  fileDescriptors: 60,
  threads: 12,
  timersPending: 100,
  connections: 40,
  cpuSeconds: 0,
  logBytes: 20e6,
  dataBytes: 30e6,
  acknowledged: 5,
  firstEvent: 10,
  answer: 300,
};

/** Samples of one hour, every 10 s, with noise of a tenth and whatever is added. */
function hour(added: (at: number) => Partial<Record<keyof Sample, number>>): Sample[] {
  return Array.from({ length: 360 }, (_, index) => {
    const at = index * 10;
    const noise = 1 + 0.1 * Math.sin(index * 12.9898);
    const more = added(at);
    const entries = Object.entries(level).map(([name, value]) => [
      name,
      (name === "threads" ? value : value * noise) + (more[name as keyof Sample] ?? 0),
    ]);
    return { ...(Object.fromEntries(entries) as Omit<Sample, "at">), at };
  });
}

test("noise around a level is flat, in every series", () => {
  const judgements = judgeFlatness(hour(() => ({})));
  expect(judgements.filter(({ isFlat }) => !isFlat)).toEqual([]);
});

test("what grew at the beginning and stays is flat, and so is a spike", () => {
  const judgements = judgeFlatness(
    hour((at) => ({
      residentBytes: Math.min(at, 1_500) * 1e5 + (at === 3_000 ? 900e6 : 0),
      acknowledged: at === 2_500 ? 4_000 : 0,
    })),
  );
  expect(judgements.filter(({ isFlat }) => !isFlat)).toEqual([]);
});

describe("a planted leak is called one", () => {
  test.each(bounds)("in $name", ({ series, riseMin, shareMax }) => {
    const leak = 1.5 * Math.max(riseMin, shareMax * (level[series as keyof typeof level] ?? 0)) * 1.5;
    const judgements = judgeFlatness(hour((at) => ({ [series]: (leak * Math.max(0, at - 1_800)) / 1_800 })));
    expect(judgements.filter(({ isFlat }) => !isFlat).map(({ bound }) => bound.series)).toEqual([series]);
  });
});

test("a series that was not measured is not called flat", () => {
  const samples = hour(() => ({})).map(({ answer: _answer, ...sample }) => sample);
  expect(
    judgeFlatness(samples)
      .filter(({ isFlat }) => !isFlat)
      .map(({ bound }) => bound.series),
  ).toEqual(["answer"]);
});
