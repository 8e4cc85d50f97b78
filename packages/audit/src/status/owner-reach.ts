import type { Program } from "../resolve/program.ts";
import type { Target } from "../resolve/target.ts";
import type { Owner } from "./owner.ts";
import { type Place, type ResolvedUse, samePlace, type Uses } from "./uses.ts";

/** The use by which a function hands on to the owner, directly or through others of its own class or file. */
export function delegates(
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
  for (const callee of ownCallees(program, inside, place)) {
    const found = delegates(program, uses, callee, isCanonical, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Functions and methods of the same file that are called among these uses. */
function* ownCallees(program: Program, inside: readonly ResolvedUse[], { path }: Place): Generator<Place> {
  for (const { use, target } of inside) {
    if (use.kind !== "call" || target.kind !== "scope" || target.path !== path || target.scope === 0) continue;
    const kind = program.kindOf(target);
    if (kind === "method" || kind === "function") yield target;
  }
}

function isOwnMember(program: Program, { target }: ResolvedUse): boolean {
  return target.kind === "scope" && program.scope(target).kind === "method";
}

/** Does a use only make the owner, or ask for it? */
export function makesOwner(program: Program, { target }: ResolvedUse): boolean {
  return target.kind === "scope" && program.scope(target).kind === "class";
}

export function leadsToOwner(
  program: Program,
  uses: Uses,
  target: ResolvedUse["target"],
  isCanonical: (use: ResolvedUse) => boolean,
): boolean {
  return target.kind === "scope" && delegates(program, uses, target, isCanonical, new Set()) !== undefined;
}

/** A function and what it calls of its own class or file: all that is done where somebody calls it. */
export function ownReach(
  program: Program,
  uses: Uses,
  place: Place,
  seen = new Map<string, Place>(),
): readonly Place[] {
  const key = program.symbolOf(place);
  if (seen.has(key)) return [];
  seen.set(key, place);
  for (const callee of ownCallees(program, uses.within(place), place)) ownReach(program, uses, callee, seen);
  return [...seen.values()];
}

/** Is a use of the owner, of what a base gives it, or of what a part of it gives? */
export function reachesOwner(
  program: Program,
  { canonical }: Owner,
  { target, path, scope, use }: ResolvedUse,
): boolean {
  const isOwner = (one: Target) =>
    (one.kind === "scope" || one.kind === "instance") &&
    canonical.some((place) => one.path === place.path && program.isWithin(one.path, one.scope, place.scope));
  if (isOwner(target)) return true;
  const first = use.chain[0] === "this" ? 2 : 1;
  for (let end = use.chain.length - 1; end >= first; end -= 1) {
    const holder = program.evaluate(path, scope, use.chain.slice(0, end));
    const gives = holder.kind === "instance" || (holder.kind === "scope" && program.kindOf(holder) === "method");
    if (gives && isOwner(holder)) return true;
  }
  return false;
}

/** Does a function say that its result is the owner? Whoever calls it asks for that. */
export function givesOwner(program: Program, { canonical }: Owner, place: Place): boolean {
  const result = program.resultOf(place);
  return result.kind === "instance" && canonical.some((one) => samePlace(one, result));
}
