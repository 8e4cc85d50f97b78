import { expect, test } from "vitest";
import { JourneyFacts } from "./verify/journey.ts";
import type { Report } from "./verify/report.ts";
import { textReport } from "./verify/report-text.ts";
import { visible } from "./visible.ts";

/** Sets the title of the window, clears the screen, and the same in one character of C1; then a line of its own. */
const hostile = "\u001b]0;mine\u0007\u001b[2J\u009b2J\r\nAll is well\u202e";
const shown = "\\u001b]0;mine\\u0007\\u001b[2J\\u009b2J\\u000d\\u000aAll is well\\u202e";

test("control characters are shown, and everything else is as it was", () => {
  expect(visible(hostile)).toBe(shown);
  expect(visible("Größe 7 · 日本 🙂")).toBe("Größe 7 · 日本 🙂");
});

test("what a deployment calls its agent, and why it fails, cannot command the terminal of a report", () => {
  const report: Report = {
    url: "https://chat.example.org",
    isOwn: false,
    agent: hostile,
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 1,
    users: 1,
    planned: 1,
    incomplete: hostile,
    verdict: `Incomplete (${hostile}).`,
    outcome: "incomplete",
    reliability: { lower: 0, upper: 1, journeys: 1, failed: 1, journeysToClaim: 736 },
    lines: [{ id: "stop", title: "Stops", verdict: "missed", detail: hostile }],
    latencies: [],
    journeys: [
      {
        number: 1,
        kind: "plain",
        user: hostile,
        durationMs: 1,
        failure: { line: "stop", reason: hostile },
        facts: new JourneyFacts(),
      },
    ],
    findings: [],
    heldBackMs: 0,
    left: [hostile],
  };
  const text = textReport(report);
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
  expect(text.split("\n")).not.toContain("All is well");
  expect(text.split(shown)).toHaveLength(7);
});
