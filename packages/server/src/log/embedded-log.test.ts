/** What an `EmbeddedLog` does while a commit is on its way, and after one that failed, whatever store it has. */
import { defaultLimits, type Limits } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { GatedStore } from "../../../../tests/support/gated-store.ts";
import { appendAtHead, feedOf, readAll, renamed, runEvents, runOf } from "../../../../tests/support/log-events.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { EmbeddedLog } from "./embedded-log.ts";
import type { AppendResult, Lease } from "./log.ts";
import { MemoryStore } from "./memory-store.ts";

const alice = feedOf(1);
const bob = feedOf(2);
const claimAll = { leaseDurationMs: 1_000, runsMax: 10, runsPerFeedMax: 10 };
const key = { id: "command1", fingerprint: "print", reply: 1 };

function setUp(limits: Partial<Limits> = {}) {
  const store = new GatedStore(new MemoryStore("epoch1"));
  const clock = new VirtualClock();
  const log = new EmbeddedLog({ store, clock, limits: { ...defaultLimits, ...limits } });
  return { store, log, clock };
}

const macrotask = () => new Promise((resolve) => setImmediate(resolve));

/** "appended", "conflict", or the code of the error. */
const outcome = (appending: Promise<AppendResult>) =>
  appending.then(
    (result) => result.kind,
    (error: { code?: string }) => error.code,
  );

describe("while a commit is on its way", () => {
  test("all further appends of all feeds gather for the next", async () => {
    const { store, log } = setUp();
    store.shut();
    const first = log.append(alice, { expectedHead: 0, events: [renamed("first")] });
    await store.arrival();
    const rest = [1, 2, 3].flatMap((number) =>
      Array.from({ length: 20 }, (_, index) => {
        const expectedHead = number === 1 ? index + 1 : index;
        return log.append(feedOf(number), { expectedHead, events: [renamed(`${index}`)] });
      }),
    );
    store.open();
    await Promise.all([first, ...rest]);
    expect(store.commits).toHaveLength(2);
    expect(store.commits[1]?.chunks.map(({ feed, first: from, last }) => [feed, from, last])).toEqual([
      [alice, 2, 21],
      [bob, 1, 20],
      [feedOf(3), 1, 20],
    ]);
  });

  test.each([false, true])("nobody sees anything of it (in the store already: %s)", async (storesFirst) => {
    const { store, log } = setUp();
    await appendAtHead(log, alice, [renamed("seen")]);
    const closing = new AbortController();
    const following = log.follow(alice, 1, closing.signal).next();
    store.storesFirst = storesFirst;
    store.shut();
    let settled = false;
    const appending = log.append(alice, { expectedHead: 1, events: [runEvents(1).accepted()], key });
    const others = [
      appending,
      following,
      log.findKey(alice, key.id),
      log.append(alice, { expectedHead: 1, events: [renamed("again")], key }),
      log.append(alice, { expectedHead: 1, events: [renamed("conflict")] }),
    ].map((promise) =>
      promise.finally(() => {
        settled = true;
      }),
    );
    await store.arrival();
    await macrotask();
    expect(settled).toBe(false);
    expect(await log.bounds(alice)).toEqual({ oldest: 1, head: 1 });
    expect(await readAll(log, alice)).toHaveLength(1);
    expect(await log.read(alice, 1)).toEqual({ kind: "events", events: [], head: 1 });
    expect(await log.read(alice, 2)).toEqual({ kind: "ahead", head: 1 });
    expect(await log.runs.claim(claimAll)).toEqual([]);
    store.open();
    const [appended, followed, found, duplicate, conflict] = await Promise.all(others);
    expect(appended).toMatchObject({ kind: "appended", head: 2 });
    expect(followed).toMatchObject({ value: [{ sequence: 2 }] });
    expect(found).toEqual(key);
    expect(duplicate).toEqual({ kind: "duplicate", original: key });
    expect(conflict).toEqual({ kind: "conflict", head: 2 });
    closing.abort();
  });

  test("its feed stays in memory, however many others are used", async () => {
    const { store, log } = setUp({ feedStatesMax: 1 });
    store.shut();
    const first = log.append(alice, { expectedHead: 0, events: [renamed("one")] });
    for (const number of [2, 3, 4]) expect(await log.bounds(feedOf(number))).toEqual({ oldest: 1, head: 0 });
    const second = log.append(alice, { expectedHead: 1, events: [renamed("two")] });
    store.open();
    expect([await outcome(first), await outcome(second)]).toEqual(["appended", "appended"]);
  });

  test("a feed that is being truncated stays in memory, and no reader of it finds a gap", async () => {
    const { store, log } = setUp({ feedStatesMax: 1 });
    for (const title of ["one", "two", "three"]) await appendAtHead(log, alice, [renamed(title)]);
    store.storesFirst = true;
    store.shut();
    const truncating = log.truncate(alice, 2);
    await store.arrival();
    await log.bounds(bob);
    const truncated = { kind: "truncated", oldest: 3, head: 3 };
    expect(await log.read(alice, 0)).toEqual(truncated);
    store.open();
    await truncating;
    expect(await log.read(alice, 0)).toEqual(truncated);
  });

  test("a group of large appends is stored in parts of a size that reads well", async () => {
    const { store, log } = setUp();
    const text = "x".repeat(10_000);
    await Promise.all(
      Array.from({ length: 200 }, (_, head) => log.append(alice, { expectedHead: head, events: [renamed(text)] })),
    );
    const chunks = store.commits.flatMap((commit) => commit.chunks);
    expect(Math.max(...chunks.map(({ texts }) => texts.length))).toBeLessThan(100_000);
    expect(chunks.map(({ first, last }) => last - first + 1).reduce((sum, count) => sum + count, 0)).toBe(200);
  });
});

describe("after a commit that was lost", () => {
  test("it and all that gathered behind it are refused with not_ready, and the feed goes on without a gap", async () => {
    const { store, log } = setUp();
    await appendAtHead(log, alice, [renamed("one")]);
    const closing = new AbortController();
    const following = log.follow(alice, 1, closing.signal).next();
    store.fate = "lost";
    store.shut();
    const lost = [log.append(alice, { expectedHead: 1, events: [renamed("lost")], key })];
    await store.arrival();
    lost.push(log.append(alice, { expectedHead: 2, events: [renamed("upon it")] }));
    lost.push(log.append(alice, { expectedHead: 1, events: [renamed("again")], key }));
    lost.push(log.append(bob, { expectedHead: 0, events: [renamed("of bob")] }));
    store.open();
    expect(await Promise.all(lost.map(outcome))).toEqual(["not_ready", "not_ready", "not_ready", "not_ready"]);
    store.fate = "stored";
    expect(await log.findKey(alice, key.id)).toBeUndefined();
    expect(await log.append(alice, { expectedHead: 1, events: [renamed("two")], key })).toMatchObject({ head: 2 });
    expect(await log.append(bob, { expectedHead: 0, events: [renamed("one")] })).toMatchObject({ head: 1 });
    expect((await following).value?.map(({ event }) => event.data)).toEqual([{ title: "two" }]);
    expect((await readAll(log, alice)).map(({ sequence }) => sequence)).toEqual([1, 2]);
    closing.abort();
  });

  test("later appends of its chains conflict, though the head is what they expect", async () => {
    const { store, log } = setUp();
    store.fate = "lost";
    const chain = {};
    expect(await outcome(log.append(alice, { expectedHead: 0, events: [renamed("lost")], chain }))).toBe("not_ready");
    store.fate = "stored";
    await appendAtHead(log, alice, [renamed("somebody else's")]);
    expect(await outcome(log.append(alice, { expectedHead: 1, events: [renamed("upon it")], chain }))).toBe("conflict");
  });

  test("a token that it should have kept is kept by the next append", async () => {
    const { store, log } = setUp();
    const run = runEvents(1);
    await appendAtHead(log, alice, [run.accepted()]);
    const [lease] = await log.runs.claim(claimAll);
    store.fate = "lost";
    const append = { expectedHead: 1, events: [run.started()], lease: lease as Lease };
    expect(await outcome(log.append(alice, append))).toBe("not_ready");
    store.fate = "stored";
    expect(await outcome(log.append(alice, append))).toBe("appended");
    expect(store.openRuns()).toMatchObject([{ runId: run.runId, token: 1 }]);
  });

  test("compaction, retention and forgetting say so, leave all as it was, and work the next time", async () => {
    const { store, log, clock } = setUp();
    const run = runEvents(1);
    await appendAtHead(log, alice, [run.accepted(), run.started(), run.delta("a"), run.delta("b"), run.completed()], {
      key,
    });
    const before = (await readAll(log, alice)).map(({ text }) => text);
    await clock.advance(1);
    store.fate = "lost";
    await expect(log.compact(alice)).rejects.toMatchObject({ code: "not_ready" });
    await expect(log.truncate(alice, 1)).rejects.toMatchObject({ code: "not_ready" });
    await expect(log.forgetKeys(clock.now())).rejects.toMatchObject({ code: "not_ready" });
    store.fate = "stored";
    expect((await readAll(log, alice)).map(({ text }) => text)).toEqual(before);
    expect(await log.findKey(alice, key.id)).toEqual(key);
    expect(await log.compact(alice)).toEqual({ eventsRemoved: 2 });
    await log.truncate(alice, 1);
    await log.forgetKeys(clock.now());
    expect(await log.bounds(alice)).toEqual({ oldest: 2, head: 5 });
    expect(await log.findKey(alice, key.id)).toBeUndefined();
  });
});

describe("after a commit that was stored, though the store said that it failed", () => {
  test("what is stored counts: for readers, followers, keys and the next append", async () => {
    const { store, log } = setUp();
    await appendAtHead(log, alice, [renamed("one")]);
    const closing = new AbortController();
    const following = log.follow(alice, 1, closing.signal).next();
    store.fate = "unheard";
    store.shut();
    const unheard = outcome(log.append(alice, { expectedHead: 1, events: [renamed("two"), renamed("three")], key }));
    await store.arrival();
    const waiting = outcome(log.append(alice, { expectedHead: 3, events: [renamed("lost")] }));
    store.open();
    expect([await unheard, await waiting]).toEqual(["not_ready", "not_ready"]);
    store.fate = "stored";
    const repetition = await log.append(alice, { expectedHead: 1, events: [renamed("two"), renamed("three")], key });
    expect(repetition).toEqual({ kind: "duplicate", original: key });
    expect((await following).value?.map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(await log.append(alice, { expectedHead: 3, events: [renamed("four")] })).toMatchObject({ head: 4 });
    expect((await readAll(log, alice)).map(({ event }) => event.data)).toEqual(
      ["one", "two", "three", "four"].map((title) => ({ title })),
    );
    closing.abort();
  });

  test("a message is answered and an ended run is not claimed again", async () => {
    const { store, log, clock } = setUp();
    const [run, next, other] = [runEvents(1, 1), runEvents(2, 1), runEvents(3)];
    await appendAtHead(log, alice, [run.accepted(), next.accepted()]);
    const [lease] = await log.runs.claim(claimAll);
    store.fate = "unheard";
    const append = { expectedHead: 2, events: [run.started(), run.completed()], lease: lease as Lease };
    const unheard = [log.append(alice, append), log.append(bob, { expectedHead: 0, events: [other.accepted()] })];
    expect(await Promise.all(unheard.map(outcome))).toEqual(["not_ready", "not_ready"]);
    store.fate = "stored";
    await clock.advance(claimAll.leaseDurationMs);
    const claimed = await log.runs.claim(claimAll);
    expect(claimed.map(({ feed, runId }) => [feed, runId]).toSorted()).toEqual([
      [alice, runOf(2)],
      [bob, runOf(3)],
    ]);
  });

  test("retention that was carried out is seen by readers", async () => {
    const { store, log } = setUp();
    for (const title of ["one", "two", "three"]) await appendAtHead(log, alice, [renamed(title)]);
    store.fate = "unheard";
    await expect(log.truncate(alice, 2)).rejects.toMatchObject({ code: "not_ready" });
    expect(await log.read(alice, 0)).toEqual({ kind: "truncated", oldest: 3, head: 3 });
  });

  test("nothing is appended until what is stored can be read", async () => {
    const { store, log } = setUp();
    const run = runEvents(1);
    await appendAtHead(log, alice, [renamed("one")]);
    store.fate = "unheard";
    store.unreadable = true;
    expect(await outcome(log.append(alice, { expectedHead: 1, events: [run.accepted()] }))).toBe("not_ready");
    store.fate = "stored";
    for (const expectedHead of [1, 2]) {
      expect(await outcome(log.append(alice, { expectedHead, events: [renamed("blind")] }))).toBe("not_ready");
    }
    store.unreadable = false;
    expect(await log.append(alice, { expectedHead: 1, events: [renamed("late")] })).toEqual({
      kind: "conflict",
      head: 2,
    });
    expect(await log.append(alice, { expectedHead: 2, events: [renamed("three")] })).toMatchObject({ head: 3 });
    expect(await log.runs.claim(claimAll)).toMatchObject([{ runId: run.runId }]);
    expect(store.commits).toHaveLength(3);
  });

  // Found by simulation: a message that was stored unheard, while nothing could be read, was acknowledged as a duplicate
  // later, and its run did not begin until somebody appended something else.
  test("what is stored is taken over by itself once it can be read", async () => {
    const { store, log, clock } = setUp();
    const run = runEvents(1);
    store.fate = "unheard";
    store.shut();
    const unheard = outcome(log.append(alice, { expectedHead: 0, events: [run.accepted()], key }));
    await store.arrival();
    store.unreadable = true;
    store.open();
    expect(await unheard).toBe("not_ready");
    await clock.advance(5_000);
    expect((await log.bounds(alice)).head).toBe(0);
    store.unreadable = false;
    await clock.advance(1_000);
    expect((await log.bounds(alice)).head).toBe(1);
    expect(await log.runs.claim(claimAll)).toMatchObject([{ runId: run.runId }]);
  });

  test("whoever learns from a key that an append happened finds what follows from it", async () => {
    const { store, log } = setUp();
    const run = runEvents(1);
    store.fate = "unheard";
    store.shut();
    const unheard = outcome(log.append(alice, { expectedHead: 0, events: [run.accepted()], key }));
    await store.arrival();
    store.unreadable = true;
    store.open();
    expect(await unheard).toBe("not_ready");
    await expect(log.findKey(alice, key.id)).rejects.toMatchObject({ code: "not_ready" });
    store.unreadable = false;
    expect(await log.findKey(alice, key.id)).toMatchObject({ id: key.id });
    expect((await log.bounds(alice)).head).toBe(1);
    expect(await log.runs.claim(claimAll)).toMatchObject([{ runId: run.runId }]);
  });
});
