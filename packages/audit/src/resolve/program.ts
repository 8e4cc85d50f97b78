import type { Chain, FileFacts, ScopeFact, ScopeKind } from "../facts/file-facts.ts";
import { Names } from "../facts/names.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, scopeCell, useCell } from "../facts/packed-layout.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { Circles } from "./circles.ts";
import { FileIndex } from "./file-index.ts";
import { Imports, type KeptImports } from "./imports.ts";
import { Indexes, type KeptIndexes } from "./indexes.ts";
import { type ModuleNames, Modules } from "./modules.ts";
import type { Flow } from "./name-flow.ts";
import { type Target, unresolved } from "./target.ts";

/** A definition: a file and a scope in it. */
export interface Definition {
  readonly path: string;
  readonly scope: number;
}

/** What is kept of an earlier program that has the same names, by their numbers. */
export interface KeptProgram {
  /** Of the program that it is kept for. */
  readonly facts: readonly FileFacts[];
  readonly indexes: KeptIndexes;
  /** When it has the same paths; for programs with the same `moduleNames`. */
  readonly imports?: KeptImports;
  readonly moduleNames?: string;
}

/** Deeper chains of aliases and types are given up as unresolved; it also ends circles. */
const depthMax = 24;
/** Calls that hand on what they are given: `Promise`, `Optional` and the like are left out by the facts. */
const wrapperNames = [
  ...["Promise", "Awaitable", "Coroutine", "Optional", "AsyncIterator", "AsyncGenerator", "Iterator", "Readonly"],
];

/** The audited code as one program: from names to definitions, through imports, aliases, re-exports, types and bases. */
export class Program {
  readonly files: readonly PackedFacts[];
  /** Those of all files. */
  readonly names: Names;
  /** What the files have, by name. */
  readonly indexes: Indexes;
  /** The files that files name. */
  readonly imports: Imports;
  /** What a repository says about its module names, as one text. */
  readonly moduleNames: string;
  readonly #files = new Map<string, FileIndex>();
  #last: FileIndex | undefined;
  readonly #places: ReadonlyMap<string, number>;
  readonly #modules: Modules;
  readonly #circles = new Circles();
  readonly #known: Readonly<Record<"this" | "class" | "super" | "()" | "*" | "__init__" | "constructor", number>>;
  readonly #wrappers: ReadonlySet<number>;
  #openFiles: Uint8Array | undefined;
  #moduleFlows: ReadonlyMap<string, readonly Flow[]> | undefined;

  constructor(facts: readonly FileFacts[], moduleNames: ModuleNames = { packages: {}, paths: [] }, kept?: KeptProgram) {
    const [first] = facts;
    const names = first instanceof PackedFacts ? first.names : new Names();
    this.names = names;
    this.files = facts.map((file) => PackedFacts.of(file, names));
    this.#modules = new Modules(this.files, moduleNames);
    const id = (name: string) => names.idOf(name);
    this.#known = {
      ...{ this: id("this"), class: id("class"), super: id("super"), "()": id("()"), "*": id("*") },
      ...{ __init__: id("__init__"), constructor: id("constructor") },
    };
    this.#wrappers = new Set(wrapperNames.map(id));
    for (const file of this.files) this.#files.set(file.path, new FileIndex(file));
    this.#places = new Map(this.files.map(({ path }, place) => [path, place]));
    this.moduleNames = JSON.stringify(moduleNames);
    const before = kept?.facts === facts ? kept : undefined;
    this.indexes = new Indexes(this.files, names, before?.indexes);
    const parts = { modules: this.#modules, names, placeOf: (path: string) => this.placeOf(path) };
    this.imports = new Imports(
      this.files,
      parts,
      before?.moduleNames === this.moduleNames ? before.imports : undefined,
    );
  }

  file(path: string): PackedFacts | undefined {
    return this.#files.get(path)?.facts;
  }

  /** Where a file stands in `files`. */
  placeOf(path: string): number {
    return this.#places.get(path) ?? -1;
  }

  /** 1 for files where a name by itself may be what another module has: packages and stars of Python. */
  get openFiles(): Uint8Array {
    this.#openFiles ??= Uint8Array.from(this.files, ({ path }) => (this.#givesWhatOthersDefine(path) ? 1 : 0));
    return this.#openFiles;
  }

  /** Where whole modules of the program are imported or exported, by the path of the module. */
  get moduleFlows(): ReadonlyMap<string, readonly Flow[]> {
    this.#moduleFlows ??= this.#readModuleFlows();
    return this.#moduleFlows;
  }

  #readModuleFlows(): ReadonlyMap<string, readonly Flow[]> {
    const found = new Map<string, Flow[]>();
    this.indexes.flows.each(this.#known["*"], (flow) => {
      const file = this.files[flow.file] as PackedFacts;
      const specifier = flow.kind === "import" ? file.importedFrom(flow.index) : file.exportedFrom(flow.index);
      const path = specifier === undefined ? undefined : this.#modules.resolve(file, this.names.nameOf(specifier));
      if (path === undefined) return;
      const same = found.get(path);
      if (same === undefined) found.set(path, [flow]);
      else same.push(flow);
    });
    return found;
  }

  kindOf({ path, scope }: Definition): ScopeKind {
    return this.#index(path).facts.scopeKind(scope);
  }

  nameOf({ path, scope }: Definition): string {
    return this.#index(path).nameOf(scope);
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
          ? this.#member(target, this.names.idOf(name), 0)
          : { kind: "scope", path: (target as { path: string }).path, scope: child };
    }
    return target;
  }

  /** The file that a manifest names as an entry point. */
  entry(text: string): string | undefined {
    return this.#modules.entry(text);
  }

  /** What a chain means where it is written. */
  evaluate(path: string, scope: number, chain: Chain): Target {
    const [first, ...rest] = chain.map((name) => this.names.idOf(name));
    if (first === undefined) return unresolved;
    let target = this.#start(this.#index(path), scope, first, 0);
    for (const name of rest) {
      if (target.kind === "unresolved") return target;
      target = this.#step(target, name, 0);
    }
    return target;
  }

  /** What the chain of a use means: `use` is its number in the file. */
  targetOf(path: string, use: number): Target {
    const index = this.#index(path);
    const { facts, targets } = index;
    const known = targets.get(use);
    if (known !== undefined) return known;
    const target = this.#evaluate(index, facts.useCell(use, useCell.scope), facts.useCell(use, useCell.chain), 0);
    targets.set(use, target);
    return target;
  }

  /** What a name means that is defined, imported or bound in exactly this scope; `name` is its number. */
  named(path: string, scope: number, name: number): Target {
    return this.#local(this.#index(path), scope, name, 0);
  }

  /** What an import gives to the name that it binds, whatever else has the name; `index` is its number. */
  importedBy(path: string, index: number): Target {
    const file = this.#index(path);
    const local = file.facts.importLocal(index);
    return local === undefined ? unresolved : this.#given(file, local, index, 0);
  }

  /** What a constant holds, other than another definition. */
  heldBy(definition: Definition): Target {
    return this.#held(definition, 0);
  }

  /** What a call of a function gives, as far as it says so. */
  resultOf(definition: Definition): Target {
    return this.#called({ kind: "scope", ...definition }, 0);
  }

  /** What a chain of the file means, by its number. */
  #evaluate(index: FileIndex, scope: number, chain: number, depth: number): Target {
    const { cells, nameIds } = index.facts;
    const start = index.facts.listStart(chain);
    const end = index.facts.listStart(chain + 1);
    if (start === end || this.#isTooDeep(depth)) return unresolved;
    let target = this.#start(index, scope, nameIds[cells[start] as number] as number, depth);
    for (let at = start + 1; at < end; at++) {
      if (target.kind === "unresolved") return target;
      target = this.#step(target, nameIds[cells[at] as number] as number, depth);
    }
    return target;
  }

  #step(target: Target, segment: number, depth: number): Target {
    if (segment === this.#known["()"]) return this.#called(target, depth);
    return this.#member(this.#isAccessor(target) ? this.#called(target, depth) : target, segment, depth);
  }

  #isAccessor(target: Target): boolean {
    return target.kind === "scope" && this.#index(target.path).facts.isAccessor(target.scope);
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
      const index = this.#index(at.path);
      const parent = index.facts.parentOf(at.scope);
      for (const chain of index.facts.baseChains(at.scope)) {
        const base = this.#baseOf(index, at.scope, parent, chain);
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

  /** What a class names as a base where it stands. */
  #baseOf(index: FileIndex, scope: number, parent: number, chain: number): Target {
    const { facts, names } = index;
    const base = this.#evaluate(index, parent, chain, 0);
    if (base.kind !== "scope" || base.path !== facts.path || base.scope !== scope) return base;
    // `class Router(Router)`: up to here the name means what was imported under it.
    const name = facts.scopeName(scope);
    const found = names.find(parent, name);
    const given = found < 0 ? -1 : names.import(found);
    return given < 0 ? unresolved : this.#given(index, name, given, 0);
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
  #givesWhatOthersDefine(path: string): boolean {
    const index = this.#index(path);
    return index.facts.language === "python" && (index.isPackage || index.starImports.length > 0);
  }

  /** Methods and functions directly inside of a class, by name. */
  membersOf({ path, scope }: Definition): ReadonlyMap<string, number> {
    return this.#index(path).membersOf(scope);
  }

  /** What a module gives under this name. */
  exported(path: string, name: string): Target {
    return this.exportedAs(path, this.names.idOf(name));
  }

  /** The same for the number of a name. */
  exportedAs(path: string, name: number, depth = 0): Target {
    const index = this.#index(path);
    return this.#circles.once(index.exported, name, () => this.#exported(index, name, depth));
  }

  #exported(index: FileIndex, name: number, depth: number): Target {
    const { facts } = index;
    if (this.#isTooDeep(depth)) return unresolved;
    if (facts.language === "python") return this.#pythonName(index, name, depth);
    const text = this.names.nameOf(name);
    for (const fact of facts.exports) {
      if (fact.name !== text) continue;
      if (fact.specifier === undefined)
        return this.#local(index, 0, fact.local === undefined ? name : this.names.idOf(fact.local), depth + 1);
      const imported = fact.imported === undefined ? name : this.names.idOf(fact.imported);
      return this.#imported(facts, fact.specifier, imported, depth + 1);
    }
    for (const fact of facts.exports) {
      if (fact.name !== "*" || fact.specifier === undefined || text === "default") continue;
      const found = this.#imported(facts, fact.specifier, name, depth + 1);
      if (found.kind === "scope" || found.kind === "instance") return found;
    }
    return unresolved;
  }

  /** Every name of a Python module can be imported from it; a package gives its modules, too. */
  #pythonName(index: FileIndex, name: number, depth: number): Target {
    const { facts } = index;
    const local = this.#local(index, 0, name, depth + 1);
    if (local.kind !== "unresolved") return local;
    for (const specifier of index.starImports) {
      const found = this.#imported(facts, specifier, name, depth + 1);
      if (found.kind !== "unresolved" && found.kind !== "external") return found;
    }
    if (!index.isPackage) return unresolved;
    const module = this.#modules.moduleIn(facts, ".", this.names.nameOf(name));
    return module === undefined ? unresolved : { kind: "scope", path: module, scope: 0 };
  }

  #imported(from: PackedFacts, specifier: string, imported: number, depth: number): Target {
    const path = this.#modules.resolve(from, specifier);
    const isAll = imported === this.#known["*"];
    if (path === undefined) {
      const name = isAll ? "" : this.names.nameOf(imported);
      if (from.language === "python" && !isAll) {
        // `from package import module`, where the package has no file of its own.
        const module = this.#modules.moduleIn(from, specifier, name);
        if (module !== undefined) return { kind: "scope", path: module, scope: 0 };
      }
      return { kind: "external", name: `${specifier}#${name}` };
    }
    if (isAll) return { kind: "scope", path, scope: 0 };
    return this.exportedAs(path, imported, depth);
  }

  /** A name where it is used: the scopes around it, from the inside; a class body is no scope for its methods. */
  #start(index: FileIndex, scope: number, name: number, depth: number): Target {
    const { facts } = index;
    if (name === this.#known.this || name === this.#known.class || name === this.#known.super)
      return this.#self(index, scope, name);
    for (let at = scope; at >= 0; at = facts.parentOf(at)) {
      const found = index.names.find(at, name);
      if (found < 0 || (at !== scope && facts.scopeKind(at) === "class")) continue;
      const target = this.#found(index, at, name, found, depth + 1);
      if (target.kind !== "unresolved") return target;
      if (this.#binds(index, found)) return unresolved;
    }
    return facts.language === "python" ? this.exportedAs(facts.path, name, depth + 1) : unresolved;
  }

  #binds({ facts, names }: FileIndex, found: number): boolean {
    for (let at = names.binding(found); at >= 0; at = names.nextBinding(at)) {
      if (facts.bindingKind(at) !== "field") return true;
    }
    return false;
  }

  #self(index: FileIndex, scope: number, name: number): Target {
    const { path } = index.facts;
    for (let at = scope; at > 0; at = index.facts.parentOf(at)) {
      if (index.facts.scopeKind(at) !== "class") continue;
      if (name === this.#known.class) return { kind: "scope", path, scope: at };
      if (name === this.#known.this) return { kind: "instance", path, scope: at };
      const base = this.basesOf({ path, scope: at })[0];
      return base?.kind === "scope" ? { ...base, kind: "instance" } : (base ?? unresolved);
    }
    return unresolved;
  }

  /** A name of exactly this scope. */
  #local(index: FileIndex, scope: number, name: number, depth: number): Target {
    const found = index.names.find(scope, name);
    return found < 0 ? unresolved : this.#found(index, scope, name, found, depth);
  }

  /** The same for what the names of the file were found to have. */
  #found(index: FileIndex, scope: number, name: number, found: number, depth: number): Target {
    const { facts, names } = index;
    const child = names.child(found);
    if (child >= 0) {
      const own: Target = { kind: "scope", path: facts.path, scope: child };
      if (facts.scopeKind(child) !== "constant") return own;
      // A constant stands for its value where that is a definition; what it holds otherwise is asked for by its members.
      const alias = this.#bound(index, scope, names.binding(found), depth);
      if (alias.kind === "scope" || alias.kind === "external") return alias;
      // `try: import fast`, `except ImportError: fast = None`.
      const optional = names.import(found);
      return optional < 0 ? own : this.#given(index, name, optional, depth);
    }
    const given = names.import(found);
    if (given < 0) return this.#bound(index, scope, names.binding(found), depth);
    return this.#given(index, name, given, depth);
  }

  /** What an import gives to its name. */
  #given(index: FileIndex, name: number, given: number, depth: number): Target {
    const { facts } = index;
    const specifier = this.names.nameOf(facts.importedFrom(given));
    const imported = facts.imported(given);
    // `import a.b` binds `a`, and the chain goes on from there.
    if (imported === this.#known["*"] && facts.language === "python") {
      const text = this.names.nameOf(name);
      if (specifier.startsWith(`${text}.`)) {
        const root = this.#modules.resolve(facts, text);
        return root === undefined ? { kind: "external", name: `${text}#` } : { kind: "scope", path: root, scope: 0 };
      }
    }
    return this.#imported(facts, specifier, imported, depth + 1);
  }

  /** What a variable, parameter or field is known to be: by its type, else by the one value that it gets. */
  #bound(index: FileIndex, scope: number, first: number, depth: number): Target {
    if (first < 0 || this.#isTooDeep(depth)) return unresolved;
    return this.#circles.once(index.bound, first, () => this.#valueOf(index, scope, first, depth));
  }

  #valueOf(index: FileIndex, scope: number, first: number, depth: number): Target {
    const { facts, names } = index;
    for (let at = first; at >= 0; at = names.nextBinding(at)) {
      const type = facts.bindingCell(at, bindingCell.type);
      if (type === 0) continue;
      const from = facts.bindingCell(at, bindingCell.from);
      const target = this.#evaluate(index, from === 0 ? scope : from - 1, type - 1, depth + 1);
      // A part of a type, such as `Props.client`, may be a method as well.
      if (target.kind === "scope" && !this.#isFunction(target)) return { ...target, kind: "instance" };
      if (target.kind !== "unresolved") return target;
    }
    for (let at = first; at >= 0; at = names.nextBinding(at)) {
      const value = facts.bindingCell(at, bindingCell.value);
      if (value === 0) continue;
      const from = facts.bindingCell(at, bindingCell.from);
      // A field is nearly always given what its constructor was given.
      const written =
        from > 0
          ? from - 1
          : ((facts.bindingKind(at) === "field" ? this.#constructorOf(index, scope) : undefined) ?? scope);
      const target = this.#evaluate(index, written, value - 1, depth + 1);
      if (target.kind !== "unresolved") return target;
    }
    return unresolved;
  }

  #isFunction({ path, scope }: Definition): boolean {
    const kind = this.#index(path).facts.scopeKind(scope);
    return kind === "method" || kind === "function";
  }

  #constructorOf(index: FileIndex, scope: number): number | undefined {
    return this.#child(index, scope, this.#known.__init__) ?? this.#child(index, scope, this.#known.constructor);
  }

  #child({ names }: FileIndex, scope: number, name: number): number | undefined {
    const found = names.find(scope, name);
    const child = found < 0 ? -1 : names.child(found);
    return child < 0 ? undefined : child;
  }

  #called(target: Target, depth: number): Target {
    if (target.kind === "external") return { kind: "external", name: `${target.name}()` };
    if (target.kind !== "scope") return unresolved;
    const index = this.#index(target.path);
    if (index.facts.scopeKind(target.scope) === "class") return { ...target, kind: "instance" };
    const { facts } = index;
    const result = facts.scopeCell(target.scope, scopeCell.result) - 1;
    const resultOf = facts.scopeCell(target.scope, scopeCell.resultOf) - 1;
    const isWrapper = result >= 0 && this.#wrappers.has(facts.lastName(result) ?? -1);
    const given = resultOf >= 0 ? resultOf : isWrapper ? -1 : result;
    if (given < 0) return unresolved;
    const type = this.#evaluate(index, facts.parentOf(target.scope), given, depth + 1);
    return type.kind === "scope" ? { ...type, kind: "instance" } : type;
  }

  #member(target: Target, name: number, depth: number): Target {
    switch (target.kind) {
      case "unresolved":
        return unresolved;
      case "external": {
        const text = this.names.nameOf(name);
        return { kind: "external", name: target.name.endsWith("#") ? target.name + text : `${target.name}.${text}` };
      }
      case "scope": {
        if (target.scope === 0) return this.exportedAs(target.path, name, depth + 1);
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

  #memberOf({ path, scope }: Definition, name: number, depth: number): Target {
    const index = this.#index(path);
    const found = index.names.find(scope, name);
    return found < 0 || !this.#isMember(index, scope, found)
      ? unresolved
      : this.#found(index, scope, name, found, depth + 1);
  }

  /** What a function imports, is given or calls something is nobody else's. */
  #isMember({ facts, names }: FileIndex, scope: number, found: number): boolean {
    const kind = facts.scopeKind(scope);
    if ((kind !== "function" && kind !== "method") || names.child(found) >= 0) return true;
    const binding = names.binding(found);
    return binding >= 0 && facts.bindingKind(binding) === "field";
  }

  /** What a constant holds. */
  #held({ path, scope }: Definition, depth: number): Target {
    const index = this.#index(path);
    if (index.facts.scopeKind(scope) !== "constant") return unresolved;
    const parent = index.facts.parentOf(scope);
    const found = index.names.find(parent, index.facts.scopeName(scope));
    return found < 0 ? unresolved : this.#bound(index, parent, index.names.binding(found), depth + 1);
  }

  /** A member of an object literal: the facts call it `handlers.send`. */
  #dotted({ path, scope }: Definition, name: number): Target {
    const index = this.#index(path);
    const { facts } = index;
    const dotted = this.names.find(`${this.names.nameOf(facts.scopeName(scope))}.${this.names.nameOf(name)}`);
    if (dotted === undefined) return unresolved;
    const at = this.#child(index, scope, dotted) ?? this.#child(index, facts.parentOf(scope), dotted);
    return at === undefined ? unresolved : { kind: "scope", path, scope: at };
  }

  #inherited(target: Definition, name: number, depth: number): Target {
    if (this.#isTooDeep(depth)) return unresolved;
    for (const base of this.basesOf(target)) {
      if (base.kind === "external") return { kind: "external", name: `${base.name}.${this.names.nameOf(name)}` };
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
    // Nearly always of the file that was asked for before.
    if (this.#last?.facts.path === path) return this.#last;
    const index = this.#files.get(path);
    if (index === undefined) throw new Error(`unable to find ${path} in the program`);
    this.#last = index;
    return index;
  }
}
