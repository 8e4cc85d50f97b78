import type { Chain } from "../file-facts.ts";
import { Names } from "../names.ts";
import { isFlagName } from "./flag-words.ts";
import { keywords } from "./token-kinds.ts";

/** Names that mean something to the readers, right after the keywords, so that their ids are constants. */
const knownNames = [
  "getattr",
  "super",
  "eval",
  "exec",
  "__import__",
  "Annotated",
  "Depends",
  "Security",
  "globals",
  "locals",
  "vars",
  "match",
  "case",
  "type",
  "_",
  "__all__",
  "__name__",
  "TYPE_CHECKING",
  "NotImplementedError",
  "import_module",
] as const;

export type KnownName = (typeof knownNames)[number];

/** The id of a known name, the same in every table. */
export function knownId(name: KnownName): number {
  return keywords.length + knownNames.indexOf(name);
}

/** The names of Python files. */
export class NameTable extends Names {
  readonly #chains: (Chain | undefined)[] = [];
  readonly #isFlag: (boolean | undefined)[] = [];

  constructor() {
    super();
    for (const name of [...keywords, ...knownNames]) {
      this.idOf(name);
    }
  }

  /** The chain of that name alone; one array for all who need it. */
  chainOf(id: number): Chain {
    this.#grow();
    let chain = this.#chains[id];
    if (chain === undefined) {
      chain = [this.nameOf(id)];
      this.#chains[id] = chain;
    }
    return chain;
  }

  isFlag(id: number): boolean {
    this.#grow();
    let known = this.#isFlag[id];
    if (known === undefined) {
      known = isFlagName(this.nameOf(id));
      this.#isFlag[id] = known;
    }
    return known;
  }

  /** One more place at a time: an array with a hole becomes a slow one. */
  #grow(): void {
    while (this.#chains.length < this.size) {
      this.#chains.push(undefined);
      this.#isFlag.push(undefined);
    }
  }
}
