import type { Evidence, MemberStatus } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { doesSomething, type Owner, publicMethods } from "./owner.ts";
import { primitiveOf } from "./primitives.ts";
import type { Place, ResolvedUse, Uses } from "./uses.ts";

/** A status, and the lines that prove it. */
export interface Classified {
  readonly status: MemberStatus;
  readonly evidence: readonly Evidence[];
}

/** Says nothing about anybody: logging is no second way. */
const harmless =
  /(^|[.#])(log(ger|ging)?|console|warnings?|print|metrics?|tracer?|debug|info|warn(ing)?|error|exception)(\.|$|\(|#)/i;
const fallbackName = /legacy|fallback|_old|old_|deprecated|direct|bypass|raw/i;

/**
 * What a definition that resembles the owner really is. The owner itself is not asked about. `judged`: whose bases are being judged, which
 * may go in a circle.
 */
export function classify(
  program: Program,
  uses: Uses,
  owner: Owner,
  place: Place,
  isReached: (path: string) => boolean,
  judged: readonly Place[] = [],
): Classified {
  const scope = program.scope(place);
  const at = (line: number, text: string): Evidence => ({ path: place.path, line, text });
  const isCanonical = (use: ResolvedUse) => reachesOwner(program, owner, use);
  if (
    owner.place !== undefined &&
    program.basesOf(place).some((base) => base.kind === "scope" && same(base, owner.place))
  ) {
    return classifySubclass(program, uses, owner, place);
  }
  const methods = scope.kind === "class" ? publicMethods(program, place) : [place.scope];
  const active = methods.filter((method) => doesSomething(program, { path: place.path, scope: method }));
  const evidence: Evidence[] = [];
  let leak: Evidence | undefined;
  for (const method of active) {
    const inside = { path: place.path, scope: method };
    const reached = delegates(program, uses, inside, isCanonical, new Set());
    if (reached === undefined) {
      const { line, name } = program.scope(inside);
      const computed = onlyComputed(program, uses, place, active);
      if (computed !== undefined) return { status: "unknown", evidence: [computed] };
      return ownWork(
        uses,
        place,
        isReached,
        at(line, `${name} does its work itself; it calls nothing of ${owner.symbol}`),
      );
    }
    evidence.push(
      at(
        reached.use.line,
        `${program.scope(inside).name} calls ${reached.use.chain.join(".")}, which is ${owner.symbol}`,
      ),
    );
    leak ??= leakIn(program, uses, owner, inside, isCanonical);
  }
  const inherited = active.length === 0 ? inheritedWork(program, uses, owner, place, isReached, judged) : undefined;
  if (inherited !== undefined) return ownWork(uses, place, isReached, inherited);
  if (active.length === 0) return { status: "unknown", evidence: [at(scope.line, "nothing in it does anything")] };
  if (leak !== undefined) return { status: "leaky_adapter", evidence: [leak, ...evidence] };
  const own = ownStateOrLoop(program, uses, place, active);
  if (own !== undefined) return { status: "leaky_adapter", evidence: [own, ...evidence] };
  return { status: "adapter", evidence };
}

function classifySubclass(program: Program, uses: Uses, owner: Owner, place: Place): Classified {
  const { line, name } = program.scope(place);
  for (const [method, scope] of program.membersOf(place)) {
    if (!owner.core.includes(method)) continue;
    const inside = { path: place.path, scope };
    if (uses.within(inside).some((use) => isBaseCall(program, place, method, use))) continue;
    const overridden = program.scope(inside).line;
    return {
      status: "rival",
      evidence: [
        { path: place.path, line: overridden, text: `${method} overrides that of the owner without calling it` },
      ],
    };
  }
  return {
    status: "extension",
    evidence: [{ path: place.path, line, text: `${name} is a subclass of the owner that only adds` }],
  };
}

/** What a class does that has nothing of its own: its bases and mixins do it. */
function inheritedWork(
  program: Program,
  uses: Uses,
  owner: Owner,
  place: Place,
  isReached: (path: string) => boolean,
  judged: readonly Place[],
): Evidence | undefined {
  const known = [...judged, place];
  for (const base of program.basesOf(place)) {
    if (base.kind !== "scope" || [...owner.canonical, ...known].some((other) => same(base, other))) continue;
    const { status, evidence } = classify(program, uses, owner, base, isReached, known);
    if (status === "rival" || status === "dead_rival") return evidence[0];
  }
  return undefined;
}

/** A rival that nothing in production uses is a dead one, and so is one that only unreached files use. */
function ownWork(uses: Uses, place: Place, isReached: (path: string) => boolean, evidence: Evidence): Classified {
  const used = uses.ofDefinition(place).filter(({ role, use }) => role === "production" && use.kind !== "type");
  if (used.some(({ path }) => isReached(path))) return { status: "rival", evidence: [evidence] };
  const [first] = used;
  if (first === undefined) return { status: "dead_rival", evidence: [evidence] };
  const text = "it is used only where no entry point of production leads";
  return { status: "dead_rival", evidence: [evidence, { path: first.path, line: first.use.line, text }] };
}

/** The use by which a function hands on to the owner, directly or through others of its own class or file. */
function delegates(
  program: Program,
  uses: Uses,
  place: Place,
  isCanonical: (use: ResolvedUse) => boolean,
  seen: Set<string>,
): ResolvedUse | undefined {
  const key = program.symbolOf(place);
  if (seen.has(key)) return undefined;
  seen.add(key);
  const inside = uses.within(place);
  const direct = inside.find((use) => use.use.kind === "call" && use.use.place !== "handler" && isCanonical(use));
  if (direct !== undefined) return direct;
  for (const { use, target } of inside) {
    if (use.kind !== "call" || target.kind !== "scope" || target.path !== place.path || target.scope === 0) continue;
    const { kind } = program.scope(target);
    if (kind !== "method" && kind !== "function") continue;
    const found = delegates(program, uses, target, isCanonical, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `super.method()`, and as people wrote it before: `Base.method(self)`. Another method of the base is another thing. */
function isBaseCall(program: Program, place: Place, method: string, { use, target }: ResolvedUse): boolean {
  if (use.kind !== "call" || use.chain.at(-1) !== method) return false;
  if (use.chain[0] === "super") return use.chain.length === 2;
  if (target.kind !== "scope" || program.scope(target).kind !== "method" || use.chain[0] === "this") return false;
  const { parent } = program.scope(target);
  return program.basesOf(place).some((base) => base.kind === "scope" && same(base, { ...target, scope: parent }));
}

/** A class or function that does nothing but call what a text names: where it leads, nobody can tell. */
function onlyComputed(program: Program, uses: Uses, place: Place, methods: readonly number[]): Evidence | undefined {
  let first: Evidence | undefined;
  for (const scope of methods) {
    const inside = uses.within({ path: place.path, scope });
    const dynamic = inside.find(({ use }) => use.kind === "dynamic");
    const isMore = inside.some(({ use }) => use.kind === "call");
    const { loops, statements } = program.scope({ path: place.path, scope });
    if (dynamic === undefined || isMore || loops > 0 || statements > 1) return undefined;
    const text = `${dynamic.use.chain.join(".")} calls what is only known when it runs`;
    first ??= { path: place.path, line: dynamic.use.line, text };
  }
  return first;
}

/** A function and what it calls of its own class or file: all that is done where somebody calls it. */
function ownReach(program: Program, uses: Uses, place: Place, seen = new Map<string, Place>()): readonly Place[] {
  const key = program.symbolOf(place);
  if (seen.has(key)) return [];
  seen.set(key, place);
  for (const { use, target } of uses.within(place)) {
    if (use.kind !== "call" || target.kind !== "scope" || target.path !== place.path || target.scope === 0) continue;
    const { kind } = program.scope(target);
    if (kind === "method" || kind === "function") ownReach(program, uses, target, seen);
  }
  return [...seen.values()];
}

/** Another way beside the owner: a primitive, where a failure is handled, behind a flag, or by a name that says so. */
function leakIn(
  program: Program,
  uses: Uses,
  owner: Owner,
  place: Place,
  isCanonical: (use: ResolvedUse) => boolean,
): Evidence | undefined {
  const reach = ownReach(program, uses, place);
  const isOwn = ({ target }: ResolvedUse) => target.kind === "scope" && reach.some((each) => same(each, target));
  for (const resolved of reach.flatMap((each) => uses.within(each))) {
    const { use, target } = resolved;
    const text = use.chain.join(".");
    const primitive = primitiveOf(program, owner.primitives, resolved, uses.callerOf(resolved));
    if (primitive !== undefined && !isCanonical(resolved)) {
      return { path: resolved.path, line: use.line, text: `${text} is ${primitive}, a second way beside the owner` };
    }
    if (use.kind !== "call" || isCanonical(resolved)) continue;
    const name = target.kind === "external" ? target.name : text;
    if (fallbackName.test(use.chain.at(-1) ?? "")) {
      return { path: resolved.path, line: use.line, text: `${text} is another way beside the owner, by its name` };
    }
    if (use.place !== "handler" && use.place !== "flag") continue;
    if (harmless.test(name) || harmless.test(text) || isError(use.chain.at(-1) ?? "")) continue;
    // To go on to the owner from there, in a function of its own, is no other way.
    if (isOwn(resolved) && leadsToOwner(program, uses, target, isCanonical)) continue;
    const where = use.place === "handler" ? "when the owner fails" : "behind a flag";
    return { path: resolved.path, line: use.line, text: `${text} is called ${where}` };
  }
  return undefined;
}

function leadsToOwner(
  program: Program,
  uses: Uses,
  target: ResolvedUse["target"],
  isCanonical: (use: ResolvedUse) => boolean,
): boolean {
  return target.kind === "scope" && delegates(program, uses, target, isCanonical, new Set()) !== undefined;
}

function isError(name: string): boolean {
  return /(Error|Exception|Failure)$/.test(name) || name === "isinstance" || name === "String" || name === "str";
}

function ownStateOrLoop(program: Program, uses: Uses, place: Place, methods: readonly number[]): Evidence | undefined {
  const { path } = place;
  const reach = methods.flatMap((scope) => ownReach(program, uses, { path, scope }));
  for (const each of reach) {
    const method = program.scope(each);
    if (method.loops > 0) return { path, line: method.line, text: `${method.name} has a loop of its own` };
  }
  const bindings = program.file(path)?.bindings ?? [];
  const state = bindings.find(
    ({ scope, kind, isLate, isLiteral }) => scope === place.scope && kind === "field" && (isLate || isLiteral),
  );
  if (state !== undefined) return { path, line: state.line, text: `${state.name} is state of its own` };
  // What stands beside a function and is changed by it.
  for (const { scope, name, isLiteral, line } of bindings) {
    if (scope !== 0 || !isLiteral) continue;
    const text = `${name} is state of its own, beside it`;
    if (reach.some((each) => changes(program, uses, each, name))) return { path, line, text };
  }
  return undefined;
}

const changingMethod =
  /^(add|append|clear|delete|discard|extend|insert|pop|popitem|push|remove|set|setdefault|shift|splice|unshift|update)$/;

/** Does a function change the collection that has this name in its module? */
function changes(program: Program, uses: Uses, place: Place, name: string): boolean {
  const bindings = program.file(place.path)?.bindings ?? [];
  if (bindings.some(({ scope, name: own }) => scope === place.scope && own === name)) return false;
  if (bindings.some(({ scope, name: own, from }) => scope === 0 && own === name && from === place.scope)) return true;
  return uses.within(place).some(({ use: { kind, chain } }) => {
    if (chain[0] !== name) return false;
    return kind === "call" && chain.some((part) => changingMethod.test(part));
  });
}

function reachesOwner(program: Program, owner: Owner, { target }: ResolvedUse): boolean {
  if (target.kind !== "scope" && target.kind !== "instance") return false;
  return owner.canonical.some((place) => {
    return target.path === place.path && program.isWithin(target.path, target.scope, place.scope);
  });
}

function same(left: Place, right: Place | undefined): boolean {
  return left.path === right?.path && left.scope === right.scope;
}
