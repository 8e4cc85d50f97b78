import type { UseFact } from "../facts/file-facts.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { useCell } from "../facts/packed-layout.ts";
import type { FileRole, SymbolId } from "../report/audit-report.ts";
import { Aliases } from "../resolve/aliases.ts";
import { handingOnNames } from "../resolve/chain-index.ts";
import type { Program } from "../resolve/program.ts";
import type { Target } from "../resolve/target.ts";

/** A use with what it means, which is found out when somebody asks. */
export class ResolvedUse {
  readonly path: string;
  readonly role: FileRole;
  readonly #program: Program;
  readonly #file: PackedFacts;
  /** Its number in the file. */
  readonly #index: number;
  #use: UseFact | undefined;

  constructor(program: Program, file: PackedFacts, index: number, role: FileRole) {
    this.path = file.path;
    this.role = role;
    this.#program = program;
    this.#file = file;
    this.#index = index;
  }

  /** Scope that it stands in. */
  get scope(): number {
    return this.#file.useCell(this.#index, useCell.scope);
  }

  get kind(): UseFact["kind"] {
    return this.#file.useKind(this.#index);
  }

  get use(): UseFact {
    this.#use ??= this.#file.use(this.#index);
    return this.#use;
  }

  get target(): Target {
    return this.#program.targetOf(this.path, this.#index);
  }
}

/** A definition and everything that stands in it. */
export interface Place {
  readonly path: string;
  readonly scope: number;
}

/** The uses of a program, by where they stand and by what they mean. Only those are resolved that somebody's question is about. */
export class Uses {
  readonly program: Program;
  readonly #roleOf: (path: string) => FileRole;
  readonly #inFiles = new Map<string, Map<number, ResolvedUse>>();
  /** Only of what was looked for. */
  readonly #byTarget = new Map<SymbolId, ResolvedUse[]>();

  constructor(program: Program, roleOf: (path: string) => FileRole) {
    this.program = program;
    this.#roleOf = roleOf;
  }

  /** Uses inside of a definition, nested ones included. */
  within({ path, scope }: Place): readonly ResolvedUse[] {
    const file = this.program.file(path);
    if (file === undefined) return [];
    const isInside = new Uint8Array(file.scopeCount);
    isInside[scope] = 1;
    for (let at = scope + 1; at < file.scopeCount; at++) isInside[at] = isInside[file.parentOf(at)] as number;
    const found: ResolvedUse[] = [];
    for (let use = 0; use < file.useCount; use++) {
      if (isInside[file.useCell(use, useCell.scope)] === 1) found.push(this.#at(file, use));
    }
    return found;
  }

  eachUse(visit: (use: ResolvedUse) => void): void {
    for (const file of this.program.files) for (let use = 0; use < file.useCount; use++) visit(this.#at(file, use));
  }

  /**
   * Uses in production that may be of these definitions or of anything of these names, other than as a type; with more that are only
   * called alike, and with all that are computed, because those may be of anything. In the order of the text.
   */
  suspects(places: readonly Place[], names: readonly string[]): readonly ResolvedUse[] {
    const { program } = this;
    const lastNames = new Set([...names, ...handingOnNames].map((name) => program.names.idOf(name)));
    const aliases = new Aliases(program, places, names);
    const isWanted = (path: string) => this.#roleOf(path) === "production";
    const found: ResolvedUse[] = [];
    const add = (file: PackedFacts, use: number) => {
      const kind = file.useKind(use);
      if (kind === "type") return;
      const isNamed = kind === "dynamic" || lastNames.has(file.lastName(file.useCell(use, useCell.chain)) ?? -1);
      // What nobody knows is none of the definitions.
      if (isNamed || program.targetOf(file.path, use).kind !== "unresolved") found.push(this.#at(file, use));
    };
    aliases.eachUse(add, { isWanted, withComputed: true });
    return found;
  }

  /** Calls of whatever has one of these names. */
  callsOf(names: Iterable<string>): readonly ResolvedUse[] {
    const wanted = new Set(Array.from(names, (name) => this.program.names.idOf(name)));
    const judge = (file: PackedFacts, _: number, chain: number) =>
      wanted.has(file.lastName(chain) ?? -1) ? "yes" : "no";
    const found: ResolvedUse[] = [];
    this.program.indexes.chains.eachUseOf(wanted, judge, (file, use) => {
      if (file.useKind(use) === "call") found.push(this.#at(file, use));
    });
    return found;
  }

  /** Finds the uses of all of these at once, which costs hardly more than those of one. */
  lookFor(places: Iterable<Place>): void {
    const wanted = new Map<SymbolId, Place>();
    for (const place of places) {
      if (this.#symbolsOf(place).some((symbol) => !this.#byTarget.has(symbol)))
        wanted.set(this.program.symbolOf(place), place);
    }
    if (wanted.size === 0) return;
    const symbols = new Set([...wanted.values()].flatMap((place) => this.#symbolsOf(place)));
    for (const symbol of this.#byTarget.keys()) symbols.delete(symbol);
    for (const symbol of symbols) this.#byTarget.set(symbol, []);
    const members = (place: Place) =>
      [...this.program.membersOf(place).values()].map((scope) => ({ path: place.path, scope }));
    const aliases = new Aliases(
      this.program,
      [...wanted.values()].flatMap((place) => [place, ...members(place)]),
    );
    aliases.eachUse((file, use) => {
      const target = this.program.targetOf(file.path, use);
      if (target.kind !== "scope" && target.kind !== "instance") return;
      const symbol = this.program.symbolOf(target);
      if (symbols.has(symbol)) this.#byTarget.get(symbol)?.push(this.#at(file, use));
    });
  }

  /** Uses of a class or function, or of anything directly in it, from outside of it. */
  ofDefinition(place: Place): readonly ResolvedUse[] {
    this.lookFor([place]);
    return this.#symbolsOf(place)
      .flatMap((symbol) => this.#byTarget.get(symbol) ?? [])
      .filter(({ path, scope }) => path !== place.path || !this.program.isWithin(path, scope, place.scope));
  }

  /** How many functions, methods, classes and modules of production use a definition, other than as a type. */
  siteCount(place: Place, { onlyOthers = false }: { readonly onlyOthers?: boolean } = {}): number {
    const used = this.ofDefinition(place).filter(
      ({ role, path, use }) => role === "production" && use.kind !== "type" && !(onlyOthers && path === place.path),
    );
    return new Set(used.map((use) => this.callerOf(use))).size;
  }

  /** The nearest named function, method or class around a use, else its module. */
  callerOf({ path, scope }: { readonly path: string; readonly scope: number }): SymbolId {
    return this.program.symbolOf({ path, scope });
  }

  /** Of a definition and of what stands directly in it. */
  #symbolsOf(place: Place): readonly SymbolId[] {
    const { program } = this;
    const members = [...program.membersOf(place).values()].map((scope) =>
      program.symbolOf({ path: place.path, scope }),
    );
    return [program.symbolOf(place), ...members];
  }

  #at(file: PackedFacts, index: number): ResolvedUse {
    const uses = this.#inFiles.get(file.path) ?? new Map<number, ResolvedUse>();
    this.#inFiles.set(file.path, uses);
    const known = uses.get(index) ?? new ResolvedUse(this.program, file, index, this.#roleOf(file.path));
    uses.set(index, known);
    return known;
  }
}

/** Is it the same definition? */
export function samePlace(left: Place, right: Place | undefined): boolean {
  return left.path === right?.path && left.scope === right.scope;
}
