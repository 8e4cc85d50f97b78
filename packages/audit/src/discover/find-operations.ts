import type { Evidence } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import { doesSomething } from "../status/owner.ts";
import type { Place, Uses } from "../status/uses.ts";
import { stem } from "../who/who.ts";
import { areVariants } from "./are-variants.ts";
import { findingMember } from "./finding-member.ts";
import type { Unnamed } from "./unnamed-finding.ts";

/** A function or a public method that says by its name what it does to what: `broadcast_to_user`. */
interface Operation extends Place {
  readonly name: string;
  /** The class that it stands in, else the module. */
  readonly holder: Place;
}

/** One that does the same as another, by their names. */
interface Alike extends Operation {
  /** Last names of what it calls, and whether the program defines that. */
  readonly calls: ReadonlyMap<string, boolean>;
}

/** Those that end in the same call. */
interface Ending {
  readonly shared: string;
  readonly operations: readonly Alike[];
}

/** What is done to something else, and should have one owner; verbs of a line say the same. */
const verbs = new Map(
  [
    "broadcast publish emit notify send push deliver",
    "dispatch route",
    "execute invoke run",
    "authenticate authorize verify",
    "enqueue schedule",
    "persist",
  ].flatMap((line) => line.split(" ").map((verb): [string, string] => [stem(verb), line])),
);
/** Say nothing of what is done to what. */
const fillers = new Set(
  "to the a an all for of in on with by and async sync from do try maybe safe force handle bulk batch internal impl".split(
    " ",
  ),
);
/** Share of their words that operations have in common which are the same thing twice: `broadcastToUser`, `broadcastUserEvent`. */
const likenessMin = 0.65;
/** More than this many are a convention, such as one in each plugin. */
const operationsMax = 6;
/** A name that more functions than this call is nobody's way out. */
const callersMax = 12;
/** What everybody calls says nothing of what is done. */
const plainCalls = new Set(
  "get set append extend items keys values join format split strip push map filter find len str int list dict isinstance info debug warning error exception log print then catch finally json dumps loads parse stringify has add pop update copy String Number Array Object Error Promise super super().__init__ __init__ call apply bind time now sleep slice includes".split(
    " ",
  ),
);

/**
 * Functions and methods of production that do the same to the same by their names, end in the same rare call (their call role), and
 * neither hand on to each other nor are variants of one interface.
 */
export function findOperations(program: Program, uses: Uses, isOwn: (path: string) => boolean): readonly Unnamed[] {
  const groups = new Map<string, Operation[]>();
  for (const operation of operationsOf(program, isOwn)) {
    const words = meaningful(operation.name);
    const [first = "", ...nouns] = words;
    const verb = verbs.get(first);
    if (verb === undefined) continue;
    for (const noun of nouns) {
      // Too many that say the same may hide a few that use the same word.
      for (const key of new Set([`${first} ${noun}`, `${verb} ${noun}`])) {
        const same = groups.get(key);
        if (same === undefined) groups.set(key, [operation]);
        else same.push(operation);
      }
    }
  }
  const candidates = [...groups.values()]
    .filter(({ length }) => length >= 2 && length <= operationsMax)
    .map((group) => group.map((one): Alike => ({ ...one, calls: callsIn(uses, one) })));
  const callers = callersOf(
    uses,
    new Set(candidates.flatMap((group) => group.flatMap(({ calls }) => [...calls.keys()]))),
  );
  const endings = candidates.flatMap((group) => endingOf(program, uses, group, callers) ?? []);
  uses.lookFor(endings.flatMap(({ operations }) => operations));
  return endings.map((ending) => findingOf(program, uses, ending));
}

function callsIn(uses: Uses, operation: Operation): Alike["calls"] {
  const calls = new Map<string, boolean>();
  for (const { use, target } of uses.within(operation)) {
    const name = use.chain.at(-1) ?? "";
    if (use.kind !== "call" || name === "" || plainCalls.has(name)) continue;
    calls.set(name, target.kind === "scope" || target.kind === "instance" || calls.get(name) === true);
  }
  return calls;
}

function meaningful(name: string): readonly string[] {
  return [
    ...new Set(
      nameTokens(name)
        .filter((token) => !fillers.has(token))
        .map(stem),
    ),
  ];
}

function operationsOf(program: Program, isOwn: (path: string) => boolean): readonly Operation[] {
  return program.files.flatMap((file) => {
    if (!isOwn(file.path)) return [];
    const found: Operation[] = [];
    for (let index = 1; index < file.scopeCount; index++) {
      const [kind, parent] = [file.scopeKind(index), file.parentOf(index)];
      const isMethod = kind === "method" && file.parentOf(parent) === 0;
      if (!isMethod && !(kind === "function" && parent === 0)) continue;
      const place = { path: file.path, scope: index };
      const name = program.nameOf(place);
      // Its decorators register it with somebody, who then calls it by another name.
      if (/^[_#]/.test(name) || file.isDecorated(index) || nameTokens(name).length < 2) continue;
      if (!doesSomething(program, place)) continue;
      found.push({ ...place, name, holder: { path: file.path, scope: isMethod ? parent : 0 } });
    }
    return found;
  });
}

/** How many functions of production call each of these names. */
function callersOf(uses: Uses, names: ReadonlySet<string>): ReadonlyMap<string, number> {
  const callers = new Map<string, Set<string>>();
  for (const resolved of uses.callsOf(names)) {
    if (resolved.role !== "production") continue;
    const name = resolved.use.chain.at(-1) ?? "";
    const found = callers.get(name) ?? new Set<string>();
    callers.set(name, found.add(uses.callerOf(resolved)));
  }
  return new Map([...callers].map(([name, { size }]) => [name, size]));
}

function endingOf(
  program: Program,
  uses: Uses,
  group: readonly Alike[],
  callers: ReadonlyMap<string, number>,
): Ending | undefined {
  // Whoever calls one of the others hands on to it, or is a layer over it.
  const names = new Set(group.map(({ name }) => name));
  const own = group.filter(({ calls, path, scope }) => {
    if ([...calls.keys()].some((name) => names.has(name))) return false;
    return !uses.within({ path, scope }).some(({ target }) => isOneOf(group, target));
  });
  const holders = [...new Map(own.map((one) => [`${one.path} ${one.holder.scope}`, one])).values()];
  const apart = holders.filter(({ path }, index) => holders.findIndex((other) => other.path === path) === index);
  if (
    apart.length < 2 ||
    areVariants(
      program,
      apart.map(({ holder }) => holder),
    )
  )
    return undefined;
  const shared = sharedCall(apart, callers);
  if (shared === undefined) return undefined;
  const operations = apart.filter(({ calls }) => calls.has(shared));
  // What the program defines may well be the owner: to go through it is right, unless all of them do just the same.
  const isDefined = operations.some(({ calls }) => calls.get(shared) === true);
  return isDefined && !areCalledAlike(operations) ? undefined : { shared, operations };
}

function findingOf(program: Program, uses: Uses, { shared, operations: ending }: Ending): Unnamed {
  const members = ending.map((one) =>
    findingMember(program, one, uses.siteCount(one, { onlyOthers: true }), [one.name]),
  );
  const live = members.filter(({ sites }) => sites > 0).length;
  const isSame = new Set(ending.map(({ name }) => name)).size === 1;
  const score = Math.round((0.35 + 0.1 * Math.min(3, ending.length) + 0.08 * Math.min(3, live)) * 1_000) / 1_000;
  const evidence = ending.map(({ path, scope, name }): Evidence => {
    const call = uses.within({ path, scope }).find(({ use }) => use.kind === "call" && use.chain.at(-1) === shared);
    return { path, line: call?.use.line ?? 1, text: `${name} ends in ${call?.use.chain.join(".") ?? shared}` };
  });
  return {
    kind: "rivals",
    confidence: live >= 2 ? (isSame ? "high" : "medium") : "low",
    score,
    title: `${ending.map((one) => program.symbolOf(one).split("#")[1]).join(", ")}: ${ending.length} ways to ${nameTokens(ending[0]?.name.split(".").at(-1) ?? "").join(" ")}, each by ${shared}`,
    members,
    evidence,
  };
}

function areCalledAlike(operations: readonly Operation[]): boolean {
  const words = operations.map(({ name }) => meaningful(name).map((word) => verbs.get(word) ?? word));
  return words.every((own) =>
    words.every((other) => {
      const shared = own.filter((word) => other.includes(word)).length;
      return shared >= likenessMin * (own.length + other.length - shared);
    }),
  );
}

/** The rarest call that at least two of them make, and that is not everybody's. */
function sharedCall(group: readonly Alike[], callers: ReadonlyMap<string, number>): string | undefined {
  const names = [...new Set(group.flatMap(({ calls }) => [...calls.keys()]))];
  const shared = names.filter((name) => {
    const isRare = (callers.get(name) ?? 0) <= callersMax;
    return isRare && group.filter(({ calls }) => calls.has(name)).length >= 2;
  });
  return shared.sort(
    (left, right) => (callers.get(left) ?? 0) - (callers.get(right) ?? 0) || (left < right ? -1 : 1),
  )[0];
}

function isOneOf(group: readonly Operation[], target: { readonly kind: string }): boolean {
  const { path, scope } = target as Partial<Place>;
  return group.some((one) => one.path === path && one.scope === scope);
}
