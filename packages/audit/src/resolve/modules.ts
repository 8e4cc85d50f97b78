import { posix } from "node:path";
import type { FileFacts } from "../facts/file-facts.ts";

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
  /** Dotted names of Python modules, from every folder that can be a root. */
  readonly #dotted = new Map<string, string>();
  /** What imports of TypeScript were found to mean, by the folder that they stand in. */
  readonly #known = new Map<string, Map<string, string | undefined>>();

  constructor(facts: readonly FileFacts[], names: ModuleNames) {
    this.#paths = new Set(facts.map(({ path }) => path));
    this.#names = names;
    this.#mappings = [...names.paths].sort((left, right) => right.folder.length - left.folder.length);
    const python = facts.filter(({ language }) => language === "python").map(({ path }) => path);
    for (const path of python) {
      const full = dottedName(path);
      if (full === "__init__") continue;
      // The longest name first: a shorter one is only taken when no other file has it.
      for (let from = 0, dot = 0; dot >= 0; from = dot + 1) {
        dot = full.indexOf(".", from);
        const name = full.slice(from);
        if (!this.#dotted.has(name)) this.#dotted.set(name, path);
      }
    }
    // A file at its full name counts more than one deeper down that ends alike.
    for (const path of python) this.#dotted.set(dottedName(path), path);
  }

  resolve({ path, language }: FileFacts, specifier: string): string | undefined {
    if (language === "python") return this.#python(path, specifier);
    const folder = posix.dirname(path);
    const known = this.#known.get(folder) ?? new Map<string, string | undefined>();
    this.#known.set(folder, known);
    if (known.has(specifier)) return known.get(specifier);
    const found = this.#typescript(path, specifier);
    known.set(specifier, found);
    return found;
  }

  /** The source of what a manifest names as an entry point: `dist/main.js`, or `module:` of Python. */
  entry(text: string): string | undefined {
    if (text.endsWith(":")) return this.#dotted.get(text.slice(0, -1));
    const path = posix.normalize(text);
    return this.#file(path) ?? this.#file(path.replace(/(^|\/)(?:dist|lib|build|out|esm|cjs|es)\//, "$1src/"));
  }

  /** `..pkg.mod` from `a/b/c.py` is `a/pkg/mod`. */
  #python(from: string, specifier: string): string | undefined {
    if (!specifier.startsWith(".")) {
      return this.#dotted.get(specifier) ?? this.#belowRoot(specifier);
    }
    const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
    const rest = specifier.slice(dots);
    const folder = from.split("/").slice(0, -dots);
    const base = [...folder, ...(rest === "" ? [] : rest.split("."))].join("/");
    return [`${base}.py`, `${base}/__init__.py`, `${base}.pyi`].find((path) => this.#paths.has(path));
  }

  #belowRoot(name: string): string | undefined {
    const { pythonPackage } = this.#names;
    return pythonPackage !== undefined && name.startsWith(`${pythonPackage}.`)
      ? this.#dotted.get(name.slice(pythonPackage.length + 1))
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
