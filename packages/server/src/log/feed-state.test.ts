import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { feedHistories } from "../../../../tests/support/feed-histories.ts";
import { callOf, deleted, renamed, runEvents, runOf, threadOf } from "../../../../tests/support/log-events.ts";
import { compactEvents } from "./compaction.ts";
import { FeedState } from "./feed-state.ts";
import { type NewEvent, StoredEvent } from "./stored-event.ts";

function folded(events: readonly NewEvent[], state = new FeedState()): FeedState {
  for (const event of events) state.apply(event, state.head + 1);
  return state;
}

/** A copy that later changes do not reach. */
const copied = (state: FeedState) => structuredClone({ ...state });

describe("a feed's state", () => {
  test("lists the open runs of each thread, oldest first, and forgets those that end", () => {
    const [first, second, other] = [runEvents(1, 1), runEvents(2, 1), runEvents(3)];
    const state = folded([first.accepted(), second.accepted(), other.accepted(), renamed("title", 9)]);
    expect(state.threads.get(threadOf(1))).toEqual({
      threadId: threadOf(1),
      deleted: false,
      openRuns: [runOf(1), runOf(2)],
    });
    expect(state.threads.get(threadOf(9))).toEqual({ threadId: threadOf(9), deleted: false, openRuns: [] });
    expect(state.runs.get(runOf(2))).toMatchObject({ threadId: threadOf(1), phase: "queued", sequence: 2 });
    folded([first.started(), first.completed(), deleted(1)], state);
    expect(state.threads.get(threadOf(1))).toEqual({ threadId: threadOf(1), deleted: true, openRuns: [runOf(2)] });
    expect([...state.runs.keys()]).toEqual([runOf(2), runOf(3)]);
    expect(state.head).toBe(7);
  });

  // A feed in use remembered every run that it ever had: 640 bytes each, for as long as the process lived.
  test("of a deleted thread, runs are forgotten with their approvals as soon as they have ended", () => {
    const [ended, open, other] = [runEvents(1, 1), runEvents(2, 1), runEvents(3, 2)];
    const asked = [other, open, ended].flatMap((run, index) => [
      run.accepted(),
      run.started(),
      run.approvalRequested(index),
      run.approvalAnswered(index, "deny"),
    ]);
    const state = folded([...asked, ended.completed(), other.completed()]);
    expect(state.runs.get(runOf(1))).toMatchObject({ phase: "ended", outcome: "completed" });
    folded([deleted(1)], state);
    expect([[...state.runs.keys()], state.approvals.size]).toEqual([[runOf(3), runOf(2)], 2]);
    folded([open.completed()], state);
    expect([[...state.runs.keys()], state.approvals.size]).toEqual([[runOf(3)], 1]);
    expect(state.refusal([open.delta("late")])).toContain("is absent");
  });

  test("knows approvals and how they were answered; those never answered end with their run", () => {
    const run = runEvents(1);
    const state = folded([
      run.accepted(),
      run.started(),
      run.approvalRequested(1, "2026-01-01T00:00:01.000Z"),
      run.approvalRequested(2),
      run.approvalAnswered(1, "deny"),
    ]);
    const place = { runId: run.runId, threadId: run.threadId };
    expect([...state.approvals.values()]).toEqual([
      { ...place, callId: callOf(1), digest: "digest1", expiresAt: Date.UTC(2026, 0, 1, 0, 0, 1), decision: "deny" },
      { ...place, callId: callOf(2), digest: "digest2", expiresAt: Date.UTC(2026, 0, 1), decision: undefined },
    ]);
    folded([run.completed()], state);
    expect([...state.approvals.keys()]).toEqual([callOf(1)]);
  });

  test("throws on an illegal event: the gate let it pass, or the log is damaged", () => {
    const run = runEvents(1);
    expect(() => folded([run.accepted(), run.delta("too early")])).toThrow(
      `unable to fold sequence 2; unable to append agent_delta; run ${run.runId} is queued`,
    );
  });

  test("a run whose beginning is gone can not be appended to, and what is left of it is harmless", () => {
    const [gone, other] = [runEvents(1), runEvents(2)];
    const state = folded([gone.delta("a"), gone.executing(1), other.accepted(), gone.completed()]);
    expect([...state.runs.keys()]).toEqual([runOf(2)]);
    expect(state.refusal([gone.delta("b")])).toBe(`unable to append agent_delta; run ${gone.runId} is absent`);
  });
});

describe("the append gate", () => {
  // Seed 435810950 of the property below: the fold had forgotten the run by then, the gate had not.
  test("lets no run begin again in the append that ends it, though its thread is deleted", () => {
    const run = runEvents(1, 1);
    const state = folded([run.accepted(), run.started(), deleted(1)]);
    expect(state.refusal([run.completed(), run.accepted()])).toContain("message_accepted");
    expect(state.refusal([run.completed()])).toBeUndefined();
  });

  test("changes nothing, and allows exactly what can be folded then", () => {
    const candidates = fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.nat({ max: 200 }), candidates, feedHistories(0), (cut, picks, history) => {
        const at = cut % (history.length + 1);
        const state = folded(history.slice(0, at));
        const before = copied(state);
        // What really came next is legal, and any events of the history may be tried in its place.
        const next = history.slice(at, at + picks.length);
        expect(state.refusal(next)).toBeUndefined();
        const tried = picks.map((pick) => history[pick % history.length] as NewEvent);
        const refusal = state.refusal(tried);
        expect(copied(state)).toEqual(before);
        let foldable = true;
        try {
          const trial = folded(history.slice(0, at));
          const begun = new Set(trial.runs.keys());
          for (const event of tried) {
            // Even one that ends here and is forgotten with its thread does not begin again in the same append.
            if (event.type === "message_accepted" && begun.has(event.runId)) throw new Error("begun");
            if (event.runId !== undefined) begun.add(event.runId);
            // Those of a run that is not there are skipped by the fold, and refused by the gate.
            if (event.runId !== undefined && event.type !== "message_accepted" && !trial.runs.has(event.runId))
              throw new Error("absent");
            trial.apply(event, trial.head + 1);
          }
        } catch {
          foldable = false;
        }
        expect(refusal === undefined).toBe(foldable);
      }),
      { numRuns: 500 },
    );
  });

  test("decides the same after compaction as before it", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000 }), { maxLength: 8 }), feedHistories(0), (picks, history) => {
        const stored = history.map((event, index) => StoredEvent.encode(event, index + 1, "2026-01-01T00:00:00.000Z"));
        const full = folded(history);
        const short = new FeedState();
        for (const { event, sequence } of compactEvents(stored).events) short.apply(event, sequence);
        expect(short.head).toBe(full.head);
        for (const [threadId, thread] of full.threads) {
          // Of a deleted thread only the deletion is left, and what still runs in it.
          if (thread.deleted) expect(short.threads.get(threadId)).toEqual(thread);
        }
        for (const [runId, run] of full.runs) {
          if (run.phase !== "ended" || full.threads.get(run.threadId)?.deleted !== true) {
            expect(short.runs.get(runId)).toEqual(run);
          }
        }
        for (const pick of picks) {
          const event = history[pick % history.length] as NewEvent;
          const gone = event.runId !== undefined && !short.runs.has(event.runId);
          if (!gone) expect(short.refusal([event])).toBe(full.refusal([event]));
        }
      }),
      { numRuns: 300 },
    );
  });
});
