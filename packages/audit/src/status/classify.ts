import type { Evidence, MemberStatus } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { doesSomething, type Owner, publicMethods } from "./owner.ts";
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

/** What a definition that resembles the owner really is. The owner itself is not asked about. */
export function classify(
  program: Program,
  uses: Uses,
  owner: Owner,
  place: Place,
  isReached: (path: string) => boolean,
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
    leak ??= leakIn(uses, inside, isCanonical);
  }
  if (active.length === 0) return { status: "unknown", evidence: [at(scope.line, "nothing in it does anything")] };
  if (leak !== undefined) return { status: "leaky_adapter", evidence: [leak, ...evidence] };
  const own = ownStateOrLoop(program, place, active);
  if (own !== undefined) return { status: "leaky_adapter", evidence: [own, ...evidence] };
  return { status: "adapter", evidence };
}

function classifySubclass(program: Program, uses: Uses, owner: Owner, place: Place): Classified {
  const { line, name } = program.scope(place);
  for (const [method, scope] of program.membersOf(place)) {
    if (!owner.core.includes(method)) continue;
    const inside = { path: place.path, scope };
    const callsSuper = uses.within(inside).some(({ use }) => use.chain[0] === "super");
    if (callsSuper) continue;
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

/** Another way beside the owner: where a failure is handled, behind a flag, or by a name that says so. */
function leakIn(uses: Uses, place: Place, isCanonical: (use: ResolvedUse) => boolean): Evidence | undefined {
  for (const resolved of uses.within(place)) {
    const { use, target } = resolved;
    if (use.kind !== "call" || isCanonical(resolved)) continue;
    const name = target.kind === "external" ? target.name : use.chain.join(".");
    const text = use.chain.join(".");
    if (fallbackName.test(use.chain.at(-1) ?? "")) {
      return { path: place.path, line: use.line, text: `${text} is another way beside the owner, by its name` };
    }
    if (use.place !== "handler" && use.place !== "flag") continue;
    if (harmless.test(name) || harmless.test(text) || isError(use.chain.at(-1) ?? "")) continue;
    const where = use.place === "handler" ? "when the owner fails" : "behind a flag";
    return { path: place.path, line: use.line, text: `${text} is called ${where}` };
  }
  return undefined;
}

function isError(name: string): boolean {
  return /(Error|Exception|Failure)$/.test(name) || name === "isinstance" || name === "String" || name === "str";
}

function ownStateOrLoop(program: Program, place: Place, methods: readonly number[]): Evidence | undefined {
  for (const scope of methods) {
    const method = program.scope({ path: place.path, scope });
    if (method.loops > 0) return { path: place.path, line: method.line, text: `${method.name} has a loop of its own` };
  }
  const file = program.file(place.path);
  const state = file?.bindings.find(
    ({ scope, kind, isLate, isLiteral }) => scope === place.scope && kind === "field" && (isLate || isLiteral),
  );
  return state && { path: place.path, line: state.line, text: `${state.name} is state of its own` };
}

function reachesOwner(program: Program, owner: Owner, { target }: ResolvedUse): boolean {
  if (target.kind !== "scope" && target.kind !== "instance") return false;
  return owner.canonical.some((place) => {
    if (target.path !== place.path) return false;
    const { scopes } = program.file(place.path) ?? { scopes: [] };
    for (let at = target.scope; at > 0; at = scopes[at]?.parent ?? -1) if (at === place.scope) return true;
    return place.scope === 0;
  });
}

function same(left: Place, right: Place | undefined): boolean {
  return left.path === right?.path && left.scope === right.scope;
}
