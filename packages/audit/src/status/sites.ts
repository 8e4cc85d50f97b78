import type { Primitive, Responsibility } from "../config/audit-config.ts";
import type { Chain } from "../facts/file-facts.ts";
import { globTest } from "../files/glob.ts";
import type { Member, SymbolId, UseSite } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import type { Target } from "../resolve/target.ts";
import { isBuiltinMethod } from "./builtin-methods.ts";
import type { Owner } from "./owner.ts";
import { isAllowed, isUseOf, primitiveOf } from "./primitives.ts";
import type { ReportParts } from "./report-parts.ts";
import type { Place, ResolvedUse, Uses } from "./uses.ts";

/**
 * Finds where production uses the owner, goes around it, or does something that nobody can tell, among uses that may be any of that.
 * `proven` are the members that only hand on to the owner.
 */
export class Sites {
  /** Uses of these definitions and of whatever has one of these names have to be among those that are looked at. */
  readonly places: readonly Place[];
  readonly names: readonly string[];
  /** Every use has to: a whole module, or whatever something has, is declared to be a primitive. */
  readonly isAnything: boolean;
  readonly #program: Program;
  readonly #uses: Uses;
  readonly #owner: Owner;
  readonly #excluded: (path: string) => boolean;
  readonly #canonical: ReadonlySet<SymbolId>;
  readonly #own: ReadonlySet<SymbolId>;
  readonly #distinctive: ReadonlySet<string>;
  readonly #onlyPrimitives: ReadonlyMap<string, Primitive>;
  /** Those that nobody was seen to use, by their last names. */
  readonly #unused: Map<string, Set<Primitive>>;

  constructor(
    { exclude }: Responsibility,
    owner: Owner,
    proven: readonly Member[],
    { program, uses }: Pick<ReportParts, "program" | "uses">,
  ) {
    const canonical = owner.canonical.flatMap((place) => program.within(place));
    this.places = [...canonical, ...proven.flatMap(({ symbol }) => placesOf(program, symbol))];
    this.#program = program;
    this.#uses = uses;
    this.#owner = owner;
    this.#excluded = globTest(exclude);
    this.#canonical = new Set(canonical.map((place) => program.symbolOf(place)));
    this.#own = new Set(this.places.map((place) => program.symbolOf(place)));
    this.#distinctive = distinctiveMethods(owner, program);
    this.#onlyPrimitives = onlyPrimitivesOf(owner, program);
    this.#unused = new Map(
      [...Map.groupBy(owner.primitives, ({ call }) => lastName(call))].map(([name, all]) => [name, new Set(all)]),
    );
    this.names = [...this.#distinctive, ...owner.primitives.map(({ call }) => lastName(call))];
    this.isAnything = this.names.some((name) => name === "" || name === "*");
  }

  /** Each caller and target once, by path and line. */
  among(eachSuspect: (look: (suspect: ResolvedUse) => void) => void): readonly UseSite[] {
    const sites = new Map<string, UseSite>();
    eachSuspect((suspect) => {
      const site = this.#siteOf(suspect);
      if (site === undefined) return;
      const key = `${site.caller} ${site.verdict} ${site.target}`;
      if (!sites.has(key)) sites.set(key, site);
    });
    return [...sites.values()].sort((left, right) =>
      left.path === right.path ? left.line - right.line : left.path < right.path ? -1 : 1,
    );
  }

  /** Primitives that nothing in production uses, not even the owner; known once all suspects were looked at. */
  get unusedPrimitives(): readonly string[] {
    const unused = [...this.#unused].flatMap(([name, all]) => (name === "" || name === "*" ? [] : [...all]));
    return unused.map(({ call }) => call).sort();
  }

  #see(resolved: ResolvedUse): void {
    const waiting = this.#unused.get(resolved.use.chain.at(-1) ?? "");
    if (waiting === undefined) return;
    for (const primitive of waiting) if (isUseOf(primitive, resolved, this.#program)) waiting.delete(primitive);
  }

  #siteOf(resolved: ResolvedUse): UseSite | undefined {
    if (resolved.role !== "production" || resolved.kind === "type") return undefined;
    this.#see(resolved);
    if (this.#excluded(resolved.path)) return undefined;
    const caller = this.#uses.callerOf(resolved);
    if (this.#canonical.has(caller)) return undefined;
    const isOwn = (symbol: SymbolId) => this.#own.has(symbol);
    const names = { distinctive: this.#distinctive, onlyPrimitives: this.#onlyPrimitives };
    const judgement = { owner: this.#owner, ...names, isOwn, caller };
    const found = judge(this.#program, resolved, judgement);
    // What is proven is no consumer; for what it does besides, such as a subclass with a sender of its own, it answers.
    if (found === undefined || (found.verdict !== "bypass" && isOwn(caller))) return undefined;
    if (isInheritance(this.#program, resolved)) return undefined;
    return { caller, path: resolved.path, line: resolved.use.line, ...found };
  }
}

/** To name a base class, or to call its constructor, is to be of the kind and no use of it. */
function isInheritance(program: Program, { path, scope, use }: ResolvedUse): boolean {
  if (use.chain.length === 1 && use.chain[0] === "super") return true;
  const { kind, bases } = program.scope({ path, scope });
  return kind === "class" && use.kind === "reference" && bases.some(({ chain }) => same(chain, use.chain));
}

interface Judgement {
  readonly owner: Owner;
  readonly distinctive: ReadonlySet<string>;
  readonly onlyPrimitives: ReadonlyMap<string, Primitive>;
  readonly isOwn: (symbol: SymbolId) => boolean;
  readonly caller: SymbolId;
}

function judge(
  program: Program,
  resolved: ResolvedUse,
  { owner, distinctive, onlyPrimitives, isOwn, caller }: Judgement,
): Pick<UseSite, "target" | "verdict" | "reason"> | undefined {
  const { use, target, path } = resolved;
  const text = () => use.chain.join(".");
  const primitive = primitiveOf(program, owner.primitives, resolved, caller);
  if (target.kind === "scope" || target.kind === "instance") {
    const symbol = program.symbolOf(target);
    // Who makes the owner beside it is no consumer.
    if (isOwn(symbol) && path === owner.place?.path && primitive === undefined) return undefined;
    if (isOwn(symbol)) return { target: symbol, verdict: "ok", reason: `uses ${symbol}` };
  }
  if (primitive !== undefined) {
    return { target: primitive, verdict: "bypass", reason: `${text()} is ${primitive}, which only the owner may use` };
  }
  if (use.kind === "dynamic") {
    const named = program.evaluate(path, resolved.scope, use.chain.slice(0, -1));
    const receiver = named.kind === "scope" && program.kindOf(named) === "constant" ? program.heldBy(named) : named;
    const isOnOwner = (receiver.kind === "scope" || receiver.kind === "instance") && isOwn(program.symbolOf(receiver));
    const around = isOnOwner ? undefined : primitiveOn(program, owner, receiver);
    if (around !== undefined) {
      return { target: around, verdict: "unknown", reason: `${text()} may be ${around}; its name is computed` };
    }
    if (!isOnOwner && !use.strings.some((string) => owner.core.includes(string))) return undefined;
    return { target: owner.symbol, verdict: "unknown", reason: `${text()} may reach the owner; its name is computed` };
  }
  const last = use.chain.at(-1) ?? "";
  const isOnAnything = use.kind === "call" && use.chain.length > 1 && isUnknown(target);
  if (isOnAnything && distinctive.has(last)) {
    return {
      target: `?.${last}`,
      verdict: "unknown",
      reason: `${text()} may be the owner's ${last}; what it is called on cannot be told`,
    };
  }
  if (isOnAnything) {
    const maybe = onlyPrimitives.get(last);
    if (maybe !== undefined && !isAllowed(maybe, path, caller)) {
      const reason = `${text()} may be ${maybe.call}; what it is called on cannot be told`;
      return { target: maybe.call, verdict: "unknown", reason };
    }
  }
  return undefined;
}

/** Nobody knows what it is, or it is kept by something of another package: `request.app.state.orders.place`. */
function isUnknown(target: Target): boolean {
  return target.kind === "unresolved" || (target.kind === "external" && /#[^#(]*\.[^#(]*\.[^#(]*$/.test(target.name));
}

/** A primitive that a value of this class or interface has as a member. */
function primitiveOn(program: Program, { primitives }: Owner, receiver: Target): string | undefined {
  if (receiver.kind !== "instance") return undefined;
  const members = program.membersOf(receiver);
  return primitives.find(({ call }) => members.has(call.slice(call.lastIndexOf(".") + 1)))?.call;
}

function same(left: Chain, right: Chain): boolean {
  return left.length === right.length && left.every((part, at) => part === right[at]);
}

/** A definition and all that stands in it. */
function placesOf(program: Program, symbol: SymbolId): readonly Place[] {
  const target = program.find(symbol);
  return target.kind === "scope" ? program.within(target) : [];
}

/** Of `*.send`, `ws#WebSocket.send` and `module#send`. */
function lastName(call: string): string {
  return /[^.#]*$/.exec(call)?.[0] ?? "";
}

/** Methods of the owner whose names no other definition has: a call of one can hardly be anything else. */
function distinctiveMethods({ core }: Owner, program: Program): ReadonlySet<string> {
  const names = core.filter((name) => !isBuiltinMethod(name));
  return new Set(names.filter((name) => program.indexes.definitions.count(program.names.idOf(name)) === 1));
}

/** Primitives of the program by their last name, where no other definition has it: a call of one can hardly be anything else. */
function onlyPrimitivesOf({ primitives }: Owner, program: Program): ReadonlyMap<string, Primitive> {
  return new Map(
    primitives.flatMap((primitive): [string, Primitive][] => {
      const name = lastName(primitive.call);
      const isKnown = primitive.call.includes("#") && program.find(primitive.call).kind === "scope";
      if (!isKnown || isBuiltinMethod(name)) return [];
      return program.indexes.definitions.count(program.names.idOf(name)) === 1 ? [[name, primitive]] : [];
    }),
  );
}
