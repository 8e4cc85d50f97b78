import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { exportCell, importCell } from "../facts/packed-layout.ts";
import type { Modules } from "./modules.ts";

/** A file of the audited code that another one names as a module. */
export interface ImportedFile {
  readonly path: string;
  readonly line: number;
}

/**
 * The files that files name: by imports (of types, too), re-exports, and texts in calls that name a module, such as
 * `new URL("./worker.js", import.meta.url)` and `uvicorn.run("app.main:app")`. What a name means everywhere is found once.
 */
export class Imports {
  readonly #modules: Modules;
  readonly #names: Names;
  readonly #of = new Map<PackedFacts, readonly ImportedFile[]>();
  /** Files that an absolute name of Python runs, by number of the name: those of its parents first. */
  readonly #run = new Map<number, readonly string[]>();
  /** What a module of Python gives under a name that is a module, too; by the numbers of both. */
  readonly #inside = new Map<number, Map<number, string | undefined>>();
  /** Modules that a text may name; by language, because only one of them has dotted names. "": none. */
  readonly #namedInPython = new Map<number, string>();
  readonly #namedInOthers = new Map<number, string>();

  constructor(modules: Modules, names: Names) {
    this.#modules = modules;
    this.#names = names;
  }

  /** Each file once, with the line that names it first, in the order of the text, by kind. */
  of(file: PackedFacts): readonly ImportedFile[] {
    const known = this.#of.get(file);
    if (known !== undefined) return known;
    const found = new Map<string, ImportedFile>();
    this.each(file, (path, line) => {
      if (path !== file.path && !found.has(path)) found.set(path, { path, line });
    });
    const files = [...found.values()];
    this.#of.set(file, files);
    return files;
  }

  /** The same as often as they are named, the file itself included. */
  each(file: PackedFacts, visit: (path: string, line: number) => void): void {
    if (file.language === "python") this.#inPython(file, visit);
    else this.#inTypeScript(file, visit);
  }

  #inPython(file: PackedFacts, visit: (path: string, line: number) => void): void {
    const star = this.#names.idOf("*");
    for (let at = 0; at < file.importCount; at++) {
      const [specifier, imported] = [file.importedFrom(at), file.imported(at)];
      const line = file.importCell(at, importCell.line);
      for (const path of this.#runBy(file, specifier)) visit(path, line);
      const inside = imported === star ? undefined : this.#insideOf(file, specifier, imported);
      if (inside !== undefined) visit(inside, line);
    }
    file.eachNamingText((text, line) => {
      const named = textNamed(this.#namedInPython, this.#names, text, dottedText);
      if (named === "") return;
      // `app.module.attribute` names the module before its last part.
      const path =
        this.#modules.resolve(file, named) ?? this.#modules.resolve(file, named.slice(0, named.lastIndexOf(".")));
      if (path !== undefined) visit(path, line);
    });
  }

  #inTypeScript(file: PackedFacts, visit: (path: string, line: number) => void): void {
    const add = (specifier: string, line: number) => {
      const path = this.#modules.resolve(file, specifier);
      if (path !== undefined) visit(path, line);
    };
    for (let at = 0; at < file.importCount; at++)
      add(this.#names.nameOf(file.importedFrom(at)), file.importCell(at, importCell.line));
    for (let at = 0; at < file.exportCount; at++) {
      const specifier = file.exportedFrom(at);
      if (specifier !== undefined) add(this.#names.nameOf(specifier), file.exportCell(at, exportCell.line));
    }
    file.eachNamingText((text, line) => {
      const named = textNamed(this.#namedInOthers, this.#names, text, relativeText);
      if (named !== "") add(named, line);
    });
  }

  #runBy(file: PackedFacts, specifier: number): readonly string[] {
    const known = this.#run.get(specifier);
    if (known !== undefined) return known;
    const text = this.#names.nameOf(specifier);
    const found = [...parentsOf(text), text].flatMap((name) => this.#modules.resolve(file, name) ?? []);
    if (!text.startsWith(".")) this.#run.set(specifier, found);
    return found;
  }

  #insideOf(file: PackedFacts, specifier: number, imported: number): string | undefined {
    const known = this.#inside.get(specifier);
    if (known?.has(imported) === true) return known.get(imported);
    const text = this.#names.nameOf(specifier);
    const found = this.#modules.moduleIn(file, text, this.#names.nameOf(imported));
    if (text.startsWith(".")) return found;
    if (known === undefined) this.#inside.set(specifier, new Map([[imported, found]]));
    else known.set(imported, found);
    return found;
  }
}

const dottedText = /^([a-z_]\w*(?:\.\w+)+)(?::\w+)?$/i;
const relativeText = /^(\.\.?\/.*)/s;

/** What a text says that may be the name of a module; each text is looked at once. */
function textNamed(known: Map<number, string>, names: Names, text: number, form: RegExp): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  const named = form.exec(names.nameOf(text))?.[1] ?? "";
  known.set(text, named);
  return named;
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
