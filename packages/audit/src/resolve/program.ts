import type { BindingFact, Chain, FileFacts, ImportFact, ScopeFact } from "../facts/file-facts.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { type ModuleNames, Modules } from "./modules.ts";
import { type Target, unresolved } from "./target.ts";

/** One file, with what is looked up in it by name. */
interface FileIndex {
  readonly facts: FileFacts;
  /** Scopes by parent and name. */
  readonly children: ReadonlyMap<number, ReadonlyMap<string, number>>;
  readonly bindings: ReadonlyMap<number, ReadonlyMap<string, readonly BindingFact[]>>;
  readonly imports: ReadonlyMap<number, ReadonlyMap<string, ImportFact>>;
  /** What names were found to be bound to. */
  readonly bound: Map<string, Target>;
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
  readonly files: readonly FileFacts[];
  readonly #files = new Map<string, FileIndex>();
  readonly #modules: Modules;
  readonly #exports = new Map<string, Target>();
  readonly #bases = new Map<SymbolId, readonly Target[]>();

  constructor(facts: readonly FileFacts[], names: ModuleNames = { packages: {}, paths: [] }) {
    this.files = facts;
    this.#modules = new Modules(facts, names);
    for (const file of facts) this.#files.set(file.path, indexOf(file));
  }

  file(path: string): FileFacts | undefined {
    return this.#files.get(path)?.facts;
  }

  scope(target: { readonly path: string; readonly scope: number }): ScopeFact {
    return this.#index(target.path).facts.scopes[target.scope] as ScopeFact;
  }

  /** `path#Class.method`; nested functions are named through what is around them. */
  symbolOf({ path, scope }: { readonly path: string; readonly scope: number }): SymbolId {
    const { scopes } = this.#index(path).facts;
    const names: string[] = [];
    for (let at = scope; at > 0; at = (scopes[at] as ScopeFact).parent) {
      // A member of an object literal has the name of its constant in its own.
      if (names[0]?.startsWith(`${(scopes[at] as ScopeFact).name}.`) === true) continue;
      names.unshift((scopes[at] as ScopeFact).name);
    }
    return `${path}#${names.join(".")}`;
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

  /** The file that a manifest names as an entry point. */
  entry(text: string): string | undefined {
    return this.#modules.entry(text);
  }

  /** What a chain means where it is written. */
  evaluate(path: string, scope: number, chain: Chain, depth = 0): Target {
    const [first, ...rest] = chain;
    if (first === undefined || depth > depthMax) return unresolved;
    let target = this.#start(path, scope, first, depth);
    for (const segment of rest) {
      if (target.kind === "unresolved") return target;
      target = segment === "()" ? this.#called(target, depth) : this.#member(target, segment, depth);
    }
    return target;
  }

  /** Base classes that are resolved, nearest first, each once. */
  basesOf(target: { readonly path: string; readonly scope: number }): readonly Target[] {
    const key = this.symbolOf(target);
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    this.#bases.set(key, []);
    const bases = this.#readBases(target);
    this.#bases.set(key, bases);
    return bases;
  }

  #readBases(target: { readonly path: string; readonly scope: number }): readonly Target[] {
    const seen = new Set<string>();
    const found: Target[] = [];
    const visit = (at: { readonly path: string; readonly scope: number }) => {
      for (const { chain } of this.scope(at).bases) {
        const base = this.evaluate(at.path, this.scope(at).parent, chain);
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

  /** Methods and functions directly inside of a class, by name. */
  membersOf({ path, scope }: { readonly path: string; readonly scope: number }): ReadonlyMap<string, number> {
    return this.#index(path).children.get(scope) ?? new Map();
  }

  /** What a module gives under this name. */
  exported(path: string, name: string, depth = 0): Target {
    const key = `${path}#${name}`;
    const known = this.#exports.get(key);
    if (known !== undefined) return known;
    // A circle of re-exports gives nothing.
    this.#exports.set(key, unresolved);
    const target = this.#exported(this.#index(path), name, depth);
    this.#exports.set(key, target);
    return target;
  }

  #exported(index: FileIndex, name: string, depth: number): Target {
    const { facts } = index;
    if (depth > depthMax) return unresolved;
    if (facts.language === "python") return this.#pythonName(index, name, depth);
    for (const fact of facts.exports) {
      if (fact.name !== name) continue;
      if (fact.specifier !== undefined) return this.#imported(facts, fact.specifier, fact.imported ?? name, depth + 1);
      return this.#local(facts.path, 0, fact.local ?? name, depth + 1);
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
    const local = this.#local(index.facts.path, 0, name, depth + 1);
    if (local.kind !== "unresolved") return local;
    for (const fact of index.facts.imports) {
      if (fact.imported !== "*" || fact.local !== undefined) continue;
      const found = this.#imported(index.facts, fact.specifier, name, depth + 1);
      if (found.kind !== "unresolved" && found.kind !== "external") return found;
    }
    if (!/\/?__init__\.pyi?$/.test(index.facts.path)) return unresolved;
    const module = this.#modules.resolve(index.facts, `.${name}`);
    return module === undefined ? unresolved : { kind: "scope", path: module, scope: 0 };
  }

  #imported(from: FileFacts, specifier: string, imported: string, depth: number): Target {
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

  /** A name where it is used: the scopes around it, from the inside; a class body is no scope for its methods. */
  #start(path: string, scope: number, name: string, depth: number): Target {
    if (name === "this" || name === "class" || name === "super") return this.#self(path, scope, name);
    const { scopes } = this.#index(path).facts;
    for (let at = scope; at >= 0; at = (scopes[at] as ScopeFact).parent) {
      const isForeignClass = at !== scope && (scopes[at] as ScopeFact).kind === "class";
      if (isForeignClass) continue;
      const target = this.#local(path, at, name, depth + 1);
      if (target.kind !== "unresolved") return target;
      if (this.#binds(path, at, name)) return unresolved;
    }
    if (this.#index(path).facts.language === "python") return this.exported(path, name, depth + 1);
    return unresolved;
  }

  #binds(path: string, scope: number, name: string): boolean {
    const { bindings } = this.#index(path);
    return (bindings.get(scope)?.get(name) ?? []).some(({ kind }) => kind !== "field");
  }

  #self(path: string, scope: number, name: string): Target {
    const { scopes } = this.#index(path).facts;
    for (let at = scope; at > 0; at = (scopes[at] as ScopeFact).parent) {
      if ((scopes[at] as ScopeFact).kind !== "class") continue;
      if (name === "class") return { kind: "scope", path, scope: at };
      if (name === "this") return { kind: "instance", path, scope: at };
      const base = this.basesOf({ path, scope: at })[0];
      return base?.kind === "scope" ? { ...base, kind: "instance" } : (base ?? unresolved);
    }
    return unresolved;
  }

  /** A name of exactly this scope. */
  #local(path: string, scope: number, name: string, depth: number): Target {
    const index = this.#index(path);
    const child = index.children.get(scope)?.get(name);
    if (child !== undefined) {
      const kind = index.facts.scopes[child]?.kind;
      if (kind !== "constant") return { kind: "scope", path, scope: child };
      // A constant stands for its value where that is a definition; what it holds otherwise is asked for by its members.
      const alias = this.#bound(index, scope, name, depth);
      return alias.kind === "scope" || alias.kind === "external" ? alias : { kind: "scope", path, scope: child };
    }
    const fact = index.imports.get(scope)?.get(name);
    if (fact !== undefined) {
      // `import a.b` binds `a`, and the chain goes on from there.
      if (
        index.facts.language === "python" &&
        fact.imported === "*" &&
        fact.specifier.split(".")[0] === name &&
        fact.specifier !== name
      ) {
        const root = this.#modules.resolve(index.facts, name);
        return root === undefined ? { kind: "external", name: `${name}#` } : { kind: "scope", path: root, scope: 0 };
      }
      return this.#imported(index.facts, fact.specifier, fact.imported, depth + 1);
    }
    return this.#bound(index, scope, name, depth);
  }

  /** What a variable, parameter or field is known to be: by its type, else by the one value that it gets. */
  #bound(index: FileIndex, scope: number, name: string, depth: number): Target {
    const facts = index.bindings.get(scope)?.get(name);
    if (facts === undefined || depth > depthMax) return unresolved;
    const key = `${scope} ${name}`;
    const known = index.bound.get(key);
    if (known !== undefined) return known;
    // Names that get their values from each other are nobody's.
    index.bound.set(key, unresolved);
    const target = this.#valueOf(index, scope, facts, depth);
    index.bound.set(key, target);
    return target;
  }

  #valueOf(index: FileIndex, scope: number, facts: readonly BindingFact[], depth: number): Target {
    for (const { type, from } of facts) {
      if (type === undefined) continue;
      const target = this.evaluate(index.facts.path, from ?? scope, type, depth + 1);
      if (target.kind === "scope") return { ...target, kind: "instance" };
      if (target.kind === "external") return target;
    }
    for (const { value, from, kind } of facts) {
      if (value === undefined) continue;
      // A field is nearly always given what its constructor was given.
      const written = from ?? (kind === "field" ? this.#constructorOf(index, scope) : undefined) ?? scope;
      const target = this.evaluate(index.facts.path, written, value, depth + 1);
      if (target.kind !== "unresolved") return target;
    }
    return unresolved;
  }

  #constructorOf(index: FileIndex, scope: number): number | undefined {
    const members = index.children.get(scope);
    return members?.get("__init__") ?? members?.get("constructor");
  }

  #called(target: Target, depth: number): Target {
    if (target.kind === "external") return { kind: "external", name: `${target.name}()` };
    if (target.kind !== "scope") return unresolved;
    const scope = this.scope(target);
    if (scope.kind === "class") return { ...target, kind: "instance" };
    const result = scope.resultOf ?? (wrappers.has(scope.result?.at(-1) ?? "") ? undefined : scope.result);
    if (result === undefined) return unresolved;
    const type = this.evaluate(target.path, scope.parent, result, depth + 1);
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
        const own = this.#local(target.path, target.scope, name, depth + 1);
        if (own.kind !== "unresolved") return own;
        const dotted = this.#dotted(target, name);
        if (dotted.kind !== "unresolved") return dotted;
        const held = this.#held(target, depth);
        return held.kind === "instance" ? this.#member(held, name, depth + 1) : this.#inherited(target, name, depth);
      }
      case "instance": {
        const own = this.#local(target.path, target.scope, name, depth + 1);
        return own.kind === "unresolved" ? this.#inherited(target, name, depth) : own;
      }
    }
  }

  /** What a constant holds. */
  #held(target: { readonly path: string; readonly scope: number }, depth: number): Target {
    const { kind, parent, name } = this.scope(target);
    return kind === "constant" ? this.#bound(this.#index(target.path), parent, name, depth + 1) : unresolved;
  }

  /** A member of an object literal: the facts call it `handlers.send`. */
  #dotted(target: { readonly path: string; readonly scope: number }, name: string): Target {
    const scope = this.scope(target);
    const { children } = this.#index(target.path);
    const dotted = `${scope.name}.${name}`;
    const at = children.get(target.scope)?.get(dotted) ?? children.get(scope.parent)?.get(dotted);
    return at === undefined ? unresolved : { kind: "scope", path: target.path, scope: at };
  }

  #inherited(target: { readonly path: string; readonly scope: number }, name: string, depth: number): Target {
    if (depth > depthMax) return unresolved;
    for (const base of this.basesOf(target)) {
      if (base.kind === "external") return { kind: "external", name: `${base.name}.${name}` };
      if (base.kind !== "scope") continue;
      const found = this.#local(base.path, base.scope, name, depth + 1);
      if (found.kind !== "unresolved") return found;
    }
    return unresolved;
  }

  #index(path: string): FileIndex {
    const index = this.#files.get(path);
    if (index === undefined) throw new Error(`unable to find ${path} in the program`);
    return index;
  }
}

function indexOf(facts: FileFacts): FileIndex {
  const children = new Map<number, Map<string, number>>();
  facts.scopes.forEach((scope, index) => {
    if (index === 0) return;
    const names = children.get(scope.parent) ?? new Map<string, number>();
    // Overloads and later definitions: the one with a body counts.
    const before = names.get(scope.name);
    if (before === undefined || facts.scopes[before]?.isEmpty === true) names.set(scope.name, index);
    children.set(scope.parent, names);
  });
  const bindings = new Map<number, Map<string, BindingFact[]>>();
  for (const binding of facts.bindings) {
    const names = bindings.get(binding.scope) ?? new Map<string, BindingFact[]>();
    const same = names.get(binding.name);
    if (same === undefined) names.set(binding.name, [binding]);
    else same.push(binding);
    bindings.set(binding.scope, names);
  }
  const imports = new Map<number, Map<string, ImportFact>>();
  for (const fact of facts.imports) {
    if (fact.local === undefined) continue;
    const names = imports.get(fact.scope) ?? new Map<string, ImportFact>();
    if (!names.has(fact.local)) names.set(fact.local, fact);
    imports.set(fact.scope, names);
  }
  return { facts, children, bindings, imports, bound: new Map() };
}
