import type { RunId } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendAtHead, feedOf, readAll, renamed, runEvents, runOf } from "../../../../tests/support/log-events.ts";
import type { Claim, ClaimedRun, Lease, Log } from "./log.ts";
import type { OpenLog } from "./log-suite.ts";

const alice = feedOf(1);
const bob = feedOf(2);

const leaseDurationMs = 1_000;
const claimAll: Claim = { leaseDurationMs, runsMax: 100, runsPerFeedMax: 100 };
const ids = (claimed: readonly ClaimedRun[]) => claimed.map(({ runId }) => runId);

async function claimOne(log: Log): Promise<ClaimedRun> {
  const [claimed] = await log.runs.claim({ ...claimAll, runsMax: 1 });
  if (claimed === undefined) throw new Error("there is nothing to claim");
  return claimed;
}

export function describeRunIndex(open: OpenLog): void {
  describe("claim", () => {
    test("gives a run with its place and a first token, once", async () => {
      await using opened = await open();
      const { log } = opened;
      const run = runEvents(1, 5);
      expect(await log.runs.claim(claimAll)).toEqual([]);
      await appendAtHead(log, alice, [run.accepted()]);
      expect(await log.runs.claim(claimAll)).toEqual([
        { feed: alice, threadId: run.threadId, runId: run.runId, token: 1 },
      ]);
      expect(await log.runs.claim(claimAll)).toEqual([]);
    });

    test("knows nothing of a message whose append did not happen or is not durable yet", async () => {
      await using opened = await open();
      const { log } = opened;
      await log.append(alice, { expectedHead: 4, events: [runEvents(1).accepted()] });
      expect(await log.runs.claim(claimAll)).toEqual([]);
      const appending = log.append(alice, { expectedHead: 0, events: [runEvents(2).accepted()] });
      expect(await log.runs.claim(claimAll)).toEqual([]);
      await appending;
      expect(ids(await log.runs.claim(claimAll))).toEqual([runOf(2)]);
    });

    test("gives the oldest run of a thread, and the next only when that one has ended", async () => {
      await using opened = await open();
      const { log } = opened;
      const runs = [1, 2, 3].map((number) => runEvents(number, 1));
      for (const run of runs) await appendAtHead(log, alice, [run.accepted()]);
      const first = await claimOne(log);
      expect(first.runId).toBe(runOf(1));
      expect(await log.runs.claim(claimAll)).toEqual([]);
      await log.runs.release(first);
      expect(ids(await log.runs.claim(claimAll))).toEqual([runOf(1)]);
      await appendAtHead(log, alice, [runEvents(1, 1).completed()]);
      expect(ids(await log.runs.claim(claimAll))).toEqual([runOf(2)]);
      // A run may end before its turn has come.
      await appendAtHead(log, alice, [runEvents(3, 1).completed(), runEvents(2, 1).completed()]);
      expect(await log.runs.claim(claimAll)).toEqual([]);
    });

    test("gives the longest waiting first, no more than runsMax, and no feed more than runsPerFeedMax", async () => {
      await using opened = await open();
      const { log } = opened;
      for (const number of [1, 2, 3]) await appendAtHead(log, alice, [runEvents(number).accepted()]);
      for (const number of [4, 5]) await appendAtHead(log, bob, [runEvents(number).accepted()]);
      const claim = { leaseDurationMs, runsMax: 2, runsPerFeedMax: 2 };
      const [first] = await log.runs.claim({ ...claim, runsMax: 1 });
      expect(first?.runId).toBe(runOf(1));
      expect(ids(await log.runs.claim(claim))).toEqual([runOf(2), runOf(4)]);
      // Alice has her two; the third waits without holding up bob.
      expect(ids(await log.runs.claim(claim))).toEqual([runOf(5)]);
      expect(await log.runs.claim(claim)).toEqual([]);
      await log.runs.release(first as ClaimedRun);
      expect(ids(await log.runs.claim(claim))).toEqual([runOf(3)]);
      await appendAtHead(log, alice, [runEvents(2).completed()]);
      expect(ids(await log.runs.claim(claim))).toEqual([runOf(1)]);
    });
  });

  describe("leases", () => {
    test("expire, and the next claim gives a larger token that fences the old one off", async () => {
      await using opened = await open();
      const { log, clock } = opened;
      await appendAtHead(log, alice, [runEvents(1).accepted()]);
      const old = await claimOne(log);
      expect(await log.append(alice, { expectedHead: 1, events: [runEvents(1).started()], lease: old })).toMatchObject({
        kind: "appended",
      });
      await clock.advance(leaseDurationMs - 1);
      expect(await log.runs.claim(claimAll)).toEqual([]);
      await clock.advance(1);
      const fresh = await claimOne(log);
      expect(fresh).toEqual({ ...old, token: old.token + 1 });
      // The place of a zombie's append does not matter: it is told that it is one.
      for (const expectedHead of [0, 2]) {
        const result = await log.append(alice, { expectedHead, events: [runEvents(1).thinking(1)], lease: old });
        expect(result).toEqual({ kind: "fenced", token: fresh.token });
      }
      expect(await log.runs.renew(old, leaseDurationMs)).toBe(false);
      await log.runs.release(old);
      expect(await log.runs.claim(claimAll)).toEqual([]);
      expect(
        await log.append(alice, { expectedHead: 2, events: [runEvents(1).thinking(1)], lease: fresh }),
      ).toMatchObject({ head: 3 });
      expect(await readAll(log, alice)).toHaveLength(3);
    });

    test("a token that was never given is no lease", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [runEvents(1).accepted()]);
      const { runId } = await claimOne(log);
      for (const token of [0, 2]) {
        expect(
          await log.append(alice, { expectedHead: 1, events: [runEvents(1).started()], lease: { runId, token } }),
        ).toEqual({ kind: "fenced", token: 1 });
        expect(await log.runs.renew({ runId, token }, leaseDurationMs)).toBe(false);
      }
    });

    test("last as long as they are renewed", async () => {
      await using opened = await open();
      const { log, clock } = opened;
      await appendAtHead(log, alice, [runEvents(1).accepted()]);
      const lease = await claimOne(log);
      for (let beat = 0; beat < 5; beat += 1) {
        await clock.advance(leaseDurationMs - 1);
        expect(await log.runs.renew(lease, leaseDurationMs)).toBe(true);
        expect(await log.runs.claim(claimAll)).toEqual([]);
      }
      // Late, but nobody has taken it.
      await clock.advance(leaseDurationMs + 1);
      expect(await log.runs.renew(lease, leaseDurationMs)).toBe(true);
      expect(await log.runs.claim(claimAll)).toEqual([]);
      await clock.advance(leaseDurationMs);
      expect((await claimOne(log)).token).toBe(2);
    });

    test("are given back by release, and a second release takes nothing from the next holder", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [runEvents(1).accepted()]);
      const first = await claimOne(log);
      await log.runs.release(first);
      await log.runs.release(first);
      const second = await claimOne(log);
      expect(second.token).toBe(2);
      await log.runs.release(first);
      expect(await log.runs.claim(claimAll)).toEqual([]);
      expect(await log.runs.renew(second, leaseDurationMs)).toBe(true);
    });

    test("end with their run; a run that has ended or never was fences everybody off", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [runEvents(1).accepted()]);
      const lease = await claimOne(log);
      await appendAtHead(log, alice, [runEvents(1).started(), runEvents(1).completed()], { lease });
      const unknown: Lease = { runId: runOf(99), token: 1 };
      for (const gone of [lease, unknown]) {
        expect(await log.append(alice, { expectedHead: 3, events: [renamed("late")], lease: gone })).toEqual({
          kind: "fenced",
          token: undefined,
        });
        expect(await log.runs.renew(gone, leaseDurationMs)).toBe(false);
        await log.runs.release(gone);
      }
      expect(await log.runs.claim(claimAll)).toEqual([]);
    });

    test("never two at a time, never a smaller token, and nothing that may be claimed is left out", async () => {
      const steps = fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constant("accept" as const),
            feed: fc.integer({ min: 1, max: 3 }),
            thread: fc.nat({ max: 2 }),
          }),
          fc.record({
            kind: fc.constant("claim" as const),
            runsMax: fc.integer({ min: 1, max: 3 }),
            runsPerFeedMax: fc.integer({ min: 1, max: 3 }),
          }),
          fc.record({
            kind: fc.constantFrom("renew" as const, "release" as const, "end" as const),
            pick: fc.nat({ max: 30 }),
          }),
          fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 700 }) }),
        ),
        { maxLength: 60, size: "max" },
      );
      await using opened = await open();
      const { log, clock } = opened;
      let numbers = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          const runs: ModelRun[] = [];
          const model = new RunModel(runs);
          for (const step of history) {
            if (step.kind === "pass") await clock.advance(step.ms);
            if (step.kind === "accept") {
              numbers += 1;
              const run = runEvents(numbers, 1_000_000 + step.feed * 10 + step.thread);
              await appendAtHead(log, feedOf(step.feed), [run.accepted()]);
              runs.push({
                feed: feedOf(step.feed),
                threadId: run.threadId,
                runId: run.runId,
                number: numbers,
                token: 0,
                until: undefined,
              });
            }
            if (step.kind === "claim") {
              const claimed = await log.runs.claim({ leaseDurationMs, ...step });
              for (const { runId, token } of claimed) {
                const run = model
                  .claimable(clock.monotonic(), step.runsPerFeedMax)
                  .find((candidate) => candidate.runId === runId);
                if (run === undefined) throw new Error(`${runId} may not be claimed now`);
                expect(token).toBe(run.token + 1);
                run.token = token;
                run.until = clock.monotonic() + leaseDurationMs;
              }
              expect(claimed.length).toBeLessThanOrEqual(step.runsMax);
              if (claimed.length < step.runsMax)
                expect(model.claimable(clock.monotonic(), step.runsPerFeedMax)).toEqual([]);
            }
            const run = "pick" in step ? runs[step.pick % Math.max(1, runs.length)] : undefined;
            if (run === undefined) continue;
            const lease = { runId: run.runId, token: run.token };
            if (step.kind === "renew" && run.until !== undefined && run.until > clock.monotonic()) {
              expect(await log.runs.renew(lease, leaseDurationMs)).toBe(true);
              run.until = clock.monotonic() + leaseDurationMs;
            }
            if (step.kind === "release") {
              await log.runs.release(lease);
              run.until = undefined;
            }
            if (step.kind === "end") {
              const threadNumber = Number(run.threadId.slice(4));
              await appendAtHead(log, run.feed, [runEvents(run.number, threadNumber).completed()]);
              runs.splice(runs.indexOf(run), 1);
            }
          }
          for (const run of runs) {
            await appendAtHead(log, run.feed, [runEvents(run.number, Number(run.threadId.slice(4))).completed()]);
          }
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("onAvailable", () => {
    /** Counts calls, and how many of them came inside the call of `log.append`. */
    function listen(log: Log) {
      const heard = { calls: 0, inside: 0 };
      let appending = false;
      const stop = log.runs.onAvailable(() => {
        heard.calls += 1;
        if (appending) heard.inside += 1;
      });
      const append = (...args: Parameters<Log["append"]>) => {
        appending = true;
        const result = log.append(...args);
        appending = false;
        return result;
      };
      const during = async (work: () => Promise<unknown>) => {
        const before = heard.calls;
        await work();
        // What is told is told by the time that whatever caused it has resolved, and a turn has passed.
        await new Promise((resolve) => setImmediate(resolve));
        return heard.calls > before;
      };
      return { heard, stop, append, during };
    }

    test("tells of whatever makes a claim succeed that did not before", async () => {
      await using opened = await open();
      const { log } = opened;
      const { heard, append, during, stop } = listen(log);
      const one = { leaseDurationMs, runsMax: 9, runsPerFeedMax: 1 };
      expect(await during(() => append(alice, { expectedHead: 0, events: [runEvents(1, 1).accepted()] }))).toBe(true);
      const [lease] = await log.runs.claim(one);
      // The feed has its one run, and the thread as well.
      await append(alice, { expectedHead: 1, events: [runEvents(2, 1).accepted(), runEvents(3, 3).accepted()] });
      expect(await log.runs.claim(one)).toEqual([]);
      expect(await during(() => log.runs.release(lease as Lease))).toBe(true);
      const [next] = await log.runs.claim(one);
      expect(next?.runId).toBe(runOf(3));
      expect(await during(() => append(alice, { expectedHead: 3, events: [runEvents(3, 3).completed()] }))).toBe(true);
      const [again] = await log.runs.claim(one);
      expect(again?.runId).toBe(runOf(1));
      // The next of the thread.
      expect(await during(() => append(alice, { expectedHead: 4, events: [runEvents(1, 1).completed()] }))).toBe(true);
      expect(ids(await log.runs.claim(one))).toEqual([runOf(2)]);
      expect(heard.inside).toBe(0);
      stop();
      expect(await during(() => append(alice, { expectedHead: 5, events: [runEvents(4).accepted()] }))).toBe(false);
    });

    test("a listener may claim at once", async () => {
      await using opened = await open();
      const { log } = opened;
      const claimed: RunId[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      log.runs.onAvailable(() => {
        void log.runs.claim(claimAll).then((runs) => {
          claimed.push(...ids(runs));
          if (claimed.length === 3) resolve();
        });
      });
      for (const number of [1, 2, 3]) await appendAtHead(log, alice, [runEvents(number).accepted()]);
      await promise;
      expect(claimed).toEqual([runOf(1), runOf(2), runOf(3)]);
    });
  });

  describe("the run index outlives the log", () => {
    test("with the order of each thread, without leases, and with every token that was used", async (context) => {
      await using opened = await open();
      const { log, reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      await appendAtHead(log, alice, [
        runEvents(1, 1).accepted(),
        runEvents(2, 1).accepted(),
        runEvents(3, 3).accepted(),
      ]);
      await appendAtHead(log, bob, [runEvents(4).accepted(), runEvents(5).accepted()]);
      const [first] = await log.runs.claim(claimAll);
      await log.runs.release(first as Lease);
      const [lease] = await log.runs.claim(claimAll);
      expect(lease).toMatchObject({ runId: runOf(1), token: 2 });
      await appendAtHead(log, alice, [runEvents(1, 1).started()], lease && { lease });
      await appendAtHead(log, bob, [runEvents(4).started(), runEvents(4).completed()]);
      const again = await reopen();
      const after = await again.runs.claim(claimAll);
      expect(after.map(({ feed, runId }) => [feed, runId])).toEqual([
        [alice, runOf(1)],
        [alice, runOf(3)],
        [bob, runOf(5)],
      ]);
      // The token of run 1 was used in an append, so nobody may ever get it again.
      expect(after[0]?.token).toBe(3);
      expect(
        await again.append(alice, { expectedHead: 4, events: [runEvents(1, 1).thinking(1)], lease: lease as Lease }),
      ).toEqual({ kind: "fenced", token: 3 });
      await appendAtHead(again, alice, [runEvents(1, 1).completed()]);
      expect(ids(await again.runs.claim(claimAll))).toEqual([runOf(2)]);
    });
  });
}

interface ModelRun extends ClaimedRun {
  readonly number: number;
  token: number;
  until: number | undefined;
}

/** Which runs may be claimed, found out anew each time from the list of open runs in the order of their acceptance. */
class RunModel {
  readonly #runs: readonly ModelRun[];

  constructor(runs: readonly ModelRun[]) {
    this.#runs = runs;
  }

  claimable(now: number, runsPerFeedMax: number): readonly ModelRun[] {
    const isHeld = (run: ModelRun) => run.until !== undefined && run.until > now;
    return this.#runs.filter((run) => {
      const oldest = this.#runs.find((candidate) => candidate.threadId === run.threadId) === run;
      const held = this.#runs.filter((candidate) => candidate.feed === run.feed && isHeld(candidate)).length;
      return oldest && !isHeld(run) && held < runsPerFeedMax;
    });
  }
}
