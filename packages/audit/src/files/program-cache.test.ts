import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Program } from "../resolve/program.ts";
import { type ReadOptions, readAllFacts } from "./read-all-facts.ts";

let root: string;
let cacheFolder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "program-cache-"));
  cacheFolder = mkdtempSync(join(tmpdir(), "program-cache-kept-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(cacheFolder, { recursive: true, force: true });
});

async function programOf(
  files: readonly string[],
  options: ReadOptions,
): Promise<{ program: Program; isKept: boolean }> {
  const { facts, kept, keep } = await readAllFacts(root, files, options);
  const program = new Program(facts, { packages: {}, paths: [] }, kept);
  keep?.(program);
  return { program, isKept: kept !== undefined };
}

// The star of imports without a name got a number that no fact has, and that the first new name had in the next run.
test("an index that is kept has no names but those of the facts", async () => {
  const write = (name: string, text: string) => writeFileSync(join(root, name), text);
  // So much that what comes later is too little to be kept.
  write(
    "ballast.ts",
    Array.from({ length: 5_000 }, (_, at) => `export function other_${at}(way) { return way + ${at}; }\n`).join(""),
  );
  write("use.ts", 'export const use = (router: import("./router.ts").Router) => router;\n');
  await programOf(["ballast.ts", "use.ts"], { cacheFolder });
  const fresh = Array.from({ length: 10 }, (_, at) => `fresh_${at}`);
  write("more.ts", `export const ${fresh.map((name) => `${name} = 1`).join(", ")};\n`);
  const files = ["ballast.ts", "more.ts", "use.ts"];
  const again = await programOf(files, { cacheFolder });
  expect(again.isKept).toBe(true);
  const alone = await programOf(files, {});
  const giving = ({ program }: { program: Program }) =>
    ["*", ...fresh].map((name) => [name, [...program.indexes.filesGiving(name)]]);
  expect(giving(again)).toEqual(giving(alone));
  expect(giving(alone)).toEqual([["*", []], ...fresh.map((name) => [name, [1]])]);
});
