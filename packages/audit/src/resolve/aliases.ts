import type { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, exportCell, importCell, scopeCell, useCell } from "../facts/packed-layout.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { NameMarks } from "./name-marks.ts";
import type { Definition, Program } from "./program.ts";
import type { Target } from "./target.ts";

/** What a name may mean: something that is looked for, or what gives a value of it when it is called. */
const denotes = 1;
const returns = 2;

const selfNames: ReadonlySet<string> = new Set(["this", "class", "super"]);
/** What may follow the name of a function that is used all the same: `send.bind(x)`, `send()`. */
const following: ReadonlySet<string> = new Set(["()", "bind", "call", "apply", "__call__"]);

/** What the names of a file may mean, by their numbers. */
interface NamesOfFile {
  /** As a member of something, or as what another module gives: the same in every file. */
  readonly member: Uint8Array;
  /** By itself: what the file defines, imports or binds. */
  readonly bare: Uint8Array;
}

/**
 * The names under which some definitions may be used anywhere in a program: their own, and those that imports, exports, variables,
 * fields, parameters and results give to them. A use that ends in none of them need not be resolved; one that does may still be of
 * something else that is called alike.
 */
export class Aliases {
  readonly #program: Program;
  readonly #flags = new Map<string, number>();
  readonly #marks = new NameMarks();
  readonly #inFiles = new Map<string, NamesOfFile>();
  /** Modules that are looked for. */
  readonly #modules = new Set<string>();
  /** By symbol: what is looked for, and functions that give it. */
  readonly #meant = new Map<SymbolId, number>();
  /** Last parts of what is looked for by its name only. */
  readonly #named: ReadonlySet<string>;
  #fresh = new Set<string>();

  /** `names`: what is looked for by its name only, wherever it is from. */
  constructor(program: Program, definitions: Iterable<Definition>, names: Iterable<string> = []) {
    this.#program = program;
    this.#named = new Set(names);
    for (const name of this.#named) this.#spread(name, denotes);
    for (const definition of definitions) this.#define(definition);
    while (this.#fresh.size > 0) {
      const fresh = this.#fresh;
      this.#fresh = new Set();
      for (const file of program.filesWith(fresh)) this.#read(file);
    }
  }

  /** Numbers of the uses in a file that may be of what is looked for. */
  usesIn(file: PackedFacts): readonly number[] {
    const names = this.#inFiles.get(file.path);
    if (names === undefined) return [];
    const verdicts = new Int8Array(file.listCount);
    const uses: number[] = [];
    for (let use = 0; use < file.useCount; use++) {
      const chain = file.useCell(use, useCell.chain);
      if (verdicts[chain] === 0) verdicts[chain] = mayMean(file, chain, names) ? 1 : -1;
      if (verdicts[chain] === 1) uses.push(use);
    }
    return uses;
  }

  #define({ path, scope }: Definition): void {
    const file = this.#program.file(path);
    if (file === undefined) return;
    const symbol = this.#program.symbolOf({ path, scope });
    const kind = file.scopeKind(scope);
    // A constant may be another class of its own name: `Router = traced(Router)`.
    const flags = kind === "class" || kind === "constant" ? denotes | returns : denotes;
    this.#meant.set(symbol, flags);
    if (scope === 0) {
      this.#modules.add(path);
      this.#spread(moduleName(path), denotes);
      return;
    }
    const { bare } = this.#namesOf(file);
    const id = file.scopeCell(scope, scopeCell.name);
    bare[id] = (bare[id] as number) | flags;
    const name = file.name(id);
    this.#spread(name, flags);
    // A member of an object literal is asked for by the last part of its name.
    this.#spread(name.slice(name.lastIndexOf(".") + 1), flags);
  }

  /** Classes in a file that may have one of what is looked for as a direct base. */
  subclassesIn(file: PackedFacts): readonly number[] {
    const names = this.#inFiles.get(file.path);
    if (names === undefined) return [];
    const found: number[] = [];
    for (let scope = 1; scope < file.scopeCount; scope++) {
      if (file.scopeKind(scope) === "class" && file.baseChains(scope).some((chain) => mayMean(file, chain, names)))
        found.push(scope);
    }
    return found;
  }

  #namesOf(file: PackedFacts): NamesOfFile {
    const known = this.#inFiles.get(file.path);
    if (known !== undefined) return known;
    const names = { member: new Uint8Array(file.nameCount), bare: new Uint8Array(file.nameCount) };
    this.#inFiles.set(file.path, names);
    return names;
  }

  /** A name that means it as a member of anything. */
  #spread(name: string, flags: number): void {
    const before = this.#flags.get(name) ?? 0;
    if ((before | flags) === before) return;
    this.#flags.set(name, before | flags);
    this.#marks.add(name);
    this.#fresh.add(name);
  }

  #read(file: PackedFacts): void {
    const names = this.#namesOf(file);
    const { member, bare } = names;
    const isStarred = this.#program.givesWhatOthersDefine(file.path);
    for (const id of this.#marks.idsIn(file)) {
      const flags = this.#flags.get(file.name(id)) ?? 0;
      member[id] = (member[id] as number) | flags;
      if (isStarred) bare[id] = (bare[id] as number) | flags;
    }
    let hasChanged = true;
    const give: Give = (id, flags, reach) => {
      if (reach !== "file") this.#spread(file.name(id), flags);
      const before = [bare[id] as number, member[id] as number] as const;
      if (reach !== "members") bare[id] = before[0] | flags;
      if (reach !== "file") member[id] = before[1] | flags;
      hasChanged ||= bare[id] !== before[0] || member[id] !== before[1];
    };
    while (hasChanged) {
      hasChanged = false;
      this.#readNames(file, names, give);
      this.#readBindings(file, names, give);
      this.#readResults(file, names, give);
    }
  }

  /** Imports and exports, also under another name. */
  #readNames(file: PackedFacts, { member, bare }: NamesOfFile, give: Give): void {
    const { path } = file;
    for (let at = 0; at < file.importCount; at++) {
      const local = file.importCell(at, importCell.local) - 1;
      const imported = file.importCell(at, importCell.imported);
      const isModule = this.#isModule(file, imported, file.importCell(at, importCell.specifier));
      if (local < 0 || !(isModule || member[imported] !== 0)) continue;
      const target = this.#program.named(path, file.importCell(at, importCell.scope), local);
      give(local, this.#meaningOf(target), "program");
    }
    for (let at = 0; at < file.exportCount; at++) {
      const name = file.exportCell(at, exportCell.name);
      const [local, imported, specifier] = [exportCell.local, exportCell.imported, exportCell.specifier].map(
        (cell) => file.exportCell(at, cell) - 1,
      ) as [number, number, number];
      const isSuspect =
        specifier < 0
          ? bare[local < 0 ? name : local] !== 0
          : imported >= 0 && (member[imported] !== 0 || this.#isModule(file, imported, specifier));
      if (isSuspect) give(name, this.#meaningOf(this.#program.exported(path, file.name(name))), "members");
    }
  }

  #isModule(file: PackedFacts, imported: number, specifier: number): boolean {
    if (this.#modules.size === 0 || file.name(imported) !== "*") return false;
    const path = this.#program.moduleOf(file, file.name(specifier));
    return path !== undefined && this.#modules.has(path);
  }

  #readBindings(file: PackedFacts, names: NamesOfFile, give: Give): void {
    for (let at = 0; at < file.bindingCount; at++) {
      const type = file.bindingCell(at, bindingCell.type) - 1;
      const value = file.bindingCell(at, bindingCell.value) - 1;
      if (!(type >= 0 && mayGive(file, type, names)) && !(value >= 0 && mayGive(file, value, names))) continue;
      const [scope, name] = [file.bindingCell(at, bindingCell.scope), file.bindingCell(at, bindingCell.name)];
      // A variable of a function is nobody else's.
      const isShared = scope === 0 || file.scopeKind(scope) === "class" || file.bindingKind(at) === "field";
      give(name, this.#meaningOf(this.#program.named(file.path, scope, name)), isShared ? "program" : "file");
    }
  }

  #meaningOf(target: Target): number {
    if (target.kind === "unresolved") return 0;
    if (target.kind === "external")
      return this.#named.has(/[^.#]*?(?=(?:\(\))*$)/.exec(target.name)?.[0] ?? "") ? denotes : 0;
    const known = this.#meant.get(this.#program.symbolOf(target)) ?? 0;
    const flags = known | (this.#named.has(this.#program.scope(target).name) ? denotes : 0);
    return target.kind === "instance" ? flags & denotes : flags;
  }

  #readResults(file: PackedFacts, names: NamesOfFile, give: Give): void {
    for (let scope = 1; scope < file.scopeCount; scope++) {
      const result = file.scopeCell(scope, scopeCell.result) - 1;
      const resultOf = file.scopeCell(scope, scopeCell.resultOf) - 1;
      if (!(result >= 0 && mayGive(file, result, names)) && !(resultOf >= 0 && mayGive(file, resultOf, names)))
        continue;
      const symbol = this.#program.symbolOf({ path: file.path, scope });
      const known = this.#meant.get(symbol) ?? 0;
      const target = this.#program.resultOf({ path: file.path, scope });
      if ((known & returns) !== 0 || (this.#meaningOf(target) & denotes) === 0) continue;
      this.#meant.set(symbol, known | returns);
      const id = file.scopeCell(scope, scopeCell.name);
      give(id, returns, "program");
      // Others that are called alike may have had it before, and then nobody has looked at those who call this one.
      this.#fresh.add(file.name(id));
      const name = file.name(id);
      if (name.includes(".")) this.#spread(name.slice(name.lastIndexOf(".") + 1), returns);
    }
  }
}

/** Who is given the meaning of a name: the file, others as a member of something, or both. */
type Give = (id: number, flags: number, reach: "file" | "members" | "program") => void;

/** May a value or a type hand on what is looked for to the name that it is of? */
function mayGive(file: PackedFacts, chain: number, names: NamesOfFile): boolean {
  const [start, end] = [file.listStarts[chain] as number, file.listStarts[chain + 1] as number];
  if (start === end) return false;
  if (selfNames.has(file.name(file.cells[start] as number)) && file.chain(chain).every(isSelf)) return true;
  if (file.name(file.cells[end - 1] as number) !== "()") return flagsAt(file, start, end - 1, names) !== 0;
  return (flagsAt(file, start, end - 2, names) & returns) !== 0;
}

/** `this`, `class()`: what that is, is told by the class around it. */
function isSelf(segment: string, index: number): boolean {
  return index === 0 || segment === "()";
}

function flagsAt({ cells }: PackedFacts, start: number, at: number, { member, bare }: NamesOfFile): number {
  if (at < start) return 0;
  return (at === start ? bare : member)[cells[at] as number] as number;
}

function mayMean(file: PackedFacts, chain: number, names: NamesOfFile): boolean {
  const start = file.listStarts[chain] as number;
  for (let at = (file.listStarts[chain + 1] as number) - 1; at >= start; at--) {
    const name = file.name(file.cells[at] as number);
    if (flagsAt(file, start, at, names) !== 0 || (at === start && selfNames.has(name))) return true;
    if (!following.has(name)) return false;
  }
  return false;
}

/** What a module is imported by: the last part of its path. */
function moduleName(path: string): string {
  return /([^/]*?)(?:\/__init__)?\.[^/]*$/.exec(path)?.[1] ?? "";
}
