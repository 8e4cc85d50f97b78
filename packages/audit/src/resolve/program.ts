import type { Chain, FileFacts, ScopeFact, ScopeKind } from "../facts/file-facts.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, importCell, scopeCell, useCell } from "../facts/packed-layout.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { Circles } from "./circles.ts";
import { FileIndex } from "./file-index.ts";
import { type ImportedFile, importedFiles } from "./imported-files.ts";
import { type ModuleNames, Modules } from "./modules.ts";
import { NameIndex } from "./name-index.ts";
import { NameMarks } from "./name-marks.ts";
import { type Target, unresolved } from "./target.ts";

/** A definition: a file and a scope in it. */
export interface Definition {
  readonly path: string;
  readonly scope: number;
}

/** Deeper chains of aliases and types are given up as unresolved; it also ends circles. */
const depthMax = 24;
/** Calls that hand on what they are given: `Promise`, `Optional` and the like are left out by the facts. */
const wrappers = new Set([
  "Promise",
  "Awaitable",
  "Coroutine",
  "Optional",
  "AsyncIterator",
  "AsyncGenerator",
  "Iterator",
  "Readonly",
]);

/** The audited code as one program: from names to definitions, through imports, aliases, re-exports, types and bases. */
export class Program {
  readonly files: readonly PackedFacts[];
  readonly #files = new Map<string, FileIndex>();
  readonly #modules: Modules;
  readonly #circles = new Circles();
  readonly #imports = new Map<PackedFacts, readonly ImportedFile[]>();
  #names: NameIndex | undefined;

  constructor(facts: readonly FileFacts[], names: ModuleNames = { packages: {}, paths: [] }) {
    this.files = facts.map((file) => PackedFacts.of(file));
    this.#modules = new Modules(this.files, names);
    for (const file of this.files) this.#files.set(file.path, new FileIndex(file));
  }

  file(path: string): PackedFacts | undefined {
    return this.#files.get(path)?.facts;
  }

  scope({ path, scope }: Definition): ScopeFact {
    return this.#index(path).facts.scope(scope);
  }

  /** `path#Class.method`; nested functions are named through what is around them. */
  symbolOf({ path, scope }: Definition): SymbolId {
    return this.#index(path).symbolOf(scope);
  }

  /** Does a scope stand in another one of the file, or is it the same? */
  isWithin(path: string, scope: number, outer: number): boolean {
    const index = this.#index(path);
    // What is around a scope stands before it.
    let at = scope;
    while (at > outer) at = index.facts.parentOf(at);
    return at === outer;
  }

  /** Files that may have one of these names, in their order. */
  filesWith(names: Iterable<string>): readonly PackedFacts[] {
    this.#names ??= new NameIndex(this.files);
    return this.#names.filesWith(names);
  }

  /** How many definitions have each of these names, in any scope. */
  definitionsNamed(names: readonly string[]): ReadonlyMap<string, number> {
    const marks = new NameMarks(names);
    const counts = new Map(names.map((name) => [name, 0]));
    for (const file of this.filesWith(names)) {
      const ids = new Set(marks.idsIn(file));
      for (let scope = 1; scope < file.scopeCount; scope++) {
        const id = file.scopeCell(scope, scopeCell.name);
        if (ids.has(id)) counts.set(file.name(id), (counts.get(file.name(id)) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** The definition of a symbol that is written as `path#Name`, or `path#Class.method`, also through re-exports. */
  find(symbol: SymbolId): Target {
    const at = symbol.indexOf("#");
    const [path, names] = [symbol.slice(0, at), symbol.slice(at + 1)];
    if (at < 0 || !this.#files.has(path)) return unresolved;
    let target: Target = { kind: "scope", path, scope: 0 };
    for (const name of names === "" ? [] : names.split(".")) {
      // What a file keeps to itself has a name as well.
      const child: number | undefined = target.kind === "scope" ? this.membersOf(target).get(name) : undefined;
      target =
        child === undefined
          ? this.#member(target, name, 0)
          : { kind: "scope", path: (target as { path: string }).path, scope: child };
    }
    return target;
  }

  /** The path of the file that an import means; undefined for what is outside. */
  moduleOf(file: FileFacts, specifier: string): string | undefined {
    return this.#modules.resolve(file, specifier);
  }

  /** The files that a file names. */
  importsOf(file: PackedFacts): readonly ImportedFile[] {
    const known = this.#imports.get(file) ?? importedFiles(this.#modules, file);
    this.#imports.set(file, known);
    return known;
  }

  /** The file that a manifest names as an entry point. */
  entry(text: string): string | undefined {
    return this.#modules.entry(text);
  }

  /** What a chain means where it is written. */
  evaluate(path: string, scope: number, chain: Chain, depth = 0): Target {
    const [first, ...rest] = chain;
    if (first === undefined || this.#isTooDeep(depth)) return unresolved;
    const index = this.#index(path);
    let target = this.#start(index, scope, first, index.facts.idOf(first), depth);
    for (const segment of rest) {
      if (target.kind === "unresolved") return target;
      target = this.#step(target, segment, depth);
    }
    return target;
  }

  /** What the chain of a use means: `use` is its number in the file. */
  targetOf(path: string, use: number): Target {
    const index = this.#index(path);
    return this.#evaluate(index, index.facts.useCell(use, useCell.scope), index.facts.useCell(use, useCell.chain), 0);
  }

  /** What a name means that is defined, imported or bound in exactly this scope; `name` is its number in the file. */
  named(path: string, scope: number, name: number): Target {
    const index = this.#index(path);
    return this.#local(index, scope, index.facts.name(name), name, 0);
  }

  /** What a call of a function gives, as far as it says so. */
  resultOf(definition: Definition): Target {
    return this.#called({ kind: "scope", ...definition }, 0);
  }

  /** What a chain of the file means, by its number. */
  #evaluate(index: FileIndex, scope: number, chain: number, depth: number): Target {
    const { facts } = index;
    const [start, end] = [facts.listStarts[chain] as number, facts.listStarts[chain + 1] as number];
    if (start === end || this.#isTooDeep(depth)) return unresolved;
    const first = facts.cells[start] as number;
    let target = this.#start(index, scope, facts.name(first), first, depth);
    for (let at = start + 1; at < end; at++) {
      if (target.kind === "unresolved") return target;
      target = this.#step(target, facts.name(facts.cells[at] as number), depth);
    }
    return target;
  }

  #step(target: Target, segment: string, depth: number): Target {
    return segment === "()" ? this.#called(target, depth) : this.#member(target, segment, depth);
  }

  /** Base classes that are resolved, nearest first, each once. */
  basesOf({ path, scope }: Definition): readonly Target[] {
    const { bases } = this.#index(path);
    const known = bases.get(scope);
    if (known !== undefined) return known;
    bases.set(scope, []);
    const found = this.#readBases({ path, scope });
    bases.set(scope, found);
    return found;
  }

  #readBases(target: Definition): readonly Target[] {
    const seen = new Set<string>();
    const found: Target[] = [];
    const visit = (at: Definition) => {
      const { bases, parent } = this.scope(at);
      for (const { chain } of bases) {
        const base = this.evaluate(at.path, parent, chain);
        if (base.kind !== "scope") {
          if (base.kind === "external") found.push(base);
          continue;
        }
        const key = this.symbolOf(base);
        if (seen.has(key)) continue;
        seen.add(key);
        found.push(base);
        visit(base);
      }
    };
    visit(target);
    return found;
  }

  /** Definitions of a kind that stand directly in a module. */
  topLevel(file: PackedFacts, kind: ScopeKind): readonly number[] {
    const found: number[] = [];
    for (let scope = 1; scope < file.scopeCount; scope++) {
      if (file.parentOf(scope) === 0 && file.scopeKind(scope) === kind) found.push(scope);
    }
    return found;
  }

  /** A definition and all that stands in it. */
  within({ path, scope }: Definition): readonly Definition[] {
    const { facts } = this.#index(path);
    const found: Definition[] = [];
    for (let at = scope; at < facts.scopeCount; at++)
      if (this.isWithin(path, at, scope)) found.push({ path, scope: at });
    return found;
  }

  /** Does a module of Python give what it neither defines nor imports by name: a package its modules, a star what others have? */
  givesWhatOthersDefine(path: string): boolean {
    const index = this.#index(path);
    return index.facts.language === "python" && (index.isPackage || index.starImports.length > 0);
  }

  /** Methods and functions directly inside of a class, by name. */
  membersOf({ path, scope }: Definition): ReadonlyMap<string, number> {
    return this.#index(path).membersOf(scope);
  }

  /** What a module gives under this name. */
  exported(path: string, name: string, depth = 0): Target {
    const index = this.#index(path);
    return this.#circles.once(index.exported, name, () => this.#exported(index, name, depth));
  }

  #exported(index: FileIndex, name: string, depth: number): Target {
    const { facts } = index;
    if (this.#isTooDeep(depth)) return unresolved;
    if (facts.language === "python") return this.#pythonName(index, name, depth);
    for (const fact of facts.exports) {
      if (fact.name !== name) continue;
      if (fact.specifier !== undefined) return this.#imported(facts, fact.specifier, fact.imported ?? name, depth + 1);
      return this.#local(index, 0, fact.local ?? name, facts.idOf(fact.local ?? name), depth + 1);
    }
    for (const fact of facts.exports) {
      if (fact.name !== "*" || fact.specifier === undefined || name === "default") continue;
      const found = this.#imported(facts, fact.specifier, name, depth + 1);
      if (found.kind === "scope" || found.kind === "instance") return found;
    }
    return unresolved;
  }

  /** Every name of a Python module can be imported from it; a package gives its modules, too. */
  #pythonName(index: FileIndex, name: string, depth: number): Target {
    const { facts } = index;
    const local = this.#local(index, 0, name, facts.idOf(name), depth + 1);
    if (local.kind !== "unresolved") return local;
    for (const specifier of index.starImports) {
      const found = this.#imported(facts, specifier, name, depth + 1);
      if (found.kind !== "unresolved" && found.kind !== "external") return found;
    }
    if (!index.isPackage) return unresolved;
    const module = this.#modules.resolve(facts, `.${name}`);
    return module === undefined ? unresolved : { kind: "scope", path: module, scope: 0 };
  }

  #imported(from: PackedFacts, specifier: string, imported: string, depth: number): Target {
    const path = this.#modules.resolve(from, specifier);
    if (path === undefined) {
      if (from.language === "python") {
        // `from package import module`, where the package has no file of its own.
        const module = this.#modules.resolve(
          from,
          specifier.endsWith(".") ? `${specifier}${imported}` : `${specifier}.${imported}`,
        );
        if (module !== undefined) return { kind: "scope", path: module, scope: 0 };
      }
      return { kind: "external", name: imported === "*" ? `${specifier}#` : `${specifier}#${imported}` };
    }
    if (imported === "*") return { kind: "scope", path, scope: 0 };
    return this.exported(path, imported, depth);
  }

  /**
   * A name where it is used: the scopes around it, from the inside; a class body is no scope for its methods. `id`: its number
   * in the file, if the file has it.
   */
  #start(index: FileIndex, scope: number, name: string, id: number | undefined, depth: number): Target {
    if (name === "this" || name === "class" || name === "super") return this.#self(index, scope, name);
    if (id !== undefined && index.declares(id)) {
      for (let at = scope; at >= 0; at = index.facts.parentOf(at)) {
        if (at !== scope && index.facts.scopeKind(at) === "class") continue;
        const target = this.#local(index, at, name, id, depth + 1);
        if (target.kind !== "unresolved") return target;
        if (this.#binds(index, at, id)) return unresolved;
      }
    }
    if (index.facts.language === "python") return this.exported(index.facts.path, name, depth + 1);
    return unresolved;
  }

  #binds(index: FileIndex, scope: number, name: number): boolean {
    for (let at = index.binding(scope, name) ?? -1; at >= 0; at = index.nextBinding(at)) {
      if (index.facts.bindingKind(at) !== "field") return true;
    }
    return false;
  }

  #self(index: FileIndex, scope: number, name: string): Target {
    const { path } = index.facts;
    for (let at = scope; at > 0; at = index.facts.parentOf(at)) {
      if (index.facts.scopeKind(at) !== "class") continue;
      if (name === "class") return { kind: "scope", path, scope: at };
      if (name === "this") return { kind: "instance", path, scope: at };
      const base = this.basesOf({ path, scope: at })[0];
      return base?.kind === "scope" ? { ...base, kind: "instance" } : (base ?? unresolved);
    }
    return unresolved;
  }

  /** A name of exactly this scope. */
  #local(index: FileIndex, scope: number, name: string, id: number | undefined, depth: number): Target {
    if (id === undefined || !index.declares(id)) return unresolved;
    const { facts } = index;
    const child = index.child(scope, id);
    if (child !== undefined) {
      const own: Target = { kind: "scope", path: facts.path, scope: child };
      if (index.facts.scopeKind(child) !== "constant") return own;
      // A constant stands for its value where that is a definition; what it holds otherwise is asked for by its members.
      const alias = this.#bound(index, scope, id, depth);
      return alias.kind === "scope" || alias.kind === "external" ? alias : own;
    }
    const found = index.import(scope, id);
    if (found === undefined) return this.#bound(index, scope, id, depth);
    const specifier = facts.name(facts.importCell(found, importCell.specifier));
    const imported = facts.name(facts.importCell(found, importCell.imported));
    // `import a.b` binds `a`, and the chain goes on from there.
    if (imported === "*" && specifier.startsWith(`${name}.`) && facts.language === "python") {
      const root = this.#modules.resolve(facts, name);
      return root === undefined ? { kind: "external", name: `${name}#` } : { kind: "scope", path: root, scope: 0 };
    }
    return this.#imported(facts, specifier, imported, depth + 1);
  }

  /** What a variable, parameter or field is known to be: by its type, else by the one value that it gets. */
  #bound(index: FileIndex, scope: number, name: number, depth: number): Target {
    const first = index.binding(scope, name);
    if (first === undefined || this.#isTooDeep(depth)) return unresolved;
    return this.#circles.once(index.bound, first, () => this.#valueOf(index, scope, first, depth));
  }

  #valueOf(index: FileIndex, scope: number, first: number, depth: number): Target {
    for (let at = first; at >= 0; at = index.nextBinding(at)) {
      const type = index.facts.bindingCell(at, bindingCell.type);
      if (type === 0) continue;
      const from = index.facts.bindingCell(at, bindingCell.from);
      const target = this.#evaluate(index, from === 0 ? scope : from - 1, type - 1, depth + 1);
      if (target.kind === "scope") return { ...target, kind: "instance" };
      if (target.kind === "external") return target;
    }
    for (let at = first; at >= 0; at = index.nextBinding(at)) {
      const value = index.facts.bindingCell(at, bindingCell.value);
      if (value === 0) continue;
      const from = index.facts.bindingCell(at, bindingCell.from);
      // A field is nearly always given what its constructor was given.
      const written =
        from > 0
          ? from - 1
          : ((index.facts.bindingKind(at) === "field" ? index.constructorOf(scope) : undefined) ?? scope);
      const target = this.#evaluate(index, written, value - 1, depth + 1);
      if (target.kind !== "unresolved") return target;
    }
    return unresolved;
  }

  #called(target: Target, depth: number): Target {
    if (target.kind === "external") return { kind: "external", name: `${target.name}()` };
    if (target.kind !== "scope") return unresolved;
    const index = this.#index(target.path);
    if (index.facts.scopeKind(target.scope) === "class") return { ...target, kind: "instance" };
    const { result, resultOf, parent } = index.facts.scope(target.scope);
    const given = resultOf ?? (wrappers.has(result?.at(-1) ?? "") ? undefined : result);
    if (given === undefined) return unresolved;
    const type = this.evaluate(target.path, parent, given, depth + 1);
    return type.kind === "scope" ? { ...type, kind: "instance" } : type;
  }

  #member(target: Target, name: string, depth: number): Target {
    switch (target.kind) {
      case "unresolved":
        return unresolved;
      case "external":
        return { kind: "external", name: target.name.endsWith("#") ? target.name + name : `${target.name}.${name}` };
      case "scope": {
        if (target.scope === 0) return this.exported(target.path, name, depth + 1);
        const own = this.#memberOf(target, name, depth);
        if (own.kind !== "unresolved") return own;
        const dotted = this.#dotted(target, name);
        if (dotted.kind !== "unresolved") return dotted;
        const held = this.#held(target, depth);
        return held.kind === "instance" ? this.#member(held, name, depth + 1) : this.#inherited(target, name, depth);
      }
      case "instance": {
        const own = this.#memberOf(target, name, depth);
        return own.kind === "unresolved" ? this.#inherited(target, name, depth) : own;
      }
    }
  }

  #memberOf({ path, scope }: Definition, name: string, depth: number): Target {
    const index = this.#index(path);
    return this.#local(index, scope, name, index.facts.idOf(name), depth + 1);
  }

  /** What a constant holds. */
  #held({ path, scope }: Definition, depth: number): Target {
    const index = this.#index(path);
    if (index.facts.scopeKind(scope) !== "constant") return unresolved;
    return this.#bound(index, index.facts.parentOf(scope), index.nameIdOf(scope), depth + 1);
  }

  /** A member of an object literal: the facts call it `handlers.send`. */
  #dotted({ path, scope }: Definition, name: string): Target {
    const index = this.#index(path);
    const dotted = index.facts.idOf(`${index.nameOf(scope)}.${name}`);
    if (dotted === undefined) return unresolved;
    const at = index.child(scope, dotted) ?? index.child(index.facts.parentOf(scope), dotted);
    return at === undefined ? unresolved : { kind: "scope", path, scope: at };
  }

  #inherited(target: Definition, name: string, depth: number): Target {
    if (this.#isTooDeep(depth)) return unresolved;
    for (const base of this.basesOf(target)) {
      if (base.kind === "external") return { kind: "external", name: `${base.name}.${name}` };
      if (base.kind !== "scope") continue;
      const found = this.#memberOf(base, name, depth);
      if (found.kind !== "unresolved") return found;
    }
    return unresolved;
  }

  #isTooDeep(depth: number): boolean {
    if (depth <= depthMax) return false;
    this.#circles.giveUp();
    return true;
  }

  #index(path: string): FileIndex {
    const index = this.#files.get(path);
    if (index === undefined) throw new Error(`unable to find ${path} in the program`);
    return index;
  }
}
