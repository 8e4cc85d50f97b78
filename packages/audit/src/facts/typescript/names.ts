/**
 * What a name in the text stands for. A plain read of a `local` is no use; a `definition` (a nested function or class, an
 * import) and a `module` name have somebody behind them.
 */
export interface NameEntry {
  readonly kind: "local" | "definition" | "module";
  /** The scope in which its bindings are recorded. */
  readonly scope: number;
  /** The function, named or not, in whose text it is declared; 0 for the module. */
  readonly functionId: number;
}

/** The names visible at a place, innermost first. */
export class Names {
  readonly #parent: Names | undefined;
  /** A `var` goes up to the nearest of these. */
  readonly #isFunction: boolean;
  readonly #entries = new Map<string, NameEntry>();

  constructor(parent: Names | undefined, isFunction: boolean) {
    this.#parent = parent;
    this.#isFunction = isFunction;
  }

  declare(name: string, entry: NameEntry): void {
    // A function or class with the name of a variable says more than the variable.
    if (this.#entries.get(name)?.kind === "definition" && entry.kind === "local") return;
    this.#entries.set(name, entry);
  }

  nearestFunction(): Names {
    let names: Names = this;
    while (!names.#isFunction && names.#parent !== undefined) names = names.#parent;
    return names;
  }

  find(name: string): NameEntry | undefined {
    for (let names: Names | undefined = this; names !== undefined; names = names.#parent) {
      const entry = names.#entries.get(name);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}
