/**
 * What one process appends to a log in a second, and how long an append waits: in memory, in SQLite that survives the
 * death of the process (relaxed), and in SQLite that survives the loss of power (full). Every writer waits for its append
 * before the next and has a feed of its own. Needs a built packages/protocol. Usage: node benchmarks/log.ts [seconds]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits, type ThreadId, type UserId } from "@throughline/protocol";
import { systemClock } from "../packages/server/src/base/clock.ts";
import type { Log } from "../packages/server/src/log/log.ts";
import { MemoryLog } from "../packages/server/src/log/memory-log.ts";
import { SqliteLog } from "../packages/server/src/log/sqlite-log.ts";
import type { NewEvent } from "../packages/server/src/log/stored-event.ts";

const seconds = Number(process.argv[2] ?? 3);
const warmUpSeconds = 0.5;

interface Load {
  readonly writers: number;
  readonly eventsPerAppend: number;
}
const loads: readonly Load[] = [
  { writers: 1, eventsPerAppend: 1 },
  { writers: 256, eventsPerAppend: 1 },
  { writers: 1, eventsPerAppend: 256 },
  { writers: 16, eventsPerAppend: 64 },
];

/** About 200 bytes as stored. */
const event: NewEvent = {
  type: "thread_renamed",
  threadId: "thr_benchmark0000000000" as ThreadId,
  data: { title: "x".repeat(70) },
};

const folder = mkdtempSync(join(tmpdir(), "throughline-bench-"));
const common = { clock: systemClock, limits: defaultLimits };
const open: Readonly<Record<string, (file: string) => Log>> = {
  memory: () => new MemoryLog({ epoch: "epoch1", ...common }),
  relaxed: (path) => new SqliteLog({ path, durability: "relaxed", newEpoch: () => "epoch1", ...common }),
  full: (path) => new SqliteLog({ path, durability: "full", newEpoch: () => "epoch1", ...common }),
};

/** Milliseconds of each append, over the time that was asked for. */
async function write(log: Log, { writers, eventsPerAppend }: Load, duration: number): Promise<number[]> {
  const events = Array.from({ length: eventsPerAppend }, () => event);
  const waits: number[] = [];
  const end = performance.now() + duration * 1_000;
  const writer = async (number: number) => {
    const feed = `user${number}` as UserId;
    let { head } = await log.bounds(feed);
    for (let began = performance.now(); began < end; ) {
      const result = await log.append(feed, { expectedHead: head, events });
      if (result.kind !== "appended") throw new Error(`unable to append; the log says ${result.kind}`);
      head = result.head;
      const now = performance.now();
      waits.push(now - began);
      began = now;
      // A log that never leaves the turn is no server: timers and sockets want theirs.
      if (waits.length % 1_024 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, number) => writer(number)));
  return waits.sort((left, right) => left - right);
}

/** Milliseconds of reading 1,000 events from the middle of a long feed; the median of many. */
async function readTime(log: Log): Promise<number> {
  const feed = "user0" as UserId;
  const { head } = await log.bounds(feed);
  const waits: number[] = [];
  for (let count = 0; count < 200; count += 1) {
    const began = performance.now();
    await log.read(feed, Math.floor(((head - 1_024) * count) / 200));
    waits.push(performance.now() - began);
  }
  return percentile(
    waits.sort((left, right) => left - right),
    0.5,
  );
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

const count = (value: number) => Math.round(value).toLocaleString("en-US").padStart(11);
const time = (value: number) => value.toFixed(2).padStart(8);

console.log(`${"".padEnd(36)}   appends/s    events/s   p50 ms   p99 ms`);
try {
  for (const [name, openLog] of Object.entries(open)) {
    for (const [index, load] of loads.entries()) {
      const log = openLog(join(folder, `${name}-${index}.db`));
      await write(log, load, warmUpSeconds);
      const began = performance.now();
      const waits = await write(log, load, seconds);
      const perSecond = (waits.length * 1_000) / (performance.now() - began);
      const title = `${name}, ${load.writers} × ${load.eventsPerAppend} event${load.eventsPerAppend > 1 ? "s" : ""}`;
      const events = perSecond * load.eventsPerAppend;
      const line = [count(perSecond), count(events), time(percentile(waits, 0.5)), time(percentile(waits, 0.99))];
      console.log(`${title.padEnd(36)} ${line.join(" ")}`);
      if (load.writers === 1 && load.eventsPerAppend > 1) {
        console.log(
          `${`${name}, a page of 1,024 events read`.padEnd(36)} ${"".padStart(23)} ${time(await readTime(log))}`,
        );
      }
      await log.close();
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
