import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CallId, defaultLimits, type Limits, type RunId, type ThreadId, type UserId } from "@throughline/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import type { Clock } from "../../base/clock.ts";
import { systemClock } from "../../base/clock.ts";
import { type BuiltInTools, openBuiltInTools } from "./built-in-tools.ts";

const bob = "bob" as UserId;

/** A new person for each test; the tools, whose calculator is a process, are opened once. */
let alice: UserId;
let people = 0;
let dataDirectory: string;
let tools: BuiltInTools;
let keys = 0;

async function open(limits: Partial<Limits> = {}): Promise<void> {
  await tools?.close();
  tools = openBuiltInTools({ dataDirectory, limits: { ...defaultLimits, ...limits }, clock: systemClock });
}

beforeAll(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), "throughline-tools-"));
  tools = openBuiltInTools({ dataDirectory, limits: defaultLimits, clock: systemClock });
});
beforeEach(() => {
  people += 1;
  alice = `alice${people}` as UserId;
});
afterAll(async () => {
  await tools.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

interface CallOptions {
  readonly user?: UserId;
  readonly key?: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** Calls a tool as the dispatcher does: input through its schema, output through its own. */
async function call(name: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
  const tool = tools.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const validated = await tool.input["~standard"].validate(input);
  if (validated.issues !== undefined) throw new Error(`invalid input: ${validated.issues[0]?.message}`);
  keys += 1;
  const output = await tool.execute(validated.value, {
    userId: options.user ?? alice,
    threadId: "thr_aaaaaaaaaa" as ThreadId,
    runId: "run_aaaaaaaaaa" as RunId,
    callId: "call_aaaaaaaaaa" as CallId,
    idempotencyKey: options.key ?? `key${keys}`,
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? systemClock,
  });
  const checked = await tool.output?.["~standard"].validate(output);
  expect(checked?.issues).toBeUndefined();
  return output;
}

test("calculate and convert_units calculate", async () => {
  expect(await call("calculate", { expression: "3 * (4 + 5)" })).toEqual({ result: "27" });
  expect(await call("convert_units", { value: 5, from: "inch", to: "cm" })).toEqual({ result: "12.7 cm" });
  await expect(call("convert_units", { value: 5, from: "kg", to: "cm" })).rejects.toThrow("unable to calculate; ");
});

describe("time", () => {
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 13, 5));

  test("world_clock tells what the clocks of a place show", async () => {
    expect(await call("world_clock", { place: "São Paulo" }, { clock })).toEqual({
      place: "São Paulo",
      zone: "America/Sao_Paulo",
      date: "2026-11-23",
      time: "10:05",
      weekday: "Monday",
      offset: "-03:00",
    });
  });

  test("a place that is not known, or not one, is a failure that says what would be", async () => {
    await expect(call("world_clock", { place: "Tokio" }, { clock })).rejects.toThrow(
      'unable to find "Tokio"; known are Tokyo (Asia/Tokyo)',
    );
    await expect(call("world_clock", { place: "Canada" }, { clock })).rejects.toThrow(
      'unable to tell the time in "Canada"; it has several, name a city',
    );
    await expect(call("parse_date", { text: "today", timeZone: "Gondor" }, { clock })).rejects.toThrow(
      'unable to find "Gondor"',
    );
  });

  test("parse_date tells a day, its distance, and the time if there is one", async () => {
    const local = { date: "2026-11-24", time: "17:00", weekday: "Tuesday", offset: "+01:00" };
    expect(await call("parse_date", { text: "tomorrow at 5pm", timeZone: "Berlin" }, { clock })).toEqual({
      text: "tomorrow at 5pm",
      zone: "Europe/Berlin",
      ...local,
      instant: "2026-11-24T16:00:00.000Z",
      hasTime: true,
      daysFromToday: 1,
    });
    expect(await call("parse_date", { text: "3 weeks ago" }, { clock })).toMatchObject({
      zone: "UTC",
      date: "2026-11-02",
      hasTime: false,
      daysFromToday: -21,
    });
    expect(await call("parse_date", { text: "december 24 - 26" }, { clock })).toMatchObject({
      date: "2026-12-24",
      daysFromToday: 31,
      end: { date: "2026-12-26", daysFromToday: 33, hasTime: false },
    });
  });

  test("parse_date counts days by the calendar of the place", async () => {
    const late = new VirtualClock(Date.UTC(2026, 10, 23, 23, 30));
    for (const timeZone of ["Tokyo", "New York"]) {
      const output = await call("parse_date", { text: "tomorrow at 00:15", timeZone }, { clock: late });
      expect(output).toMatchObject({ daysFromToday: 1, time: "00:15" });
    }
  });

  test("parse_date says what it does not understand", async () => {
    const failure = (text: string) => expect(call("parse_date", { text }, { clock })).rejects;
    await failure("banana").toThrow('unable to find a date in "banana"');
    await failure("friday the 13th").toThrow('unable to understand "13th" beside "friday"');
    await failure("monday or friday").toThrow('unable to choose a date; there are "monday" and "friday"');
  });
});

describe("notes", () => {
  test("are saved, replaced, listed, read and deleted", async () => {
    expect(await call("note_save", { title: "plan", text: "one" })).toEqual({ title: "plan", replaced: false });
    expect(await call("note_save", { title: "plan", text: "two" })).toEqual({ title: "plan", replaced: true });
    expect(await call("note_list", {})).toEqual({ titles: ["plan"] });
    expect(await call("note_read", { title: "plan" })).toEqual({ title: "plan", text: "two" });
    expect(await call("note_delete", { title: "plan" })).toEqual({ title: "plan" });
    await expect(call("note_read", { title: "plan" })).rejects.toThrow('unable to find a note "plan"');
  });

  test("a repeated key has no second effect and the first result", async () => {
    await call("note_save", { title: "plan", text: "mine" }, { key: "first" });
    await call("note_save", { title: "plan", text: "newer" });
    expect(await call("note_save", { title: "plan", text: "mine" }, { key: "first" })).toEqual({
      title: "plan",
      replaced: false,
    });
    expect(await call("note_read", { title: "plan" })).toMatchObject({ text: "newer" });
    await call("note_delete", { title: "plan" }, { key: "gone" });
    await call("note_save", { title: "plan", text: "again" });
    await call("note_delete", { title: "plan" }, { key: "gone" });
    expect(await call("note_read", { title: "plan" })).toMatchObject({ text: "again" });
  });

  test("survive a restart, with the keys that were applied", async () => {
    await call("note_save", { title: "plan", text: "one" }, { key: "first" });
    await open();
    expect(await call("note_save", { title: "plan", text: "other" }, { key: "first" })).toEqual({
      title: "plan",
      replaced: false,
    });
    expect(await call("note_read", { title: "plan" })).toMatchObject({ text: "one" });
  });

  test("stop at notesPerUserMax, which is each user's own", async () => {
    await open({ notesPerUserMax: 2 });
    for (const title of ["a", "b"]) await call("note_save", { title, text: "" });
    await expect(call("note_save", { title: "c", text: "" })).rejects.toThrow("notesPerUserMax 2");
    expect(await call("note_save", { title: "b", text: "replaced" })).toMatchObject({ replaced: true });
    expect(await call("note_save", { title: "c", text: "" }, { user: bob })).toMatchObject({ replaced: false });
    await open();
  });

  test("deleting asks first", () => {
    expect(tools.tools.filter((tool) => tool.approval === "always").map((tool) => tool.name)).toEqual(["note_delete"]);
  });
});

describe("documents", () => {
  test("are found by their words, best first, in the forms that people type", async () => {
    tools.documents.put(alice, "cats.md", "Cats sleep. A cat is a small carnivore that sleeps most of the day.");
    tools.documents.put(alice, "dogs.md", "Dogs bark. The café is closed.");
    expect(await call("search_documents", { query: "cat carnivore" })).toMatchObject({
      matches: [{ name: "cats.md" }],
    });
    expect(await call("search_documents", { query: "CAFE" })).toMatchObject({ matches: [{ name: "dogs.md" }] });
    expect(await call("search_documents", { query: "cat dog" })).toEqual({ matches: [] });
    expect(await call("read_document", { name: "dogs.md" })).toMatchObject({ truncated: false });
  });

  test("of the same name are replaced, in the index too", async () => {
    tools.documents.put(alice, "a.md", "alpha");
    tools.documents.put(alice, "a.md", "omega");
    expect(await call("search_documents", { query: "alpha" })).toEqual({ matches: [] });
    expect(await call("search_documents", { query: "omega" })).toMatchObject({ matches: [{ name: "a.md" }] });
    expect(tools.documents.list(alice)).toHaveLength(1);
    expect(tools.documents.delete(alice, "a.md")).toBe(true);
    expect(tools.documents.delete(alice, "a.md")).toBe(false);
    expect(await call("search_documents", { query: "omega" })).toEqual({ matches: [] });
  });

  test("regression: what is looked through to show a passage is a passage, however large the documents are", async () => {
    // Three such documents held the event loop up for seconds while SQLite looked for the words in each of them.
    const filler = "The quick brown fox jumps over the lazy dog.\n".repeat(20_000);
    for (const name of ["a.txt", "b.txt", "c.txt"]) {
      tools.documents.put(alice, name, `${filler}The needle is in ${name}.\n${filler.slice(0, 100_000)}`);
    }
    const { matches } = (await call("search_documents", { query: "needle" })) as {
      matches: { name: string; passage: string }[];
    };
    expect(matches.map(({ name }) => name).sort()).toEqual(["a.txt", "b.txt", "c.txt"]);
    for (const { name, passage } of matches) expect(passage).toContain(`«needle» is in ${name}`);
    const longest = new DatabaseSync(join(dataDirectory, "assistant.db"), { readOnly: true })
      .prepare("SELECT max(length(text)) AS length FROM passages")
      .get() as { length: number };
    expect(longest.length).toBeLessThanOrEqual(1_200);
    expect(tools.documents.delete(alice, "a.txt")).toBe(true);
    expect(await call("search_documents", { query: "needle fox" })).toMatchObject({ matches: [{}, {}] });
  });

  test("other people's documents have no part in a search: not in what is found, not in the order", async () => {
    tools.documents.put(alice, "once.md", "A heron stands in the reeds and waits for a fish.");
    tools.documents.put(alice, "twice.md", "Heron and heron.");
    const before = await call("search_documents", { query: "heron" });
    for (let index = 0; index < 50; index += 1) tools.documents.put(bob, `${index}.md`, "heron ".repeat(index + 1));
    expect(await call("search_documents", { query: "heron" })).toEqual(before);
    expect(before).toMatchObject({ matches: [{ name: "twice.md" }, { name: "once.md" }] });
  });

  test("stop at documentBytesMax and documentsPerUserMax", async () => {
    await open({ documentBytesMax: 10, documentsPerUserMax: 1 });
    expect(tools.documents.put(alice, "a.md", "0123456789")).toMatchObject({ bytes: 10 });
    expect(() => tools.documents.put(alice, "a.md", "0123456789x")).toThrow("too_large");
    expect(() => tools.documents.put(alice, "b.md", "x")).toThrow("conflict");
    expect(tools.documents.put(alice, "a.md", "replaced")).toMatchObject({ name: "a.md" });
    await open();
  });

  test("have names that can be seen", () => {
    for (const name of ["", "a\u0000b", "x".repeat(121), "\u202Eevil"]) {
      expect(() => tools.documents.put(alice, name, "x")).toThrow("invalid_data");
    }
  });
});

test("whatever one user types, another user's notes and documents are never in the answer", async () => {
  tools.documents.put(bob, "secret.md", "canary of bob");
  await call("note_save", { title: "secret", text: "canary of bob" }, { user: bob });
  const hostile = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.constantFrom(
      "canary",
      '" OR user = "bob',
      "canary OR 1=1 --",
      "user:bob",
      "bob' --",
      "NEAR(canary bob)",
      "*",
      "secret",
      "secret.md",
    ),
  );
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      const answers = await Promise.allSettled([
        call("search_documents", { query: text }),
        call("read_document", { name: text }),
        call("note_read", { title: text }),
        call("note_list", {}),
      ]);
      expect(JSON.stringify(answers)).not.toContain("canary of bob");
    }),
    { numRuns: 200 },
  );
});
