import { type Stats, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { FileFacts } from "../facts/file-facts.ts";
import { Names } from "../facts/names.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { codeVersion } from "./code-version.ts";
import { FactsCache } from "./facts-cache.ts";
import type { Content, KnownFiles } from "./known-files.ts";
import type { SkippedFile } from "./list-files.ts";
import type { Source } from "./read-source.ts";
import { readSources } from "./read-sources.ts";

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

/** For who knows something of the files already. */
export interface ReadHints {
  /** What the file system says of a file. */
  statsOf?(path: string): Stats | undefined;
  /** What is kept of them; without it, they are read, and only what their texts say is kept. */
  readonly known?: KnownFiles | undefined;
}

/** The facts of many files. The same files give the same result, whatever the cache and the number of threads. */
export async function readAllFacts(
  root: string,
  files: readonly string[],
  { cacheFolder, workers = availableParallelism() }: ReadOptions = {},
  { statsOf = (path) => statSync(join(root, path), { throwIfNoEntry: false }), known }: ReadHints = {},
): Promise<AllFacts> {
  const stats = new Map(files.map((path) => [path, statsOf(path)]));
  const store = cacheFolder === undefined ? undefined : new Store(cacheFolder, known);
  const unknown = files.filter((path) => store?.has(path, stats.get(path)) !== true);
  const names = store?.cache.names ?? new Names();
  const fresh = new Map<string, Fresh>();
  const options = { root, knownKeys: store?.cache.keys(), statsOf: (path: string) => stats.get(path), workers };
  // Each name is looked up as soon as it is there, while other threads read on.
  await readSources(unknown, options, (path, source) => {
    const hasFacts = source.facts !== undefined && source.facts.length > 0;
    const alone = () => (hasFacts ? new PackedFacts(path, source.facts, names) : undefined);
    const facts = store === undefined ? alone() : store.put(path, stats.get(path), source);
    const reason = "reason" in source ? source.reason : undefined;
    fresh.set(path, { facts, reason, isRead: source.facts !== undefined });
  });
  const facts: PackedFacts[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of files) {
    const found = fresh.get(path) ?? store?.kept(path, stats.get(path));
    if (found?.reason !== undefined) skipped.push({ path, reason: found.reason });
    if (found?.facts !== undefined) facts.push(found.facts);
  }
  store?.save();
  const unparsed = facts.flatMap(({ path, error }) => (error === undefined ? [] : [{ path, ...error }]));
  const read = [...fresh.values()].filter(({ isRead }) => isRead).length;
  return { facts, unparsed, skipped, cached: files.length - skipped.length - read };
}

/** What was found in a file. */
interface Fresh {
  readonly facts: PackedFacts | undefined;
  /** Why there are none. */
  readonly reason: string | undefined;
  readonly isRead: boolean;
}

/** What is kept from one run to the next: which file contained what, and what that says. */
class Store {
  readonly cache: FactsCache;
  readonly known: KnownFiles | undefined;

  constructor(folder: string, known: KnownFiles | undefined) {
    this.known = known;
    this.cache = new FactsCache(folder, codeVersion());
  }

  has(path: string, stats: Stats | undefined): boolean {
    const content = this.known?.get(path, stats);
    return content !== undefined && ("reason" in content || this.cache.has(content.key));
  }

  /** What is known of a file that need not be read. */
  kept(path: string, stats: Stats | undefined): Fresh | undefined {
    const content = this.known?.get(path, stats);
    if (content === undefined) return undefined;
    this.known?.set(path, stats, content);
    const reason = "reason" in content ? content.reason : undefined;
    return { facts: "key" in content ? this.cache.get(content.key, path) : undefined, reason, isRead: false };
  }

  /** The facts of the file, if it has any. */
  put(path: string, stats: Stats | undefined, source: Source): PackedFacts | undefined {
    const content: Content = "reason" in source ? { reason: source.reason } : { key: source.key };
    this.known?.set(path, stats, content);
    if ("reason" in source) return undefined;
    if (source.facts !== undefined) this.cache.set(source.key, source.facts);
    return this.cache.get(source.key, path);
  }

  save(): void {
    this.cache.save();
    this.known?.save();
  }
}
