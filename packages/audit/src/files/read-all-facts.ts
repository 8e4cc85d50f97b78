import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { extname, join } from "node:path";
import type { FileFacts } from "../facts/file-facts.ts";
import { FactsCache } from "./facts-cache.ts";
import type { SourceText } from "./facts-json.ts";
import type { SkippedFile } from "./list-files.ts";
import { readTexts } from "./read-texts.ts";
import { readerVersion } from "./reader-version.ts";

export interface ReadOptions {
  /** Where facts are kept from one run to the next; without it nothing is kept. */
  readonly cacheFolder?: string;
  /** Threads that read, this one included. Default: one for each core. */
  readonly workers?: number;
}

export interface UnparsedFile {
  readonly path: string;
  readonly message: string;
  readonly line: number;
}

export interface AllFacts {
  /** In the order of the files; those that could not be parsed are here too, with their `error`. */
  readonly facts: readonly FileFacts[];
  readonly unparsed: readonly UnparsedFile[];
  readonly skipped: readonly SkippedFile[];
  /** How many came from the cache. */
  readonly cached: number;
}

interface Entry extends SourceText {
  readonly key: string;
}

/** The facts of many files. The same files give the same result, whatever the cache and the number of threads. */
export async function readAllFacts(
  root: string,
  files: readonly string[],
  { cacheFolder, workers = availableParallelism() }: ReadOptions = {},
): Promise<AllFacts> {
  const cache = cacheFolder === undefined ? undefined : new FactsCache(cacheFolder, readerVersion());
  const skipped: SkippedFile[] = [];
  const entries: Entry[] = [];
  const known: (string | undefined)[] = [];
  for (const path of files) {
    const read = readText(join(root, path));
    if ("reason" in read) {
      skipped.push({ path, reason: read.reason });
      continue;
    }
    const key = keyOf(path, read.text);
    entries.push({ path, text: read.text, key });
    known.push(cache?.get(key));
  }
  const missing = entries.filter((_, at) => known[at] === undefined);
  const fresh = await readTexts(
    missing.map(({ path, text }) => ({ path, text })),
    workers,
  );
  missing.forEach(({ key }, at) => {
    cache?.set(key, fresh[at] ?? "null");
  });
  cache?.save();
  let next = 0;
  const facts = entries.flatMap(({ path }, at) => {
    const parsed = JSON.parse(known[at] ?? fresh[next++] ?? "null") as FileFacts | null;
    // The same text at another path has the same facts under another name.
    return parsed === null ? [] : [{ ...parsed, path }];
  });
  const unparsed = facts.flatMap(({ path, error }) => (error === undefined ? [] : [{ path, ...error }]));
  return { facts, unparsed, skipped, cached: entries.length - missing.length };
}

/** The way to read depends on the ending too, and on the dots before it: `a.d.ts`. */
function keyOf(path: string, text: string): string {
  const isDeclaration = /\.d\.(?:[^/]+\.)?[cm]?ts$/.test(path);
  return hash("sha1", `${isDeclaration ? ".d" : ""}${extname(path)}\n${text}`);
}

const decoder = new TextDecoder();

function readText(path: string): { readonly text: string } | { readonly reason: string } {
  let text: string;
  try {
    text = decoder.decode(readFileSync(path));
  } catch {
    return { reason: "cannot be read" };
  }
  if (text.includes("\0")) return { reason: "not text" };
  return isMinified(text) ? { reason: "minified" } : { text };
}

/** Lines that nobody wrote: long on average, in a file that is not just short. */
function isMinified(text: string): boolean {
  if (text.length < 5000) return false;
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return text.length / lines > 400;
}
