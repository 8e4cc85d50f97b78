import { spawn } from "node:child_process";
import { type Dirent, lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { grammarOf } from "../facts/grammar-of.ts";
import { globTest } from "./glob.ts";

export interface ListOptions {
  /** Globs; only files that one of them names. Default: all. */
  readonly include?: readonly string[];
  /** Globs; no file that one of them names. */
  readonly exclude?: readonly string[];
}

export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

export interface FileList {
  /** Everything there is, code or not, each once. */
  readonly paths: readonly string[];
  /** Paths from the root, with `/`, sorted. */
  readonly files: readonly string[];
  readonly skipped: readonly SkippedFile[];
  /** What the file system says of each file. */
  readonly stats: ReadonlyMap<string, Stats>;
}

/** A folder that cannot be read: what is in it is not known to be fine. */
export class ListError extends Error {
  override readonly name = "ListError";
}

const foreignFolders = new Set(["node_modules", ".git", ".venv", "__pycache__"]);
const maximumBytes = 1024 * 1024;

/** All paths under a folder: what git knows or would take, and without git everything there is. Rejects with a `ListError`. */
export async function pathsIn(root: string): Promise<readonly string[]> {
  return (await gitFiles(root)) ?? walk(root, "");
}

/** The source files among the paths under a folder. */
export async function listFiles(
  root: string,
  { include, exclude = [] }: ListOptions = {},
  paths = pathsIn(root),
): Promise<FileList> {
  const isIncluded = include === undefined ? () => true : globTest(include);
  const isExcluded = globTest(exclude);
  const files: string[] = [];
  const skipped: SkippedFile[] = [];
  const stats = new Map<string, Stats>();
  const all = [...new Set(await paths)];
  for (const path of all) {
    if (grammarOf(path) === undefined || isForeign(path) || !isIncluded(path) || isExcluded(path)) continue;
    const found = statsOf(join(root, path));
    // Neither links nor what git still has but the folder has not.
    if (found?.isFile() !== true) continue;
    const reason = skipReason(path, found);
    if (reason !== undefined) {
      skipped.push({ path, reason });
      continue;
    }
    files.push(path);
    stats.set(path, found);
  }
  return {
    paths: all,
    files: files.sort(byText),
    skipped: skipped.sort((a, b) => byText(a.path, b.path)),
    stats,
  };
}

/** The order of UTF-16 code units: the same on every machine, unlike the order of a language. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function skipReason(path: string, stats: Stats): string | undefined {
  if (stats.size > maximumBytes) return "larger than 1 MiB";
  return /[.-]min\.[cm]?js$/.test(path) ? "minified" : undefined;
}

function isForeign(path: string): boolean {
  return path.split("/").some(isForeignFolder);
}

function isForeignFolder(name: string): boolean {
  return foreignFolders.has(name) || name.endsWith(".dist-info");
}

/** Undefined when the root is in no work tree, or is a folder that git ignores: then it knows nothing of it. */
function gitFiles(root: string): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    const git = spawn("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const parts: Buffer[] = [];
    git.stdout.on("data", (part: Buffer) => parts.push(part));
    git.on("error", () => {
      resolve(undefined);
    });
    git.on("close", (status) => {
      const text = Buffer.concat(parts).toString();
      resolve(status !== 0 || text === "" ? undefined : text.split("\0").filter((path) => path !== ""));
    });
  });
}

function walk(root: string, folder: string): string[] {
  return entriesIn(root, folder).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return isForeignFolder(entry.name) ? [] : walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function entriesIn(root: string, folder: string): Dirent[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    throw new ListError(`unable to list the files; ${(error as Error).message}`);
  }
}

/** Undefined for what is not there, if only because a folder on the way became a file. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
