import {
  advanceThreadView,
  type EventData,
  type EventType,
  type RunView,
  type ThreadEvent,
  type ThreadView,
} from "@throughline/protocol";
import { expect, test } from "vitest";
import { announcement, standingsOf } from "./announcement.ts";
import { pageTitle } from "./page-title.ts";

type Step = { [Type in EventType]: readonly [Type, EventData[Type]] }[EventType];

/** The runs of a thread in which this happened. */
function runsAfter(...steps: readonly Step[]): readonly RunView[] {
  const view = steps.reduce<ThreadView | undefined>((before, [type, data], index) => {
    const envelope = {
      sequence: index + 1,
      threadId: "thr_00000001",
      runId: "run_00000001",
      at: "2026-01-01T00:00:00.000Z",
    };
    return advanceThreadView(before, { ...envelope, type, data } as ThreadEvent);
  }, undefined);
  return view?.runs ?? [];
}

const messageId = "msg_00000001" as EventData["agent_started"]["messageId"];
const callId = "call_00000001" as EventData["tool_executing"]["callId"];
const accepted: Step = ["message_accepted", { messageId, commandId: "c" as never, text: "hello" }];
const started: Step = ["agent_started", { agent: "assistant", messageId }];
const asked: Step = [
  "approval_requested",
  { callId, tool: "note_delete", input: {}, digest: "d", expiresAt: "2026-01-01T00:10:00.000Z" },
];
const answered: Step = [
  "agent_completed",
  { outcome: "completed", message: { messageId, text: "## So\n\nIt is **84**, says `calculate`." } },
];

const queued = runsAfter(accepted);
const running = runsAfter(accepted, started);
const asking = runsAfter(accepted, started, asked);
const completed = runsAfter(accepted, started, answered);

test("a screen reader hears the answer when it is finished, without its marks", () => {
  expect(announcement(standingsOf(running), completed)).toBe("Answer: So\n\nIt is 84, says calculate.");
});

test("it does not hear every word", () => {
  const grown = runsAfter(accepted, started, ["agent_delta", { step: 1, offset: 0, text: "It is" }]);
  expect(announcement(standingsOf(running), grown)).toBeUndefined();
});

test("it hears questions, stops and failures", () => {
  const cancelled = runsAfter(accepted, started, asked, ["agent_completed", { outcome: "cancelled" }]);
  const failed = runsAfter(accepted, started, [
    "agent_completed",
    { outcome: "failed", error: { code: "model_failed", message: "no model" } },
  ]);
  expect(announcement(standingsOf(running), asking)).toBe("The agent asks for your approval.");
  expect(announcement(standingsOf(asking), cancelled)).toBe("The run was stopped.");
  expect(announcement(standingsOf(running), failed)).toBe("The run failed. no model");
});

test("it hears of a run that was not there before", () => {
  expect(announcement(standingsOf([]), completed)).toContain("Answer:");
  expect(announcement(standingsOf([]), queued)).toBeUndefined();
});

test("the tab says what goes on", () => {
  expect(pageTitle("Trip", completed)).toBe("Trip · Throughline");
  expect(pageTitle("Trip", [...completed, ...running])).toBe("… Trip · Throughline");
  expect(pageTitle("Trip", asking)).toBe("(?) Trip · Throughline");
});
