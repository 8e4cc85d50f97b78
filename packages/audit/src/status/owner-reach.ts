import type { Program } from "../resolve/program.ts";
import type { Owner } from "./owner.ts";
import type { Place, ResolvedUse, Uses } from "./uses.ts";

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
  for (const { use, target } of uses.within(place)) {
    if (use.kind !== "call" || target.kind !== "scope" || target.path !== place.path || target.scope === 0) continue;
    const { kind } = program.scope(target);
    if (kind === "method" || kind === "function") ownReach(program, uses, target, seen);
  }
  return [...seen.values()];
}

export function reachesOwner(
  program: Program,
  { canonical }: Owner,
  { target, path, scope, use }: ResolvedUse,
): boolean {
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
