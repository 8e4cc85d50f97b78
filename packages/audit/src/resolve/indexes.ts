import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { ByName, type Moves, type Pairs } from "./by-name.ts";
import { ChainIndex, readChains } from "./chain-index.ts";
import { NameFlow, readFlows } from "./name-flow.ts";
import type { PlaceLists } from "./place-lists.ts";

export const indexKinds = ["definitions", "subclasses", "given", "flows", "chains"] as const;
type IndexKind = (typeof indexKinds)[number];

/** How the indexes of a program lie in memory. */
type IndexesImage = Readonly<Record<IndexKind, PlaceLists>>;

/** Those of an earlier program that has the same names, by their numbers, and some of the files. */
export interface KeptIndexes {
  readonly image: IndexesImage;
  readonly moves: Moves;
}

/** What the files of a program have, by the numbers of names; each is made when somebody asks for it. */
export class Indexes {
  readonly #files: readonly PackedFacts[];
  readonly #names: Names;
  #memberNames: ReadonlyMap<string, readonly number[]> | undefined;
  readonly #kept: KeptIndexes | undefined;
  readonly #byName = new Map<IndexKind, ByName>();
  #flows: NameFlow | undefined;
  #chains: ChainIndex | undefined;

  constructor(files: readonly PackedFacts[], names: Names, kept?: KeptIndexes) {
    this.#files = files;
    this.#names = names;
    this.#kept = kept;
  }

  /** All of them, to be kept; of a program for which none were kept. */
  image(): IndexesImage {
    const images = indexKinds.map((kind) => [kind, this.#of(kind).image] as const);
    return Object.fromEntries(images) as Record<IndexKind, PlaceLists>;
  }

  /** Scopes by their names. */
  get definitions(): ByName {
    return this.#of("definitions");
  }

  /** Names of definitions that are members of objects, by their last part: `send` has `mail.send`. */
  get memberNames(): ReadonlyMap<string, readonly number[]> {
    this.#memberNames ??= Map.groupBy(this.definedHaving("."), (id) => {
      const name = this.#names.nameOf(id);
      return name.slice(name.lastIndexOf(".") + 1);
    });
    return this.#memberNames;
  }

  /** Names of definitions that have a word of lower case ASCII anywhere in them, in whatever case. */
  definedHaving(word: string): readonly number[] {
    return this.#names.having(word).filter((name) => this.definitions.has(name));
  }

  /** Classes and interfaces by the last names of their bases. */
  get subclasses(): ByName {
    return this.#of("subclasses");
  }

  /** Places of the files where an import or an export gives something this name; `*`: whatever another module has. */
  filesGiving(name: string): ReadonlySet<number> {
    const places = new Set<number>();
    this.#of("given").each(this.#names.idOf(name), (place) => places.add(place));
    return places;
  }

  /** Where names give their meaning to others. */
  get flows(): NameFlow {
    this.#flows ??= new NameFlow(this.#of("flows"));
    return this.#flows;
  }

  /** Uses by the names of their chains. */
  get chains(): ChainIndex {
    this.#chains ??= new ChainIndex(this.#files, this.#of("chains"));
    return this.#chains;
  }

  #of(kind: IndexKind): ByName {
    const known = this.#byName.get(kind);
    if (known !== undefined) return known;
    const kept = this.#kept && { image: this.#kept.image[kind], moves: this.#kept.moves };
    const read = readers[kind](this.#names);
    const made = new ByName(this.#files, this.#names.size, read, kept);
    this.#byName.set(kind, made);
    return made;
  }
}

const readers: Readonly<Record<IndexKind, (names: Names) => (file: PackedFacts, pairs: Pairs) => void>> = {
  definitions: () => (file, pairs) => {
    for (let scope = 1; scope < file.scopeCount; scope++) pairs.add(file.scopeName(scope), scope);
  },
  subclasses: () => (file, pairs) => {
    for (let scope = 1; scope < file.scopeCount; scope++) {
      const kind = file.scopeKind(scope);
      if (kind !== "class" && kind !== "interface") continue;
      for (const chain of file.baseChains(scope)) {
        const name = file.lastName(chain);
        if (name !== undefined) pairs.add(name, scope);
      }
    }
  },
  // Only names that files have: others may have another number when this is used again.
  given: (names) => {
    const star = names.find("*");
    return (file, pairs) => {
      for (let at = 0; at < file.importCount; at++) {
        const local = file.importLocal(at);
        if (local !== undefined) pairs.add(local, at);
        else if (file.imported(at) === star) pairs.add(star, at);
      }
      for (let at = 0; at < file.exportCount; at++) pairs.add(file.exportName(at), at);
    };
  },
  flows: readFlows,
  chains: readChains,
};
