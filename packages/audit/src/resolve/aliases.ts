import type { ScopeKind } from "../facts/file-facts.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, useCell } from "../facts/packed-layout.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { followingNames, type UseOptions, type Verdict, type VisitUse } from "./chain-index.ts";
import { type Flow, flowIndexLimit, flowKinds, namesAround, selfNames } from "./name-flow.ts";
import type { Definition, Program } from "./program.ts";
import type { Target } from "./target.ts";

/** Scopes whose variables others can ask for. */
const sharing: ReadonlySet<ScopeKind> = new Set<ScopeKind>(["module", "class", "constant"]);

/** Whose subclasses are more is asked for by the names of its members alone, whatever has them. */
const subclassesMax = 16;

/** What a name may mean: something that is looked for, or what gives a value of it when it is called. */
const denotes = 1;
const returns = 2;

/** Who is given the meaning of a name: the file, others as a member of something, or both; `member`: both, as one of a class only. */
type Reach = "file" | "members" | "program" | "member";

/**
 * The names under which some definitions may be used anywhere in a program: their own, and those that imports, exports, variables,
 * fields, parameters and results give to them. A use that ends in none of them need not be resolved; one that does may still be of
 * something else that is called alike.
 */
export class Aliases {
  readonly #program: Program;
  /** By number of a name: what it may mean as a member of something, or as what a module gives. */
  readonly #members: Uint8Array;
  /** 1 for names that mean nothing but members of classes: whatever has them has to have a name of one of these classes. */
  readonly #isOnlyMember: Uint8Array;
  /** What a name may mean by itself, by file and name: what the file defines, imports or binds. */
  readonly #bare = new Map<number, number>();
  /** 1 for names that have an entry there for some file. */
  readonly #isBare: Uint8Array;
  /** Names that may mean something that is looked for, anywhere. */
  readonly #flagged = new Set<number>();
  /** 1 for files where a name by itself may also be what others have. */
  readonly #isOpen: Uint8Array;
  /** Modules that are looked for. */
  readonly #modules = new Set<string>();
  /** By symbol: what is looked for, and functions that give it. */
  readonly #meant = new Map<SymbolId, number>();
  /** What each flow has handed on. */
  readonly #handed = new Map<number, number>();
  /** Classes whose subclasses are followed as well. */
  readonly #followed = new Set<SymbolId>();
  /** Last parts of what is looked for by its name only. */
  readonly #named: ReadonlySet<string>;
  /** Their numbers: one by itself may be of the language, such as `setTimeout`, which nothing defines or imports. */
  readonly #namedIds: ReadonlySet<number>;
  readonly #fresh = new Set<number>();
  readonly #selfIds: ReadonlySet<number>;
  readonly #followingIds: ReadonlySet<number>;
  readonly #callId: number;

  /** `names`: what is looked for by its name only, wherever it is from. */
  constructor(program: Program, definitions: Iterable<Definition>, names: Iterable<string> = []) {
    this.#program = program;
    this.#named = new Set(names);
    const ids = (all: readonly string[]) => new Set(all.map((name) => program.names.idOf(name)));
    [this.#selfIds, this.#followingIds] = [ids(selfNames), ids(followingNames)];
    this.#callId = program.names.idOf("()");
    this.#members = new Uint8Array(program.names.size);
    this.#isBare = new Uint8Array(program.names.size);
    this.#isOnlyMember = new Uint8Array(program.names.size);
    this.#isOpen = program.openFiles;
    this.#namedIds = new Set([...this.#named].flatMap((name) => program.names.find(name) ?? []));
    for (const name of this.#named) this.#spread(program.names.find(name), denotes);
    for (const definition of definitions) this.#define(definition);
    for (const path of this.#modules) {
      for (const flow of program.moduleFlows.get(path) ?? []) this.#followTo(flow);
    }
    for (const name of this.#fresh) {
      // Taken off first: it may become fresh again.
      this.#fresh.delete(name);
      program.indexes.flows.each(name, (flow) => this.#follow(name, flow));
      program.indexes.subclasses.each(name, (place, scope) => this.#followSubclass(place, scope));
    }
  }

  /** Visits uses that may be of what is looked for, in the order of the text. */
  eachUse(visit: VisitUse, options: Pick<UseOptions, "isWanted" | "withComputed"> = {}): void {
    const names = [...this.#selfIds, ...this.#flagged];
    const judge = (file: PackedFacts, place: number, chain: number) => this.#judge(file, place, chain);
    this.#program.indexes.chains.eachUseOf(names, judge, visit, {
      ...options,
      judgeUse: (file, place, use) => this.#isAround(file, place, file.useCell(use, useCell.scope)),
    });
  }

  /** Classes that may have one of what is looked for as a direct base. */
  subclasses(): readonly Definition[] {
    const found: Definition[] = [];
    for (const name of [...this.#flagged].sort((left, right) => left - right)) {
      this.#program.indexes.subclasses.each(name, (place, scope) => {
        const file = this.#program.files[place] as PackedFacts;
        if (file.scopeKind(scope) !== "class") return;
        if (file.baseChains(scope).some((chain) => this.#judge(file, place, chain) === "yes"))
          found.push({ path: file.path, scope });
      });
    }
    return found;
  }

  #judge(file: PackedFacts, place: number, chain: number): Verdict {
    const { cells, nameIds } = file;
    const start = file.listStart(chain);
    for (let at = file.listStart(chain + 1) - 1; at >= start; at--) {
      const name = nameIds[cells[at] as number] as number;
      if (at === start) {
        const isMeant = this.#bareAt(place, name) !== 0 || this.#namedIds.has(name);
        return isMeant ? "yes" : this.#selfIds.has(name) ? "self" : "no";
      }
      if (this.#members[name] !== 0) return this.#isOnlyMember[name] === 1 ? this.#has(file, place, start, at) : "yes";
      if (!this.#followingIds.has(name)) return "no";
    }
    return "no";
  }

  /** May what stands before a member, from `start` up to `end`, be a value of a class that has it? */
  #has({ cells, nameIds }: PackedFacts, place: number, start: number, end: number): Verdict {
    let at = end - 1;
    const nameAt = () => nameIds[cells[at] as number] as number;
    while (at > start && nameAt() === this.#callId) at -= 1;
    const name = nameAt();
    if (at === start && this.#selfIds.has(name)) return "self";
    const flags = at === start ? this.#bareAt(place, name) : (this.#members[name] as number);
    return (at < end - 1 ? flags & returns : flags) === 0 ? "no" : "yes";
  }

  /** May the class around a scope, or a base of it, be what is looked for? */
  #isAround(file: PackedFacts, place: number, scope: number): boolean {
    return namesAround(file, scope).some((name) => this.#members[name] !== 0 || this.#bareAt(place, name) !== 0);
  }

  #bareAt(place: number, name: number): number {
    const given = this.#isBare[name] === 1 ? (this.#bare.get(this.#keyOf(place, name)) ?? 0) : 0;
    return this.#isOpen[place] === 1 ? given | (this.#members[name] as number) : given;
  }

  #keyOf(place: number, name: number): number {
    return place * this.#members.length + name;
  }

  #define({ path, scope }: Definition): void {
    const file = this.#program.file(path);
    if (file === undefined) return;
    const kind = file.scopeKind(scope);
    // A constant may be another class of its own name: `Router = traced(Router)`.
    const flags = kind === "class" || kind === "constant" ? denotes | returns : denotes;
    const symbol = this.#program.symbolOf({ path, scope });
    this.#meant.set(symbol, flags);
    if (scope === 0) {
      this.#modules.add(path);
      this.#spread(this.#program.names.find(moduleName(path)), denotes);
      return;
    }
    const name = file.scopeName(scope);
    if (kind === "class" && this.#program.indexes.subclasses.count(name) <= subclassesMax) this.#followed.add(symbol);
    const parent = file.parentOf(scope);
    const isMember = parent > 0 && this.#followed.has(this.#program.symbolOf({ path, scope: parent }));
    if (isMember && this.#members[name] === 0) this.#isOnlyMember[name] = 1;
    this.#give(this.#program.placeOf(path), name, flags, isMember ? "member" : "program");
    this.#renew(name, flags);
  }

  /**
   * Follows a name, and the last part of it by which a member of an object literal is asked for: others that are called alike may have
   * been followed before this one meant anything.
   */
  #renew(id: number, flags: number): void {
    this.#fresh.add(id);
    const name = this.#program.names.nameOf(id);
    const last = name.includes(".") ? this.#program.names.find(name.slice(name.lastIndexOf(".") + 1)) : undefined;
    if (last === undefined) return;
    this.#spread(last, flags);
    this.#fresh.add(last);
  }

  /** A name that means it as a member of anything; one that no file has is nobody's. */
  #spread(name: number | undefined, flags: number, isMember = false): void {
    if (name === undefined) return;
    if (!isMember) this.#isOnlyMember[name] = 0;
    const before = this.#members[name] as number;
    if ((before | flags) === before) return;
    this.#members[name] = before | flags;
    this.#flagged.add(name);
    this.#fresh.add(name);
  }

  #give(place: number, name: number, flags: number, reach: Reach): void {
    if (flags === 0) return;
    if (reach !== "file") this.#spread(name, flags, reach === "member");
    if (reach === "members") return;
    const key = this.#keyOf(place, name);
    const before = this.#bare.get(key) ?? 0;
    if ((before | flags) === before) return;
    this.#bare.set(key, before | flags);
    this.#isBare[name] = 1;
    this.#flagged.add(name);
    this.#fresh.add(name);
  }

  #follow(name: number, flow: Flow): void {
    const members = this.#members[name] as number;
    const bare = flow.isBare || flow.isSelf ? this.#bareAt(flow.file, name) : 0;
    const flags = flow.isBare ? bare : members | bare;
    if (flow.isCalled ? (flags & returns) !== 0 : flags !== 0) this.#followTo(flow);
  }

  /** Gives what a flow hands on to the name that it hands it to. */
  #hand({ file, kind, index }: Flow, name: number, flags: number, reach: Reach): void {
    this.#give(file, name, flags, reach);
    const flow = (file * flowKinds.length + flowKinds.indexOf(kind)) * flowIndexLimit + index;
    const before = this.#handed.get(flow) ?? 0;
    if ((before | flags) === before) return;
    this.#handed.set(flow, before | flags);
    // Others that are called alike may have had it before, and then nobody has looked at those who get it from this one.
    this.#fresh.add(name);
  }

  #followTo(flow: Flow): void {
    const { file: place, kind, index } = flow;
    const file = this.#program.files[place] as PackedFacts;
    if (kind === "import") {
      const local = file.importLocal(index) as number;
      // A class may have the name as well, and extend what is imported under it.
      this.#hand(flow, local, this.#meaningOf(this.#program.importedBy(file.path, index)), "program");
    } else if (kind === "export") {
      const given = file.exportName(index);
      this.#hand(flow, given, this.#meaningOf(this.#program.exportedAs(file.path, given)), "members");
    } else if (kind === "binding") {
      const [scope, given] = [file.bindingCell(index, bindingCell.scope), file.bindingName(index)];
      // A variable of a function is nobody else's. A constant with variables is a namespace.
      const isShared = sharing.has(file.scopeKind(scope)) || file.bindingKind(index) === "field";
      const target = this.#program.named(file.path, scope, given);
      this.#hand(flow, given, this.#meaningOf(target) | this.#holdingOf(target), isShared ? "program" : "file");
    } else this.#followResult(place, file, index);
  }

  #followResult(place: number, file: PackedFacts, scope: number): void {
    const { path } = file;
    const symbol = this.#program.symbolOf({ path, scope });
    const known = this.#meant.get(symbol) ?? 0;
    const target = this.#program.resultOf({ path, scope });
    if ((known & returns) !== 0 || (this.#meaningOf(target) & denotes) === 0) return;
    this.#meant.set(symbol, known | returns);
    const name = file.scopeName(scope);
    this.#give(place, name, returns, "program");
    this.#renew(name, returns);
  }

  /** What a constant may mean that holds a value of a class; whoever imports it asks for the constant. */
  #holdingOf(target: Target): number {
    if (target.kind !== "scope" || this.#program.kindOf(target) !== "constant") return 0;
    const flags = this.#meaningOf(this.#program.heldBy(target));
    const symbol = this.#program.symbolOf(target);
    if (flags !== 0) this.#meant.set(symbol, (this.#meant.get(symbol) ?? 0) | flags);
    return flags;
  }

  /** A class has what its bases have. */
  #followSubclass(place: number, scope: number): void {
    const { path } = this.#program.files[place] as PackedFacts;
    const symbol = this.#program.symbolOf({ path, scope });
    if (this.#followed.has(symbol)) return;
    const isOfOne = this.#program
      .basesOf({ path, scope })
      .some((base) => base.kind === "scope" && this.#followed.has(this.#program.symbolOf(base)));
    if (!isOfOne) return;
    this.#followed.add(symbol);
    this.#define({ path, scope });
  }

  #meaningOf(target: Target): number {
    if (target.kind === "unresolved") return 0;
    if (target.kind === "external")
      return this.#named.has(/[^.#]*?(?=(?:\(\))*$)/.exec(target.name)?.[0] ?? "") ? denotes : 0;
    const known = this.#meant.get(this.#program.symbolOf(target)) ?? 0;
    const flags = known | (this.#named.has(this.#program.scope(target).name) ? denotes : 0);
    return target.kind === "instance" ? flags & denotes : flags;
  }
}

/** What a module is imported by: the last part of its path. */
function moduleName(path: string): string {
  return /([^/]*?)(?:\/__init__)?\.[^/]*$/.exec(path)?.[1] ?? "";
}
