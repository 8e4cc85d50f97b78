import { describe, expect, test } from "vitest";
import { FeedModel } from "../../../../tests/support/feed-model.ts";
import { appendAtHead, deleted, feedOf, readAll, renamed, runEvents } from "../../../../tests/support/log-events.ts";
import type { Log } from "./log.ts";
import type { OpenLog } from "./log-suite.ts";
import type { NewEvent, StoredEvent } from "./stored-event.ts";

const alice = feedOf(1);
const at = "2026-01-01T00:00:00.000Z";

/** A feed and its model, written together. */
class Pair {
  readonly log: Log;
  readonly model = new FeedModel();

  constructor(log: Log) {
    this.log = log;
  }

  async append(...events: readonly NewEvent[]): Promise<void> {
    await appendAtHead(this.log, alice, events);
    this.model.append(events, at);
  }

  /** Compacts both; the log must account for everything from every place afterwards. */
  async compact(): Promise<number> {
    const { eventsRemoved } = await this.log.compact(alice);
    this.model.compact();
    await this.expectReadable();
    return eventsRemoved;
  }

  async expectReadable(log = this.log): Promise<void> {
    for (let after = this.model.truncatedThrough; after <= this.model.head; after += 1) {
      expect(this.model.fault(after, await readAll(log, alice, after))).toBeUndefined();
    }
  }
}

const shape = (events: readonly StoredEvent[]) =>
  events.map((stored) => `${stored.sequence}-${stored.lastSequence} ${stored.type}`);

export function describeCompaction(open: OpenLog): void {
  describe("compact", () => {
    test("takes the deltas of a run that has ended, and one event stands for each unbroken stretch of them", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const run = runEvents(1);
      await pair.append(run.accepted(), run.started(), run.thinking(1));
      await pair.append(run.delta("a"), run.delta("b"), run.delta("c"));
      await pair.append(run.executing(1), run.executed(1), run.delta("d"), run.completed("abcd"));
      expect(await pair.compact()).toBe(4);
      expect(shape(await readAll(pair.log, alice))).toEqual([
        "1-1 message_accepted",
        "2-2 agent_started",
        "3-3 agent_thinking",
        "4-6 compacted",
        "7-7 tool_executing",
        "8-8 tool_completed",
        "9-9 compacted",
        "10-10 agent_completed",
      ]);
      // A cursor inside the stretch sees the rest of it.
      expect(shape(await readAll(pair.log, alice, 4))[0]).toBe("5-6 compacted");
      expect(shape(await readAll(pair.log, alice, 5))[0]).toBe("6-6 compacted");
      expect(await pair.log.bounds(alice)).toEqual({ oldest: 1, head: 10 });
    });

    test("leaves runs that are still open as they are, with their private parts, and takes those of ended ones", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const [ended, going] = [runEvents(1), runEvents(2)];
      await pair.append(ended.accepted(), going.accepted(), ended.started(), going.started());
      await pair.append(
        ended.delta("a", 0, "of ended"),
        going.delta("b", 0, "of going"),
        ended.executing(1, { step: 1 }),
      );
      await pair.append(going.executing(2, { step: 2 }), ended.executed(1), ended.completed());
      await pair.compact();
      const privates = (await readAll(pair.log, alice)).map((stored) => stored.private);
      expect(privates.filter((part) => part !== undefined)).toEqual(["of going", { step: 2 }]);
      await pair.append(going.executed(2), going.completed());
      await pair.compact();
      expect((await readAll(pair.log, alice)).every((stored) => stored.privateText === undefined)).toBe(true);
    });

    test("takes everything of a deleted thread but the deletion, and nothing of others", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const [gone, stays] = [runEvents(1), runEvents(2)];
      await pair.append(
        renamed("gone", 1),
        gone.accepted("forget me"),
        stays.accepted(),
        gone.started(),
        stays.started(),
      );
      await pair.append(gone.completed("forget me too"), stays.completed(), renamed("stays", 2), deleted(1));
      await pair.compact();
      const left = await readAll(pair.log, alice);
      expect(shape(left)).toEqual([
        "1-2 compacted",
        "3-3 message_accepted",
        "4-4 compacted",
        "5-5 agent_started",
        "6-6 compacted",
        "7-7 agent_completed",
        "8-8 thread_renamed",
        "9-9 thread_deleted",
      ]);
      expect(left.map(({ text }) => text).join()).not.toContain("forget me");
    });

    test("a thread deleted long after its events were compacted is still forgotten", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const run = runEvents(1);
      await pair.append(run.accepted("forget me"), run.started(), run.delta("forget"), run.completed("forget"));
      await pair.compact();
      for (let number = 2; number < 6; number += 1) {
        const other = runEvents(number);
        await pair.append(other.accepted(), other.started(), other.delta("x"), other.completed());
        await pair.compact();
      }
      await pair.append(deleted(1));
      await pair.compact();
      expect((await readAll(pair.log, alice)).map(({ text }) => text).join()).not.toContain("forget");
    });

    test("a run of a deleted thread keeps its events until it has ended", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const run = runEvents(1);
      await pair.append(run.accepted(), run.started(), run.delta("a", 0, "needed"), deleted(1));
      await pair.compact();
      expect((await readAll(pair.log, alice)).map((stored) => stored.type)).toEqual([
        "message_accepted",
        "agent_started",
        "agent_delta",
        "thread_deleted",
      ]);
      await pair.append(run.completed());
      await pair.compact();
      expect(shape(await readAll(pair.log, alice))).toEqual(["1-3 compacted", "4-4 thread_deleted", "5-5 compacted"]);
    });

    test("changes nothing the second time", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const [run, going] = [runEvents(1), runEvents(2)];
      await pair.append(run.accepted(), run.started(), run.delta("a"), run.delta("b"), going.accepted());
      await pair.append(run.delta("c"), run.completed(), deleted(9), going.started(), going.delta("d"));
      expect(await pair.compact()).toBe(3);
      const before = (await readAll(pair.log, alice)).map(({ text }) => text);
      expect(await pair.compact()).toBe(0);
      expect((await readAll(pair.log, alice)).map(({ text }) => text)).toEqual(before);
    });

    test("of an empty feed, and of one without anything to take, is nothing", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      expect(await pair.compact()).toBe(0);
      await pair.append(renamed("one"), runEvents(1).accepted());
      expect(await pair.compact()).toBe(0);
    });

    test("goes on with a feed that grows, whatever was open in between", async () => {
      await using opened = await open({ readEventsMax: 16 });
      const pair = new Pair(opened.log);
      const long = runEvents(1);
      await pair.append(long.accepted(), long.started());
      for (let number = 2; number < 12; number += 1) {
        const run = runEvents(number);
        await pair.append(run.accepted(), run.started());
        for (let piece = 0; piece < number; piece += 1) await pair.append(run.delta("x", piece), long.delta("y"));
        if (number % 3 !== 0) await pair.append(run.completed());
        await pair.compact();
        if (number === 8) await pair.append(long.completed());
      }
      await pair.compact();
    });

    test("a feed of many events is read in pages as before", async () => {
      await using opened = await open({ appendEventsMax: 5_000, readEventsMax: 100 });
      const pair = new Pair(opened.log);
      const [run, going] = [runEvents(1), runEvents(2)];
      await pair.append(run.accepted(), going.accepted(), run.started(), going.started());
      await pair.append(
        ...Array.from({ length: 1_500 }, (_, index) => (index % 3 === 0 ? going : run).delta("x", index)),
      );
      await pair.append(run.completed());
      await opened.log.compact(alice);
      pair.model.compact();
      for (const after of [0, 1, 5, 6, 7, 400, 1_024, 1_503, 1_505]) {
        const page = await opened.log.read(alice, after);
        if (page.kind !== "events") throw new Error(page.kind);
        expect(page.events.length).toBeLessThanOrEqual(100);
        expect(
          pair.model.fault(after, page.events, { head: page.events.at(-1)?.lastSequence ?? after }),
        ).toBeUndefined();
        expect(pair.model.fault(after, await readAll(opened.log, alice, after))).toBeUndefined();
      }
    });

    test("appends and readers do not notice that it happens", async () => {
      await using opened = await open({ readEventsMax: 8 });
      const { log } = opened;
      const model = new FeedModel();
      for (let number = 1; number <= 40; number += 1) {
        const run = runEvents(number);
        const events = [run.accepted(), run.started(), run.delta("a"), run.delta("b"), run.completed()];
        await appendAtHead(log, alice, events);
        model.append([...events, renamed("alone")], at);
        const [, result, , during] = await Promise.all([
          log.compact(alice),
          log.append(alice, { expectedHead: model.head - 1, events: [renamed("alone")] }),
          log.compact(alice),
          readAll(log, alice),
        ]);
        expect(result).toMatchObject({ kind: "appended", head: model.head });
        model.compact();
        expect(model.fault(0, during, { live: true, head: during.at(-1)?.lastSequence ?? 0 })).toBeUndefined();
      }
      await log.compact(alice);
      model.compact();
      expect(model.fault(0, await readAll(log, alice))).toBeUndefined();
    });

    test("and truncate: the head stays, and a cut inside a stretch leaves the rest of it", async () => {
      await using opened = await open();
      const pair = new Pair(opened.log);
      const run = runEvents(1);
      await pair.append(run.accepted(), run.started(), run.delta("a"), run.delta("b"), run.delta("c"), run.completed());
      await pair.compact();
      await pair.log.truncate(alice, 4);
      pair.model.truncate(4);
      expect(await pair.log.read(alice, 3)).toEqual({ kind: "truncated", oldest: 5, head: 6 });
      expect(shape(await readAll(pair.log, alice, 4))).toEqual(["5-5 compacted", "6-6 agent_completed"]);
      const next = runEvents(2);
      await pair.append(next.accepted(), next.started(), next.delta("d"), next.completed());
      await pair.compact();
      await pair.log.truncate(alice, 10);
      pair.model.truncate(10);
      expect(await pair.compact()).toBe(0);
      expect(await pair.log.bounds(alice)).toEqual({ oldest: 11, head: 10 });
      await pair.append(renamed("on"));
      await pair.expectReadable();
    });

    test("outlives the log, and goes on where it was", async (context) => {
      await using opened = await open();
      const { reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      const pair = new Pair(opened.log);
      const [run, going] = [runEvents(1), runEvents(2)];
      await pair.append(
        run.accepted(),
        run.started(),
        run.delta("a", 0, "x"),
        run.completed(),
        going.accepted(),
        going.delta("b", 0, "y"),
      );
      await pair.compact();
      const again = await reopen();
      await pair.expectReadable(again);
      expect(await again.compact(alice)).toEqual({ eventsRemoved: 0 });
      const events = [going.delta("c"), going.completed()];
      await appendAtHead(again, alice, events);
      pair.model.append(events, at);
      expect(await again.compact(alice)).toEqual({ eventsRemoved: 2 });
      pair.model.compact();
      await pair.expectReadable(again);
    });
  });
}
