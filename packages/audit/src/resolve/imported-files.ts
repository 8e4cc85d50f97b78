import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { importCell } from "../facts/packed-layout.ts";
import type { Modules } from "./modules.ts";

/** A file of the audited code that another one names as a module. */
export interface ImportedFile {
  readonly path: string;
  readonly line: number;
}

/**
 * The files that a file names: by imports (of types, too), re-exports, and texts in calls that name a module, such as
 * `new URL("./worker.js", import.meta.url)` and `uvicorn.run("app.main:app")`. In the order of the text, by kind, each with
 * the line that names it first.
 */
export function importedFiles(modules: Modules, file: PackedFacts, namesModule: NamesModule): readonly ImportedFile[] {
  const found = new Map<string, ImportedFile>();
  const put = (path: string | undefined, line: number) => {
    if (path !== undefined && path !== file.path && !found.has(path)) found.set(path, { path, line });
    return path !== undefined;
  };
  const add = (specifier: string, line: number) => put(modules.resolve(file, specifier), line);
  const isPython = file.language === "python";
  const isKnown = new Uint8Array(file.nameCount);
  for (let at = 0; at < file.importCount; at++) {
    const id = file.importCell(at, importCell.specifier);
    const [specifier, line] = [file.name(id), file.importCell(at, importCell.line)];
    if (isKnown[id] === 0) {
      isKnown[id] = 1;
      if (isPython) for (const parent of parentsOf(specifier)) add(parent, line);
      add(specifier, line);
    }
    if (!isPython) continue;
    const imported = file.name(file.importCell(at, importCell.imported));
    if (imported !== "*") put(modules.moduleIn(file, specifier, imported), line);
  }
  for (const { specifier, line } of file.exports) if (specifier !== undefined) add(specifier, line);
  for (const { name, line } of file.namingTexts()) {
    const named = namesModule.of(name, isPython);
    // `app.module.attribute` names the module before its last part.
    if (named !== undefined && !add(named, line) && isPython) add(named.slice(0, named.lastIndexOf(".")), line);
  }
  return [...found.values()];
}

/** Which names may be those of modules, as a text in a call says them; each is looked at once. */
export class NamesModule {
  readonly #names: Names;
  /** By number of a name; by language, because only one of them has dotted names. */
  readonly #python = new Map<number, string | undefined>();
  readonly #others = new Map<number, string | undefined>();

  constructor(names: Names) {
    this.#names = names;
  }

  of(name: number, isPython: boolean): string | undefined {
    const known = isPython ? this.#python : this.#others;
    if (known.has(name)) return known.get(name);
    const text = this.#names.nameOf(name);
    const named = isPython ? /^([a-z_]\w*(?:\.\w+)+)(?::\w+)?$/i.exec(text)?.[1] : /^\.\.?\//.exec(text)?.input;
    known.set(name, named);
    return named;
  }
}

/** `a.b.c` runs `a` and `a.b` as well. */
function parentsOf(specifier: string): string[] {
  const parents: string[] = [];
  for (let dot = specifier.indexOf("."); dot >= 0; dot = specifier.indexOf(".", dot + 1)) {
    // Dots at the start say how far up.
    if (specifier[dot - 1] !== "." && dot > 0 && specifier[dot + 1] !== ".") parents.push(specifier.slice(0, dot));
  }
  return parents;
}
