import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EventData, type RunEventType, runEventTypes } from "./events.ts";
import { type RunHistoryEvent, runHistories } from "./history-arbitraries.ts";
import type { CallId, CommandId, MessageId, RunId } from "./ids.ts";
import { advanceRun, callTable, newRunState, type RunState, runTable } from "./run-state.ts";

const runId = "run_aaaaaaaa" as RunId;
const messageId = "msg_aaaaaaaa" as MessageId;
const calls = ["call_aaaaaaaa", "call_bbbbbbbb"] as CallId[];

/** Every event that the table can tell apart, for two calls. */
const everyEvent: readonly RunHistoryEvent[] = [
  { type: "message_accepted", data: { messageId, commandId: "command" as CommandId, text: "hello" } },
  { type: "agent_started", data: { agent: "agent", messageId } },
  { type: "agent_thinking", data: { step: 1 } },
  { type: "agent_delta", data: { step: 1, offset: 0, text: "a" } },
  { type: "run_stop_requested", data: {} },
  { type: "run_resumed", data: { attempt: 2, step: 1 } },
  { type: "agent_completed", data: { outcome: "completed" } },
  { type: "agent_completed", data: { outcome: "failed" } },
  ...calls.flatMap((callId): RunHistoryEvent[] => {
    const completed = { callId, tool: "tool", durationMs: 1 };
    const asked = { callId, tool: "tool", input: null };
    return [
      { type: "approval_requested", data: { ...asked, digest: "d", expiresAt: "2026-01-01T00:00:00.000Z" } },
      { type: "approval_answered", data: { callId, decision: "approve" } },
      { type: "approval_answered", data: { callId, decision: "deny" } },
      { type: "tool_executing", data: asked },
      { type: "tool_completed", data: { ...completed, outcome: "completed" } },
      { type: "tool_completed", data: { ...completed, outcome: "denied" } },
      { type: "tool_completed", data: { ...completed, outcome: "unknown" } },
    ];
  }),
];

/**
 * The rule of PROTOCOL.md "Legal run", as sentences about a whole history and without a state: which of them the history,
 * complete or not, breaks. Written from the document, so that the table is not tested against itself.
 */
function brokenRules(history: readonly RunHistoryEvent[]): string[] {
  const types = history.map((event) => event.type);
  const place = (type: RunEventType) => types.indexOf(type);
  const broken: string[] = [];
  const rule = (sentence: string, holds: boolean) => {
    if (!holds) broken.push(sentence);
  };
  for (const type of ["message_accepted", "agent_started", "run_stop_requested", "agent_completed"] as const) {
    rule(`${type} at most once`, types.lastIndexOf(type) === place(type));
  }
  rule("the first event is message_accepted", types[0] === "message_accepted");
  const beforeStart = place("agent_started") < 0 ? types : types.slice(0, place("agent_started"));
  rule(
    "nothing but a request to stop comes between the message and agent_started",
    beforeStart.slice(1).every((type) => type === "run_stop_requested"),
  );
  rule("nothing follows agent_completed", place("agent_completed") < 0 || types.at(-1) === "agent_completed");
  const afterStop = place("run_stop_requested") < 0 ? [] : types.slice(place("run_stop_requested"));
  const beginnings: RunEventType[] = ["agent_thinking", "tool_executing", "approval_requested", "approval_answered"];
  rule("nothing begins after a request to stop", !afterStop.some((type) => beginnings.includes(type)));
  for (const [callId, story] of stories(history)) {
    // A call is executed and completes, each once; if asked for approval only after it, and if denied only as denied.
    rule(`${callId} has a whole story or the beginning of one`, /^(E[CD]?|R(y(E[CD]?)?|n(ED?)?)?)$/.test(story));
    rule(`${callId} completes before the run does`, place("agent_completed") < 0 || !story.endsWith("E"));
  }
  return broken;
}

/** What happened to each call, in letters: Requested, yes, no, Executing, Completed, completed as Denied. */
function stories(history: readonly RunHistoryEvent[]): Map<CallId, string> {
  const told = new Map<CallId, string>();
  for (const event of history) {
    if (!("callId" in event.data)) continue;
    told.set(event.data.callId, (told.get(event.data.callId) ?? "") + letter(event));
  }
  return told;
}

function letter(event: RunHistoryEvent): string {
  if (event.type === "approval_requested") return "R";
  if (event.type === "approval_answered") return event.data.decision === "approve" ? "y" : "n";
  if (event.type === "tool_executing") return "E";
  return (event.data as EventData["tool_completed"]).outcome === "denied" ? "D" : "C";
}

function copyOf(state: RunState): RunState {
  return { ...state, calls: new Map(state.calls) };
}

/** Holds the table against the rule for every event that might follow; returns those that may. */
function judged(state: RunState, history: readonly RunHistoryEvent[]): RunHistoryEvent[] {
  return everyEvent.filter((event) => {
    const allowed = brokenRules([...history, event]).length === 0;
    const trial = copyOf(state);
    const refusal = advanceRun(trial, event);
    expect(refusal === undefined, `${event.type} after ${history.map(({ type }) => type).join(", ")}`).toBe(allowed);
    if (!allowed) {
      expect(trial).toEqual(state);
      expect(refusal).toMatch(new RegExp(`^unable to append ${event.type}; (run|call) `));
    }
    return allowed;
  });
}

describe("the state table", () => {
  test("accepts what the written rule allows and refuses everything else, in every state that two calls can reach", () => {
    const reached = new Map<string, { state: RunState; history: readonly RunHistoryEvent[] }>();
    const waiting = [{ state: newRunState(runId), history: [] as readonly RunHistoryEvent[] }];
    for (const place of waiting) {
      const key = JSON.stringify([place.state.phase, [...place.state.calls].sort()]);
      if (reached.has(key)) continue;
      reached.set(key, place);
      for (const event of judged(place.state, place.history)) {
        const state = copyOf(place.state);
        advanceRun(state, event);
        waiting.push({ state, history: [...place.history, event] });
      }
    }
    expect(new Set([...reached.values()].map(({ state }) => state.phase))).toEqual(new Set(Object.keys(runTable)));
    // Absent, queued, withdrawn and ended know no calls; running and stopping know any two of the seven phases.
    expect(reached.size).toBe(4 + 2 * 7 * 7);
  });

  test("does so wherever a random run has come to", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1_000 }), { maxLength: 25 }), (path) => {
        const state = newRunState(runId);
        const history: RunHistoryEvent[] = [];
        for (const choice of path) {
          const legal = judged(state, history);
          const next = legal[choice % legal.length];
          if (next === undefined) return; // ended
          expect(advanceRun(state, next)).toBeUndefined();
          history.push(next);
        }
      }),
    );
  });

  test("accepts every walk that a run may take", () => {
    fc.assert(
      fc.property(runHistories, (history) => {
        expect(brokenRules(history)).toEqual([]);
        const state = newRunState(runId);
        for (const event of history) expect(advanceRun(state, event)).toBeUndefined();
        const last = history.at(-1);
        expect(state.phase === "ended").toBe(last?.type === "agent_completed");
        expect(state.outcome).toBe(last?.type === "agent_completed" ? last.data.outcome : undefined);
        if (state.phase === "ended") expect(state.calls.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("has a cell for every pair, and every state can be reached and left", () => {
    for (const row of Object.values(runTable)) expect(Object.keys(row).sort()).toEqual([...runEventTypes].sort());
    for (const [table, first, last] of [
      [runTable, "absent", "ended"],
      [callTable, "absent", "completed"],
    ] as const) {
      const rows = Object.entries(table as Readonly<Record<string, Readonly<Record<string, string>>>>);
      const reached = new Set([first, ...rows.flatMap(([, row]) => Object.values(row))]);
      reached.delete("illegal");
      expect([...reached].sort()).toEqual(rows.map(([state]) => state).sort());
      for (const [state, row] of rows) {
        const leaves = Object.values(row).some((next) => next !== "illegal" && next !== state);
        expect(leaves, `${state} can be left`).toBe(state !== last);
      }
    }
  });
});

describe("a run", () => {
  const story = (...events: readonly RunHistoryEvent[]) => {
    const state = newRunState(runId);
    return { state, refusals: events.map((event) => advanceRun(state, event)) };
  };
  const event = (type: RunEventType, data: object = {}) => ({ type, data }) as RunHistoryEvent;
  const begun = [event("message_accepted"), event("agent_started")];
  const call = { callId: calls[0] };

  test("that was withdrawn still begins, so that it can end", () => {
    const { state, refusals } = story(
      event("message_accepted"),
      event("run_stop_requested"),
      event("agent_started"),
      event("agent_completed", { outcome: "cancelled" }),
    );
    expect(refusals).toEqual([undefined, undefined, undefined, undefined]);
    expect(state).toMatchObject({ phase: "ended", outcome: "cancelled" });
  });

  test("says which call keeps it from ending", () => {
    const { refusals } = story(...begun, event("tool_executing", call), event("agent_completed"));
    expect(refusals.at(-1)).toBe("unable to append agent_completed; call call_aaaaaaaa has no tool_completed");
  });

  test("may end while a call waits for an answer that never came", () => {
    const { state } = story(
      ...begun,
      event("approval_requested", call),
      event("agent_completed", { outcome: "failed" }),
    );
    expect(state.phase).toBe("ended");
  });

  test("does not complete a denied call as anything but denied", () => {
    const denied = [
      ...begun,
      event("approval_requested", call),
      event("approval_answered", { ...call, decision: "deny" }),
      event("tool_executing", call),
    ];
    expect(story(...denied, event("tool_completed", { ...call, outcome: "completed" })).refusals.at(-1)).toBe(
      "unable to append tool_completed; call call_aaaaaaaa is refused",
    );
    expect(story(...denied, event("tool_completed", { ...call, outcome: "denied" })).refusals.at(-1)).toBeUndefined();
  });

  test("lets a running call report after a stop, and no other begin", () => {
    const { refusals } = story(
      ...begun,
      event("tool_executing", call),
      event("run_stop_requested"),
      event("tool_executing", { callId: calls[1] }),
      event("tool_completed", { ...call, outcome: "cancelled" }),
      event("agent_completed", { outcome: "cancelled" }),
    );
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([
      "unable to append tool_executing; run run_aaaaaaaa is stopping",
    ]);
  });
});
