import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { ByName } from "./by-name.ts";
import { ChainIndex } from "./chain-index.ts";
import { DefinedNames } from "./defined-names.ts";
import { NameFlow } from "./name-flow.ts";

/** What the files of a program have, by the numbers of names; each is made when somebody asks for it. */
export class Indexes {
  readonly #files: readonly PackedFacts[];
  readonly #names: Names;
  #definitions: ByName | undefined;
  #definedNames: DefinedNames | undefined;
  #subclasses: ByName | undefined;
  #given: ByName | undefined;
  #flows: NameFlow | undefined;
  #chains: ChainIndex | undefined;

  constructor(files: readonly PackedFacts[], names: Names) {
    this.#files = files;
    this.#names = names;
  }

  /** Scopes by their names. */
  get definitions(): ByName {
    this.#definitions ??= new ByName(this.#files, this.#names.size, (file, pairs) => {
      for (let scope = 1; scope < file.scopeCount; scope++) pairs.add(file.scopeName(scope), scope);
    });
    return this.#definitions;
  }

  /** Names that definitions have. */
  get definedNames(): DefinedNames {
    this.#definedNames ??= new DefinedNames(this.#names, this.definitions);
    return this.#definedNames;
  }

  /** Classes by the last names of their bases. */
  get subclasses(): ByName {
    this.#subclasses ??= new ByName(this.#files, this.#names.size, (file, pairs) => {
      for (let scope = 1; scope < file.scopeCount; scope++) {
        if (file.scopeKind(scope) !== "class") continue;
        for (const chain of file.baseChains(scope)) {
          const name = file.lastName(chain);
          if (name !== undefined) pairs.add(name, scope);
        }
      }
    });
    return this.#subclasses;
  }

  /** Places of the files where an import or an export gives something this name; `*`: whatever another module has. */
  filesGiving(name: string): ReadonlySet<number> {
    const star = this.#names.idOf("*");
    this.#given ??= new ByName(this.#files, this.#names.size, (file, pairs) => {
      for (let at = 0; at < file.importCount; at++) pairs.add(file.importLocal(at) ?? star, at);
      for (let at = 0; at < file.exportCount; at++) pairs.add(file.exportName(at), at);
    });
    const places = new Set<number>();
    this.#given.each(this.#names.idOf(name), (place) => places.add(place));
    return places;
  }

  /** Where names give their meaning to others. */
  get flows(): NameFlow {
    this.#flows ??= new NameFlow(this.#files, this.#names);
    return this.#flows;
  }

  /** Uses by the names of their chains. */
  get chains(): ChainIndex {
    this.#chains ??= new ChainIndex(this.#files, this.#names);
    return this.#chains;
  }
}
