import type { Finding } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import type { Uses } from "../status/uses.ts";
import { stem } from "../who/who.ts";
import { findConfusions } from "./find-confusions.ts";
import { findDecisions } from "./find-decisions.ts";
import { findDispatchers } from "./find-dispatchers.ts";
import { findOperations } from "./find-operations.ts";
import { findRivals } from "./find-rivals.ts";
import { findSharedKeys } from "./find-shared-keys.ts";
import { findingId } from "./finding-id.ts";
import { groupFindings } from "./group-findings.ts";
import type { Unnamed } from "./unnamed-finding.ts";

const tiers: readonly Finding["confidence"][] = ["high", "medium", "low"];

/**
 * What may have more than one owner, without a configuration: best first, the high-confidence tier before all others. With
 * `words`, only what has to do with them. Findings of low confidence are left out unless words ask for them.
 */
export function discoverIn(
  program: Program,
  uses: Uses,
  isOwn: (path: string) => boolean,
  words: readonly string[] = [],
): readonly Finding[] {
  const wanted = words.flatMap((word) => nameTokens(word)).map(stem);
  const all = [
    ...findRivals(program, uses, isOwn),
    ...findConfusions(program, uses, isOwn),
    ...findOperations(program, uses, isOwn),
    ...findDispatchers(program, uses, isOwn),
    ...findSharedKeys(program, uses, isOwn),
    ...findDecisions(program, uses, isOwn),
  ];
  const taken = new Set<string>();
  return groupFindings(merged(all))
    .filter((finding) => (wanted.length === 0 ? finding.confidence !== "low" : isAbout(finding, wanted)))
    .sort((left, right) => order(left, right) || (left.title < right.title ? -1 : 1))
    .map((finding) => {
      const id = findingId(
        finding.members.map(({ symbol }) => symbol.slice(symbol.indexOf("#") + 1)),
        taken,
      );
      taken.add(id);
      return { id, ...finding };
    });
}

/** Negative: the left one is the better. */
function order(left: Unnamed, right: Unnamed): number {
  return tiers.indexOf(left.confidence) - tiers.indexOf(right.confidence) || right.score - left.score;
}

/** Of two findings about the same two definitions the better one is kept. */
function merged(findings: readonly Unnamed[]): readonly Unnamed[] {
  const best = new Map<string, Unnamed>();
  for (const finding of findings) {
    const key = finding.members
      .map(({ symbol }) => symbol)
      .sort()
      .join();
    const other = best.get(key);
    if (other === undefined || order(finding, other) < 0) best.set(key, finding);
  }
  return [...best.values()];
}

function isAbout({ members }: Unnamed, wanted: readonly string[]): boolean {
  const tokens = new Set(
    members.flatMap(({ symbol, methods }) => [symbol.split("#")[1] ?? "", ...methods].flatMap(nameTokens)).map(stem),
  );
  return wanted.every((word) => tokens.has(word));
}
