import { expect, test } from "vitest";
import type { JourneyResult, Measurement } from "./measurement.ts";
import { Observer } from "./observer.ts";
import { reportOf } from "./report.ts";

/** As many journeys as given, to which nothing happened; the first so many failed. */
function measured(journeys: number, failed = 0, incomplete?: string): Measurement {
  const facts = {
    fiveEvents: 2,
    snapshots: 2,
    hostileRequests: 0,
    faults: { inTime: 0, tooLate: 0 },
    latencies: undefined,
    resumeMs: [],
  };
  const failure = { line: "reliability", reason: "the run failed" } as const;
  return {
    url: "http://127.0.0.1:1",
    isOwn: false,
    agent: "assistant",
    asksForTool: true,
    startedAt: new Date(0),
    durationMs: 1,
    users: 2,
    planned: journeys,
    journeys: Array.from({ length: journeys }, (_, index): JourneyResult => {
      const number = index + 1;
      return { number, kind: "plain", user: "a", durationMs: 1, failure: index < failed ? failure : undefined, facts };
    }),
    observer: new Observer(),
    kills: 0,
    effects: undefined,
    noteEffects: [],
    heldBackMs: 0,
    left: [],
    incomplete,
  };
}

// 735 journeys ended as 736 did: with 0, which says that every line holds.
test("99.5 % is shown by as many journeys as it takes, and by no fewer", () => {
  expect(reportOf(measured(735))).toMatchObject({
    outcome: "not claimed",
    verdict: expect.stringMatching(/99\.50 % is not shown with 735 journeys: it takes 736 without a failure\.$/),
  });
  expect(reportOf(measured(736))).toMatchObject({
    outcome: "ok",
    verdict: expect.stringMatching(/99\.50 % is claimed\.$/),
  });
});

test("a failure is a missed line, whatever the number; what broke off is incomplete", () => {
  expect(reportOf(measured(200, 1)).outcome).toBe("missed");
  expect(reportOf(measured(736, 1)).outcome).toBe("missed");
  expect(reportOf(measured(10, 0, "a token has expired")).outcome).toBe("incomplete");
});
