import { hash } from "node:crypto";
import type { Stats } from "node:fs";
import { join, resolve } from "node:path";
import { readCheckedFile, writeCheckedFile } from "./checked-file.ts";
import { codeVersion } from "./code-version.ts";

/** What was in a file: the key of its facts, or why there are none. */
export type Content = { readonly key: string } | { readonly reason: string };

/** What tells one writing of a file from another. */
type Stamp = readonly number[];

/** A file changed this shortly before it was looked at may change again and show the same time. */
const timeStepMaxMs = 2_000;

/**
 * What files of one root contained when they were last read, by what the file system says of them: who has the same size,
 * times and inode need not be read again. As in git, a file too young for its times to tell is not believed.
 */
export class KnownFiles {
  readonly #path: string;
  readonly #title: string;
  readonly #now: number;
  readonly #before: ReadonlyMap<string, readonly [stamp: Stamp, content: Content]>;
  readonly #after = new Map<string, readonly [stats: Stats, content: Content]>();
  /** What was found by what the file system says of a file: each is asked for several times in a run. */
  readonly #found = new Map<Stats, Content | undefined>();
  #hasNews = false;

  /** `now`: in milliseconds, before the first file is looked at. */
  constructor(folder: string, root: string, now: number, version = codeVersion()) {
    this.#path = join(folder, "files.json");
    this.#title = `files ${version} ${hash("sha1", resolve(root))}`;
    this.#now = now;
    const body = readCheckedFile(this.#path, this.#title);
    this.#before = new Map(body === undefined ? [] : JSON.parse(body.toString("utf8")));
  }

  get(path: string, stats: Stats | undefined): Content | undefined {
    if (stats === undefined) return undefined;
    if (this.#found.has(stats)) return this.#found.get(stats);
    const [stamp, known] = this.#before.get(path) ?? [];
    const content = stamp !== undefined && stampOf(stats).every((part, at) => part === stamp[at]) ? known : undefined;
    this.#found.set(stats, content);
    return content;
  }

  /** What all of these contained, by what was set in this run or was known before; undefined when one of them has to be read. */
  all(stats: ReadonlyMap<string, Stats>): readonly (readonly [path: string, content: Content])[] | undefined {
    const contents: (readonly [string, Content])[] = [];
    for (const [path, found] of stats) {
      const content = this.#after.get(path)?.[1] ?? this.get(path, found);
      if (content === undefined) return undefined;
      contents.push([path, content]);
    }
    return contents;
  }

  /** What the file contained, which had these stats before it was read. */
  set(path: string, stats: Stats | undefined, content: Content): void {
    if (stats === undefined || Math.max(stats.mtimeMs, stats.ctimeMs) > this.#now - timeStepMaxMs) return;
    this.#hasNews ||= this.get(path, stats) === undefined;
    this.#after.set(path, [stats, content]);
  }

  /** Writes what was set, if any of it is news. */
  save(): void {
    if (!this.#hasNews) return;
    const files = Array.from(this.#after, ([path, [stats, content]]) => [path, [stampOf(stats), content]] as const);
    writeCheckedFile(this.#path, this.#title, [Buffer.from(JSON.stringify(files))]);
  }
}

function stampOf({ size, mtimeMs, ctimeMs, ino }: Stats): Stamp {
  return [size, mtimeMs, ctimeMs, ino];
}
