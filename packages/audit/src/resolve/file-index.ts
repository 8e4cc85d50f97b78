import type { PackedFacts } from "../facts/packed-facts.ts";
import type { SymbolId } from "../report/audit-report.ts";
import type { Known } from "./circles.ts";
import { isOnlyDeclared, ScopeNames } from "./scope-names.ts";
import type { Target } from "./target.ts";
import { Targets } from "./targets.ts";

/** What is looked up in one file, kept once it was found. Most files of a program are never asked about. */
export class FileIndex {
  readonly facts: PackedFacts;
  readonly isPackage: boolean;
  readonly #symbols: SymbolId[] = [];
  // Made when they are needed: most files need none of them.
  #exported: Map<number, Known> | undefined;
  #bound: Map<number, Known> | undefined;
  #bases: Map<number, readonly Target[]> | undefined;
  #targets: Targets | undefined;
  #members: Map<number, ReadonlyMap<string, number>> | undefined;
  #names: ScopeNames | undefined;
  #starImports: readonly string[] | undefined;

  constructor(facts: PackedFacts) {
    this.facts = facts;
    this.isPackage = /(^|\/)__init__\.pyi?$/.test(facts.path);
  }

  /** What names of the module were found to give. */
  get exported(): Map<number, Known> {
    this.#exported ??= new Map();
    return this.#exported;
  }

  /** What names in scopes were found to be bound to. */
  get bound(): Map<number, Known> {
    this.#bound ??= new Map();
    return this.#bound;
  }

  get bases(): Map<number, readonly Target[]> {
    this.#bases ??= new Map();
    return this.#bases;
  }

  /** What uses were found to mean. */
  get targets(): Targets {
    this.#targets ??= new Targets(this.facts.useCount);
    return this.#targets;
  }

  nameOf(scope: number): string {
    return this.facts.names.nameOf(this.facts.scopeName(scope));
  }

  /** What its scopes call something. */
  get names(): ScopeNames {
    this.#names ??= new ScopeNames(this.facts);
    return this.#names;
  }

  /** Modules of which everything is imported, without a name for it. */
  get starImports(): readonly string[] {
    this.#starImports ??= this.#readStarImports();
    return this.#starImports;
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
    this.#members ??= new Map();
    const known = this.#members.get(scope);
    if (known !== undefined) return known;
    const members = new Map<string, number>();
    for (let at = scope + 1; at < this.facts.scopeCount; at++) {
      if (this.facts.parentOf(at) !== scope) continue;
      const before = members.get(this.nameOf(at));
      if (before === undefined || isOnlyDeclared(this.facts, before)) members.set(this.nameOf(at), at);
    }
    this.#members.set(scope, members);
    return members;
  }

  #readStarImports(): readonly string[] {
    const { facts } = this;
    const found: string[] = [];
    for (let at = 0; at < facts.importCount; at++) {
      if (facts.importLocal(at) === undefined && facts.names.nameOf(facts.imported(at)) === "*")
        found.push(facts.names.nameOf(facts.importedFrom(at)));
    }
    return found;
  }
}
