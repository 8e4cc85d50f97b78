/**
 * A program that writes to a SQLite log as fast as it can, in every way there is, until it is killed. After each append
 * that the log has acknowledged, and not before, it writes a line to a file, which outlives it.
 *
 * node log-writer-program.ts <database> <file of acknowledgements> <full|relaxed> <cycle>
 */
import { openSync, writeSync } from "node:fs";
import { defaultLimits, type UserId } from "@throughline/protocol";
import { systemClock } from "../../packages/server/src/base/clock.ts";
import type { Append } from "../../packages/server/src/log/log.ts";
import { SqliteLog } from "../../packages/server/src/log/sqlite-log.ts";
import type { Durability } from "../../packages/server/src/log/sqlite-store.ts";
import type { NewEvent } from "../../packages/server/src/log/stored-event.ts";
import { appendAtHead, feedOf, renamed, runEvents } from "./log-events.ts";

const [path = "", acknowledgements = "", durability, cycleText] = process.argv.slice(2);
const cycle = Number(cycleText);
const log = new SqliteLog({
  path,
  durability: durability as Durability,
  newEpoch: () => `epoch${cycleText}`,
  clock: systemClock,
  limits: defaultLimits,
});
const file = openSync(acknowledgements, "a");

async function append(feed: UserId, events: readonly NewEvent[], extra: Pick<Append, "key" | "lease"> = {}) {
  const stored = await appendAtHead(log, feed, events, extra);
  writeSync(file, `${JSON.stringify([feed, stored.map(({ text }) => text), extra.key?.id ?? null])}\n`);
}

/** Batches of one to six events; every other one has a key. */
async function writeBatches(writer: number): Promise<never> {
  for (let count = 0; ; count += 1) {
    const id = `${cycle}-${writer}-${count}`;
    const size = 1 + (count % 6);
    const events = Array.from({ length: size }, (_, index) => renamed(`${id} ${index + 1}/${size}`));
    const key = { id, fingerprint: id, reply: { size } };
    await append(feedOf(1 + (count % 3)), events, count % 2 === 0 ? { key } : {});
  }
}

/** Runs that are accepted, claimed, worked on and, most of them, ended; `step` of what is thought is the lease's token. */
async function writeRuns(feed: UserId): Promise<never> {
  for (let count = 0; ; count += 1) {
    const run = runEvents(cycle * 1_000_000 + count);
    await append(feed, [run.accepted()]);
    const claim = { leaseDurationMs: 60_000, runsMax: 4, runsPerFeedMax: 1_000_000 };
    for (const lease of await log.runs.claim(claim)) {
      const claimed = runEvents(Number(lease.runId.slice(4)));
      await append(feed, [claimed.thinking(lease.token), claimed.delta("a", 0, { record: 1 })], { lease });
      await append(feed, [claimed.delta("b", 1), claimed.delta("c", 2)], { lease });
      if (count % 3 > 0) await append(feed, [claimed.completed("abc")], { lease });
    }
  }
}

async function compactForever(feed: UserId): Promise<never> {
  for (;;) {
    await log.compact(feed);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const runsFeed = feedOf(9);
await Promise.all([...[1, 2, 3, 4, 5, 6].map(writeBatches), writeRuns(runsFeed), compactForever(runsFeed)]);
