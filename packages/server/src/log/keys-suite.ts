import { describe, expect, test } from "vitest";
import { appendAtHead, feedOf, readAll, renamed, runEvents } from "../../../../tests/support/log-events.ts";
import type { AppendKey } from "./log.ts";
import type { OpenLog } from "./log-suite.ts";

const alice = feedOf(1);
const bob = feedOf(2);

const keyOf = (id: string, fingerprint = "print"): AppendKey => ({
  id,
  fingerprint,
  reply: { id, odd: [null, 1.5, "\n\u2028\u0000"], nested: { "": {} } },
});

export function describeKeys(open: OpenLog): void {
  describe("idempotency keys", () => {
    test("a repetition gets the original and appends nothing, from whatever head and with whatever content", async () => {
      await using opened = await open();
      const { log } = opened;
      const original = keyOf("command1");
      await appendAtHead(log, alice, [renamed("once")], { key: original });
      for (const expectedHead of [0, 1, 7]) {
        const key = { ...keyOf("command1", "other"), reply: "other" };
        const result = await log.append(alice, { expectedHead, events: [renamed("twice")], key });
        expect(result).toEqual({ kind: "duplicate", original });
      }
      expect(await readAll(log, alice)).toHaveLength(1);
      expect(await log.findKey(alice, "command1")).toEqual(original);
    });

    test("belong to one feed", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("of alice")], { key: keyOf("command1") });
      expect(await log.findKey(bob, "command1")).toBeUndefined();
      const result = await log.append(bob, {
        expectedHead: 0,
        events: [renamed("of bob")],
        key: keyOf("command1", "bob"),
      });
      expect(result.kind).toBe("appended");
      expect((await log.findKey(bob, "command1"))?.fingerprint).toBe("bob");
      expect((await log.findKey(alice, "command1"))?.fingerprint).toBe("print");
    });

    test("can be remembered without any event", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one")]);
      const result = await log.append(alice, { expectedHead: 1, events: [], key: keyOf("command1") });
      expect(result).toEqual({ kind: "appended", head: 1, events: [] });
      expect(await log.findKey(alice, "command1")).toEqual(keyOf("command1"));
      expect(await log.append(alice, { expectedHead: 1, events: [], key: keyOf("command1") })).toMatchObject({
        kind: "duplicate",
      });
      // The only thing a feed holds may be a key.
      expect(await log.append(bob, { expectedHead: 0, events: [], key: keyOf("command2") })).toMatchObject({ head: 0 });
      expect(await log.findKey(bob, "command2")).toEqual(keyOf("command2"));
    });

    test("a repetition of an append in hand is answered when the original is durable, not before", async () => {
      await using opened = await open();
      const { log } = opened;
      const order: string[] = [];
      const key = keyOf("command1");
      const appending = log
        .append(alice, { expectedHead: 0, events: [renamed("once")], key })
        .then((result) => order.push(result.kind));
      const repetitions = [1, 2, 3].map(async () => {
        const result = await log.append(alice, { expectedHead: 0, events: [renamed("again")], key });
        order.push(result.kind);
        expect(result).toEqual({ kind: "duplicate", original: key });
        expect((await log.bounds(alice)).head).toBe(1);
      });
      const finding = log.findKey(alice, "command1").then((found) => {
        order.push("found");
        expect(found).toEqual(key);
      });
      await Promise.all([appending, ...repetitions, finding]);
      expect(order[0]).toBe("appended");
      expect(order.toSorted()).toEqual(["appended", "duplicate", "duplicate", "duplicate", "found"]);
      expect(await readAll(log, alice)).toHaveLength(1);
    });

    test("an append that did not happen leaves none", async () => {
      await using opened = await open({ appendEventsMax: 1 });
      const { log } = opened;
      await log.append(alice, { expectedHead: 3, events: [renamed("conflict")], key: keyOf("command1") });
      const lease = { runId: runEvents(1).runId, token: 1 };
      await log.append(alice, { expectedHead: 0, events: [renamed("fenced")], key: keyOf("command1"), lease });
      const tooMany = [renamed("too"), renamed("many")];
      await log.append(alice, { expectedHead: 0, events: tooMany, key: keyOf("command1") }).catch(() => undefined);
      expect(await log.findKey(alice, "command1")).toBeUndefined();
      const result = await log.append(alice, { expectedHead: 0, events: [renamed("now")], key: keyOf("command1") });
      expect(result).toMatchObject({ kind: "appended", head: 1 });
    });

    test("forgetKeys forgets those stored before its time, and only those", async () => {
      await using opened = await open();
      const { log, clock } = opened;
      await appendAtHead(log, alice, [renamed("one")], { key: keyOf("old") });
      await appendAtHead(log, bob, [renamed("one")], { key: keyOf("old") });
      await clock.advance(1_000);
      const before = clock.now();
      await appendAtHead(log, alice, [renamed("two")], { key: keyOf("new") });
      await log.forgetKeys(before - 1_000);
      expect(await log.findKey(alice, "old")).toEqual(keyOf("old"));
      await log.forgetKeys(before);
      expect(await log.findKey(alice, "old")).toBeUndefined();
      expect(await log.findKey(bob, "old")).toBeUndefined();
      expect(await log.findKey(alice, "new")).toEqual(keyOf("new"));
      // A forgotten id is a new one.
      await appendAtHead(log, alice, [renamed("three")], { key: keyOf("old", "again") });
      expect((await log.findKey(alice, "old"))?.fingerprint).toBe("again");
      expect(await readAll(log, alice)).toHaveLength(3);
    });

    test("outlive the log", async (context) => {
      await using opened = await open();
      const { log, reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      await appendAtHead(log, alice, [renamed("once")], { key: keyOf("command1") });
      const again = await reopen();
      expect(await again.findKey(alice, "command1")).toEqual(keyOf("command1"));
      const result = await again.append(alice, {
        expectedHead: 1,
        events: [renamed("twice")],
        key: keyOf("command1", "other"),
      });
      expect(result).toEqual({ kind: "duplicate", original: keyOf("command1") });
    });
  });
}
