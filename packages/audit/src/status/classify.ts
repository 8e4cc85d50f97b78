import type { Evidence, MemberStatus } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { ownStateOrLoop } from "./own-state.ts";
import { doesSomething, type Owner, publicMethods } from "./owner.ts";
import { delegates, givesOwner, makesOwner, reachesOwner } from "./owner-reach.ts";
import { type Place, type ResolvedUse, samePlace, type Uses } from "./uses.ts";
import { besideIn, leakIn, workBeside } from "./ways-beside.ts";

/** A status, and the lines that prove it. */
export interface Classified {
  readonly status: MemberStatus;
  readonly evidence: readonly Evidence[];
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
    program.basesOf(place).some((base) => base.kind === "scope" && samePlace(base, owner.place))
  ) {
    return classifySubclass(program, uses, owner, place);
  }
  const methods = scope.kind === "function" ? [place.scope] : publicMethods(program, place);
  const active = methods.filter((method) => {
    const inside = { path: place.path, scope: method };
    return (
      doesSomething(program, inside) &&
      !onlyMakes(program, uses, inside, place) &&
      !isOwnerProperty(program, owner, inside)
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
    if (base.kind !== "scope" || samePlace(base, owner.place)) return undefined;
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

/** A property that is the owner. */
function isOwnerProperty(program: Program, owner: Owner, method: Place): boolean {
  return program.file(method.path)?.isAccessor(method.scope) === true && givesOwner(program, owner, method);
}

/** `static create() { return new Notifier(); }`: gives itself out, and does nothing. */
function onlyMakes(program: Program, uses: Uses, method: Place, itself: Place): boolean {
  if (!program.scope(method).isStatic) return false;
  const calls = uses.within(method).filter(({ use }) => use.kind === "call");
  return calls.length > 0 && calls.every(({ target }) => target.kind === "scope" && samePlace(target, itself));
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
    if (base.kind !== "scope" || [...owner.canonical, ...known].some((other) => samePlace(base, other))) continue;
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

/** `super.method()`, and as people wrote it before: `Base.method(self)`. Another method of the base is another thing. */
function isBaseCall(program: Program, place: Place, method: string, { use, target }: ResolvedUse): boolean {
  if (use.kind !== "call" || use.chain.at(-1) !== method) return false;
  if (use.chain[0] === "super") return use.chain.length === 2;
  if (target.kind !== "scope" || program.scope(target).kind !== "method" || use.chain[0] === "this") return false;
  const { parent } = program.scope(target);
  return program.basesOf(place).some((base) => base.kind === "scope" && samePlace(base, { ...target, scope: parent }));
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
