import { posix } from "node:path";
import type { FileFacts } from "../facts/file-facts.ts";
import { standardModules } from "./standard-modules.ts";

/** What a repository says about its own module names. */
export interface ModuleNames {
  /** Package name → folder of the package, for workspaces: `@a/b` → `packages/b`. */
  readonly packages: Readonly<Record<string, string>>;
  /** `paths` of TypeScript configurations and `imports` of packages; the folder nearest to a file counts first. */
  readonly paths: readonly PathMapping[];
  /** Name of the root, when it is a Python package itself: its files import each other by it. */
  readonly pythonPackage?: string;
}

export interface PathMapping {
  /** Files below it may use these names; `""` is the root. */
  readonly folder: string;
  /** `@/*` → [`src/*`], from the folder. */
  readonly targets: readonly (readonly [name: string, targets: readonly string[]])[];
}

const typescriptEndings = [".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs"];
/** An import of what the compiler writes means its source. */
const sourceEndings: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
  ".jsx": [".tsx", ".jsx"],
};

/** From an import to the file that it means; undefined for what is outside of the audit. */
export class Modules {
  readonly #paths: ReadonlySet<string>;
  readonly #names: ModuleNames;
  /** The deepest folder first. */
  readonly #mappings: readonly PathMapping[];
  /** Python modules by the last part of their dotted names, in the order of the files. */
  readonly #modules = new Map<string, { readonly name: string; readonly path: string }[]>();
  readonly #knownAbsolute = new Map<string, string | undefined>();
  /** Folders of Python files and all around them; and their dotted names, from every folder that can be a root. */
  readonly #pythonFolders = new Set<string>([""]);
  readonly #packages = new Set<string>();
  /** What imports were found to mean that depend on where they stand, by the folder. */
  readonly #knownPython = new Map<string, Map<string, Beside>>();
  readonly #knownTypeScript = new Map<string, Map<string, string | undefined>>();

  constructor(facts: readonly FileFacts[], names: ModuleNames) {
    this.#paths = new Set(facts.map(({ path }) => path));
    this.#names = names;
    this.#mappings = [...names.paths].sort((left, right) => right.folder.length - left.folder.length);
    const python = facts.filter(({ language }) => language === "python").map(({ path }) => path);
    for (const path of python) {
      const name = dottedName(path);
      const last = lastPart(name);
      const same = this.#modules.get(last);
      if (same === undefined) this.#modules.set(last, [{ name, path }]);
      else same.push({ name, path });
    }
    for (const path of python) this.#addFolder(folderOf(path));
  }

  resolve({ path, language }: FileFacts, specifier: string): string | undefined {
    if (language === "python") {
      return specifier.startsWith(".") ? this.#beside(path, specifier).file : this.#absolute(specifier);
    }
    const known = mapIn(this.#knownTypeScript, folderOf(path));
    if (known.has(specifier)) return known.get(specifier);
    const found = this.#typescript(path, specifier);
    known.set(specifier, found);
    return found;
  }

  /** The module of this name in what an import of Python means: `from package import module`. */
  moduleIn({ path }: FileFacts, specifier: string, name: string): string | undefined {
    if (specifier.startsWith(".")) {
      const { folder } = this.#beside(path, specifier);
      return this.#pythonFolders.has(folder) ? this.#pythonFile(folder === "" ? name : `${folder}/${name}`) : undefined;
    }
    const mayHave = this.#packages.has(specifier) || this.#names.pythonPackage !== undefined;
    return mayHave ? this.#absolute(`${specifier}.${name}`) : undefined;
  }

  /** The source of what a manifest names as an entry point: `dist/main.js`, or `module:` of Python. */
  entry(text: string): string | undefined {
    if (text.endsWith(":")) return this.#module(text.slice(0, -1));
    const path = posix.normalize(text);
    return this.#file(path) ?? this.#file(path.replace(/(^|\/)(?:dist|lib|build|out|esm|cjs|es)\//, "$1src/"));
  }

  #absolute(name: string): string | undefined {
    if (this.#knownAbsolute.has(name)) return this.#knownAbsolute.get(name);
    const found = this.#module(name) ?? this.#belowRoot(name);
    this.#knownAbsolute.set(name, found);
    return found;
  }

  /**
   * A file at its full name counts more than one deeper down that ends alike, and of those the first below a folder that is no package:
   * only that can be a root. `import redis` is never `app/backends/redis.py`. Longer names are looked for in packages as well, because
   * people start programs there, but none that begins like the standard library.
   */
  #module(name: string): string | undefined {
    const alike = this.#modules.get(lastPart(name)) ?? [];
    const exact = alike.findLast((module) => module.name === name);
    if (exact !== undefined) return exact.path;
    const ending = alike.filter((module) => module.name.endsWith(`.${name}`));
    const below = ending.find((module) => !this.#isPackage(module.name.slice(0, -name.length - 1)));
    const isLong = name.includes(".") && !standardModules.has(name.slice(0, name.indexOf(".")));
    return (below ?? (isLong ? ending[0] : undefined))?.path;
  }

  #isPackage(dotted: string): boolean {
    const folder = dotted.replaceAll(".", "/");
    return this.#paths.has(`${folder}/__init__.py`) || this.#paths.has(`${folder}/__init__.pyi`);
  }

  /** `..pkg.mod` from `a/b/c.py` is `a/pkg/mod`. */
  #beside(from: string, specifier: string): Beside {
    const known = mapIn(this.#knownPython, folderOf(from));
    const before = known.get(specifier);
    if (before !== undefined) return before;
    const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
    const rest = specifier.slice(dots);
    const folder = [...from.split("/").slice(0, -dots), ...(rest === "" ? [] : rest.split("."))].join("/");
    const found = { folder, file: this.#pythonFile(folder) };
    known.set(specifier, found);
    return found;
  }

  #pythonFile(base: string): string | undefined {
    return [`${base}.py`, `${base}/__init__.py`, `${base}.pyi`].find((path) => this.#paths.has(path));
  }

  #addFolder(folder: string): void {
    if (this.#pythonFolders.has(folder)) return;
    this.#pythonFolders.add(folder);
    for (let rest = folder.replaceAll("/", "."); rest !== ""; rest = rest.slice(rest.indexOf(".") + 1)) {
      this.#packages.add(rest);
      if (!rest.includes(".")) break;
    }
    this.#addFolder(folderOf(folder));
  }

  #belowRoot(name: string): string | undefined {
    const { pythonPackage } = this.#names;
    return pythonPackage !== undefined && name.startsWith(`${pythonPackage}.`)
      ? this.#module(name.slice(pythonPackage.length + 1))
      : undefined;
  }

  #typescript(from: string, specifier: string): string | undefined {
    if (specifier.startsWith(".")) return this.#file(posix.normalize(posix.join(posix.dirname(from), specifier)));
    for (const { folder, targets } of this.#mappings) {
      if (folder !== "" && !from.startsWith(`${folder}/`)) continue;
      for (const [pattern, places] of targets) {
        const match = matchStar(pattern, specifier);
        if (match === undefined) continue;
        for (const place of places) {
          const found = this.#file(posix.join(folder, place.replace("*", match)));
          if (found !== undefined) return found;
        }
      }
    }
    for (const [name, folder] of Object.entries(this.#names.packages)) {
      if (specifier !== name && !specifier.startsWith(`${name}/`)) continue;
      const inside = specifier.slice(name.length + 1);
      const places =
        inside === "" ? ["src/index", "index", "src/main"] : [`src/${inside}`, inside, `src/${inside}/index`];
      for (const place of places) {
        const found = this.#file(posix.join(folder, place));
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #file(path: string): string | undefined {
    if (this.#paths.has(path)) return path;
    const ending = posix.extname(path);
    for (const source of sourceEndings[ending] ?? []) {
      const candidate = path.slice(0, -ending.length) + source;
      if (this.#paths.has(candidate)) return candidate;
    }
    for (const typescript of typescriptEndings) {
      if (this.#paths.has(path + typescript)) return path + typescript;
    }
    for (const typescript of typescriptEndings) {
      const index = posix.join(path, `index${typescript}`);
      if (this.#paths.has(index)) return index;
    }
    return undefined;
  }
}

/** What an import that begins with dots means: a path without an ending, which is that of a folder or of a file. */
interface Beside {
  readonly folder: string;
  readonly file: string | undefined;
}

/** `""` for the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function mapIn<Value>(maps: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const created = new Map<string, Value>();
  maps.set(key, created);
  return created;
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf(".") + 1);
}

/** `a/b/__init__.py` is `a.b`. */
function dottedName(path: string): string {
  return path.replace(/(?:\/__init__)?\.pyi?$/, "").replaceAll("/", ".");
}

function matchStar(pattern: string, text: string): string | undefined {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text ? "" : undefined;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const fits = text.startsWith(before) && text.endsWith(after) && text.length >= before.length + after.length;
  return fits ? text.slice(before.length, text.length - after.length) : undefined;
}
