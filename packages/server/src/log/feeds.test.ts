import { defaultLimits, type Limits, runEventTypes, type UserId } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatedStore } from "../../../../tests/support/gated-store.ts";
import {
  appendAtHead,
  deleted,
  feedOf,
  readAll,
  renamed,
  runEvents,
  runOf,
  threadOf,
} from "../../../../tests/support/log-events.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { WatchedLog } from "../../../../tests/support/watched-log.ts";
import { EmbeddedLog } from "./embedded-log.ts";
import { FeedState } from "./feed-state.ts";
import { Feeds, type Transaction } from "./feeds.ts";
import type { Lease, Log } from "./log.ts";
import { MemoryStore } from "./memory-store.ts";
import type { NewEvent } from "./stored-event.ts";

const alice = feedOf(1);
const claimAll = { leaseDurationMs: 1_000, runsMax: 10, runsPerFeedMax: 10 };

function setUp(limits: Partial<Limits> = {}) {
  const store = new GatedStore(new MemoryStore("epoch1"));
  const clock = new VirtualClock();
  const all = { ...defaultLimits, ...limits };
  const log = new EmbeddedLog({ store, clock, limits: all });
  const compactable: UserId[] = [];
  const feeds = new Feeds({ log, limits: all, onCompactable: (feed) => compactable.push(feed) });
  return { store, clock, log, feeds, compactable, otherNode: new Feeds({ log, limits: all }) };
}

const propose = (...events: readonly NewEvent[]) => ({ events });
const kinds = (transactions: readonly Transaction<unknown>[]) => transactions.map(({ kind }) => kind);
const outcome = (transacting: Promise<Transaction<unknown>>) =>
  transacting.then(
    ({ kind }) => kind,
    (error: { code?: string }) => error.code,
  );

/** The state that the first `head` events of the log make, folded anew. */
async function foldedFromScratch(log: Log, feed: UserId, head = Number.POSITIVE_INFINITY): Promise<FeedState> {
  const state = new FeedState();
  for (const { event, sequence } of await readAll(log, feed)) if (sequence <= head) state.apply(event, sequence);
  return state;
}

/** A run that was accepted and claimed. */
async function claimed(feeds: Feeds, log: Log, number: number): Promise<Lease> {
  await feeds.transact(alice, {}, () => propose(runEvents(number).accepted()));
  const leases = await log.runs.claim(claimAll);
  return leases.find(({ runId }) => runId === runOf(number)) as Lease;
}

describe("transact", () => {
  test("hands back the stored events and the reply, and remembers the reply under the key", async () => {
    const { feeds, log } = setUp();
    const key = { id: "command1", fingerprint: "print" };
    const result = await feeds.transact(alice, { key }, (state) => ({
      events: [renamed("one"), renamed("two")],
      reply: { from: state.head },
    }));
    expect(result).toMatchObject({ kind: "appended", reply: { from: 0 }, events: [{ sequence: 1 }, { sequence: 2 }] });
    let decided = false;
    const again = await feeds.transact(alice, { key }, () => {
      decided = true;
      return propose(renamed("three"));
    });
    expect(again).toEqual({ kind: "duplicate", original: { ...key, reply: { from: 0 } } });
    expect(decided).toBe(false);
    expect(await readAll(log, alice)).toHaveLength(2);
    expect(await feeds.transact(alice, {}, () => propose())).toMatchObject({ kind: "appended", reply: null });
  });

  test("a refusal appends nothing and is handed back", async () => {
    const { feeds, log } = setUp();
    expect(await feeds.transact(alice, {}, () => ({ refusal: "no" }))).toEqual({ kind: "refused", refusal: "no" });
    expect(await log.bounds(alice)).toEqual({ oldest: 1, head: 0 });
  });

  test("decisions of one node are made one upon the other and do not wait for one another", async () => {
    const { feeds, log, store } = setUp();
    await feeds.state(alice);
    let decisions = 0;
    const results = await Promise.all(
      Array.from({ length: 200 }, () =>
        feeds.transact(alice, {}, (state) => {
          decisions += 1;
          return propose(renamed(`upon ${state.head}`));
        }),
      ),
    );
    expect(new Set(kinds(results))).toEqual(new Set(["appended"]));
    expect(decisions).toBe(200);
    expect(store.commits).toHaveLength(1);
    const titles = (await readAll(log, alice)).map(({ event }) => event.data);
    expect(titles).toEqual(Array.from({ length: 200 }, (_, head) => ({ title: `upon ${head}` })));
  });

  test("takes effect in the order of the calls, also while the state is being loaded and right after", async () => {
    for (let turns = 0; turns < 24; turns += 1) {
      const { feeds, log } = setUp();
      const calls = [0, 1].map((number) => feeds.transact(alice, {}, () => propose(renamed(`${number}`))));
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      calls.push(feeds.transact(alice, {}, () => propose(renamed("2"))));
      await Promise.all(calls);
      const titles = (await readAll(log, alice)).map(({ event }) => (event.data as { title: string }).title);
      expect(titles, `called after ${turns} turns`).toEqual(["0", "1", "2"]);
    }
  });

  test("the same key twice at once is one append and one duplicate, on one node and on two", async () => {
    const { feeds, otherNode, log } = setUp();
    const key = { id: "command1", fingerprint: "print" };
    const transact = (node: Feeds, reply: number) =>
      node.transact(alice, { key }, () => ({ events: [renamed("once")], reply }));
    const results = await Promise.all([transact(feeds, 1), transact(feeds, 2), transact(otherNode, 3)]);
    expect(kinds(results).toSorted()).toEqual(["appended", "duplicate", "duplicate"]);
    expect(await readAll(log, alice)).toHaveLength(1);
    // Whatever was folded for the two that did not happen is gone.
    for (const node of [feeds, otherNode]) {
      expect(await outcome(node.transact(alice, {}, () => propose(renamed("on"))))).toBe("appended");
      expect(await node.state(alice)).toEqual(await foldedFromScratch(log, alice));
    }
  });

  test("tells of feeds in which there is something to compact, and of no others", async () => {
    const { feeds, log, compactable } = setUp();
    const run = runEvents(1);
    const lease = await claimed(feeds, log, 1);
    await feeds.transact(alice, { lease }, () => propose(run.started(), run.delta("a")));
    await feeds.transact(alice, { lease: { ...lease, token: 9 } }, () => propose(run.completed()));
    expect(compactable).toEqual([]);
    await feeds.transact(alice, { lease }, () => propose(run.completed()));
    expect(compactable).toEqual([alice]);
    await feeds.transact(alice, {}, () => propose(deleted(1)));
    expect(compactable).toEqual([alice, alice]);
  });
});

describe("the append gate", () => {
  test("refuses what the state table does not allow, and nothing changes by it", async () => {
    const { feeds, log } = setUp();
    const run = runEvents(1);
    const lease = await claimed(feeds, log, 1);
    const before = structuredClone(await feeds.state(alice));
    const illegal: (readonly NewEvent[])[] = [
      [run.accepted()],
      [run.delta("too early")],
      [run.completed()],
      // The beginning is legal, what follows is not.
      [run.started(), run.executing(1), run.completed()],
      [run.started(), run.executing(1), run.executing(1)],
      [run.started(), run.approvalRequested(1), run.executed(1)],
      [run.started(), run.stopRequested(), run.thinking(1)],
    ];
    for (const events of illegal) {
      const result = await feeds.transact(alice, { lease }, () => propose(renamed("with it"), ...events));
      expect(result).toMatchObject({ kind: "illegal" });
      expect(structuredClone(await feeds.state(alice))).toEqual(before);
    }
    expect(await log.bounds(alice)).toEqual({ oldest: 1, head: 1 });
    expect(await outcome(feeds.transact(alice, { lease }, () => propose(run.started())))).toBe("appended");
  });

  test("takes from callers without the lease of a run only what asks something of it", async () => {
    const { feeds, log } = setUp();
    const run = runEvents(1);
    const made: Record<(typeof runEventTypes)[number], NewEvent> = {
      message_accepted: runEvents(3).accepted(),
      agent_started: run.started(),
      agent_thinking: run.thinking(1),
      agent_delta: run.delta("a"),
      tool_executing: run.executing(2),
      tool_completed: run.executed(1),
      approval_requested: run.approvalRequested(3),
      approval_answered: run.approvalAnswered(9, "deny"),
      run_stop_requested: run.stopRequested(),
      run_resumed: run.resumed(2),
      quality_verdict: run.judged(),
      agent_completed: run.completed(),
    };
    const lease = await claimed(feeds, log, 1);
    const otherLease = await claimed(feeds, log, 2);
    const begun = propose(run.started(), run.executing(1), run.approvalRequested(9));
    await feeds.transact(alice, { lease }, () => begun);
    const taken: string[] = [];
    for (const type of runEventTypes) {
      const event = made[type];
      for (const options of [{}, { lease: otherLease }]) {
        const result = await feeds.transact(alice, options, () => propose(event));
        if (result.kind === "appended") taken.push(type);
        else expect(result.kind).toBe("illegal");
        if (result.kind === "appended") break;
      }
    }
    expect(taken).toEqual(["message_accepted", "approval_answered", "run_stop_requested"]);
    // What belongs to no run needs no lease.
    expect(await outcome(feeds.transact(alice, {}, () => propose(renamed("free"), deleted(7))))).toBe("appended");
  });

  test("a lease that is not the newest is fenced off, and so is that of a run that has ended", async () => {
    const { feeds, log, clock } = setUp();
    const run = runEvents(1);
    const old = await claimed(feeds, log, 1);
    await feeds.transact(alice, { lease: old }, () => propose(run.started()));
    await clock.advance(claimAll.leaseDurationMs);
    const [fresh] = await log.runs.claim(claimAll);
    const say = (lease: Lease | undefined, ...events: readonly NewEvent[]) =>
      outcome(feeds.transact(alice, { lease: lease as Lease }, () => propose(...events)));
    expect(await say(old, run.delta("zombie"))).toBe("fenced");
    expect(await feeds.state(alice)).toEqual(await foldedFromScratch(log, alice));
    expect(await say(fresh, run.resumed(2), run.delta("alive"), run.completed())).toBe("appended");
    expect(await say(old, run.delta("zombie"))).toBe("fenced");
    expect(await say(fresh, run.delta("late"))).toBe("fenced");
    expect(await say(undefined, deleted(1))).toBe("appended");
    expect(await say(fresh, run.delta("later"))).toBe("fenced");
    expect(await readAll(log, alice)).toHaveLength(6);
  });
});

describe("two nodes on one log", () => {
  test("every append was decided on what stands before it in the feed", async () => {
    const steps = fc.array(
      fc.record({
        node: fc.nat({ max: 1 }),
        thread: fc.nat({ max: 2 }),
        key: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
        turns: fc.nat({ max: 3 }),
        kind: fc.constantFrom("message" as const, "stop" as const, "rename" as const, "restart" as const),
      }),
      { minLength: 1, maxLength: 60, size: "max" },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (history, slow) => {
        const { log, store, feeds, otherNode } = setUp();
        const nodes = [feeds, otherNode];
        const decisions: { readonly head: number; readonly state: object }[] = [];
        const pending: Promise<unknown>[] = [];
        const stateOf = (state: FeedState) => structuredClone({ ...state });
        if (slow) store.shut();
        let runs = 0;
        for (const step of history) {
          const node = nodes[step.node] as Feeds;
          const decide = (state: FeedState) => {
            const open = state.threads.get(threadOf(step.thread))?.openRuns[0];
            if (step.kind === "rename") return { events: [renamed("title", step.thread)], reply: stateOf(state) };
            if (step.kind === "message") {
              if (open !== undefined) return { refusal: "busy" };
              runs += 1;
              return { events: [runEvents(runs, step.thread).accepted()], reply: stateOf(state) };
            }
            if (open === undefined) return { refusal: "nothing to stop" };
            if (state.runs.get(open)?.phase !== "queued") return { refusal: "stopped already" };
            const number = Number(open.slice(4));
            return { events: [runEvents(number, step.thread).stopRequested()], reply: stateOf(state) };
          };
          const key = step.key === undefined ? undefined : { id: `command${step.key}`, fingerprint: "print" };
          pending.push(
            node.transact(alice, key === undefined ? {} : { key }, decide).then((result) => {
              if (result.kind !== "appended") return expect(result.kind).toMatch(/^(refused|duplicate)$/);
              const head = (result.events[0]?.sequence ?? 0) - 1;
              decisions.push({ head, state: result.reply as unknown as object });
            }),
          );
          for (let turns = step.turns; turns > 0; turns -= 1) await Promise.resolve();
          if (step.kind === "restart" && slow) {
            store.open();
            await new Promise((resolve) => setImmediate(resolve));
            store.shut();
          }
        }
        store.open();
        await Promise.all(pending);
        for (const { head, state } of decisions) {
          expect(state).toEqual(stateOf(await foldedFromScratch(log, alice, head)));
        }
        expect(decisions).toHaveLength((await log.bounds(alice)).head);
        for (const node of nodes) expect(await node.state(alice)).toEqual(await foldedFromScratch(log, alice));
      }),
      { numRuns: 300, timeout: 10_000 },
    );
  });

  test("a node waits for an append of the other that is on its way", async () => {
    const { feeds, otherNode, store, log } = setUp();
    await Promise.all([feeds.state(alice), otherNode.state(alice)]);
    store.shut();
    const first = feeds.transact(alice, {}, () => propose(renamed("first")));
    await store.arrival();
    const second = otherNode.transact(alice, {}, (state) => propose(renamed(`upon ${state.head}`)));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    store.open();
    expect([await outcome(first), await outcome(second)]).toEqual(["appended", "appended"]);
    expect((await readAll(log, alice)).at(-1)?.event.data).toEqual({ title: "upon 1" });
  });

  test.each([1, 2, 3])(
    "conflicts are decided again in the order of the calls; number %i is told last",
    async (late) => {
      const { log, otherNode } = setUp();
      const watched = new WatchedLog(log);
      const feeds = new Feeds({ log: watched, limits: defaultLimits });
      await feeds.transact(alice, {}, () => propose(renamed("before")));
      await otherNode.transact(alice, {}, () => propose(renamed("by the other node")));
      const told = Promise.withResolvers<void>();
      let appends = 0;
      watched.append = async (feed, append) => {
        appends += 1;
        const isLate = appends === late;
        const result = await log.append(feed, append);
        if (isLate) await told.promise;
        return result;
      };
      const rename = (title: string) => feeds.transact(alice, {}, () => propose(renamed(title)));
      const transactions = ["1", "2", "3"].map(rename);
      await new Promise((resolve) => setImmediate(resolve));
      transactions.push(rename("4"));
      await new Promise((resolve) => setImmediate(resolve));
      told.resolve();
      await Promise.all(transactions);
      const titles = (await readAll(log, alice)).map(({ event }) => (event.data as { title: string }).title);
      expect(titles.slice(2)).toEqual(["1", "2", "3", "4"]);
    },
  );

  test("a run that one node accepted can be worked on by the other, which knew the feed before", async () => {
    const { feeds, otherNode, log } = setUp();
    await otherNode.state(alice);
    const lease = await claimed(feeds, log, 1);
    expect((await otherNode.state(alice)).runs.get(lease.runId)?.phase).toBe("queued");
    const lease2 = await claimed(feeds, log, 2);
    const begin = otherNode.transact(alice, { lease: lease2 }, () => propose(runEvents(2).started()));
    expect(await outcome(begin)).toBe("appended");
  });

  test("gives up as overloaded when every try finds somebody else first", async () => {
    const { feeds, log } = setUp();
    let tries = 0;
    const transacting = feeds.transact(alice, {}, (state) => {
      tries += 1;
      void log.append(alice, { expectedHead: state.head, events: [renamed("faster")] });
      return propose(renamed("never"));
    });
    expect(await outcome(transacting)).toBe("overloaded");
    expect(tries).toBe(16);
    expect((await readAll(log, alice)).map(({ event }) => event.data)).toEqual(
      Array.from({ length: 16 }, () => ({ title: "faster" })),
    );
  });
});

describe("when the storage fails", () => {
  test("in the middle of a pipeline, all of it is refused and the state is that of the log", async () => {
    const { feeds, log, store } = setUp();
    const run = runEvents(1);
    const lease = await claimed(feeds, log, 1);
    store.fate = "lost";
    store.shut();
    const first = feeds.transact(alice, { lease }, () => propose(run.started()));
    await store.arrival();
    const upon = [
      feeds.transact(alice, { lease }, () => propose(run.delta("a"))),
      feeds.transact(alice, { lease }, () => propose(run.completed())),
      feeds.transact(alice, {}, (state) => propose(renamed(`upon ${state.head}`))),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    store.open();
    expect(await Promise.all([first, ...upon].map(outcome))).toEqual(Array.from({ length: 4 }, () => "not_ready"));
    store.fate = "stored";
    expect(await feeds.state(alice)).toEqual(await foldedFromScratch(log, alice));
    expect((await feeds.state(alice)).runs.get(run.runId)?.phase).toBe("queued");
    expect(await outcome(feeds.transact(alice, { lease }, () => propose(run.started())))).toBe("appended");
    expect((await readAll(log, alice)).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  test("nothing is called illegal because of an append that then was lost", async () => {
    const { feeds, store } = setUp();
    const run = runEvents(1);
    await feeds.transact(alice, {}, () => propose(run.accepted()));
    store.fate = "lost";
    store.shut();
    const lost = outcome(feeds.transact(alice, {}, () => propose(run.stopRequested())));
    await store.arrival();
    const second = outcome(feeds.transact(alice, {}, () => propose(run.stopRequested())));
    await new Promise((resolve) => setImmediate(resolve));
    store.open();
    expect(await lost).toBe("not_ready");
    store.fate = "stored";
    expect(await second).toBe("appended");
  });

  test("a repetition with the key finds out whether the append happened", async () => {
    const { feeds, log, store } = setUp();
    for (const [fate, kind] of [
      ["lost", "appended"],
      ["unheard", "duplicate"],
    ] as const) {
      const key = { id: fate, fingerprint: "print" };
      const transact = () => feeds.transact(alice, { key }, () => ({ events: [renamed(fate)], reply: fate }));
      store.fate = fate;
      expect(await outcome(transact())).toBe("not_ready");
      store.fate = "stored";
      expect(await outcome(transact())).toBe(kind);
    }
    expect((await readAll(log, alice)).map(({ event }) => event.data)).toEqual([
      { title: "lost" },
      { title: "unheard" },
    ]);
  });
});

describe("states in memory", () => {
  /** Counts how often a feed is read from the log. */
  function counting(log: Log) {
    const reads = new Map<UserId, number>();
    const counted = new Proxy(log, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]) => {
          if (name === "read") reads.set(args[0] as UserId, (reads.get(args[0] as UserId) ?? 0) + 1);
          return value.apply(target, args) as unknown;
        };
      },
    });
    return { counted, reads: (feed: UserId) => reads.get(feed) ?? 0 };
  }

  test("feedStatesMax: the one unused for longest leaves memory and is read again when needed", async () => {
    const { log } = setUp();
    const { counted, reads } = counting(log);
    const feeds = new Feeds({ log: counted, limits: { ...defaultLimits, feedStatesMax: 2 } });
    const [first, second, third] = [feedOf(1), feedOf(2), feedOf(3)];
    for (const feed of [first, second, third]) await appendAtHead(log, feed, [renamed("one")]);
    const once = await (async () => {
      await feeds.state(first);
      return reads(first);
    })();
    await feeds.state(second);
    await feeds.state(first);
    await feeds.state(third);
    await feeds.state(first);
    expect([reads(first), reads(second), reads(third)]).toEqual([once, once, once]);
    expect((await feeds.state(second)).head).toBe(1);
    expect(reads(second)).toBe(2 * once);
    for (const feed of [first, second, third, first]) {
      expect(await outcome(feeds.transact(feed, {}, () => propose(renamed("two"))))).toBe("appended");
    }
    expect((await log.bounds(first)).head).toBe(3);
  });

  test("many more feeds than may stay in memory, at once", async () => {
    const { feeds, log } = setUp({ feedStatesMax: 3 });
    const transacting = Array.from({ length: 200 }, (_, index) =>
      feeds.transact(feedOf(index % 20), {}, (state) => propose(renamed(`upon ${state.head}`))),
    );
    expect(new Set(kinds(await Promise.all(transacting)))).toEqual(new Set(["appended"]));
    for (let feed = 0; feed < 20; feed += 1) {
      const titles = (await readAll(log, feedOf(feed))).map(({ event }) => event.data);
      expect(titles).toEqual(Array.from({ length: 10 }, (_, head) => ({ title: `upon ${head}` })));
    }
  });

  // Found by simulation: a stop of a run that had ended was appended behind its end.
  test.each(["compaction", "retention"])(
    "a run that ends in %s while the state is read is not taken for open",
    async (how) => {
      const { log, feeds } = setUp({ readEventsMax: 4 });
      const run = runEvents(1);
      const lease = await claimed(feeds, log, 1);
      await feeds.transact(alice, { lease }, () => propose(run.started(), run.delta("a")));
      await feeds.transact(alice, { lease }, () => propose(run.delta("b"), run.completed()));
      await feeds.transact(alice, {}, () => propose(deleted(), renamed("other")));
      let reads = 0;
      const overtaken = new Proxy(log, {
        get(target, name) {
          const member = Reflect.get(target, name, target);
          if (name !== "read") return typeof member === "function" ? member.bind(target) : member;
          return async (feed: UserId, after: number) => {
            reads += 1;
            if (reads === 2) await (how === "compaction" ? log.compact(alice) : log.truncate(alice, 6));
            return target.read(feed, after);
          };
        },
      });
      const state = await new Feeds({ log: overtaken, limits: defaultLimits }).state(alice);
      expect(reads).toBeGreaterThan(2);
      expect([...state.runs.values()].map(({ phase }) => phase)).toEqual([]);
      expect(state.head).toBe(7);
    },
  );

  test("a state that begins after retention and compaction is enough to go on with", async () => {
    const { feeds, log, otherNode } = setUp();
    const run = runEvents(1);
    const lease = await claimed(feeds, log, 1);
    await feeds.transact(alice, { lease }, () =>
      propose(run.started(), run.delta("a"), run.delta("b"), run.completed()),
    );
    const open = await claimed(feeds, log, 2);
    await log.compact(alice);
    await log.truncate(alice, 3);
    const state = await otherNode.state(alice);
    expect([...state.runs.keys()]).toEqual([runOf(2)]);
    expect(state.head).toBe(6);
    expect(await outcome(otherNode.transact(alice, { lease: open }, () => propose(runEvents(2).started())))).toBe(
      "appended",
    );
    expect(await outcome(feeds.transact(alice, {}, () => propose(renamed("on"))))).toBe("appended");
  });
});
