import type { Evidence } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "./candidates.ts";
import { isHarmless } from "./harmless.ts";
import type { Owner } from "./owner.ts";
import { leadsToOwner, ownReach } from "./owner-reach.ts";
import { primitiveOf } from "./primitives.ts";
import { type Place, type ResolvedUse, samePlace, type Uses } from "./uses.ts";

const fallbackWords = new Set(["legacy", "fallback", "old", "deprecated", "direct", "directly", "bypass", "raw"]);

/** Another way beside the owner: a primitive, where a failure is handled, behind a flag, or by a name that says so. */
export function leakIn(
  program: Program,
  uses: Uses,
  owner: Owner,
  place: Place,
  isCanonical: (use: ResolvedUse) => boolean,
): Evidence | undefined {
  const reach = ownReach(program, uses, place);
  const isOwn = ({ target }: ResolvedUse) => target.kind === "scope" && reach.some((each) => samePlace(each, target));
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

/** What is called in place of the owner: a function that reaches the owner in branches only goes on to something else after them. */
export function besideIn(
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
export function workBeside(
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
