import { defaultLimits } from "@throughline/protocol";
import { expect, test } from "vitest";
import { GatedStore } from "../../../../tests/support/gated-store.ts";
import { appendAtHead, feedOf, readAll, renamed, runEvents } from "../../../../tests/support/log-events.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { EmbeddedLog } from "./embedded-log.ts";
import { Maintenance } from "./maintenance.ts";
import { MemoryStore } from "./memory-store.ts";

const alice = feedOf(1);
const { compactionDelayMs, idempotencyRetentionMs } = defaultLimits;
const hourMs = 3_600_000;

function setUp() {
  const store = new GatedStore(new MemoryStore("epoch1"));
  const clock = new VirtualClock();
  const log = new EmbeddedLog({ store, clock, limits: defaultLimits });
  const errors: unknown[] = [];
  const maintenance = new Maintenance({ log, clock, limits: defaultLimits, onError: (error) => errors.push(error) });
  const replacements = () => store.commits.filter((commit) => commit.replacements.length > 0).length;
  return { store, clock, log, maintenance, errors, replacements };
}

async function endedRun(log: EmbeddedLog, number: number): Promise<void> {
  const run = runEvents(number);
  await appendAtHead(log, alice, [run.accepted(), run.started(), run.delta("a"), run.delta("b"), run.completed()]);
}

test("a feed is compacted once, compactionDelayMs after the first of many calls", async () => {
  const { clock, log, maintenance, replacements } = setUp();
  await endedRun(log, 1);
  maintenance.compactLater(alice);
  await clock.advance(compactionDelayMs - 1);
  await endedRun(log, 2);
  const { pending } = clock;
  maintenance.compactLater(alice);
  expect(clock.pending).toBe(pending);
  expect(replacements()).toBe(0);
  await clock.advance(1);
  expect(replacements()).toBe(1);
  expect((await readAll(log, alice)).filter(({ type }) => type === "agent_delta")).toEqual([]);
  await clock.advance(10 * compactionDelayMs);
  expect(replacements()).toBe(1);
  await endedRun(log, 3);
  maintenance.compactLater(alice);
  await clock.advance(compactionDelayMs);
  expect(replacements()).toBe(2);
});

test("keys are forgotten hourly, once they are older than idempotencyRetentionMs", async () => {
  const { clock, log } = setUp();
  await appendAtHead(log, alice, [renamed("one")], { key: { id: "command1", fingerprint: "print", reply: null } });
  await clock.advance(idempotencyRetentionMs);
  expect(await log.findKey(alice, "command1")).toBeDefined();
  await clock.advance(hourMs);
  expect(await log.findKey(alice, "command1")).toBeUndefined();
});

test("a failure is told and does not end it", async () => {
  const { clock, log, maintenance, errors, store, replacements } = setUp();
  await endedRun(log, 1);
  store.fate = "lost";
  maintenance.compactLater(alice);
  await clock.advance(hourMs);
  expect(errors).toMatchObject([{ code: "not_ready" }, { code: "not_ready" }]);
  store.fate = "stored";
  maintenance.compactLater(alice);
  await clock.advance(hourMs);
  expect(errors).toHaveLength(2);
  expect(replacements()).toBe(2);
});

test("close leaves no timer", () => {
  const { clock, maintenance } = setUp();
  maintenance.compactLater(alice);
  maintenance.close();
  expect(clock.pending).toBe(0);
});
