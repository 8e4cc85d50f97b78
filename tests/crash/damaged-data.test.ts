/**
 * Files of the data folder are damaged, emptied, cut or mixed up between two starts. Either the start is refused, says what
 * to do and leaves the files as they are, or everything that is durable by SQLite's rules is there, and every device whose
 * place was lost is told so.
 */
import { hash, randomBytes } from "node:crypto";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import type { TestDevice } from "../support/test-device.ts";
import { lostOrKept, truthOf } from "./lost-or-kept.ts";

const pageBytes = 4_096;
/** The first byte of a page that holds rows, in the SQLite file format. */
const rowsPage = 0x0d;
const user = "ada";

let world: ScriptedWorld;
let folder: string;
/** Copies of the data folder: after a first life that ended well, and after a second one that was killed. */
let ended: string;
let killed: string;
/** Of `log.db` alone, in the middle of the second life. */
const online = () => join(folder, "online.db");
/** What the user has seen by the end of each life. */
let seenWhenEnded: readonly string[];
let seenWhenKilled: readonly string[];
let epochs: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "throughline-damaged-"));
  [ended, killed] = ["ended", "killed"].map((name) => join(folder, name)) as [string, string];
  world = await ScriptedWorld.start();
  const device = await world.webSocket(user);
  await talk(device);
  await world.server.terminate();
  keep(ended);
  await world.server.start();
  const later = await world.webSocket(user, { after: device.cursor ?? null });
  await talk(later);
  const database = new DatabaseSync(path("log.db"), { readOnly: true });
  await backup(database, online());
  database.close();
  await talk(later);
  await world.server.kill9();
  keep(killed);
  seenWhenEnded = eventLines(device);
  seenWhenKilled = [...seenWhenEnded, ...eventLines(later)];
  epochs = [device, later].map(({ cursor }) => cursor?.split("-")[0] ?? "");
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function talk(device: TestDevice): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    const { runId } = await device.command("message.send", {
      text: script({ produce: 20, bytes: 2_000 }, { call: "write_once", label: `${count}` }),
    });
    await device.ended(runId);
  }
}

function eventLines(device: TestDevice): readonly string[] {
  return device.events.map((event) => JSON.stringify(event));
}

function keep(copy: string): void {
  cpSync(world.server.dataDirectory, copy, { recursive: true });
}

function path(name: string): string {
  return join(world.server.dataDirectory, name);
}

/** Puts a copy in the place of the data folder and lets `damage` have a go at it. */
function put(copy: string, damage: () => void): void {
  rmSync(world.server.dataDirectory, { recursive: true, force: true });
  cpSync(copy, world.server.dataDirectory, { recursive: true });
  damage();
}

function overwrite(name: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path(name));
  bytes.copy(content, offset);
  writeFileSync(path(name), content);
}

function pagesOf(name: string): number {
  return statSync(path(name)).size / pageBytes;
}

/** What the files of a database hold, but for the memory that its readers share. */
function contents(database: string): Record<string, string> {
  const names = readdirSync(world.server.dataDirectory)
    .filter((name) => name.startsWith(database))
    .sort();
  const held = names.filter((name) => !name.endsWith("-shm") && statSync(path(name)).size > 0);
  return Object.fromEntries(held.map((name) => [name, hash("sha256", readFileSync(path(name)))]));
}

interface Damage {
  readonly what: string;
  readonly copy: () => string;
  readonly damage: () => void;
}

const refused: readonly (Damage & { readonly message: RegExp })[] = [
  {
    what: "an empty log.db",
    copy: () => ended,
    damage: () => truncateSync(path("log.db")),
    message: /log\.db; it is empty, and a log never is$/,
  },
  {
    what: "an empty log.db beside its write-ahead log",
    copy: () => killed,
    damage: () => truncateSync(path("log.db")),
    message: /log\.db; it is empty, and a log never is$/,
  },
  {
    what: "a log.db that is gone, where there are accounts",
    copy: () => ended,
    damage: () => rmSync(path("log.db")),
    message: /log\.db; it is missing, and the accounts are there$/,
  },
  {
    what: "a log.db that is gone, where its write-ahead log is not",
    copy: () => killed,
    damage: () => {
      for (const name of readdirSync(world.server.dataDirectory)) {
        if (name === "log.db" || name.startsWith("auth.db")) rmSync(path(name));
      }
    },
    message: /log\.db; it is missing, and .+log\.db-wal is there$/,
  },
  {
    what: "a log.db that is something else",
    copy: () => ended,
    damage: () => writeFileSync(path("log.db"), "This is no database.\n".repeat(1_000)),
    message: /log\.db; SQLite says: file is not a database$/,
  },
  {
    what: "a log.db with a damaged head",
    copy: () => ended,
    damage: () => overwrite("log.db", 0, randomBytes(100)),
    message: /log\.db; SQLite says: file is not a database$/,
  },
  {
    what: "a log.db of which half is gone",
    copy: () => ended,
    damage: () => truncateSync(path("log.db"), Math.floor(pagesOf("log.db") / 2) * pageBytes),
    message: /log\.db; SQLite says: /,
  },
  {
    what: "a log.db whose last page is damaged",
    copy: () => ended,
    damage: () => overwrite("log.db", (pagesOf("log.db") - 1) * pageBytes, Buffer.alloc(pageBytes, 0xff)),
    message: /log\.db; SQLite says: /,
  },
  {
    what: "a log.db whose last page never reached the disk",
    copy: () => ended,
    damage: () => overwrite("log.db", (pagesOf("log.db") - 1) * pageBytes, Buffer.alloc(pageBytes)),
    message: /log\.db; SQLite says: /,
  },
  {
    what: "a log.db with a damaged page in its middle",
    copy: () => ended,
    damage: () => overwrite("log.db", Math.floor(pagesOf("log.db") / 2) * pageBytes, randomBytes(pageBytes)),
    message: /log\.db; SQLite says: /,
  },
  {
    what: "an older log.db beside the write-ahead log of a newer one",
    copy: () => killed,
    damage: () => cpSync(join(ended, "log.db"), path("log.db")),
    message: /log\.db; .+log\.db-wal belongs to another copy of it$/,
  },
  {
    what: "an auth.db with a damaged head",
    copy: () => ended,
    damage: () => overwrite("auth.db", 0, randomBytes(100)),
    message: /auth\.db; SQLite says: file is not a database$/,
  },
  {
    what: "an auth.db whose last page is damaged",
    copy: () => ended,
    damage: () => overwrite("auth.db", (pagesOf("auth.db") - 1) * pageBytes, Buffer.alloc(pageBytes, 0xff)),
    message: /auth\.db; SQLite says: /,
  },
];

describe("the start is refused with", () => {
  test.each(refused.map((each) => [each.what, each] as const))("%s", async (_what, { copy, damage, message }) => {
    put(copy(), damage);
    const database = /\w+\.db/.exec(message.source.replaceAll("\\", ""))?.[0] ?? "";
    const before = contents(database);
    expect(await world.server.refusedStart()).toEqual({
      code: "data_damaged",
      message: expect.stringMatching(message),
      advice: "put the whole folder back from a backup, with no file of another copy, or move it away to begin anew",
    });
    // Whoever wants to rescue something finds what there was.
    expect(contents(database)).toEqual(before);
  });
});

const walBytes = () => statSync(path("log.db-wal")).size;
const recovered: readonly Damage[] = [
  { what: "nothing but the kill", copy: () => killed, damage: () => undefined },
  {
    what: "a write-ahead log that was cut in mid-frame",
    copy: () => killed,
    damage: () => truncateSync(path("log.db-wal"), Math.floor(walBytes() / 2)),
  },
  {
    what: "a write-ahead log without its last byte",
    copy: () => killed,
    damage: () => truncateSync(path("log.db-wal"), walBytes() - 1),
  },
  { what: "an empty write-ahead log", copy: () => killed, damage: () => truncateSync(path("log.db-wal")) },
  { what: "no write-ahead log", copy: () => killed, damage: () => rmSync(path("log.db-wal")) },
  {
    what: "a write-ahead log that is damaged in its middle",
    copy: () => killed,
    damage: () => overwrite("log.db-wal", Math.floor(walBytes() / 2), randomBytes(64)),
  },
  {
    what: "a write-ahead log with a damaged head",
    copy: () => killed,
    damage: () => overwrite("log.db-wal", 0, randomBytes(32)),
  },
  {
    // Nothing was moved to the file since, so the write-ahead log has all that the copy lacks.
    what: "an online copy of the same life beside the write-ahead log, which completes it",
    copy: () => killed,
    damage: () => cpSync(online(), path("log.db")),
  },
  {
    what: "shared memory that is garbage",
    copy: () => killed,
    damage: () => existsSync(path("log.db-shm")) && writeFileSync(path("log.db-shm"), randomBytes(32_768)),
  },
];

describe("the start recovers what is durable, and tells everybody else, after", () => {
  test.each(recovered.map((each) => [each.what, each] as const))("%s", async (what, { copy, damage }) => {
    put(copy(), damage);
    await world.server.start();
    try {
      const kept = await lostOrKept(world, user, [
        { epoch: epochs[0] ?? "", seen: seenWhenEnded },
        { epoch: epochs[1] ?? "", seen: seenWhenKilled },
      ]);
      // What the file itself holds is not lost with the write-ahead log.
      expect(kept).toBeGreaterThanOrEqual(seenWhenEnded.length);
      if (/kill|memory|completes/.test(what)) expect(kept).toBe(seenWhenKilled.length);
      else expect(kept).toBeLessThan(seenWhenKilled.length);
    } finally {
      await world.server.kill9();
    }
  });
});

test("a page that is damaged while the server runs: what needs it fails as not_ready, and nobody else notices", async () => {
  put(ended, () => undefined);
  await world.server.start();
  try {
    await using other = await world.webSocket("grace");
    await talk(other);
    await world.server.terminate();
    await world.server.start();
    // A page of rows in what ada has, of which nothing has been read since the start.
    const thread = JSON.parse(seenWhenEnded.at(-1) ?? "").threadId as string;
    const bytes = readFileSync(path("log.db"));
    const starts = Array.from({ length: bytes.length / pageBytes }, (_, page) => page * pageBytes);
    const start = starts.find((at) => bytes[at] === rowsPage && bytes.subarray(at, at + pageBytes).includes(thread));
    const file = openSync(path("log.db"), "r+");
    writeSync(file, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, start ?? Number.NaN);
    closeSync(file);

    const problem = await world.get(user, `/v1/threads/${thread}`);
    expect([problem.status, await problem.json()]).toEqual([
      503,
      expect.objectContaining({ code: "not_ready", detail: "unable to read the log; the storage failed" }),
    ]);
    expect(world.server.output).toContain("database disk image is malformed");
    // Up to the damage, and not a step beyond; whatever is there after it is not shown as if it came next.
    await using device = await world.webSocket(user, { after: `${epochs[0]}-0` });
    await expect.poll(() => world.server.output).toContain("unable to follow a feed");
    expect(device.events.map((event) => JSON.stringify(event))).toEqual(seenWhenEnded.slice(0, device.events.length));
    expect(device.events.length).toBeLessThan(seenWhenEnded.length);

    const epoch = other.cursor?.split("-")[0] ?? "";
    const { texts } = await truthOf(world, "grace", epoch);
    expect(texts).toEqual(eventLines(other));
    await using writer = await world.webSocket("grace");
    await talk(writer);
  } finally {
    await world.server.terminate();
  }
  expect(await world.server.refusedStart()).toMatchObject({ code: "data_damaged" });
});
