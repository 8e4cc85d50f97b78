import type { Unnamed } from "./unnamed-finding.ts";

/** Pairs that share a definition, and are of one confidence, are one finding about all of them. */
export function groupFindings(findings: readonly Unnamed[]): readonly Unnamed[] {
  const groups: Unnamed[][] = [];
  for (const finding of [...findings].sort((left, right) => right.score - left.score)) {
    const symbols = new Set(finding.members.map(({ symbol }) => symbol));
    const group = groups.find(
      ([first, ...rest]) =>
        first?.confidence === finding.confidence &&
        [first, ...rest].some(({ members }) => members.some(({ symbol }) => symbols.has(symbol))),
    );
    if (group === undefined) groups.push([finding]);
    else group.push(finding);
  }
  return groups.map((group) => {
    const [best] = group as [Unnamed];
    if (group.length === 1) return best;
    const members = new Map(group.flatMap((finding) => finding.members.map((member) => [member.symbol, member])));
    const names = [...new Set([...members.keys()].map((symbol) => symbol.split("#")[1]))];
    const title =
      names.length === 1
        ? `${names[0]} is implemented ${members.size} times`
        : `${best.title}, and ${members.size - 2} more do`;
    return {
      ...best,
      title,
      members: [...members.values()],
      evidence: group.flatMap(({ evidence }) => evidence).slice(0, 12),
    };
  });
}
