/**
 * A backup is taken, while the server stands still or while it writes; life goes on; the backup is put back, in every way
 * that an operator may think of; and more is written than was lost, so that no place of an old device is beyond the end.
 * Whoever saw what is gone is told so and sees the truth after loading it again; whoever saw only what is there goes on.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import type { ThreadSnapshot, ThreadsSnapshot } from "@throughline/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import type { TestDevice } from "../support/test-device.ts";
import { headOf, lostOrKept, type Seen, truthOf } from "./lost-or-kept.ts";

const user = "ada";

let world: ScriptedWorld;
let folder: string;
/** Copies: of the folder, taken while the server stood still; of `log.db` alone, taken while it wrote. */
const cold = () => join(folder, "cold");
const online = () => join(folder, "online.db");
const vacuumed = () => join(folder, "vacuumed.db");
/** The folder as it was last, before anything was put back. */
const newest = () => join(folder, "newest");
/** What a device saw in each of the lives before anything was put back, in order. */
let lives: readonly [Seen, Seen, Seen];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "throughline-restored-"));
  world = await ScriptedWorld.start();
  const first = await world.webSocket(user);
  await talk(first, 2);
  await world.server.terminate();
  cpSync(world.server.dataDirectory, cold(), { recursive: true });
  const one = seenBy(first, []);

  await world.server.start();
  const second = await world.webSocket(user, { after: first.cursor ?? null });
  await talk(second, 2);
  const busy = talk(second, 2);
  await takeOnlineCopies();
  await busy;
  await world.server.kill9();
  const two = seenBy(second, one.seen);

  await world.server.start();
  const third = await world.webSocket(user, { after: second.cursor ?? null });
  await talk(third, 2);
  await world.server.terminate();
  cpSync(world.server.dataDirectory, newest(), { recursive: true });
  lives = [one, two, seenBy(third, two.seen)];
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function talk(device: TestDevice, messages: number): Promise<void> {
  for (let count = 0; count < messages; count += 1) {
    const text = script({ produce: 12, bytes: 300 }, { call: "write_once", label: `${count}` });
    const { runId } = await device.command("message.send", { text });
    await device.ended(runId);
  }
}

function seenBy(device: TestDevice, before: readonly string[]): Seen {
  const texts = device.events.map((event) => JSON.stringify(event));
  return { epoch: device.cursor?.split("-")[0] ?? "", seen: [...before, ...texts] };
}

/** In both ways that SQLite has, beside a server that writes. */
async function takeOnlineCopies(): Promise<void> {
  const database = new DatabaseSync(join(world.server.dataDirectory, "log.db"), { readOnly: true });
  try {
    await backup(database, online());
    database.exec(`VACUUM INTO '${vacuumed()}'`);
  } finally {
    database.close();
  }
}

function replaceFolder(copy: string): void {
  rmSync(world.server.dataDirectory, { recursive: true, force: true });
  cpSync(copy, world.server.dataDirectory, { recursive: true });
}

function replaceLog(copy: string): void {
  for (const name of readdirSync(world.server.dataDirectory)) {
    if (name.startsWith("log.db")) rmSync(join(world.server.dataDirectory, name));
  }
  cpSync(copy, join(world.server.dataDirectory, "log.db"));
}

const unknown = (life: Seen): Seen => ({ ...life, unknown: true });

interface Restoration {
  readonly how: string;
  readonly put: () => void;
  /** What the copy knows of the three lives. */
  readonly views: () => readonly Seen[];
}

const restorations: readonly Restoration[] = [
  {
    how: "the folder removed, the copy in its place",
    put: () => replaceFolder(cold()),
    views: () => [lives[0], unknown(lives[1]), unknown(lives[2])],
  },
  {
    how: "the copy over the folder, file by file",
    put: () => cpSync(cold(), world.server.dataDirectory, { recursive: true }),
    views: () => [lives[0], unknown(lives[1]), unknown(lives[2])],
  },
  {
    how: "only log.db, in place",
    put: () => cpSync(join(cold(), "log.db"), join(world.server.dataDirectory, "log.db")),
    views: () => [lives[0], unknown(lives[1]), unknown(lives[2])],
  },
  {
    how: "an online copy of log.db",
    put: () => replaceLog(online()),
    views: () => [lives[0], lives[1], unknown(lives[2])],
  },
  {
    how: "a vacuumed copy of log.db",
    put: () => replaceLog(vacuumed()),
    views: () => [lives[0], lives[1], unknown(lives[2])],
  },
];

describe("an older backup is put back", () => {
  beforeEach(() => replaceFolder(newest()));

  test.each(restorations.map((each) => [each.how, each] as const))("%s", async (_how, { put, views }) => {
    put();
    await world.server.start();
    try {
      const lost = lives[2].seen.length - (await truthOf(world, user, lives[0].epoch)).texts.length;
      expect(lost).toBeGreaterThan(0);
      await using writer = await world.webSocket(user);
      const before = headOf(writer.welcome?.head);
      while (writer.sequence - before <= lost) await talk(writer, 1);
      const kept = await lostOrKept(world, user, views());
      expect(kept).toBeGreaterThanOrEqual(lives[0].seen.length);
      expect(kept).toBeLessThan(lives[2].seen.length);
      await expectReloadable();
    } finally {
      await world.server.terminate();
    }
  });

  test("and the newer one after it: nobody is reset but those who saw what came between", async () => {
    replaceFolder(cold());
    await world.server.start();
    const between = await world.webSocket(user, { after: `${lives[0].epoch}-${lives[0].seen.length}` });
    await talk(between, 3);
    await world.server.terminate();
    replaceFolder(newest());
    await world.server.start();
    try {
      const branch = unknown(seenBy(between, lives[0].seen));
      expect(await lostOrKept(world, user, [...lives, branch])).toBe(lives[2].seen.length);
    } finally {
      await world.server.terminate();
    }
  });
});

/** A device that is reset loads snapshots and goes on from the head: what it then has is the truth, to the last message. */
async function expectReloadable(): Promise<void> {
  await using device = await world.webSocket(user, { after: `${lives[2].epoch}-${lives[2].seen.length}` });
  await device.until(() => device.resets.length > 0, "a reset");
  const { events } = await truthOf(world, user, lives[0].epoch);
  const { threads, cursor } = (await (await world.get(user, "/v1/threads")).json()) as ThreadsSnapshot;
  expect(cursor).toBe(device.cursor);
  const accepted = events.flatMap((event) => (event.type === "message_accepted" ? [event] : []));
  expect(threads.map(({ threadId }) => threadId).sort()).toEqual(accepted.map(({ threadId }) => threadId).sort());
  for (const { threadId, runId, data } of accepted) {
    const { thread } = (await (await world.get(user, `/v1/threads/${threadId}`)).json()) as ThreadSnapshot;
    expect(thread.runs.map((run) => [run.runId, run.text])).toEqual([[runId, data.text]]);
  }
  const { sequence } = await device.command("message.send", { text: "once more" });
  await device.reached(sequence);
  expect(device.events.map(({ sequence: place }) => place)[0]).toBe(headOf(cursor) + 1);
}
