import type { Evidence, MemberStatus } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "./candidates.ts";
import { doesSomething, type Owner, publicMethods } from "./owner.ts";
import { primitiveOf } from "./primitives.ts";
import type { Place, ResolvedUse, Uses } from "./uses.ts";

/** A status, and the lines that prove it. */
export interface Classified {
  readonly status: MemberStatus;
  readonly evidence: readonly Evidence[];
}

/** Says nothing about anybody: logging is no second way. */
const logging = /(^|[.#])(log(ger|ging)?|console|warnings?|metrics?|tracer?)(\.|$|\(|#)/i;
/** Last names of what tells of a failure, undoes what was begun, answers whoever asked, or makes one value of another. */
const answering = new Set(
  [
    "print debug info warn warning error exception log capture_exception capture_message captureException captureMessage",
    "record_exception recordException set_status setStatus print_exc format_exc print_exception add_note with_traceback",
    "next reject rollback abort cancel exit status json jsonify send_error sendStatus render redirect toast",
    "stringify isinstance type getattr hasattr String Number Boolean Array str int float bool len round repr list dict tuple set",
  ].flatMap((words) => words.split(" ")),
);
const answer = /(Error|Exception|Failure|Response)$/;
const failureWords = new Set(["error", "errors", "exception", "err"]);
const fallbackWords = new Set(["legacy", "fallback", "old", "deprecated", "direct", "directly", "bypass", "raw"]);

/** Neither a second way nor work of its own. */
function isHarmless({ use, target }: ResolvedUse): boolean {
  const last = use.chain.at(-1) ?? "";
  if (answering.has(last) || answer.test(last) || nameTokens(last).some((word) => failureWords.has(word))) return true;
  return logging.test(use.chain.join(".")) || (target.kind === "external" && logging.test(target.name));
}

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
  // The same uses are asked about again and again.
  const known = new Map<ResolvedUse, boolean>();
  const isCanonical = (use: ResolvedUse) => {
    const reaches = known.get(use) ?? reachesOwner(program, owner, use);
    known.set(use, reaches);
    return reaches;
  };
  if (
    owner.place !== undefined &&
    program.basesOf(place).some((base) => base.kind === "scope" && same(base, owner.place))
  ) {
    return classifySubclass(program, uses, owner, place);
  }
  const methods = scope.kind === "function" ? [place.scope] : publicMethods(program, place);
  const active = methods.filter((method) => {
    const inside = { path: place.path, scope: method };
    return (
      doesSomething(program, inside) && !onlyMakes(program, uses, inside, place) && !givesOwner(program, owner, inside)
    );
  });
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
        at(line, `${name} does its work itself; nothing that it calls is known to be of ${owner.symbol}`),
      );
    }
    const beside =
      (makesOwner(program, reached) ? workBeside(uses, owner, inside, isCanonical) : undefined) ??
      besideIn(program, uses, inside, isCanonical);
    if (beside !== undefined) leak ??= beside;
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
    if (!owner.core.includes(method) || isLeftOpen(program, owner, method)) continue;
    const inside = { path: place.path, scope };
    const isBase = (use: ResolvedUse) => isBaseCall(program, place, method, use);
    if (uses.within(inside).some(isBase)) {
      const beside = besideIn(program, uses, inside, isBase);
      if (beside !== undefined) return { status: "rival", evidence: [beside] };
      continue;
    }
    const overridden = program.scope(inside).line;
    return {
      status: "rival",
      evidence: [
        { path: place.path, line: overridden, text: `${method} overrides that of the owner without calling it` },
      ],
    };
  }
  const shadowing = shadowingBase(program, uses, owner, place);
  if (shadowing !== undefined) return { status: "rival", evidence: [shadowing] };
  return {
    status: "extension",
    evidence: [{ path: place.path, line, text: `${name} is a subclass of the owner that only adds` }],
  };
}

/** The owner leaves it to its subclasses: to fill it in is what it is for. */
function isLeftOpen(program: Program, { place }: Owner, method: string): boolean {
  const scope = place && program.membersOf(place).get(method);
  return place !== undefined && scope !== undefined && program.scope({ path: place.path, scope }).isEmpty;
}

/** A base before the owner that has a core method of its own: `class Quick(Mixin, Owner)`. */
function shadowingBase(program: Program, uses: Uses, owner: Owner, place: Place): Evidence | undefined {
  for (const base of program.basesOf(place)) {
    if (base.kind !== "scope" || same(base, owner.place)) return undefined;
    for (const [method, scope] of program.membersOf(base)) {
      const inside = { path: base.path, scope };
      if (!owner.core.includes(method) || !doesSomething(program, inside)) continue;
      if (uses.within(inside).some((use) => isBaseCall(program, base, method, use))) continue;
      const { line, name } = program.scope(base);
      return { path: base.path, line, text: `${name} comes before the owner and has a ${method} of its own` };
    }
  }
  return undefined;
}

/** What is called in place of the owner: a function that reaches the owner in branches only goes on to something else after them. */
function besideIn(
  program: Program,
  uses: Uses,
  place: Place,
  isOwnerCall: (use: ResolvedUse) => boolean,
): Evidence | undefined {
  const inside = uses.within(place);
  const reached = inside.filter((use) => use.use.kind === "call" && isOwnerCall(use));
  const last = Math.max(...reached.map(({ use }) => use.line));
  if (reached.length === 0 || reached.some(({ use }) => use.place === "plain")) return undefined;
  const beside = inside.find((resolved) => {
    const { use, target } = resolved;
    if (use.kind !== "call" || use.line <= last || use.place === "handler" || isHarmless(resolved)) return false;
    return isSomebodyElse(target, use.chain, place);
  });
  if (beside === undefined) return undefined;
  const text = `${beside.use.chain.join(".")} is called where ${program.scope(place).name} does not reach the owner`;
  return { path: place.path, line: beside.use.line, text };
}

/** What a function calls that does nothing with the owner but make it. */
function workBeside(
  uses: Uses,
  { core }: Owner,
  place: Place,
  isCanonical: (use: ResolvedUse) => boolean,
): Evidence | undefined {
  const beside = uses.within(place).find((resolved) => {
    const { use, target } = resolved;
    if (use.kind !== "call" || use.place === "handler" || isCanonical(resolved) || isHarmless(resolved)) return false;
    // Most likely of what was made: `make().notify(user)`, where nothing says what `make` gives.
    if (target.kind === "unresolved" && core.includes(use.chain.at(-1) ?? "")) return false;
    return isSomebodyElse(target, use.chain, place);
  });
  if (beside === undefined) return undefined;
  const text = `${beside.use.chain.join(".")} is called, and nothing of the owner that is made here`;
  return { path: place.path, line: beside.use.line, text };
}

/** What is called of the same file is looked at by itself, and a name alone that nobody defines is the language's. */
function isSomebodyElse(target: ResolvedUse["target"], chain: readonly string[], { path }: Place): boolean {
  if (target.kind === "scope" || target.kind === "instance") return target.path !== path;
  return target.kind === "external" || chain.length > 1;
}

/** A property that is the owner. */
function givesOwner(program: Program, owner: Owner, method: Place): boolean {
  if (program.file(method.path)?.isAccessor(method.scope) !== true) return false;
  const result = program.resultOf(method);
  return result.kind === "instance" && owner.canonical.some((place) => same(place, result));
}

/** `static create() { return new Notifier(); }`: gives itself out, and does nothing. */
function onlyMakes(program: Program, uses: Uses, method: Place, itself: Place): boolean {
  if (!program.scope(method).isStatic) return false;
  const calls = uses.within(method).filter(({ use }) => use.kind === "call");
  return calls.length > 0 && calls.every(({ target }) => target.kind === "scope" && same(target, itself));
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
  let made: ResolvedUse | undefined;
  for (const one of inside) {
    const { kind, place: where } = one.use;
    if ((kind !== "call" && kind !== "reference") || where === "handler" || !isCanonical(one)) continue;
    // A method of it that is handed on is called by whoever gets it: `to_thread(service.notify, user)`.
    if (kind === "reference" && !isOwnMember(program, one)) continue;
    if (!makesOwner(program, one)) return one;
    made ??= one;
  }
  if (made !== undefined) return made;
  for (const { use, target } of inside) {
    if (use.kind !== "call" || target.kind !== "scope" || target.path !== place.path || target.scope === 0) continue;
    const { kind } = program.scope(target);
    if (kind !== "method" && kind !== "function") continue;
    const found = delegates(program, uses, target, isCanonical, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOwnMember(program: Program, { target }: ResolvedUse): boolean {
  return target.kind === "scope" && program.scope(target).kind === "method";
}

/** Does a use only make the owner, or ask for it? */
function makesOwner(program: Program, { target }: ResolvedUse): boolean {
  return target.kind === "scope" && program.scope(target).kind === "class";
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
    if (nameTokens(use.chain.at(-1) ?? "").some((word) => fallbackWords.has(word))) {
      return { path: resolved.path, line: use.line, text: `${text} is another way beside the owner, by its name` };
    }
    if (use.place !== "handler" && use.place !== "flag") continue;
    if (isHarmless(resolved)) continue;
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

function ownStateOrLoop(program: Program, uses: Uses, place: Place, methods: readonly number[]): Evidence | undefined {
  const { path } = place;
  const reach = methods.flatMap((scope) => ownReach(program, uses, { path, scope }));
  for (const each of reach) {
    const method = program.scope(each);
    if (method.loops > 0) return { path, line: method.line, text: `${method.name} has a loop of its own` };
  }
  const bindings = program.file(path)?.bindings ?? [];
  const state = bindings.find(
    ({ scope, kind, isLate, isLiteral, name }) =>
      scope === place.scope &&
      kind === "field" &&
      (isLate ? !holdsItself(program, place, name) : isLiteral && isChangedInside(uses, place, name)),
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

/** The one instance that a class keeps of itself. */
function holdsItself(program: Program, place: Place, field: string): boolean {
  const held = program.evaluate(place.path, place.scope, [field]);
  return held.kind === "instance" && same(held, place);
}

/** Does a class change a collection of its own, or pick elements of it? A constant that it has is no state. */
function isChangedInside(uses: Uses, place: Place, field: string): boolean {
  return uses.within(place).some(({ use: { kind, chain } }) => {
    const at = chain.indexOf(field);
    if (at < 1 || at > 2) return false;
    const rest = chain.slice(at + 1);
    return rest.includes("[]") || (kind === "call" && rest.some((part) => changingMethod.test(part)));
  });
}

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

function reachesOwner(program: Program, { canonical }: Owner, { target, path, scope, use }: ResolvedUse): boolean {
  const isOwner = ({ kind, ...place }: { readonly kind: string } & Place) =>
    (kind === "scope" || kind === "instance") &&
    canonical.some((one) => place.path === one.path && program.isWithin(place.path, place.scope, one.scope));
  if ((target.kind === "scope" || target.kind === "instance") && isOwner(target)) return true;
  // What a base of the owner gives it, and what a part of the owner does.
  const first = use.chain[0] === "this" ? 2 : 1;
  for (let end = use.chain.length - 1; end >= first; end -= 1) {
    const holder = program.evaluate(path, scope, use.chain.slice(0, end));
    if (holder.kind === "scope" ? program.kindOf(holder) === "method" : holder.kind === "instance") {
      if (isOwner(holder as { kind: string } & Place)) return true;
    }
  }
  return false;
}

function same(left: Place, right: Place | undefined): boolean {
  return left.path === right?.path && left.scope === right.scope;
}
