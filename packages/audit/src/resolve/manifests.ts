import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, posix, resolve } from "node:path";
import type { ModuleNames, PathMapping } from "./modules.ts";

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

/**
 * Reads names of packages, mapped paths, and entry points from `package.json`, `tsconfig.json`, `pyproject.toml`, `setup.cfg`,
 * `setup.py`, `Procfile` and `Dockerfile` in every folder that holds code or has some below it. What cannot be read says nothing.
 */
export function readManifests(root: string, files: readonly string[]): Manifests {
  const packages: Record<string, string> = {};
  const paths: PathMapping[] = [];
  const entries: string[] = [];
  for (const folder of foldersOf(files)) {
    for (const name of namesIn(join(root, folder))) {
      const text = () => readFileSync(join(root, folder, name), "utf8");
      if (name === "package.json") {
        const manifest = parsed(text()) as PackageJson | undefined;
        if (typeof manifest?.name === "string") packages[manifest.name] = folder;
        for (const field of entryFields) entries.push(...leaves(manifest?.[field as keyof PackageJson], folder));
        for (const script of texts(manifest?.scripts)) entries.push(...pathsIn(script, folder));
        const own = Object.entries(record(manifest?.imports)).map(([key, value]) => [key, texts(value)] as const);
        if (own.length > 0) paths.push({ folder, targets: own });
      } else if (/^[jt]sconfig(\.base)?\.json$/.test(name)) {
        paths.push(...mappingOf(parsed(text()), folder));
      } else if (/^(pyproject\.toml|setup\.cfg|setup\.py|Procfile|Dockerfile.*)$/.test(name)) {
        const content = text();
        entries.push(...[...content.matchAll(pythonObject)].map(([, module = ""]) => `${module}:`));
        entries.push(...pathsIn(content, folder));
      }
    }
  }
  const pythonPackage = files.includes("__init__.py") ? basename(resolve(root)) : undefined;
  return {
    names: { packages, paths, ...(pythonPackage !== undefined && { pythonPackage }) },
    entries: [...new Set(entries)].sort(),
  };
}

/** Every folder on the way from the root to a file, the root first. */
function foldersOf(files: readonly string[]): readonly string[] {
  const folders = new Set<string>([""]);
  for (const file of files) {
    for (let at = file.lastIndexOf("/"); at > 0; at = file.lastIndexOf("/", at - 1)) {
      const folder = file.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return [...folders].sort();
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort()
    : [];
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
