import type { Event } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendAtHead, feedOf, readAll, renamed, runEvents } from "../../../../tests/support/log-events.ts";
import { texts } from "../../../protocol/src/wire-arbitraries.ts";
import type { OpenLog } from "./log-suite.ts";
import type { NewEvent } from "./stored-event.ts";

const alice = feedOf(1);
const bob = feedOf(2);

export function describeRead(open: OpenLog): void {
  describe("read", () => {
    test("a feed that was never written is empty, not missing", async () => {
      await using opened = await open();
      const { log } = opened;
      expect(await log.read(alice, 0)).toEqual({ kind: "events", events: [], head: 0 });
      expect(await log.bounds(alice)).toEqual({ oldest: 1, head: 0 });
      expect(await log.findKey(alice, "command1")).toBeUndefined();
    });

    test("a place beyond the head is ahead; the head itself has nothing after it", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
      expect(await log.read(alice, 2)).toEqual({ kind: "events", events: [], head: 2 });
      expect(await log.read(alice, 3)).toEqual({ kind: "ahead", head: 2 });
      expect(await log.read(bob, 1)).toEqual({ kind: "ahead", head: 0 });
    });

    test("pages are full, in order and no larger than readEventsMax, from any place", async () => {
      await using opened = await open({ readEventsMax: 10 });
      const { log } = opened;
      // Appends of many sizes, alone and together, so that pages end within and between what is stored together.
      for (const size of [1, 25, 3, 10, 7]) {
        await appendAtHead(
          log,
          alice,
          Array.from({ length: size }, (_, index) => renamed(`${size}-${index}`)),
        );
      }
      await Promise.all(
        Array.from({ length: 14 }, (_, index) =>
          log.append(alice, { expectedHead: 46 + index, events: [renamed("together")] }),
        ),
      );
      for (let after = 0; after < 60; after += 1) {
        const page = await log.read(alice, after);
        if (page.kind !== "events") throw new Error(page.kind);
        const count = Math.min(10, 60 - after);
        expect(page.head).toBe(60);
        expect(page.events.map(({ sequence }) => sequence)).toEqual(
          Array.from({ length: count }, (_, index) => after + 1 + index),
        );
      }
    });

    test("pages hold about readBytesMax, however the events were appended", async () => {
      const readBytesMax = 100_000;
      await using opened = await open({ readBytesMax });
      const { log } = opened;
      const title = "x".repeat(2_000);
      // All of these become durable together.
      await Promise.all(
        Array.from({ length: 1_000 }, (_, head) => log.append(alice, { expectedHead: head, events: [renamed(title)] })),
      );
      let position = 0;
      while (position < 1_000) {
        const page = await log.read(alice, position);
        if (page.kind !== "events") throw new Error(page.kind);
        const bytes = page.events.reduce((sum, { text }) => sum + text.length, 0);
        expect(bytes).toBeLessThan(2 * readBytesMax);
        if (position + page.events.length < 1_000) expect(bytes).toBeGreaterThan(readBytesMax / 2);
        position += page.events.length;
      }
      expect(position).toBe(1_000);
    });

    test("an event larger than readBytesMax is a page of its own", async () => {
      await using opened = await open({ readBytesMax: 1_000 });
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("x".repeat(5_000))]);
      await appendAtHead(log, alice, [renamed("small")]);
      const page = await log.read(alice, 0);
      expect(page.kind === "events" && page.events.map(({ sequence }) => sequence)).toEqual([1]);
      expect(await readAll(log, alice)).toHaveLength(2);
    });

    test("any text comes back as it was, and so does every private part", async () => {
      await using opened = await open();
      const { log } = opened;
      const run = runEvents(1);
      const parts = fc.array(fc.tuple(texts, fc.option(fc.jsonValue(), { nil: undefined })), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(parts, async (pieces) => {
          const events = pieces.map(([text, secret]) => run.delta(text, 0, secret as NewEvent["private"]));
          const { head } = await log.bounds(alice);
          const appended = await appendAtHead(log, alice, events);
          const stored = await readAll(log, alice, head);
          expect(stored.map(({ text }) => text)).toEqual(appended.map(({ text }) => text));
          expect(stored.map(({ event }) => (event as Extract<Event, { type: "agent_delta" }>).data.text)).toEqual(
            // A text of half a character cannot be told in UTF-8; JSON keeps it by its escape.
            pieces.map(([text]) => text),
          );
          expect(stored.map(({ privateText }) => privateText)).toEqual(
            pieces.map(([, secret]) => (secret === undefined ? undefined : JSON.stringify(secret))),
          );
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("truncate", () => {
    test("removes what it names; readers behind it are told, others notice nothing", async () => {
      await using opened = await open();
      const { log } = opened;
      for (const title of ["one", "two", "three", "four", "five"]) await appendAtHead(log, alice, [renamed(title)]);
      await log.truncate(alice, 3);
      expect(await log.bounds(alice)).toEqual({ oldest: 4, head: 5 });
      for (const after of [0, 2])
        expect(await log.read(alice, after)).toEqual({ kind: "truncated", oldest: 4, head: 5 });
      const page = await log.read(alice, 3);
      expect(page.kind === "events" && page.events.map(({ event }) => event.data)).toEqual([
        { title: "four" },
        { title: "five" },
      ]);
      // Backwards and twice is without effect.
      await log.truncate(alice, 3);
      await log.truncate(alice, 1);
      expect(await log.bounds(alice)).toEqual({ oldest: 4, head: 5 });
    });

    test("may end in the middle of what was appended together", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one"), renamed("two"), renamed("three")]);
      await log.truncate(alice, 2);
      expect(await log.read(alice, 1)).toEqual({ kind: "truncated", oldest: 3, head: 3 });
      expect((await readAll(log, alice)).map(({ event }) => event.data)).toEqual([{ title: "three" }]);
    });

    test("everything may go; the head stays and the feed goes on from it", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
      await log.truncate(alice, 99);
      expect(await log.bounds(alice)).toEqual({ oldest: 3, head: 2 });
      expect(await log.read(alice, 0)).toEqual({ kind: "truncated", oldest: 3, head: 2 });
      expect(await log.read(alice, 2)).toEqual({ kind: "events", events: [], head: 2 });
      expect(await log.append(alice, { expectedHead: 0, events: [renamed("anew")] })).toEqual({
        kind: "conflict",
        head: 2,
      });
      expect(await log.append(alice, { expectedHead: 2, events: [renamed("three")] })).toMatchObject({ head: 3 });
      expect((await readAll(log, alice)).map(({ sequence }) => sequence)).toEqual([3]);
    });

    test("a reader never gets a gap, even while it happens", async () => {
      await using opened = await open();
      const { log } = opened;
      for (let round = 0; round < 30; round += 1) {
        await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
        await appendAtHead(log, alice, [renamed("three")]);
        const { oldest, head } = await log.bounds(alice);
        let truncated = false;
        const truncating = log.truncate(alice, head - 1).then(() => {
          truncated = true;
        });
        while (!truncated) {
          const page = await log.read(alice, oldest - 1);
          if (page.kind === "events") expect(page.events[0]?.sequence).toBe(oldest);
          else expect(page).toEqual({ kind: "truncated", oldest: head, head });
          await new Promise((resolve) => setImmediate(resolve));
        }
        await truncating;
        expect((await log.read(alice, oldest - 1)).kind).toBe("truncated");
      }
    });

    test("outlives the log", async (context) => {
      await using opened = await open();
      const { log, reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      for (const title of ["one", "two", "three"]) await appendAtHead(log, alice, [renamed(title)]);
      await log.truncate(alice, 2);
      await appendAtHead(log, bob, [renamed("all")]);
      await log.truncate(bob, 1);
      const again = await reopen();
      expect(await again.bounds(alice)).toEqual({ oldest: 3, head: 3 });
      expect(await again.bounds(bob)).toEqual({ oldest: 2, head: 1 });
      expect(await again.append(bob, { expectedHead: 1, events: [renamed("on")] })).toMatchObject({
        kind: "appended",
        head: 2,
      });
    });
  });
}
