import { defaultLimits, type ThreadId } from "@throughline/protocol";
import { expect, test } from "vitest";
import { GatedStore } from "../../../../tests/support/gated-store.ts";
import { feedOf, readAll, runEvents, threadOf } from "../../../../tests/support/log-events.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { EmbeddedLog } from "./embedded-log.ts";
import { Feeds } from "./feeds.ts";
import { MemoryStore } from "./memory-store.ts";
import { Retention } from "./retention.ts";
import type { NewEvent } from "./stored-event.ts";

const alice = feedOf(1);
const bob = feedOf(2);
const dayMs = 86_400_000;
const retentionMs = 30 * dayMs;
const sweepMs = defaultLimits.retentionSweepIntervalMs;

function setUp() {
  const store = new GatedStore(new MemoryStore("epoch1"));
  const clock = new VirtualClock();
  const limits = defaultLimits;
  const log = new EmbeddedLog({ store, clock, limits });
  const feeds = new Feeds({ log, limits });
  const errors: unknown[] = [];
  const retention = new Retention({ log, feeds, clock, limits, retentionMs, onError: (error) => errors.push(error) });
  const say = (feed: typeof alice, ...events: readonly NewEvent[]) => feeds.transact(feed, {}, () => ({ events }));
  return { store, clock, log, feeds, retention, errors, say };
}

const created = (threadId: ThreadId): NewEvent => ({ type: "thread_created", threadId, data: {} });
const types = async (log: EmbeddedLog, feed = alice) =>
  (await readAll(log, feed)).map(({ type, event }) => `${type} ${event.threadId === threadOf(1) ? 1 : 2}`);

test("a thread in which nothing has happened for the retention is deleted, in every feed, and no other", async () => {
  const { clock, log, say, errors } = setUp();
  await say(alice, created(threadOf(1)));
  await say(bob, created(threadOf(1)));
  await clock.advance(20 * dayMs);
  await say(alice, created(threadOf(2)));
  await clock.advance(10 * dayMs - 1);
  expect(await types(log)).toEqual(["thread_created 1", "thread_created 2"]);
  await clock.advance(1 + sweepMs);
  expect(await types(log)).toEqual(["thread_created 1", "thread_created 2", "thread_deleted 1"]);
  expect(await types(log, bob)).toEqual(["thread_created 1", "thread_deleted 1"]);
  expect(errors).toEqual([]);
});

test("what happens in a thread keeps it, and an open run keeps it however old it is", async () => {
  const { clock, log, say } = setUp();
  const run = runEvents(1);
  await say(alice, created(threadOf(2)));
  await say(alice, run.accepted());
  await clock.advance(29 * dayMs);
  await say(alice, { type: "thread_renamed", threadId: threadOf(2), data: { title: "still here" } });
  await clock.advance(29 * dayMs);
  expect((await types(log)).filter((type) => type.startsWith("thread_deleted"))).toEqual([]);
  await clock.advance(2 * dayMs);
  expect((await types(log)).filter((type) => type.startsWith("thread_deleted"))).toEqual(["thread_deleted 2"]);
});

test("what is deleted, compacted and as old again leaves the feed; a cursor there is truncated, one at its end is not", async () => {
  const { clock, log, say } = setUp();
  const { epoch } = log;
  await say(alice, created(threadOf(1)), { type: "thread_renamed", threadId: threadOf(1), data: { title: "old" } });
  await clock.advance(30 * dayMs);
  await log.compact(alice);
  await clock.advance(sweepMs);
  await say(alice, created(threadOf(2)));
  expect(await types(log)).toEqual(["compacted 1", "thread_deleted 1", "thread_created 2"]);
  await clock.advance(29 * dayMs);
  await say(alice, { type: "thread_renamed", threadId: threadOf(2), data: { title: "new" } });
  expect(await log.bounds(alice)).toEqual({ oldest: 1, head: 5 });
  await clock.advance(dayMs + sweepMs);
  expect(await log.bounds(alice)).toEqual({ oldest: 4, head: 5 });
  expect(await log.locate(alice, { epoch, sequence: 2 })).toEqual({ kind: "truncated", head: 5 });
  expect(await log.locate(alice, { epoch, sequence: 3 })).toEqual({ kind: "found", head: 5 });
  expect(await types(log)).toEqual(["thread_created 2", "thread_renamed 2"]);
});

// Such a feed was due at no time at all, and what came into it later was kept for as long as the process lived.
test("a feed that had nothing to keep is looked at again", async () => {
  const { clock, log, say } = setUp();
  await say(alice, created(threadOf(1)));
  await clock.advance(30 * dayMs + sweepMs);
  await log.compact(alice);
  await clock.advance(30 * dayMs + sweepMs);
  expect(await types(log)).toEqual([]);
  await clock.advance(sweepMs);
  await say(alice, created(threadOf(2)));
  await clock.advance(30 * dayMs - 1);
  expect(await types(log)).toEqual(["thread_created 2"]);
  await clock.advance(1 + sweepMs);
  expect(await types(log)).toEqual(["thread_created 2", "thread_deleted 2"]);
});

test("a thread that comes to life while the feed is read is kept", async () => {
  const { store, clock, log, say } = setUp();
  await say(alice, created(threadOf(1)));
  await clock.advance(30 * dayMs - sweepMs);
  const chunks = store.chunks.bind(store);
  store.chunks = (...given) => {
    store.chunks = chunks;
    // On its way to the disk while the feed is read: the reader does not see it yet.
    store.shut();
    setImmediate(() => store.open());
    void say(alice, { type: "thread_renamed", threadId: threadOf(1), data: { title: "back" } });
    return chunks(...given);
  };
  await clock.advance(2 * sweepMs);
  expect(await types(log)).toEqual(["thread_created 1", "thread_renamed 1"]);
});

test("what stands behind a living thread stays, and so does what compaction has not reached", async () => {
  const { clock, log, say } = setUp();
  await say(alice, created(threadOf(2)));
  await say(alice, created(threadOf(1)), { type: "thread_deleted", threadId: threadOf(1), data: {} });
  for (let days = 0; days < 90; days += 10) {
    await clock.advance(10 * dayMs);
    await say(alice, { type: "thread_renamed", threadId: threadOf(2), data: { title: `${days}` } });
  }
  expect((await log.bounds(alice)).oldest).toBe(1);
});

test("a feed is not read again before something in it can be too old", async () => {
  const { store, clock, say, log } = setUp();
  await say(alice, created(threadOf(1)));
  await clock.advance(sweepMs);
  let reads = 0;
  const chunks = store.chunks.bind(store);
  store.chunks = (...given) => {
    reads += 1;
    return chunks(...given);
  };
  await clock.advance(29 * dayMs);
  expect(reads).toBe(0);
  await clock.advance(dayMs + sweepMs);
  expect(await types(log)).toEqual(["thread_created 1", "thread_deleted 1"]);
});

test("a feed that cannot be written is told of, keeps no other from being swept, and is tried again", async () => {
  const { store, clock, log, say, errors } = setUp();
  await say(alice, created(threadOf(1)));
  await say(bob, created(threadOf(1)));
  await clock.advance(30 * dayMs - sweepMs);
  store.fate = "lost";
  await clock.advance(sweepMs);
  expect(errors).toHaveLength(2);
  expect(await types(log)).toEqual(["thread_created 1"]);
  store.fate = "stored";
  await clock.advance(sweepMs);
  expect(await types(log)).toEqual(["thread_created 1", "thread_deleted 1"]);
  expect(await types(log, bob)).toEqual(["thread_created 1", "thread_deleted 1"]);
});

test("after it was closed nothing is swept", async () => {
  const { clock, log, say, retention } = setUp();
  await say(alice, created(threadOf(1)));
  retention.close();
  await clock.advance(100 * dayMs);
  expect(await types(log)).toEqual(["thread_created 1"]);
  expect(clock.pending).toBe(0);
});
