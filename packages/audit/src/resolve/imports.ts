import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { exportCell, importCell, importFlags } from "../facts/packed-layout.ts";
import type { Modules } from "./modules.ts";
import type { PlaceLists } from "./place-lists.ts";

/** A file of the audited code that another one names as a module. */
export interface ImportedFile {
  readonly path: string;
  readonly line: number;
}

/**
 * Is told the place of a file in the program, the line that names it, and whether the code is needed there: it is not only named in a
 * type or in a text, nor is it the package of what is needed or a name in it.
 */
type Visit = (place: number, line: number, isNeeded: boolean) => void;

/** What an earlier program had that has files of the same paths, in which the same modules have the same names. */
export interface KeptImports {
  readonly image: PlaceLists;
  /** By place: 1 for files that say the same as then. */
  readonly isKept: Uint8Array;
}

/**
 * The files that files name: by imports (of types, too), re-exports, and texts in calls that name a module, such as
 * `new URL("./worker.js", import.meta.url)` and `uvicorn.run("app.main:app")`. What a name means everywhere is found once.
 */
export class Imports {
  readonly #files: readonly PackedFacts[];
  readonly #modules: Modules;
  readonly #names: Names;
  readonly #placeOf: (path: string) => number;
  readonly #kept: KeptImports | undefined;
  /** What an absolute name of Python runs, by number of the name. */
  readonly #run = new Map<number, Run>();
  /** What a module of Python gives under a name that is a module, too; by the numbers of both. -1: none. */
  readonly #inside = new Map<number, Map<number, number>>();
  /** Modules that a text may name; by language, because only one of them has dotted names. "": none. */
  readonly #namedInPython = new Map<number, string>();
  readonly #namedInOthers = new Map<number, string>();

  constructor(
    files: readonly PackedFacts[],
    { modules, names, placeOf }: { modules: Modules; names: Names; placeOf: (path: string) => number },
    kept?: KeptImports,
  ) {
    this.#files = files;
    this.#modules = modules;
    this.#names = names;
    this.#placeOf = placeOf;
    this.#kept = kept;
  }

  /** Everything by file, to be kept: the values are lines times 2, plus 1 where the code is needed. */
  image(): PlaceLists {
    const [places, values]: [number[], number[]] = [[], []];
    const starts = new Int32Array(this.#files.length + 1);
    for (let from = 0; from < this.#files.length; from++) {
      this.each(from, (place, line, isNeeded) => {
        places.push(place);
        values.push(line * 2 + (isNeeded ? 1 : 0));
      });
      starts[from + 1] = places.length;
    }
    return { starts, places: Int32Array.from(places), values: Int32Array.from(values) };
  }

  /** Each file that the one at a place names once, with the line that names it first, in the order of the text, by kind. */
  of(from: number): readonly ImportedFile[] {
    const found = new Map<number, ImportedFile>();
    this.each(from, (place, line) => {
      if (place !== from && !found.has(place))
        found.set(place, { path: (this.#files[place] as PackedFacts).path, line });
    });
    return [...found.values()];
  }

  /** The same as often as they are named, the file itself included. */
  each(from: number, visit: Visit): void {
    if (this.#kept?.isKept[from] === 1) eachKept(this.#kept.image, from, visit);
    else {
      const file = this.#files[from] as PackedFacts;
      if (file.language === "python") this.#inPython(file, visit);
      else this.#inTypeScript(file, visit);
    }
  }

  #inPython(file: PackedFacts, visit: Visit): void {
    const star = this.#names.idOf("*");
    for (let at = 0; at < file.importCount; at++) {
      const [specifier, imported] = [file.importedFrom(at), file.imported(at)];
      const line = file.importCell(at, importCell.line);
      const { parents, own } = this.#runBy(file, specifier);
      for (const place of parents) visit(place, line, false);
      if (own >= 0) visit(own, line, isNeeded(file, at));
      const inside = imported === star ? -1 : this.#insideOf(file, specifier, imported);
      if (inside >= 0) visit(inside, line, false);
    }
    file.eachNamingText((text, line) => {
      const named = textNamed(this.#namedInPython, this.#names, text, dottedText);
      if (named === "") return;
      const place = this.#resolve(file, named);
      // `app.module.attribute` names the module before its last part.
      const found = place >= 0 ? place : this.#resolve(file, named.slice(0, named.lastIndexOf(".")));
      if (found >= 0) visit(found, line, false);
    });
  }

  #inTypeScript(file: PackedFacts, visit: Visit): void {
    const add = (specifier: string, line: number, isCode: boolean) => {
      const place = this.#resolve(file, specifier);
      if (place >= 0) visit(place, line, isCode);
    };
    for (let at = 0; at < file.importCount; at++)
      add(this.#names.nameOf(file.importedFrom(at)), file.importCell(at, importCell.line), isNeeded(file, at));
    for (let at = 0; at < file.exportCount; at++) {
      const specifier = file.exportedFrom(at);
      if (specifier !== undefined) add(this.#names.nameOf(specifier), file.exportCell(at, exportCell.line), true);
    }
    file.eachNamingText((text, line) => {
      const named = textNamed(this.#namedInOthers, this.#names, text, relativeText);
      if (named !== "") add(named, line, false);
    });
  }

  #resolve(file: PackedFacts, specifier: string): number {
    const path = this.#modules.resolve(file, specifier);
    return path === undefined ? -1 : this.#placeOf(path);
  }

  #runBy(file: PackedFacts, specifier: number): Run {
    const known = this.#run.get(specifier);
    if (known !== undefined) return known;
    const text = this.#names.nameOf(specifier);
    const parents = parentsOf(text).map((name) => this.#resolve(file, name));
    const found = { parents: parents.filter((place) => place >= 0), own: this.#resolve(file, text) };
    if (!text.startsWith(".")) this.#run.set(specifier, found);
    return found;
  }

  #insideOf(file: PackedFacts, specifier: number, imported: number): number {
    const known = this.#inside.get(specifier);
    const before = known?.get(imported);
    if (before !== undefined) return before;
    const text = this.#names.nameOf(specifier);
    const path = this.#modules.moduleIn(file, text, this.#names.nameOf(imported));
    const found = path === undefined ? -1 : this.#placeOf(path);
    if (text.startsWith(".")) return found;
    if (known === undefined) this.#inside.set(specifier, new Map([[imported, found]]));
    else known.set(imported, found);
    return found;
  }
}

/** Places of the packages around a module, and its own; -1: it is not of the program. */
interface Run {
  readonly parents: readonly number[];
  readonly own: number;
}

function eachKept({ starts, places, values }: PlaceLists, from: number, visit: Visit): void {
  const end = starts[from + 1] as number;
  for (let at = starts[from] as number; at < end; at++) {
    const value = values[at] as number;
    visit(places[at] as number, value >> 1, (value & 1) === 1);
  }
}

function isNeeded(file: PackedFacts, index: number): boolean {
  return (file.importCell(index, importCell.flags) & importFlags.isType) === 0;
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
