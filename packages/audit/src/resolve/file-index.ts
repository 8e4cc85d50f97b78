import type { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, importCell, scopeCell, scopeFlags } from "../facts/packed-layout.ts";
import type { SymbolId } from "../report/audit-report.ts";
import type { Known } from "./circles.ts";
import type { Target } from "./target.ts";

interface Tables {
  /** 1 for each name that anything in the file has. */
  readonly declared: Uint8Array;
  /** By scope and name. */
  readonly children: ReadonlyMap<number, number>;
  readonly bindings: ReadonlyMap<number, number>;
  readonly nextBindings: Int32Array;
  readonly imports: ReadonlyMap<number, number>;
}

/**
 * What is looked up by name in one file. It works on the cells and the numbers of names, because most files of a program are
 * never asked about, and of those that are only a few names: tables are made when the first name is asked for.
 */
export class FileIndex {
  readonly facts: PackedFacts;
  /** What names of the module were found to give, and what names in scopes were found to be bound to. */
  readonly exported = new Map<string, Known>();
  readonly bound = new Map<number, Known>();
  readonly bases = new Map<number, readonly Target[]>();
  readonly #symbols: SymbolId[] = [];
  readonly #members = new Map<number, ReadonlyMap<string, number>>();
  #filled: Tables | undefined;
  #starImports: readonly string[] | undefined;

  constructor(facts: PackedFacts) {
    this.facts = facts;
  }

  nameOf(scope: number): string {
    return this.facts.name(this.nameIdOf(scope));
  }

  /** Its number in the file. */
  nameIdOf(scope: number): number {
    return this.facts.scopeCell(scope, scopeCell.name);
  }

  /** Is anything in the file called this: a definition, a binding, an import? */
  declares(name: number): boolean {
    return this.#tables.declared[name] === 1;
  }

  /** The definition of this name directly inside of a scope. */
  child(scope: number, name: number): number | undefined {
    return this.#tables.children.get(this.#key(scope, name));
  }

  /** The first binding of this name in a scope, and those after it. */
  binding(scope: number, name: number): number | undefined {
    return this.#tables.bindings.get(this.#key(scope, name));
  }

  /** -1 after the last. */
  nextBinding(binding: number): number {
    return this.#tables.nextBindings[binding] as number;
  }

  /** The import that binds this name in a scope. */
  import(scope: number, name: number): number | undefined {
    return this.#tables.imports.get(this.#key(scope, name));
  }

  /** Modules of which everything is imported, without a name for it. */
  get starImports(): readonly string[] {
    this.#starImports ??= this.#readStarImports();
    return this.#starImports;
  }

  get isPackage(): boolean {
    return /(^|\/)__init__\.pyi?$/.test(this.facts.path);
  }

  constructorOf(scope: number): number | undefined {
    const members = this.membersOf(scope);
    return members.get("__init__") ?? members.get("constructor");
  }

  /** `path#Class.method`; nested functions are named through what is around them. */
  symbolOf(scope: number): SymbolId {
    const known = this.#symbols[scope];
    if (known !== undefined) return known;
    const names: string[] = [];
    for (let at = scope; at > 0; at = this.facts.parentOf(at)) {
      const name = this.nameOf(at);
      // A member of an object literal has the name of its constant in its own.
      if (names[0]?.startsWith(`${name}.`) !== true) names.unshift(name);
    }
    const symbol = `${this.facts.path}#${names.join(".")}`;
    this.#symbols[scope] = symbol;
    return symbol;
  }

  /** Definitions directly inside of a scope, by name. */
  membersOf(scope: number): ReadonlyMap<string, number> {
    const known = this.#members.get(scope);
    if (known !== undefined) return known;
    const members = new Map<string, number>();
    for (let at = scope + 1; at < this.facts.scopeCount; at++) {
      if (this.facts.parentOf(at) === scope && this.#counts(members.get(this.nameOf(at))))
        members.set(this.nameOf(at), at);
    }
    this.#members.set(scope, members);
    return members;
  }

  #readStarImports(): readonly string[] {
    const found: string[] = [];
    for (let at = 0; at < this.facts.importCount; at++) {
      if (
        this.facts.importCell(at, importCell.local) !== 0 ||
        this.facts.name(this.facts.importCell(at, importCell.imported)) !== "*"
      )
        continue;
      found.push(this.facts.name(this.facts.importCell(at, importCell.specifier)));
    }
    return found;
  }

  /** Of overloads and later definitions the one with a body counts: may another one take the place of this? */
  #counts(before: number | undefined): boolean {
    return before === undefined || (this.facts.scopeCell(before, scopeCell.flags) & scopeFlags.isEmpty) !== 0;
  }

  #key(scope: number, name: number): number {
    return scope * this.facts.nameCount + name;
  }

  get #tables(): Tables {
    this.#filled ??= this.#fill();
    return this.#filled;
  }

  #fill(): Tables {
    const { scopeCount, bindingCount, importCount, nameCount } = this.facts;
    const declared = new Uint8Array(nameCount);
    const children = new Map<number, number>();
    for (let scope = 1; scope < scopeCount; scope++) {
      const name = this.facts.scopeCell(scope, scopeCell.name);
      const key = this.#key(this.facts.parentOf(scope), name);
      declared[name] = 1;
      if (this.#counts(children.get(key))) children.set(key, scope);
    }
    // From the end, so that what is found is the first, and leads to the next.
    const bindings = new Map<number, number>();
    const nextBindings = new Int32Array(bindingCount);
    for (let binding = bindingCount - 1; binding >= 0; binding--) {
      const name = this.facts.bindingCell(binding, bindingCell.name);
      const key = this.#key(this.facts.bindingCell(binding, bindingCell.scope), name);
      declared[name] = 1;
      nextBindings[binding] = bindings.get(key) ?? -1;
      bindings.set(key, binding);
    }
    const imports = new Map<number, number>();
    for (let index = importCount - 1; index >= 0; index--) {
      const name = this.facts.importCell(index, importCell.local) - 1;
      if (name < 0) continue;
      declared[name] = 1;
      imports.set(this.#key(this.facts.importCell(index, importCell.scope), name), index);
    }
    return { declared, children, bindings, nextBindings, imports };
  }
}
