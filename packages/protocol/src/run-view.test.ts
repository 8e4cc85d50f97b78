import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ThreadEvent } from "./events.ts";
import { threadHistories } from "./history-arbitraries.ts";
import { joinStepTexts, type RunView, runText } from "./run-view.ts";
import { advanceThreadView, type ThreadView } from "./thread-view.ts";

const fold = (events: readonly ThreadEvent[]) => events.reduce<ThreadView | undefined>(advanceThreadView, undefined);
const runsOf = (events: readonly ThreadEvent[]): readonly RunView[] => fold(events)?.runs ?? [];
const callsOf = (runs: readonly RunView[]) => runs.flatMap((run) => run.steps.flatMap((step) => step.calls));
const undeleted = threadHistories.map((events) => events.filter((event) => event.type !== "thread_deleted"));

describe("deltas", () => {
  test("a step's text is what its deltas say since the run was last taken over", () => {
    fc.assert(
      fc.property(undeleted, (events) => {
        const expected = new Map<string, string[]>();
        for (const event of events) {
          if (event.type !== "agent_delta" && event.type !== "run_resumed") continue;
          const written = expected.get(event.runId) ?? [];
          const { step } = event.data;
          if (event.type === "run_resumed") written.splice(step);
          else written[step] = (written[step] ?? "") + event.data.text;
          expected.set(event.runId, written);
        }
        for (const run of runsOf(events)) {
          for (const { step, text } of run.steps) expect(text).toBe(expected.get(run.runId)?.[step] ?? "");
        }
      }),
    );
  });

  test("a repeated delta is harmless, however far the text has gone on", () => {
    fc.assert(
      fc.property(undeleted, (events) => {
        let view: ThreadView | undefined;
        let repeatable: ThreadEvent[] = [];
        for (const event of events) {
          view = advanceThreadView(view, event);
          if (event.type === "run_resumed") repeatable = repeatable.filter(({ runId }) => runId !== event.runId);
          if (event.type === "agent_delta") repeatable.push(event);
          for (const repeat of repeatable) expect(advanceThreadView(view, repeat)).toBe(view);
        }
      }),
      { numRuns: 50 },
    );
  });

  const run = { runId: "run_aaaaaaaa", threadId: "thr_aaaaaaaa", sequence: 1, at: "2026-01-01T00:00:00.000Z" };
  const accepted = { ...run, type: "message_accepted", data: { messageId: "msg_aaaaaaaa", text: "" } };
  const delta = (step: number, offset: number, text: string) => ({
    ...run,
    type: "agent_delta",
    data: { step, offset, text },
  });
  const textsAfter = (...events: readonly object[]) =>
    runsOf([accepted, ...events] as ThreadEvent[])[0]?.steps.map(({ text }) => text);

  test("a delta that says something else from an offset on replaces what stood there", () => {
    expect(textsAfter(delta(1, 0, "one two"), delta(1, 4, "three"), delta(1, 9, " four"))).toEqual(["one three four"]);
  });

  test("a run that is taken over at a step keeps what was written before it, and nothing after", () => {
    const resumed = { ...run, type: "run_resumed", data: { attempt: 2, step: 2 } };
    const written = [delta(1, 0, "one"), delta(2, 0, "two"), delta(3, 0, "three")];
    expect(textsAfter(...written, resumed)).toEqual(["one", "", ""]);
    expect(textsAfter(...written, resumed, delta(2, 0, "zwei"))).toEqual(["one", "zwei", ""]);
  });
});

describe("tool calls", () => {
  test("every call is there once, in the state that its last event gave it", () => {
    fc.assert(
      fc.property(undeleted, (events) => {
        const views = new Map(callsOf(runsOf(events)).map((call) => [call.callId, call]));
        const begun = events.filter(({ type }) => type === "tool_executing" || type === "approval_requested");
        expect(callsOf(runsOf(events))).toHaveLength(views.size);
        expect(new Set(begun.map(({ data }) => "callId" in data && data.callId)).size).toBe(views.size);
        for (const event of events) {
          if (event.type !== "tool_completed") continue;
          const { callId, tool, outcome, output, error, durationMs } = event.data;
          expect(views.get(callId)).toMatchObject({ callId, tool, state: outcome, output, error, durationMs });
        }
      }),
    );
  });

  test("a denied call is never shown as executing", () => {
    fc.assert(
      fc.property(undeleted, (events) => {
        let view: ThreadView | undefined;
        for (const event of events) {
          view = advanceThreadView(view, event);
          for (const call of callsOf(view.runs)) {
            if (call.approval?.decision === "deny") expect(call.state).toBe("denied");
          }
        }
      }),
    );
  });

  test("nobody is asked about a call of a run that stops or has ended", () => {
    fc.assert(
      fc.property(undeleted, (events) => {
        for (const run of runsOf(events)) {
          if (run.state === "running" || run.state === "queued") continue;
          for (const call of callsOf([run])) expect(["approval", "approved"]).not.toContain(call.state);
          if (run.endedAt !== undefined) {
            for (const call of callsOf([run])) expect(call.state).not.toBe("executing");
          }
        }
      }),
    );
  });
});

describe("the text of a run", () => {
  test("is the same before and after compaction has removed the deltas of runs that ended", () => {
    fc.assert(
      fc.property(undeleted, (events) => {
        const ended = new Set(events.filter(({ type }) => type === "agent_completed").map(({ runId }) => runId));
        const compacted = events.filter((event) => event.type !== "agent_delta" || !ended.has(event.runId));
        expect(runsOf(compacted).map(runText)).toEqual(runsOf(events).map(runText));
      }),
    );
  });

  test("joins the texts of steps with an empty line, leaving out steps without text", () => {
    expect(joinStepTexts([])).toBe("");
    expect(joinStepTexts(["", ""])).toBe("");
    expect(joinStepTexts(["one"])).toBe("one");
    expect(joinStepTexts(["one", "", "two", "three\n"])).toBe("one\n\ntwo\n\nthree\n");
  });

  test("joining does not depend on where steps without text stand", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("", "a", "b\n", " ")), (texts) => {
        expect(joinStepTexts(texts)).toBe(joinStepTexts(texts.filter((text) => text !== "")));
        expect(joinStepTexts([joinStepTexts(texts.slice(0, 2)), ...texts.slice(2)])).toBe(joinStepTexts(texts));
      }),
    );
  });
});
