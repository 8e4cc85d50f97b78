import type { PackedFacts } from "../facts/packed-facts.ts";
import type { Program } from "../resolve/program.ts";

/** What is compiled comes later, and of two forms of that the first is enough. */
const forms = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/** Folders that hold the same once more in another form of module. */
const formFolder = /^(lib|src|dist|build|out)([._-].*)?$|^_?(cjs|esm|es|umd|commonjs|module)$|^(dev|prod)$/;

/**
 * Paths of files that a compiler wrote beside their source, or in a second form: `Router.js` beside `Router.ts`, `main.cjs` beside
 * `main.js`, `esm/main.js` and `cjs/main.js`, with the same classes and functions. One of another content is somebody's own.
 */
export function compiledTwins(program: Program): ReadonlySet<string> {
  const byStem = new Map<string, PackedFacts[]>();
  for (const file of program.files) {
    const [, stem, ending] = /^(.*)\.([^./]*)$/.exec(file.path) ?? [];
    if (stem === undefined || !forms.includes(ending ?? "")) continue;
    const key = stem
      .split("/")
      .filter((part) => !formFolder.test(part))
      .join("/");
    const same = byStem.get(key);
    if (same === undefined) byStem.set(key, [file]);
    else same.push(file);
  }
  const twins = new Set<string>();
  for (const files of byStem.values()) {
    if (files.length < 2) continue;
    const rankOf = ({ path }: PackedFacts) => forms.indexOf(path.slice(path.lastIndexOf(".") + 1));
    const [source, ...others] = [...files].sort((left, right) => rankOf(left) - rankOf(right)) as [PackedFacts];
    const names = definitionsOf(program, source);
    for (const other of others as PackedFacts[]) {
      const own = definitionsOf(program, other);
      if (own.size > 0 && [...names].every((name) => own.has(name))) twins.add(other.path);
    }
  }
  return twins;
}

function definitionsOf(program: Program, file: PackedFacts): ReadonlySet<string> {
  const scopes = [...program.topLevel(file, "class"), ...program.topLevel(file, "function")];
  return new Set(scopes.map((scope) => program.nameOf({ path: file.path, scope })));
}
