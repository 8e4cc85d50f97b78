import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listFiles } from "./list-files.ts";
import { readAllFacts } from "./read-all-facts.ts";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));

let root: string;
let cacheFolder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "read-all-facts-"));
  cacheFolder = join(root, "cache");
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(name: string, text: string | Buffer): string {
  writeFileSync(join(root, name), text);
  return name;
}

const some = () =>
  Array.from({ length: 50 }, (_, at) => write(`f${at}.ts`, `export const value${at} = make(${at});\n`));

test("any number of threads, cold and warm: the same, byte for byte", async () => {
  const { files } = await listFiles(repository, { include: ["packages", "tests"] });
  expect(files.length).toBeGreaterThan(300);
  const { cached: _, ...alone } = await readAllFacts(repository, files, { workers: 1 });
  const expected = JSON.stringify(alone);
  for (const [workers, hits] of [
    [3, 0],
    [3, files.length],
    [1, files.length],
  ] as const) {
    const { cached, ...rest } = await readAllFacts(repository, files, { workers, cacheFolder });
    expect(JSON.stringify(rest) === expected).toBe(true);
    expect(cached).toBe(hits);
  }
  expect(alone.facts.map(({ path }) => path)).toEqual(files);
  expect(alone.unparsed).toEqual([]);
});

test("only what changed is read again", async () => {
  const files = some();
  expect((await readAllFacts(root, files, { cacheFolder })).cached).toBe(0);
  write("f7.ts", "export const changed = 1;");
  const { cached, facts } = await readAllFacts(root, files, { cacheFolder });
  expect(cached).toBe(49);
  expect(facts[7]?.exports).toMatchObject([{ name: "changed" }]);
  expect((await readAllFacts(root, files, { cacheFolder })).cached).toBe(50);
});

test("a text that moved keeps its facts and gets its path, another ending is another text", async () => {
  await readAllFacts(root, [write("a.ts", "const x = <A>b;")], { cacheFolder });
  const { cached, facts, unparsed } = await readAllFacts(
    root,
    [write("moved.ts", "const x = <A>b;"), write("a.tsx", "const x = <A>b;")],
    { cacheFolder },
  );
  expect(cached).toBe(1);
  expect(facts[0]).toMatchObject({ path: "moved.ts", bindings: [{ name: "x" }] });
  expect(unparsed).toMatchObject([{ path: "a.tsx", line: 1 }]);
});

test("a damaged cache is ignored and written anew", async () => {
  const files = some();
  const expected = JSON.stringify((await readAllFacts(root, files, { cacheFolder })).facts);
  const path = join(cacheFolder, "facts.bin");
  const whole = readFileSync(path);
  const damages: readonly ((bytes: Buffer) => Buffer)[] = [
    (bytes) => bytes.subarray(0, -10),
    (bytes) => Buffer.from(bytes.toString("latin1").replace("value7", "valve7"), "latin1"),
    (bytes) => Buffer.from(bytes.toString("latin1").replace(/^facts \w+/, "facts 0000"), "latin1"),
    () => Buffer.from("somebody else's"),
    () => Buffer.alloc(0),
  ];
  for (const damage of damages) {
    writeFileSync(path, damage(whole));
    const again = await readAllFacts(root, files, { cacheFolder });
    expect(again.cached).toBe(0);
    expect(JSON.stringify(again.facts)).toBe(expected);
    expect((await readAllFacts(root, files, { cacheFolder })).cached).toBe(50);
    expect(readFileSync(path).equals(whole)).toBe(true);
  }
  expect(readdirSync(cacheFolder)).toEqual(["facts.bin"]);
});

test("a warm run writes nothing", async () => {
  const files = some();
  await readAllFacts(root, files, { cacheFolder });
  const times = () => readdirSync(cacheFolder).map((name) => statSync(join(cacheFolder, name)).mtimeMs);
  const before = times();
  await readAllFacts(root, files, { cacheFolder });
  expect(times()).toEqual(before);
});

test("a cache that cannot be written only costs time", async () => {
  const files = some();
  writeFileSync(cacheFolder, "a file where the folder should be");
  expect((await readAllFacts(root, files, { cacheFolder })).facts).toHaveLength(50);
});

test("what is not read, and why", async () => {
  mkdirSync(join(root, "folder.ts"));
  const files = [
    write("a.ts", "export const a = 1;"),
    write("broken.ts", "export const = ;"),
    "folder.ts",
    "missing.ts",
    write("minified.js", `${"a(1);".repeat(2000)}\n`),
    write("note.txt", "no source"),
    write("video.ts", Buffer.from([0x47, 0x40, 0x00, 0x10])),
    write("with-mark.ts", "\ufeff#!/usr/bin/env node\nrun();"),
  ];
  const { facts, skipped, unparsed, cached } = await readAllFacts(root, files);
  expect(facts.map(({ path, isProgram }) => [path, isProgram])).toEqual([
    ["a.ts", false],
    ["broken.ts", false],
    ["with-mark.ts", true],
  ]);
  expect(unparsed).toMatchObject([{ path: "broken.ts", line: 1 }]);
  expect(skipped).toEqual([
    { path: "folder.ts", reason: "cannot be read" },
    { path: "missing.ts", reason: "cannot be read" },
    { path: "minified.js", reason: "minified" },
    { path: "video.ts", reason: "not text" },
  ]);
  expect(cached).toBe(0);
});
