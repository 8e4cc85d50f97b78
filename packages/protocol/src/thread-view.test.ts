import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ThreadEvent } from "./events.ts";
import { threadHistories } from "./history-arbitraries.ts";
import type { RunId } from "./ids.ts";
import { advanceThreadSummary, advanceThreadView, type ThreadSummary, type ThreadView } from "./thread-view.ts";

const fold = (events: readonly ThreadEvent[], from?: ThreadView) =>
  events.reduce<ThreadView | undefined>(advanceThreadView, from);
const foldSummary = (events: readonly ThreadEvent[], from?: ThreadSummary) =>
  events.reduce<ThreadSummary | undefined>(advanceThreadSummary, from);
const overTheWire = <Value>(value: Value): Value =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as Value);

/** Freezes a view and everything in it, so that a fold that writes into it throws. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

const cutHistories = threadHistories.chain((events) =>
  fc.nat({ max: events.length }).map((cut) => ({ before: events.slice(0, cut), after: events.slice(cut), events })),
);

describe("the view of a thread", () => {
  test("a snapshot and the events after it equal all events, wherever the snapshot was taken", () => {
    fc.assert(
      fc.property(cutHistories, ({ before, after, events }) => {
        expect(overTheWire(fold(after, overTheWire(fold(before))))).toEqual(overTheWire(fold(events)));
      }),
    );
  });

  test("an event never writes into a view, and gives the same object exactly when it changes nothing", () => {
    fc.assert(
      fc.property(threadHistories, (events) => {
        let view: ThreadView | undefined;
        for (const event of events) {
          const next = frozen(advanceThreadView(view, event));
          if (view !== undefined && JSON.stringify(next) === JSON.stringify(view)) expect(next).toBe(view);
          view = next;
        }
      }),
    );
  });

  test("parts that an event does not touch stay the same objects", () => {
    fc.assert(
      fc.property(threadHistories, (events) => {
        let view: ThreadView | undefined;
        for (const event of events) {
          const next = advanceThreadView(view, event);
          for (const run of view?.deleted === next.deleted ? (view?.runs ?? []) : []) {
            if (run.runId !== event.runId) expect(next.runs).toContain(run);
          }
          view = next;
        }
      }),
    );
  });

  test("events of runs that it does not hold, and compaction, change nothing in it", () => {
    fc.assert(
      fc.property(threadHistories, threadHistories, (events, others) => {
        const view = fold(events);
        for (const other of others) {
          if (other.runId === undefined || other.type === "message_accepted") continue;
          const stranger = { ...other, runId: `run_stranger${other.runId.at(-1)}` as RunId };
          if (stranger.type !== "agent_completed") expect(fold([stranger], view)).toBe(view);
          else expect(fold([stranger], view)?.runs).toBe(view?.runs);
        }
        const { threadId, at } = events[0] as ThreadEvent;
        expect(fold([{ sequence: 99, type: "compacted", threadId, at, data: { through: 120 } }], view)).toBe(view);
      }),
      { numRuns: 50 },
    );
  });

  test("a deleted thread shows nothing, whatever its runs still report", () => {
    fc.assert(
      fc.property(threadHistories, (events) => {
        const deletedAt = events.findIndex((event) => event.type === "thread_deleted");
        if (deletedAt < 0) return;
        const { threadId, at } = events[deletedAt] as ThreadEvent;
        const view = fold(events);
        expect(view).toEqual({
          threadId,
          title: undefined,
          createdAt: events[0]?.at,
          updatedAt: at,
          openRunIds: [],
          deleted: true,
          runs: [],
        });
        expect(view).toBe(fold(events.slice(deletedAt + 1), view));
      }),
    );
  });

  test("its runs stand in the order of their messages, and those that have not ended are open", () => {
    fc.assert(
      fc.property(threadHistories, (events) => {
        const view = fold(events);
        if (view?.deleted) return;
        const accepted = events.filter(({ type }) => type === "message_accepted").map(({ runId }) => runId);
        const ended = events.filter(({ type }) => type === "agent_completed").map(({ runId }) => runId);
        expect(view?.runs.map(({ runId }) => runId)).toEqual(accepted);
        expect(view?.openRunIds).toEqual(accepted.filter((runId) => !ended.includes(runId)));
        expect(view?.runs.filter(({ endedAt }) => endedAt === undefined).map(({ runId }) => runId)).toEqual(
          view?.openRunIds,
        );
      }),
    );
  });
});

describe("the line of a thread in a list", () => {
  test("is what the view says of it, without holding its runs", () => {
    fc.assert(
      fc.property(cutHistories, ({ before, after, events }) => {
        const line = foldSummary(after, overTheWire(foldSummary(before)));
        const view = fold(events);
        if (view === undefined || view.deleted) {
          expect(line).toBeUndefined();
          return;
        }
        const { deleted, runs, ...summary } = view;
        expect(overTheWire(line)).toEqual(overTheWire(summary));
      }),
    );
  });

  test("rests while a run thinks, writes and calls tools", () => {
    fc.assert(
      fc.property(threadHistories, (events) => {
        const moving = ["thread_created", "thread_renamed", "thread_deleted", "message_accepted", "agent_completed"];
        let line: ThreadSummary | undefined;
        for (const event of events) {
          const next = advanceThreadSummary(line, event);
          if (!moving.includes(event.type)) expect(next).toBe(line);
          else if (next !== undefined) expect(next.updatedAt).toBe(event.at);
          line = next;
        }
      }),
    );
  });

  test("does not come back when a run ends after the deletion", () => {
    fc.assert(
      fc.property(threadHistories, (events) => {
        const deleted = events.some((event) => event.type === "thread_deleted");
        expect(foldSummary(events) === undefined).toBe(deleted);
      }),
    );
  });
});

describe("the title of a thread", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const titled = (...events: { type: string; data: object }[]) =>
    fold(
      events.map(
        (event) => ({ sequence: 1, threadId: "thr_aaaaaaaa", runId: "run_aaaaaaaa", at, ...event }) as ThreadEvent,
      ),
    )?.title;
  const message = (text: string) => ({ type: "message_accepted", data: { text } });

  test("is the one given, the newest first", () => {
    expect(titled({ type: "thread_created", data: { title: "One" } }, message("hello"))).toBe("One");
    expect(titled(message("hello"), { type: "thread_renamed", data: { title: "Two" } })).toBe("Two");
  });

  test("is else the beginning of the first message in one line, cut between characters", () => {
    expect(titled({ type: "thread_created", data: {} })).toBeUndefined();
    expect(titled({ type: "thread_created", data: {} }, message("  hello \n\t there "), message("again"))).toBe(
      "hello there",
    );
    expect(titled(message("a".repeat(60)))).toBe("a".repeat(60));
    expect(titled(message("a".repeat(61)))).toBe(`${"a".repeat(59)}…`);
    expect(titled(message("🙂".repeat(61)))).toBe(`${"🙂".repeat(59)}…`);
  });
});
