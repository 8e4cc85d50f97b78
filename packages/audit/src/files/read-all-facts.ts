import { type Stats, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { FileFacts } from "../facts/file-facts.ts";
import { Names } from "../facts/names.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import type { KeptProgram, Program } from "../resolve/program.ts";
import { type Begun, beginReading, programFile } from "./begun.ts";
import { codeVersion } from "./code-version.ts";
import { FactsCache } from "./facts-cache.ts";
import type { Content, KnownFiles } from "./known-files.ts";
import type { SkippedFile } from "./list-files.ts";
import { keptProgram, type ProgramFile, writeProgram } from "./program-cache.ts";
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
  /** What is kept for a program of these facts. */
  readonly kept?: KeptProgram;
  /** Keeps what a program of these facts has found out, if that is news. */
  keep?(program: Program): void;
}

/** For who knows something of the files already. */
export interface ReadHints {
  /** What the file system says of a file. */
  statsOf?(path: string): Stats | undefined;
  /** What is kept of them; without it, they are read, and only what their texts say is kept. */
  readonly known?: KnownFiles | undefined;
  readonly begun?: Pick<Begun, "facts" | "program">;
}

/** The facts of many files. The same files give the same result, whatever the cache and the number of threads. */
export async function readAllFacts(
  root: string,
  files: readonly string[],
  { cacheFolder, workers = availableParallelism() }: ReadOptions = {},
  hints: ReadHints = {},
): Promise<AllFacts> {
  const { statsOf = (path) => statSync(join(root, path), { throwIfNoEntry: false }), known, begun } = hints;
  const stats = new Map(files.map((path) => [path, statsOf(path)]));
  const store = cacheFolder === undefined ? undefined : await Store.open(cacheFolder, known, begun);
  const unknown = files.filter((path) => store?.has(path, stats.get(path)) !== true);
  const names = new Names();
  const alone = new Map<string, PackedFacts>();
  const contents = new Map<string, Content>();
  let read = 0;
  const options = { root, knownKeys: store?.cache.keys(), statsOf: (path: string) => stats.get(path), workers };
  // Each name is looked up as soon as it is there, while other threads read on.
  await readSources(unknown, options, (path, source) => {
    const content: Content = "reason" in source ? { reason: source.reason } : { key: source.key };
    contents.set(path, content);
    store?.put(path, stats.get(path), content, source.facts);
    if (source.facts === undefined) return;
    read += 1;
    if (store === undefined && source.facts.length > 0) alone.set(path, new PackedFacts(path, source.facts, names));
  });
  const isSaved = store?.cache.save() === true;
  const facts: PackedFacts[] = [];
  const program: ProgramFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of files) {
    const content = contents.get(path) ?? store?.kept(path, stats.get(path));
    if (content === undefined) continue;
    if ("reason" in content) {
      skipped.push({ path, reason: content.reason });
      continue;
    }
    const found = store === undefined ? alone.get(path) : store.cache.get(content.key, path);
    if (found === undefined) continue;
    facts.push(found);
    program.push([path, content.key]);
  }
  known?.save();
  const unparsed = facts.flatMap(({ path, error }) => (error === undefined ? [] : [{ path, ...error }]));
  const result = { facts, unparsed, skipped, cached: files.length - skipped.length - read };
  if (store === undefined) return result;
  if (isSaved) return { ...result, keep: (made) => store.keep(made, program) };
  const kept = await store.program(facts, program);
  return { ...result, ...(kept && { kept }) };
}

/** What is kept from one run to the next: which file contained what, what that says, and what a program of it has found out. */
class Store {
  readonly cache: FactsCache;
  readonly #folder: string;
  readonly #known: KnownFiles | undefined;
  readonly #program: Begun["program"];

  private constructor(folder: string, cache: FactsCache, known: KnownFiles | undefined, program: Begun["program"]) {
    this.#folder = folder;
    this.cache = cache;
    this.#known = known;
    this.#program = program;
  }

  static async open(
    folder: string,
    known: KnownFiles | undefined,
    { facts, program } = beginReading(folder),
  ): Promise<Store> {
    return new Store(folder, await FactsCache.open(folder, codeVersion(), facts), known, program);
  }

  has(path: string, stats: Stats | undefined): boolean {
    const content = this.#known?.get(path, stats);
    return content !== undefined && ("reason" in content || this.cache.has(content.key));
  }

  /** What is known of a file that need not be read. */
  kept(path: string, stats: Stats | undefined): Content | undefined {
    const content = this.#known?.get(path, stats);
    if (content !== undefined) this.#known?.set(path, stats, content);
    return content;
  }

  /** `facts`: unless they were known. */
  put(path: string, stats: Stats | undefined, content: Content, facts: Uint8Array<ArrayBuffer> | undefined): void {
    this.#known?.set(path, stats, content);
    if ("reason" in content) return;
    if (facts === undefined) this.cache.has(content.key);
    else this.cache.set(content.key, facts);
  }

  async program(facts: readonly PackedFacts[], files: readonly ProgramFile[]): Promise<KeptProgram | undefined> {
    const { id } = this.cache;
    const content = await this.#program;
    return content && id !== undefined ? keptProgram(content, id, files, facts) : undefined;
  }

  keep(program: Program, files: readonly ProgramFile[]): void {
    const { id } = this.cache;
    if (id !== undefined) writeProgram(programFile(this.#folder), id, files, program);
  }
}
