/** A process that writes to a SQLite log is killed at a random moment, again and again, on one database. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { defaultLimits, type UserId } from "@throughline/protocol";
import { expect, test } from "vitest";
import { feedOf, readAll } from "../../../../tests/support/log-events.ts";
import { systemClock } from "../base/clock.ts";
import type { Log } from "./log.ts";
import { SqliteLog } from "./sqlite-log.ts";
import type { StoredEvent } from "./stored-event.ts";

const program = fileURLToPath(new URL("../../../../tests/support/log-writer-program.ts", import.meta.url));
const feeds = [1, 2, 3, 9].map(feedOf);
const runsFeed = feedOf(9);
/** For each durability. */
const cyclesCount = 12;

/** What the killed processes were told is stored, read on as they wrote it. */
class Acknowledgements {
  readonly texts = new Map<UserId, Map<number, string>>();
  readonly keys: { readonly feed: UserId; readonly id: string }[] = [];
  readonly #path: string;
  #read = 0;

  constructor(path: string) {
    this.#path = path;
  }

  get unread(): number {
    return existsSync(this.#path) ? statSync(this.#path).size - this.#read : 0;
  }

  readOn(): void {
    if (this.unread === 0) return;
    const bytes = readFileSync(this.#path).subarray(this.#read);
    // The last line may have been cut by the kill.
    const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
    this.#read += bytes.length;
    for (const line of whole.toString().split("\n").slice(0, -1)) {
      const [feed, texts, key] = JSON.parse(line) as [UserId, string[], string | null];
      const known = this.texts.get(feed) ?? new Map<number, string>();
      this.texts.set(feed, known);
      for (const text of texts) known.set((JSON.parse(text) as { sequence: number }).sequence, text);
      if (key !== null) this.keys.push({ feed, id: key });
    }
  }
}

/** Every sequence once, and what was acknowledged as it was; only deltas may have been compacted away. */
function expectAcknowledged(stored: readonly StoredEvent[], acknowledged: ReadonlyMap<number, string>): void {
  let position = 0;
  let found = 0;
  for (const event of stored) {
    expect(event.sequence).toBe(position + 1);
    position = event.lastSequence;
    for (let sequence = event.sequence; sequence <= event.lastSequence; sequence += 1) {
      const text = acknowledged.get(sequence);
      if (text === undefined) continue;
      found += 1;
      if (event.type === "compacted") expect(text).toContain('"type":"agent_delta"');
      else expect(event.text).toBe(text);
    }
  }
  expect(found).toBe(acknowledged.size);
}

/** A batch is there as a whole or not at all, and its key with it. */
async function expectWholeBatches(log: Log, feed: UserId, stored: readonly StoredEvent[]): Promise<void> {
  const titles = stored.map(({ event }) => (event.data as { title: string }).title);
  for (let index = 0; index < titles.length; ) {
    const [id = "", place = ""] = titles[index]?.split(" ") ?? [];
    const size = Number(place.split("/")[1]);
    const batch = Array.from({ length: size }, (_, number) => `${id} ${number + 1}/${size}`);
    expect(titles.slice(index, index + size)).toEqual(batch);
    const hasKey = Number(id.split("-")[2]) % 2 === 0;
    const key = hasKey ? { id, fingerprint: id, reply: { size } } : undefined;
    expect(await log.findKey(feed, id)).toEqual(key);
    index += size;
  }
}

/** The run index is what the events say: who is open, and which token was the last one used. */
async function expectRuns(log: Log, stored: readonly StoredEvent[]): Promise<void> {
  const tokens = new Map<string, number>();
  for (const { event } of stored) {
    if (event.type === "message_accepted") tokens.set(event.runId, 0);
    else if (event.type === "agent_thinking") tokens.set(event.runId, event.data.step);
    else if (event.type === "agent_completed") tokens.delete(event.runId);
  }
  const many = 1_000_000;
  const claimed = await log.runs.claim({ leaseDurationMs: 60_000, runsMax: many, runsPerFeedMax: many });
  expect(claimed.map(({ runId, token }) => [runId, token])).toEqual([...tokens].map(([id, token]) => [id, token + 1]));
}

/** Starts the program; `kill` fails when it ended by itself. */
function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once("close", (_code, signal) => resolve(signal)),
  );
  return {
    runs: () => child.exitCode === null,
    kill: async () => {
      child.kill("SIGKILL");
      expect(await exited, errors).toBe("SIGKILL");
    },
  };
}

test.each(["full", "relaxed"] as const)(
  "killed %s: everything acknowledged is there, nothing is there by half, and the next process goes on",
  { timeout: 120_000 },
  async (durability) => {
    const folder = await mkdtemp(join(tmpdir(), "throughline-crash-"));
    const path = join(folder, "log.db");
    const acknowledgementsPath = join(folder, "acknowledged");
    const acknowledgements = new Acknowledgements(acknowledgementsPath);
    let openings = 0;
    const open = () =>
      new SqliteLog({
        path,
        durability,
        newEpoch: () => `reader${openings++}`,
        clock: systemClock,
        limits: defaultLimits,
      });
    try {
      for (let cycle = 1; cycle <= cyclesCount; cycle += 1) {
        const writer = start(path, acknowledgementsPath, durability, String(cycle));
        // Mostly in the middle of its work, and now and then while it begins.
        const begins = cycle % 6 === 0;
        const enough = 1 + Math.floor(Math.random() * 100_000);
        if (begins) await sleep(Math.random() * 300);
        while (!begins && acknowledgements.unread < enough && writer.runs()) await sleep(1);
        await writer.kill();
        acknowledgements.readOn();

        const log = open();
        for (const feed of feeds) {
          const stored = await readAll(log, feed);
          expect((await log.bounds(feed)).head).toBe(stored.at(-1)?.lastSequence ?? 0);
          expectAcknowledged(stored, acknowledgements.texts.get(feed) ?? new Map());
          if (feed === runsFeed) await expectRuns(log, stored);
          else await expectWholeBatches(log, feed, stored);
        }
        for (const { feed, id } of acknowledgements.keys) expect(await log.findKey(feed, id), id).toBeDefined();
        await log.close();
      }
      expect(acknowledgements.keys.length).toBeGreaterThan(cyclesCount);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
