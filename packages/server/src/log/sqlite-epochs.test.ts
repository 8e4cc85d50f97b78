/** An older copy of the database is put back, at random moments: no reader may go on from history that is gone. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defaultLimits } from "@throughline/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { appendAtHead, feedOf, renamed } from "../../../../tests/support/log-events.ts";
import { systemClock } from "../base/clock.ts";
import { SqliteLog } from "./sqlite-log.ts";

const feed = feedOf(1);
const limits = { ...defaultLimits, epochStartsPerFeedMax: 6, epochsMax: 8 };

/** What a device holds: its cursor, and all that it has seen to get there. */
interface Reader {
  readonly epoch: string;
  readonly seen: readonly string[];
}

class RestoredLog {
  readonly folder: string;
  #openings = 0;
  #titles = 0;
  log!: SqliteLog;
  history: string[] = [];
  /** Epochs that this history had, oldest first. */
  lineage: string[] = [];
  readers: Reader[] = [];
  #backup: { readonly history: readonly string[]; readonly lineage: readonly string[] } | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  get #path(): string {
    return join(this.folder, "log.db");
  }

  open(): void {
    const newEpoch = () => `epoch${++this.#openings}`;
    this.log = new SqliteLog({ path: this.#path, durability: "relaxed", newEpoch, clock: systemClock, limits });
    this.lineage.push(this.log.epoch);
    this.look();
  }

  look(): void {
    this.readers.push({ epoch: this.log.epoch, seen: [...this.history] });
  }

  async append(count: number): Promise<void> {
    const titles = Array.from({ length: count }, () => `title ${++this.#titles}`);
    await appendAtHead(this.log, feed, titles.map(renamed));
    this.history.push(...titles);
    this.look();
  }

  async reopen(): Promise<void> {
    await this.log.close();
    this.open();
  }

  /** As an operator would, while the server runs. */
  async backUp(): Promise<void> {
    await rm(join(this.folder, "backup.db"), { force: true });
    const database = new DatabaseSync(this.#path);
    database.exec(`VACUUM INTO '${join(this.folder, "backup.db")}'`);
    database.close();
    this.#backup = { history: [...this.history], lineage: [...this.lineage] };
  }

  async restore(): Promise<void> {
    if (this.#backup === undefined) return;
    await this.log.close();
    for (const suffix of ["-wal", "-shm"]) await rm(`${this.#path}${suffix}`, { force: true });
    await copyFile(join(this.folder, "backup.db"), this.#path);
    this.history = [...this.#backup.history];
    this.lineage = [...this.#backup.lineage];
    this.open();
  }

  async check(): Promise<void> {
    const head = this.history.length;
    const remembered = this.lineage.slice(-limits.epochStartsPerFeedMax);
    for (const { epoch, seen } of this.readers) {
      const { kind } = await this.log.locate(feed, { epoch, sequence: seen.length });
      const holds = seen.every((title, index) => this.history[index] === title);
      if (!holds) expect(kind, `${epoch} at ${seen.length} of ${head}`).not.toBe("found");
      else if (remembered.includes(epoch)) expect(kind, `${epoch} at ${seen.length} of ${head}`).toBe("found");
    }
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("append"), count: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("reopen") }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("backUp") }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("restore") }) },
  ),
  { minLength: 4, maxLength: 16 },
);

test("whoever saw what is gone is told so, and whoever saw only what is there goes on", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const folder = await mkdtemp(join(tmpdir(), "throughline-epochs-"));
      const world = new RestoredLog(folder);
      try {
        world.open();
        for (const step of plan) {
          if (step.kind === "append") await world.append((step as { count: number }).count);
          else await world[step.kind as "reopen" | "backUp" | "restore"]();
          await world.check();
        }
      } finally {
        await world.log.close();
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: 30 },
  );
});
