/** What only a log on a real disk with a thread of its own can suffer. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { defaultLimits } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { appendAtHead, feedOf, readAll, renamed } from "../../../../tests/support/log-events.ts";
import { systemClock } from "../base/clock.ts";
import { SqliteLog } from "./sqlite-log.ts";

const alice = feedOf(1);

/** A log in a folder of its own, and the writer threads that were started for it, oldest first. */
async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), "throughline-log-"));
  const path = join(folder, "log.db");
  const threads: Worker[] = [];
  const onWorker = (thread: Worker) => threads.push(thread);
  process.on("worker", onWorker);
  let openings = 0;
  const newEpoch = () => `epoch${++openings}`;
  const open = () => new SqliteLog({ path, durability: "full", newEpoch, clock: systemClock, limits: defaultLimits });
  let log = open();
  return {
    log,
    path,
    thread: () => threads.at(-1) as Worker,
    reopen: async () => {
      await log.close();
      log = open();
      return log;
    },
    [Symbol.asyncDispose]: async () => {
      await log.close();
      process.off("worker", onWorker);
      await rm(folder, { recursive: true });
    },
  };
}

const titles = async (log: SqliteLog) =>
  (await readAll(log, alice)).map(({ event }) => (event.data as { title: string }).title);

describe("when the writer thread dies", () => {
  test("its commit fails, and the commit of the thread that follows it is its own", async () => {
    await using opened = await setUp();
    const { log, thread, reopen } = opened;
    const acknowledged: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      await appendAtHead(log, alice, [renamed(`before ${round}`)]);
      const { head } = await log.bounds(alice);
      // Nothing that it expects: the thread dies of it, and the commit behind it is never read.
      thread().postMessage(null);
      const failed = log.append(alice, { expectedHead: head, events: [renamed("never")] });
      await expect(failed).rejects.toMatchObject({ code: "not_ready" });
      // The death is reported twice, and only once so far.
      const results = await Promise.all(
        [1, 2, 3].map((number) =>
          log.append(alice, { expectedHead: head + number - 1, events: [renamed(`${round} ${number}`)] }),
        ),
      );
      expect(results.map(({ kind }) => kind)).toEqual(["appended", "appended", "appended"]);
      acknowledged.push(`before ${round}`, `${round} 1`, `${round} 2`, `${round} 3`);
    }
    expect(await titles(log)).toEqual(acknowledged);
    expect(await titles(await reopen())).toEqual(acknowledged);
  });

  test("at any moment, nothing that was acknowledged is lost and nothing else leaves a gap", async () => {
    await using opened = await setUp();
    const { log, thread, reopen } = opened;
    let stopped = false;
    const acknowledged: string[] = [];
    const refused: string[] = [];
    const write = async (writer: number) => {
      for (let count = 0; !stopped; count += 1) {
        const id = `${writer}-${count}`;
        const key = { id, fingerprint: id, reply: id };
        await appendAtHead(log, alice, [renamed(id), renamed(`${id} more`)], { key }).then(
          () => acknowledged.push(id),
          () => refused.push(id),
        );
      }
    };
    const writers = [1, 2, 3, 4].map(write);
    for (let round = 0; round < 10; round += 1) {
      const enough = acknowledged.length + 5 + round;
      while (acknowledged.length < enough) await new Promise((resolve) => setImmediate(resolve));
      await thread().terminate();
    }
    stopped = true;
    await Promise.all(writers);
    const live = await titles(log);
    const again = await reopen();
    const stored = await titles(again);
    expect(stored).toEqual(live);
    const first = stored.filter((_, index) => index % 2 === 0);
    expect(stored).toEqual(first.flatMap((title) => [title, `${title} more`]));
    expect(new Set(first).size).toBe(first.length);
    expect(acknowledged.filter((title) => !first.includes(title))).toEqual([]);
    // The key tells of each append whose fate was unknown whether it happened.
    for (const id of refused) {
      expect((await again.findKey(alice, id)) !== undefined, id).toBe(first.includes(id));
    }
  });
});

describe("when the disk takes no more", () => {
  const program = "prlimit";
  /** No file of this process may grow beyond this many bytes: a real failure of real writes, for any user. */
  const limitFiles = (bytes: number | "unlimited") =>
    spawnSync(program, ["--pid", String(process.pid), `--fsize=${bytes}:`]);

  test("appends are refused with not_ready, and go on without a gap when it does again", async (context) => {
    if (limitFiles("unlimited").status !== 0) return context.skip("there is no prlimit to make writes fail with");
    await using opened = await setUp();
    const { log, reopen } = opened;
    const text = "x".repeat(50_000);
    const acknowledged: string[] = [];
    const append = async (title: string) => {
      const { head } = await log.bounds(alice);
      const key = { id: title, fingerprint: title, reply: null };
      const result = await log.append(alice, { expectedHead: head, events: [renamed(title), renamed(text)], key });
      expect(result.kind).toBe("appended");
      acknowledged.push(title, text);
    };
    for (let round = 0; round < 3; round += 1) {
      await append(`round ${round}`);
      const refusals: unknown[] = [];
      limitFiles(600_000 * (round + 1));
      try {
        for (let count = 0; count < 30; count += 1) {
          await append(`${round}-${count}`).catch((error: { code?: string }) => refusals.push(error.code));
        }
      } finally {
        limitFiles("unlimited");
      }
      expect(refusals.length).toBeGreaterThan(0);
      expect(new Set(refusals)).toEqual(new Set(["not_ready"]));
      expect(await titles(log)).toEqual(acknowledged);
    }
    await append("after all");
    const again = await reopen();
    expect(await titles(again)).toEqual(acknowledged);
    expect(await again.bounds(alice)).toEqual({ oldest: 1, head: acknowledged.length });
  });
});

describe("opening", () => {
  test("begins an epoch with each opening, and refuses a file of another format", async () => {
    await using opened = await setUp();
    const { path, reopen } = opened;
    expect((await reopen()).epoch).toBe("epoch2");
    const other = `${path}.other`;
    const database = new DatabaseSync(other);
    database.exec("PRAGMA user_version = 99");
    database.close();
    const open = () =>
      new SqliteLog({
        path: other,
        durability: "full",
        newEpoch: () => "no",
        clock: systemClock,
        limits: defaultLimits,
      });
    expect(open).toThrow(`unable to open ${other}; it has log format 99, this is 2`);
  });
});
