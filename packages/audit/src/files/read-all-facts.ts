import { type Stats, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { FileFacts } from "../facts/file-facts.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { codeVersion } from "./code-version.ts";
import { FactsCache } from "./facts-cache.ts";
import { type Content, KnownFiles } from "./known-files.ts";
import type { SkippedFile } from "./list-files.ts";
import type { Source } from "./read-source.ts";
import { readSources } from "./read-sources.ts";

export interface ReadOptions {
  /** Where facts are kept from one run to the next; without it nothing is kept. */
  readonly cacheFolder?: string;
  /** The folder is gone after this run: what the file system says of its files need not be kept. */
  readonly isPassing?: boolean;
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

/**
 * The facts of many files. The same files give the same result, whatever the cache and the number of threads.
 * `statsOf`: what the file system says of a file, for who has asked already.
 */
export async function readAllFacts(
  root: string,
  files: readonly string[],
  { cacheFolder, isPassing = false, workers = availableParallelism() }: ReadOptions = {},
  statsOf: (path: string) => Stats | undefined = (path) => statSync(join(root, path), { throwIfNoEntry: false }),
): Promise<AllFacts> {
  const stats = new Map(files.map((path) => [path, statsOf(path)]));
  const store = cacheFolder === undefined ? undefined : new Store(cacheFolder, isPassing ? undefined : root);
  const unknown = files.filter((path) => store?.has(path, stats.get(path)) !== true);
  const knownKeys = store?.cache.keys() ?? [];
  const fresh = await readSources(unknown, { root, knownKeys, statsOf: (path) => stats.get(path), workers });
  const sources = new Map(unknown.map((path, at) => [path, fresh[at] as Source]));
  const facts: PackedFacts[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of files) {
    const source: Source = sources.get(path) ??
      store?.known?.get(path, stats.get(path)) ?? { reason: "cannot be read" };
    const bytes = store === undefined ? source.facts : store.put(path, stats.get(path), source);
    if ("reason" in source) skipped.push({ path, reason: source.reason });
    else if (bytes !== undefined && bytes.length > 0) facts.push(new PackedFacts(path, bytes));
  }
  store?.save();
  const unparsed = facts.flatMap(({ path, error }) => (error === undefined ? [] : [{ path, ...error }]));
  const read = fresh.filter(({ facts: bytes }) => bytes !== undefined).length;
  return { facts, unparsed, skipped, cached: files.length - skipped.length - read };
}

/** What is kept from one run to the next: which file contained what, and what that says. */
class Store {
  readonly cache: FactsCache;
  readonly known: KnownFiles | undefined;

  constructor(folder: string, root: string | undefined) {
    this.known = root === undefined ? undefined : new KnownFiles(folder, root, Date.now());
    this.cache = new FactsCache(folder, codeVersion());
  }

  has(path: string, stats: Stats | undefined): boolean {
    const content = this.known?.get(path, stats);
    return content !== undefined && ("reason" in content || this.cache.get(content.key) !== undefined);
  }

  /** The facts of the file, if it has any. */
  put(path: string, stats: Stats | undefined, source: Source): Uint8Array<ArrayBuffer> | undefined {
    const content: Content = "reason" in source ? { reason: source.reason } : { key: source.key };
    this.known?.set(path, stats, content);
    if ("reason" in source) return undefined;
    if (source.facts !== undefined) this.cache.set(source.key, source.facts);
    return this.cache.get(source.key);
  }

  save(): void {
    this.cache.save();
    this.known?.save();
  }
}
