import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  advanceThreadView,
  type CommandId,
  type Event,
  formatCursor,
  type MessageId,
  type RunId,
  type ThreadId,
  type ThreadSnapshot,
  type ThreadSummary,
  type ThreadsSnapshot,
  type ThreadView,
  wireError,
} from "@throughline/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ThroughlineError } from "./throughline-error.ts";
import { type LiveWatch, ThreadsWatch, ThreadWatch, type WatchSource } from "./watch.ts";

const threadId = "thr_aaaaaaaa" as ThreadId;
const otherThreadId = "thr_bbbbbbbb" as ThreadId;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function message(sequence: number, of = threadId): Event {
  const name = String(sequence).padStart(8, "0");
  const at = `2026-01-01T00:00:${name.slice(-2)}.000Z`;
  const data = { messageId: `msg_${name}` as MessageId, commandId: `c${name}` as CommandId, text: `text ${sequence}` };
  return { sequence, type: "message_accepted", threadId: of, runId: `run_${name}` as RunId, at, data };
}

function fold(events: readonly Event[]): ThreadView | undefined {
  let view: ThreadView | undefined;
  for (const event of events) if (event.threadId === threadId) view = advanceThreadView(view, event);
  return view;
}

type Answer = "now" | "stale" | "fails";

/** A server with a feed, a connection that hands it over, and requests that are answered when the test says so. */
class World implements WatchSource {
  readonly feed: Event[] = [message(1)];
  readonly watches = new Set<LiveWatch>();
  requests: PromiseWithResolvers<ThreadSnapshot>[] = [];
  covered: number | undefined;
  delivered = 0;

  coveredAfter = () => this.covered;
  handedOver = () => this.delivered;
  attach = (watch: LiveWatch) => void this.watches.add(watch);
  detach = (watch: LiveWatch) => void this.watches.delete(watch);
  threads = (): Promise<ThreadsSnapshot> => Promise.reject(new Error("not of this test"));
  thread = (): Promise<ThreadSnapshot> => {
    const request = Promise.withResolvers<ThreadSnapshot>();
    this.requests.push(request);
    return request.promise;
  };

  append(): void {
    const sequence = this.feed.length + 1;
    this.feed.push(message(sequence, sequence % 3 === 0 ? otherThreadId : threadId));
  }

  welcome(): void {
    if (this.covered !== undefined) return;
    this.covered = this.delivered = this.feed.length;
    for (const watch of this.watches) watch.cover();
  }

  deliver(count: number): void {
    if (this.covered === undefined) return;
    const events = this.feed.slice(this.delivered, this.delivered + count);
    this.delivered += events.length;
    if (events.length > 0) for (const watch of this.watches) watch.receive(events);
  }

  /** The events that nobody handed over are lost for the connection. */
  reset(): void {
    if (this.covered === undefined) return;
    this.covered = this.delivered = this.feed.length;
    for (const watch of this.watches) watch.reload();
  }

  snapshot(sequence: number): ThreadSnapshot {
    const thread = fold(this.feed.slice(0, sequence)) as ThreadView;
    return { thread, more: false, cursor: formatCursor("epoch1", sequence) };
  }

  async answer(answer: Answer): Promise<void> {
    const request = this.requests.shift();
    const head = this.feed.length;
    if (answer === "fails") request?.reject(ThroughlineError.unreachable("read the thread"));
    else request?.resolve(this.snapshot(answer === "now" ? head : Math.max(1, Math.floor(head / 2))));
    await vi.advanceTimersByTimeAsync(0);
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("append" as const) },
    fc.constantFrom("welcome", "reset", "cover", "time", "subscribe", "unsubscribe"),
    fc.record({ deliver: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ answer: fc.constantFrom<Answer>("now", "stale", "fails") }),
  ),
  { maxLength: 60 },
);

test("snapshot and events make one whole, without gap or repeat, however they come", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const world = new World();
      const watch = new ThreadWatch(world, threadId);
      // Whatever is shown was true at one time: it is the fold over a beginning of the feed.
      const judge = () => {
        const state = watch.getSnapshot();
        if (state.status !== "ready") return;
        const last = Number(state.thread.runs.at(-1)?.runId.slice(4));
        expect(state.thread).toEqual(fold(world.feed.slice(0, last)));
      };
      let unsubscribe = watch.subscribe(judge);
      for (const step of given) {
        if (step === "append") world.append();
        else if (step === "welcome") world.welcome();
        else if (step === "reset") world.reset();
        else if (step === "cover") for (const each of world.watches) each.cover();
        else if (step === "time") await vi.advanceTimersByTimeAsync(16_000);
        else if (step === "unsubscribe") unsubscribe();
        else if (step === "subscribe") {
          unsubscribe();
          unsubscribe = watch.subscribe(judge);
        } else if ("deliver" in step) world.deliver(step.deliver);
        else await world.answer(step.answer);
      }
      unsubscribe();
      unsubscribe = watch.subscribe(judge);
      world.welcome();
      while (world.requests.length > 0) {
        await world.answer("now");
        await vi.advanceTimersByTimeAsync(16_000);
      }
      world.deliver(100);
      expect(watch.getSnapshot()).toMatchObject({ status: "ready", thread: fold(world.feed) as ThreadView });
      unsubscribe();
      expect(world.watches.size).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test("a snapshot from before the place that the connection covers is loaded again", async () => {
  const world = new World();
  const watch = new ThreadWatch(world, threadId);
  watch.subscribe(() => undefined);
  const early = world.snapshot(1);
  world.append();
  world.welcome();
  world.requests.shift()?.resolve(early);
  await vi.advanceTimersByTimeAsync(0);
  expect(watch.getSnapshot()).toEqual({ status: "loading" });
  await world.answer("now");
  expect(watch.getSnapshot()).toMatchObject({ status: "ready", thread: { runs: [{}, {}] } });
});

test("regression: a server that lags behind what it handed over is asked again after a wait, and leaves no gap", async () => {
  const world = new World();
  world.welcome();
  world.append();
  world.deliver(1);
  const watch = new ThreadWatch(world, threadId);
  watch.subscribe(() => undefined);
  await world.answer("stale");
  await world.answer("stale");
  expect(watch.getSnapshot()).toEqual({ status: "loading" });
  expect(world.requests).toEqual([]);
  await vi.advanceTimersByTimeAsync(16_000);
  expect(world.requests).toHaveLength(1);
  await world.answer("now");
  expect(watch.getSnapshot()).toMatchObject({ status: "ready", thread: fold(world.feed) as ThreadView });
});

test("a refusal for good is shown and not retried; a reset loads again", async () => {
  const world = new World();
  const watch = new ThreadWatch(world, threadId);
  watch.subscribe(() => undefined);
  world.welcome();
  const error = new ThroughlineError(wireError("not_found", "no such thread"));
  world.requests.shift()?.reject(error);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(watch.getSnapshot()).toEqual({ status: "failed", error });
  expect(world.requests).toEqual([]);
  world.reset();
  await world.answer("now");
  expect(watch.getSnapshot().status).toBe("ready");
});

test("regression: a watch that has failed for good keeps none of the events that go on coming", async () => {
  const world = new World();
  const watch = new ThreadWatch(world, threadId);
  watch.subscribe(() => undefined);
  world.welcome();
  world.requests.shift()?.reject(new ThroughlineError(wireError("not_found", "no such thread")));
  await vi.advanceTimersByTimeAsync(0);
  vi.useRealTimers();
  const kept = [2, 3].map((sequence) => {
    const event = message(sequence);
    watch.receive([event]);
    return new WeakRef(event);
  });
  // A reference is held until the end of the turn in which it was made.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  expect(kept.map((event) => event.deref())).toEqual([undefined, undefined]);
});

test("what is shown stays while the server cannot be reached, and goes on when it can", async () => {
  const world = new World();
  const watch = new ThreadWatch(world, threadId);
  watch.subscribe(() => undefined);
  await world.answer("fails");
  expect(watch.getSnapshot()).toMatchObject({ status: "failed", error: { code: "not_ready" } });
  await vi.advanceTimersByTimeAsync(16_000);
  await world.answer("now");
  const shown = watch.getSnapshot();
  world.welcome();
  world.append();
  world.reset();
  await world.answer("fails");
  expect(watch.getSnapshot()).toBe(shown);
  await vi.advanceTimersByTimeAsync(16_000);
  await world.answer("now");
  expect(watch.getSnapshot()).toMatchObject({ status: "ready", thread: fold(world.feed) as ThreadView });
});

test("regression: a listener that unsubscribes when the snapshot comes leaves it as it is", async () => {
  const world = new World();
  world.welcome();
  const watch = new ThreadWatch(world, threadId);
  const unsubscribe = watch.subscribe(() => unsubscribe());
  world.append();
  world.deliver(1);
  await world.answer("now");
  expect(watch.getSnapshot()).toMatchObject({ status: "ready", thread: fold(world.feed) as ThreadView });
});

test("an event of another thread changes nothing, and tells nobody", async () => {
  const world = new World();
  world.welcome();
  const watch = new ThreadWatch(world, threadId);
  const told = vi.fn();
  watch.subscribe(told);
  await world.answer("now");
  const before = watch.getSnapshot();
  watch.receive([message(2, otherThreadId)]);
  expect(watch.getSnapshot()).toBe(before);
  expect(told).toHaveBeenCalledTimes(1);
});

test("older runs come in front of what has come meanwhile, once", async () => {
  const world = new World();
  for (let count = 0; count < 6; count += 1) world.append();
  world.welcome();
  const watch = new ThreadWatch(world, threadId);
  watch.subscribe(() => undefined);
  const whole = world.snapshot(7);
  const page = (runs: ThreadView["runs"], more: boolean) => ({ ...whole, thread: { ...whole.thread, runs }, more });
  world.requests.shift()?.resolve(page(whole.thread.runs.slice(2), true));
  await vi.advanceTimersByTimeAsync(0);
  const state = watch.getSnapshot();
  if (state.status !== "ready") throw new Error("it is not ready");
  expect(state.more).toBe(true);
  const loading = [state.loadOlder(), state.loadOlder()];
  world.append();
  world.deliver(1);
  for (const request of world.requests) request.resolve(page(whole.thread.runs.slice(0, 2), false));
  await Promise.all(loading);
  expect(watch.getSnapshot()).toMatchObject({ status: "ready", more: false, thread: fold(world.feed) as ThreadView });
});

// ---- The list of threads.

const summary = (name: string, second: number): ThreadSummary => ({
  threadId: `thr_${name.repeat(8)}` as ThreadId,
  title: name,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: `2026-01-01T00:00:0${second}.000Z`,
  openRunIds: [],
});

async function listOf(threads: readonly ThreadSummary[], more = false) {
  const world = new World();
  world.welcome();
  let snapshots = 0;
  world.threads = async () => {
    snapshots += 1;
    return { threads, more, cursor: formatCursor("epoch1", world.delivered) };
  };
  const watch = new ThreadsWatch(world);
  watch.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  return {
    watch,
    snapshots: () => snapshots,
    titles: () => {
      const state = watch.getSnapshot();
      return state.status === "ready" ? state.threads.map(({ title }) => title) : [];
    },
  };
}

const renamed = (sequence: number, thread: ThreadSummary, title: string, at: string): Event => ({
  sequence,
  type: "thread_renamed",
  threadId: thread.threadId,
  at,
  data: { title },
});

test("the thread that changed last comes first; a deleted one goes", async () => {
  const [a, b, c] = [summary("a", 3), summary("b", 2), summary("c", 1)];
  const { watch, titles } = await listOf([a, b, c]);
  watch.receive([renamed(2, c, "C", "2026-01-01T00:00:09.000Z")]);
  expect(titles()).toEqual(["C", "a", "b"]);
  watch.receive([{ sequence: 3, type: "thread_deleted", threadId: a.threadId, at: c.createdAt, data: {} }]);
  expect(titles()).toEqual(["C", "b"]);
});

test("regression: threads of the same millisecond keep their places when another one changes", async () => {
  const [a, b, c, d] = [summary("a", 2), summary("b", 2), summary("c", 2), summary("d", 1)];
  const { watch, titles } = await listOf([a, b, c, d]);
  for (const sequence of [2, 3, 4]) {
    watch.receive([renamed(sequence, d, "d", "2026-01-01T00:00:01.000Z")]);
    expect(titles()).toEqual(["a", "b", "c", "d"]);
  }
});

test("regression: a thread that was left out of the list comes back with the title that only the server knows", async () => {
  const { watch, snapshots } = await listOf([summary("a", 2)], true);
  watch.receive([message(2, otherThreadId)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(snapshots()).toBe(2);
});
