import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { packFacts } from "../facts/pack-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { FactsCache } from "./facts-cache.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "facts-cache-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (at: number) => `def größe_${at}(名前):\n    return only_${at}.send(名前, "\ud83d\ude00 ${at}")\n`;
const factsOf = (at: number) => readFacts(`${at}.py`, textOf(at)) as FileFacts;

function expectKept(cache: FactsCache, count: number): void {
  for (let at = 0; at < count; at++)
    expect(JSON.stringify(cache.get(`key ${at}`, `${at}.py`))).toBe(JSON.stringify(factsOf(at)));
}

test("facts come back as they were, and so do those that are added to them", async () => {
  const cache = await FactsCache.open(folder, "1");
  for (let at = 0; at < 50; at++) cache.set(`key ${at}`, packFacts(factsOf(at)));
  cache.set("nobody reads it", new Uint8Array(0));
  expectKept(cache, 50);
  cache.save();
  const more = await FactsCache.open(folder, "1");
  expectKept(more, 50);
  for (let at = 50; at < 100; at++) more.set(`key ${at}`, packFacts(factsOf(at)));
  expectKept(more, 100);
  more.save();
  const last = await FactsCache.open(folder, "1");
  expectKept(last, 100);
  expect([last.has("nobody reads it"), last.get("nobody reads it", "a.txt")]).toEqual([true, undefined]);
  expect([last.has("key 100"), last.get("key 100", "a.py")]).toEqual([false, undefined]);
  expect((await FactsCache.open(folder, "2")).keys()).toEqual([]);
});

test("when there are too many, what nobody asked for is dropped, with its names", async () => {
  const count = 20_000;
  const cache = await FactsCache.open(folder, "1");
  for (let at = 0; at < count; at++) cache.set(`key ${at}`, packFacts(factsOf(at % 300)));
  cache.save();
  const next = await FactsCache.open(folder, "1");
  const before = next.names.size;
  for (let at = 0; at < 100; at++) next.get(`key ${at}`, "a.py");
  for (let at = 0; at < 250; at++) next.set(`new ${at}`, packFacts(factsOf(at % 100)));
  next.save();
  const last = await FactsCache.open(folder, "1");
  expect(last.keys()).toHaveLength(350);
  expect(last.names.size).toBeLessThan(before / 2);
  expectKept(last, 100);
});
