import { getEventListeners } from "node:events";
import type { UserId } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FeedModel } from "../../../../tests/support/feed-model.ts";
import { appendAtHead, feedOf, renamed, runEvents } from "../../../../tests/support/log-events.ts";
import type { Log } from "./log.ts";
import type { OpenLog } from "./log-suite.ts";
import type { StoredEvent } from "./stored-event.ts";

const alice = feedOf(1);
const bob = feedOf(2);
const at = "2026-01-01T00:00:00.000Z";

const macrotask = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Follows until everything up to `head` has come. `pauses(count)` says how many turns it sleeps after its page `count`. */
async function followThrough(
  log: Log,
  feed: UserId,
  after: number,
  head: Promise<number>,
  pauses = (_count: number) => 0,
) {
  const closing = new AbortController();
  const pages: (readonly StoredEvent[])[] = [];
  let position = after;
  let end = Number.POSITIVE_INFINITY;
  void head.then((sequence) => {
    end = sequence;
    if (position >= end) closing.abort();
  });
  for await (const page of log.follow(feed, after, closing.signal)) {
    pages.push(page);
    position = page.at(-1)?.lastSequence ?? Number.NaN;
    for (let turns = pauses(pages.length); turns > 0; turns -= 1) await macrotask();
    if (position >= end) closing.abort();
  }
  return { pages, events: pages.flat() };
}

export function describeFollow(open: OpenLog): void {
  describe("follow", () => {
    test("yields what is stored, then what becomes durable, and nothing of other feeds", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
      const closing = new AbortController();
      const following = log.follow(alice, 1, closing.signal);
      const titles = async () => {
        const { value } = await following.next();
        return (value ?? []).map(({ event }) => (event.data as { title: string }).title);
      };
      expect(await titles()).toEqual(["two"]);
      const live = titles();
      await appendAtHead(log, bob, [renamed("of bob")]);
      await appendAtHead(log, alice, [renamed("three"), renamed("four")]);
      expect(await live).toEqual(["three", "four"]);
      const end = following.next();
      closing.abort();
      expect(await end).toEqual({ done: true, value: undefined });
    });

    test("an event can be followed to before its append resolves, and read at once", async () => {
      await using opened = await open();
      const { log } = opened;
      const closing = new AbortController();
      const first = log.follow(alice, 0, closing.signal).next();
      const appending = log.append(alice, { expectedHead: 0, events: [renamed("one")] });
      const { value } = await first;
      expect(value?.map(({ sequence }) => sequence)).toEqual([1]);
      expect((await log.read(alice, 0)).head).toBe(1);
      await appending;
      closing.abort();
    });

    test("every follower gets every event, in order and once, wherever and whenever it begins", {
      timeout: 120_000,
    }, async () => {
      const bursts = fc.array(
        fc.record({
          appends: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
          waits: fc.boolean(),
          turns: fc.nat({ max: 3 }),
          compacts: fc.boolean(),
        }),
        { minLength: 1, maxLength: 12, size: "max" },
      );
      const followers = fc.array(
        fc.record({
          beginsAt: fc.nat({ max: 11 }),
          from: fc.double({ min: 0, max: 1, noNaN: true }),
          sleeps: fc.nat({ max: 6 }),
          every: fc.integer({ min: 1, max: 4 }),
        }),
        { minLength: 1, maxLength: 4 },
      );
      await using opened = await open({ readEventsMax: 8 });
      const { log } = opened;
      let feeds = 100;
      await fc.assert(
        fc.asyncProperty(bursts, followers, async (history, readers) => {
          feeds += 1;
          const feed = feedOf(feeds);
          const model = new FeedModel();
          const { promise: head, resolve: finish } = Promise.withResolvers<number>();
          const work: Promise<unknown>[] = [];
          const results: { readonly after: number; readonly done: ReturnType<typeof followThrough> }[] = [];
          for (const [index, burst] of history.entries()) {
            for (const { from, sleeps, every } of readers.filter(
              (reader) => reader.beginsAt % history.length === index,
            )) {
              const after = Math.floor(from * (await log.bounds(feed)).head);
              const done = followThrough(log, feed, after, head, (count) => (count % every === 0 ? sleeps : 0));
              results.push({ after, done });
            }
            const appends = burst.appends.map((size) => {
              const run = runEvents(feeds * 1_000 + model.head);
              // Each burst holds runs that end, so that every compaction has something to take.
              const events = [run.accepted(), ...Array.from({ length: size }, () => run.delta("x")), run.completed()];
              const append = { expectedHead: model.head, events };
              model.append(events, at);
              return log.append(feed, append);
            });
            work.push(...appends);
            if (burst.waits) await Promise.all(appends);
            for (let turns = burst.turns; turns > 0; turns -= 1) await macrotask();
            if (burst.compacts) work.push(log.compact(feed));
          }
          await Promise.all(work);
          finish(model.head);
          model.compact();
          for (const { after, done } of results) {
            const { pages, events } = await done;
            expect(model.fault(after, events, { live: true })).toBeUndefined();
            expect(Math.max(0, ...pages.map((page) => page.length))).toBeLessThanOrEqual(8);
          }
        }),
        { numRuns: 60, timeout: 10_000 },
      );
    });

    test("a follower that sleeps through more than it may hold reads it from the log", async () => {
      await using opened = await open({ readEventsMax: 16 });
      const { log } = opened;
      const model = new FeedModel();
      const { promise: head, resolve: finish } = Promise.withResolvers<number>();
      // It takes one page and then sleeps until all is written.
      const asleep = Promise.withResolvers<void>();
      const slow = (async () => {
        const closing = new AbortController();
        const pages: (readonly StoredEvent[])[] = [];
        for await (const page of log.follow(alice, 0, closing.signal)) {
          pages.push(page);
          await asleep.promise;
          if (page.at(-1)?.sequence === 1_000) closing.abort();
        }
        return pages;
      })();
      const fast = followThrough(log, alice, 0, head);
      for (let count = 0; count < 1_000; count += 4) {
        const events = Array.from({ length: 4 }, (_, index) => renamed(`${count + index}`));
        model.append(events, at);
        await appendAtHead(log, alice, events);
      }
      finish(1_000);
      asleep.resolve();
      for (const pages of [await slow, (await fast).pages]) {
        expect(model.fault(0, pages.flat())).toBeUndefined();
        expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(16);
      }
    });

    test("a batch that no follower may hold is read from the log as well", async () => {
      await using opened = await open({ readEventsMax: 4 });
      const { log } = opened;
      const { promise: head, resolve: finish } = Promise.withResolvers<number>();
      const following = followThrough(log, alice, 0, head);
      await macrotask();
      await appendAtHead(
        log,
        alice,
        Array.from({ length: 50 }, (_, index) => renamed(`${index}`)),
      );
      finish(50);
      const { pages, events } = await following;
      expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(4);
    });

    test("what comes after more than a follower may hold does not hide what it lost", async () => {
      await using opened = await open({ readEventsMax: 4 });
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("0")]);
      const closing = new AbortController();
      const following = log.follow(alice, 0, closing.signal);
      expect((await following.next()).value).toHaveLength(1);
      for (const size of [6, 1, 2])
        await appendAtHead(
          log,
          alice,
          Array.from({ length: size }, () => renamed("more")),
        );
      const sequences: number[] = [];
      while (sequences.at(-1) !== 10) {
        for (const { sequence } of (await following.next()).value ?? []) sequences.push(sequence);
      }
      expect(sequences).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
      closing.abort();
    });

    test("ends when aborted: before it began, while it waits, and in the middle of catching up", async () => {
      await using opened = await open({ readEventsMax: 2 });
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one"), renamed("two"), renamed("three")]);
      expect(await log.follow(alice, 0, AbortSignal.abort()).next()).toEqual({ done: true, value: undefined });
      const waiting = new AbortController();
      const nothing = log.follow(alice, 3, waiting.signal).next();
      await macrotask();
      waiting.abort();
      expect(await nothing).toEqual({ done: true, value: undefined });
      const reading = new AbortController();
      const sequences: number[] = [];
      for await (const page of log.follow(alice, 0, reading.signal)) {
        for (const { sequence } of page) sequences.push(sequence);
        reading.abort();
      }
      expect(sequences).toEqual([1, 2]);
    });

    test("leaves nothing behind on a signal that outlives it", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one")]);
      const closing = new AbortController();
      for await (const page of log.follow(alice, 0, closing.signal)) {
        expect(page).toHaveLength(1);
        break;
      }
      for await (const _ of log.follow(alice, 7, closing.signal)) throw new Error("nothing can follow the future");
      expect(getEventListeners(closing.signal, "abort")).toEqual([]);
    });

    test("ends at once when the place is ahead", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one")]);
      expect(await log.follow(alice, 2, new AbortController().signal).next()).toEqual({ done: true, value: undefined });
    });

    test("ends when retention has removed what comes next, having yielded what came before", async () => {
      await using opened = await open({ readEventsMax: 2 });
      const { log } = opened;
      for (let count = 0; count < 8; count += 1) await appendAtHead(log, alice, [renamed(`${count}`)]);
      const behind = log.follow(alice, 0, new AbortController().signal);
      expect((await behind.next()).value?.map(({ sequence }) => sequence)).toEqual([1, 2]);
      await log.truncate(alice, 5);
      expect(await behind.next()).toEqual({ done: true, value: undefined });
      expect(await log.follow(alice, 4, new AbortController().signal).next()).toEqual({ done: true, value: undefined });
      // Those who have what was removed go on.
      const { events } = await followThrough(log, alice, 5, Promise.resolve(8));
      expect(events.map(({ sequence }) => sequence)).toEqual([6, 7, 8]);
    });
  });
}
