import type { Finding } from "../report/audit-report.ts";
import { nameTokens } from "../status/candidates.ts";

/** A responsibility as it is written into a configuration. */
export interface Proposal {
  readonly id: string;
  readonly why: string;
  readonly owner: string;
  readonly match: { readonly names: readonly string[]; readonly methods: readonly string[] };
}

/**
 * What a finding becomes when it is accepted. Without a choice the one that most of production uses is the owner; all others are then
 * rivals, until they are adapters. Undefined: the chosen owner is no member of the finding.
 */
export function proposalOf({ id, title, members }: Finding, chosen?: string): Proposal | undefined {
  const owner =
    chosen === undefined
      ? [...members].sort(
          (left, right) =>
            Number(isPrivate(left.symbol)) - Number(isPrivate(right.symbol)) ||
            right.sites - left.sites ||
            (left.symbol < right.symbol ? -1 : 1),
        )[0]
      : members.find(({ symbol }) => symbol === chosen);
  if (owner === undefined) return undefined;
  const tokens = members.map(({ symbol }) => nameTokens(symbol.slice(symbol.indexOf("#") + 1)));
  const common = tokens[0]?.filter((token) => tokens.every((other) => other.includes(token))) ?? [];
  const methods = members[0]?.methods.filter((name) => members.every((member) => member.methods.includes(name))) ?? [];
  // One word is in the names of many; methods tell more.
  const areTelling = common.length >= 2 || (common.length === 1 && methods.length < 2);
  return {
    id,
    why: `One owner instead of ${members.length}: ${title}.`,
    owner: owner.symbol,
    match: { names: areTelling ? [common.join(" ")] : [], methods },
  };
}

function isPrivate(symbol: string): boolean {
  return symbol.slice(symbol.indexOf("#") + 1).startsWith("_");
}
