import { lstatSync, readFileSync } from "node:fs";
import { basename, join, posix, resolve } from "node:path";
import { byText } from "../files/list-files.ts";
import { folderOf, type ModuleNames, type PathMapping } from "./modules.ts";

/** What the files beside the code say of it. */
export interface Manifests {
  readonly names: ModuleNames;
  /** Where production begins: paths from the root as written (`dist/main.js`), or `module:attribute` of Python. */
  readonly entries: readonly string[];
}

export const noManifests: Manifests = { names: { packages: {}, paths: [] }, entries: [] };

interface PackageJson {
  readonly name?: unknown;
  readonly scripts?: unknown;
  readonly imports?: unknown;
}

const entryFields = ["main", "module", "browser", "bin", "exports", "types"] as const;
const sourcePath = /[\w@./-]+\.(?:[cm]?[jt]sx?|py)\b/g;
const pythonObject = /(?<![\w.])([a-z_]\w*(?:\.\w+)*):[a-z_]\w*/gi;

const manifestName =
  /(?:^|\/)(?:package\.json|[jt]sconfig(?:\.base)?\.json|pyproject\.toml|setup\.cfg|setup\.py|Procfile|Dockerfile[^/]*)$/;

/**
 * Reads names of packages, mapped paths, and entry points from `package.json`, `tsconfig.json`, `pyproject.toml`, `setup.cfg`,
 * `setup.py`, `Procfile` and `Dockerfile` in every folder that holds code or has some below it. What cannot be read says nothing.
 * `paths`: all there are; `files`: those that are code.
 */
export function readManifests(root: string, files: readonly string[], paths: readonly string[]): Manifests {
  const packages: Record<string, string> = {};
  const mappings: PathMapping[] = [];
  const entries: string[] = [];
  for (const { folder, name } of manifestsIn(files, paths)) {
    const content = textOf(join(root, folder, name));
    if (content === undefined) continue;
    if (name === "package.json") {
      const manifest = parsed(content) as PackageJson | undefined;
      if (typeof manifest?.name === "string") packages[manifest.name] = folder;
      for (const field of entryFields) entries.push(...leaves(manifest?.[field as keyof PackageJson], folder));
      for (const script of texts(manifest?.scripts)) entries.push(...pathsIn(script, folder));
      const own = Object.entries(record(manifest?.imports)).map(([key, value]) => [key, texts(value)] as const);
      if (own.length > 0) mappings.push({ folder, targets: own });
    } else if (name.endsWith(".json")) {
      mappings.push(...mappingOf(parsed(content), folder));
    } else {
      entries.push(...[...content.matchAll(pythonObject)].map(([, module = ""]) => `${module}:`));
      entries.push(...pathsIn(content, folder));
    }
  }
  const pythonPackage = files.includes("__init__.py") ? basename(resolve(root)) : undefined;
  return {
    names: { packages, paths: mappings, ...(pythonPackage !== undefined && { pythonPackage }) },
    entries: [...new Set(entries)].sort(),
  };
}

/** By folder, the root first, and there by name. */
function manifestsIn(files: readonly string[], paths: readonly string[]) {
  const folders = foldersOf(files);
  return paths
    .filter((path) => manifestName.test(path))
    .map((path) => ({ folder: folderOf(path), name: posix.basename(path) }))
    .filter(({ folder }) => folders.has(folder))
    .sort((left, right) =>
      left.folder === right.folder ? byText(left.name, right.name) : byText(left.folder, right.folder),
    );
}

/** Undefined for what is no file, or is one that git still has and the folder has not. */
function textOf(path: string): string | undefined {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** Every folder on the way from the root to a file. */
function foldersOf(files: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>([""]);
  for (const file of files) {
    for (let at = file.lastIndexOf("/"); at > 0; at = file.lastIndexOf("/", at - 1)) {
      const folder = file.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

function mappingOf(config: unknown, folder: string): PathMapping[] {
  const { paths, baseUrl } = record(record(config).compilerOptions);
  const base = typeof baseUrl === "string" ? posix.join(folder, baseUrl) : folder;
  const targets = Object.entries(record(paths)).map(
    ([key, value]) => [key, texts(value).map((target) => posix.join(posix.relative(folder, base), target))] as const,
  );
  // With a base, names without a dot are looked for there, too.
  if (typeof baseUrl === "string") targets.push(["*", [posix.join(posix.relative(folder, base), "*")]]);
  return targets.length === 0 ? [] : [{ folder, targets }];
}

function pathsIn(text: string, folder: string): string[] {
  return [...text.matchAll(sourcePath)].map(([path]) => posix.join(folder, path));
}

function leaves(value: unknown, folder: string): string[] {
  return texts(value).map((text) => posix.join(folder, text));
}

/** All texts in a value, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** JSON as editors write it, with comments and commas at the end. */
function parsed(text: string): unknown {
  const plain = text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_all, quoted: string | undefined) => quoted ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_all, quoted: string | undefined) => quoted ?? "");
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}
