import { describe, expect, test } from "vitest";
import { appendAtHead, feedOf, readAll, renamed, runEvents } from "../../../../tests/support/log-events.ts";
import type { OpenLog } from "./log-suite.ts";

const alice = feedOf(1);
const bob = feedOf(2);

export function describeAppend(open: OpenLog): void {
  describe("append", () => {
    test("gives an event its place and its time, and keeps its private part apart", async () => {
      await using opened = await open();
      const { log, clock } = opened;
      const run = runEvents(7);
      await clock.advance(1_234);
      const result = await log.append(alice, {
        expectedHead: 0,
        events: [run.accepted("hi"), run.executing(1, { record: "secret" })],
      });
      const at = "2026-01-01T00:00:01.234Z";
      expect(result).toMatchObject({ kind: "appended", head: 2 });
      const stored = await readAll(log, alice);
      expect(stored.map(({ text }) => text)).toEqual([
        JSON.stringify({
          sequence: 1,
          type: "message_accepted",
          threadId: run.threadId,
          runId: run.runId,
          at,
          data: run.accepted("hi").data,
        }),
        JSON.stringify({
          sequence: 2,
          type: "tool_executing",
          threadId: run.threadId,
          runId: run.runId,
          at,
          data: run.executing(1).data,
        }),
      ]);
      expect(stored.map((event) => event.private)).toEqual([undefined, { record: "secret" }]);
      if (result.kind !== "appended") return;
      expect(result.events.map(({ text, privateText }) => [text, privateText])).toEqual(
        stored.map(({ text, privateText }) => [text, privateText]),
      );
    });

    test("happens only at the expected head, and a conflict names the head and leaves nothing", async () => {
      await using opened = await open();
      const { log } = opened;
      expect(await log.append(alice, { expectedHead: 1, events: [renamed("early")] })).toEqual({
        kind: "conflict",
        head: 0,
      });
      await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
      for (const expectedHead of [0, 1, 3]) {
        const key = { id: "command1", fingerprint: "print", reply: null };
        expect(await log.append(alice, { expectedHead, events: [renamed("late")], key })).toEqual({
          kind: "conflict",
          head: 2,
        });
      }
      expect(await readAll(log, alice)).toHaveLength(2);
      expect(await log.findKey(alice, "command1")).toBeUndefined();
    });

    test("takes effect in the order of the calls, which need not wait for one another", async () => {
      await using opened = await open();
      const { log } = opened;
      const results = await Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          log.append(alice, { expectedHead: index, events: [renamed(`${index}`)] }),
        ),
      );
      expect(results.map((result) => result.kind === "appended" && result.head)).toEqual(
        Array.from({ length: 300 }, (_, index) => index + 1),
      );
      const titles = (await readAll(log, alice)).map(({ event }) => event.data);
      expect(titles).toEqual(Array.from({ length: 300 }, (_, index) => ({ title: `${index}` })));
    });

    test("leaves no gap and loses nothing when many write to many feeds at once", async () => {
      await using opened = await open();
      const { log } = opened;
      const feeds = [1, 2, 3, 4, 5].map(feedOf);
      const write = async (writer: number) => {
        for (let count = 0; count < 40; count += 1) {
          const feed = feeds[(writer + count) % feeds.length] ?? alice;
          await appendAtHead(log, feed, [renamed(`${writer}-${count}`), renamed(`${writer}-${count}-more`)]);
        }
      };
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(write));
      const written = new Set<string>();
      for (const feed of feeds) {
        const events = await readAll(log, feed);
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
        const titles = events.map(({ event }) => (event.data as { title: string }).title);
        for (let index = 0; index < titles.length; index += 2) expect(titles[index + 1]).toBe(`${titles[index]}-more`);
        // Each writer waits for one append before the next, so its own are in its order.
        for (const writer of [1, 2, 3, 4, 5, 6, 7, 8]) {
          const own = titles.filter((title) => title.startsWith(`${writer}-`) && !title.endsWith("more"));
          const counts = own.map((title) => Number(title.split("-")[1]));
          expect(counts).toEqual(counts.toSorted((left, right) => left - right));
        }
        for (const title of titles) written.add(title);
      }
      expect(written.size).toBe(8 * 40 * 2);
    });

    test("keeps the feeds of different users apart", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("of alice")]);
      expect(await log.append(bob, { expectedHead: 0, events: [renamed("of bob")] })).toMatchObject({ head: 1 });
      expect((await readAll(log, alice)).map(({ event }) => event.data)).toEqual([{ title: "of alice" }]);
      expect((await readAll(log, bob)).map(({ event }) => event.data)).toEqual([{ title: "of bob" }]);
    });

    test("later appends of a chain conflict once one of it did not happen, whoever filled its place", async () => {
      await using opened = await open();
      const { log } = opened;
      const chain = {};
      const results = await Promise.all([
        log.append(alice, { expectedHead: 0, events: [renamed("somebody else's")] }),
        log.append(alice, { expectedHead: 0, events: [renamed("first")], chain }),
        log.append(alice, { expectedHead: 1, events: [renamed("decided on first")], chain }),
        log.append(alice, { expectedHead: 1, events: [renamed("of another chain")], chain: {} }),
      ]);
      expect(results.map(({ kind }) => kind)).toEqual(["appended", "conflict", "conflict", "appended"]);
      expect((await readAll(log, alice)).map(({ event }) => event.data)).toEqual([
        { title: "somebody else's" },
        { title: "of another chain" },
      ]);
    });

    test("a conflict is told when the head that it names can be read", async () => {
      await using opened = await open();
      const { log } = opened;
      const appending = log.append(alice, { expectedHead: 0, events: [renamed("in hand")] });
      const conflict = await log.append(alice, { expectedHead: 0, events: [renamed("too late")] });
      expect(conflict).toEqual({ kind: "conflict", head: 1 });
      expect(await readAll(log, alice)).toHaveLength(1);
      await appending;
    });
  });

  describe("limits of an append", () => {
    test("appendEventsMax: one more is refused with too_large, and nothing of it is stored", async () => {
      await using opened = await open({ appendEventsMax: 3 });
      const { log } = opened;
      const events = (count: number) => Array.from({ length: count }, () => renamed("again"));
      await expect(log.append(alice, { expectedHead: 0, events: events(4) })).rejects.toMatchObject({
        code: "too_large",
      });
      expect(await log.bounds(alice)).toEqual({ oldest: 1, head: 0 });
      expect(await log.append(alice, { expectedHead: 0, events: events(3) })).toMatchObject({
        kind: "appended",
        head: 3,
      });
    });

    test("appendBytesMax: counts every event with its private part", async () => {
      const run = runEvents(1);
      const events = [run.accepted(), run.delta("text", 0, "private")];
      const characters = await (async () => {
        await using opened = await open();
        const stored = await appendAtHead(opened.log, alice, events);
        return stored.reduce((sum, { text, privateText }) => sum + text.length + (privateText?.length ?? 0), 0);
      })();
      await using enough = await open({ appendBytesMax: characters });
      expect(await enough.log.append(alice, { expectedHead: 0, events })).toMatchObject({ kind: "appended" });
      await using small = await open({ appendBytesMax: characters - 1 });
      await expect(small.log.append(alice, { expectedHead: 0, events })).rejects.toMatchObject({ code: "too_large" });
      expect(await small.log.append(alice, { expectedHead: 0, events: [run.accepted()] })).toMatchObject({ head: 1 });
    });

    test("appendsPendingMax: one more is refused with overloaded until those in hand are done", async () => {
      await using opened = await open({ appendsPendingMax: 4 });
      const { log } = opened;
      const pending = [0, 1, 2, 3].map((head) => log.append(alice, { expectedHead: head, events: [renamed("wait")] }));
      await expect(log.append(bob, { expectedHead: 0, events: [renamed("fifth")] })).rejects.toMatchObject({
        code: "overloaded",
      });
      await Promise.all(pending);
      expect(await log.append(bob, { expectedHead: 0, events: [renamed("fifth")] })).toMatchObject({ head: 1 });
    });
  });

  describe("close", () => {
    test("waits for appends in hand and refuses later ones with draining", async () => {
      await using opened = await open();
      const { log } = opened;
      const appending = log.append(alice, { expectedHead: 0, events: [renamed("in hand")] });
      const closing = log.close();
      await expect(log.append(alice, { expectedHead: 1, events: [renamed("late")] })).rejects.toMatchObject({
        code: "draining",
      });
      await closing;
      expect(await appending).toMatchObject({ kind: "appended", head: 1 });
      for (const maintaining of [log.forgetKeys(0), log.compact(alice), log.truncate(alice, 1)]) {
        await expect(maintaining).rejects.toMatchObject({ code: "draining" });
      }
    });

    test("leaves everything that was acknowledged", async (context) => {
      await using opened = await open();
      const { log, reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      const appending = Array.from({ length: 50 }, (_, head) =>
        log.append(alice, { expectedHead: head, events: [renamed(`${head}`)] }),
      );
      const again = await reopen();
      await Promise.all(appending);
      expect((await readAll(again, alice)).map(({ event }) => event.data)).toEqual(
        Array.from({ length: 50 }, (_, head) => ({ title: `${head}` })),
      );
      expect(await again.append(alice, { expectedHead: 49, events: [renamed("late")] })).toEqual({
        kind: "conflict",
        head: 50,
      });
      expect(await again.append(alice, { expectedHead: 50, events: [renamed("on")] })).toMatchObject({ head: 51 });
    });
  });
}
