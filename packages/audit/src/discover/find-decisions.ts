import type { FindingMember } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import type { Place, ResolvedUse, Uses } from "../status/uses.ts";
import { areVariants } from "./are-variants.ts";
import { findingMember } from "./finding-member.ts";
import type { Unnamed } from "./unnamed-finding.ts";

/** What decides who somebody is, by the last two names of the call as its package gives it: two places for one are two judges. */
const decisions: ReadonlyMap<string, string> = new Map([
  ["jwt.decode", "read a token"],
  ["jwt.verify", "verify a token"],
  ["jose.jwtVerify", "verify a token"],
  ["jsonwebtoken.verify", "verify a token"],
  ["jsonwebtoken.decode", "read a token"],
  ["bcrypt.checkpw", "check a password"],
  ["bcrypt.compare", "check a password"],
  ["bcrypt.compareSync", "check a password"],
  ["bcryptjs.compare", "check a password"],
  ["bcryptjs.compareSync", "check a password"],
  ["argon2.verify", "check a password"],
  ["security.check_password_hash", "check a password"],
]);
const names = new Set([...decisions.keys()].map((key) => key.slice(key.indexOf(".") + 1)));
/** More than this many are a habit, and not a few that were forgotten. */
const judgesMax = 8;

/** Functions of production, in files of their own, that decide who somebody is by the same call of another package. */
export function findDecisions(program: Program, uses: Uses, isOwn: (path: string) => boolean): readonly Unnamed[] {
  const judges = new Map<string, ResolvedUse[]>();
  for (const use of uses.callsOf(names)) {
    const decision = isOwn(use.path) ? decisionOf(use) : undefined;
    if (decision === undefined) continue;
    const same = judges.get(decision) ?? [];
    judges.set(decision, same);
    if (!same.some(({ path }) => path === use.path)) same.push(use);
  }
  const found = [...judges].filter(([, all]) => all.length >= 2 && all.length <= judgesMax);
  const apart = found.filter(([, all]) => !areVariants(program, all.map(placeOf)));
  uses.lookFor(apart.flatMap(([, all]) => all.map(placeOf)));
  return apart.map(([decision, all]) => findingOf(program, uses, decision, all));
}

function placeOf({ path, scope }: ResolvedUse): Place {
  return { path, scope };
}

function decisionOf({ target, use }: ResolvedUse): string | undefined {
  if (target.kind !== "external") return undefined;
  const [module = "", name = ""] = target.name.split("#");
  const last = use.chain.at(-1) ?? "";
  const holders = [module.split(/[./]/).at(-1), name.split(".").at(-2)];
  return holders.flatMap((holder) => decisions.get(`${holder}.${last}`) ?? [])[0];
}

function findingOf(program: Program, uses: Uses, decision: string, all: readonly ResolvedUse[]): Unnamed {
  const members = all.map((use): FindingMember => {
    const place = placeOf(use);
    const sites = uses.siteCount(place, { onlyOthers: true });
    // The call, and not where its function begins.
    return { ...findingMember(program, place, sites, [use.use.chain.at(-1) ?? ""]), line: use.use.line };
  });
  return {
    kind: "rivals",
    confidence: all.length >= 3 ? "high" : "medium",
    score: Math.round((0.5 + 0.1 * Math.min(4, all.length)) * 1_000) / 1_000,
    title: `${members.map(({ symbol }) => symbol.split("#")[1] || "a module").join(", ")}: ${all.length} places ${decision}`,
    members,
    evidence: all.map(({ path, use }) => ({ path, line: use.line, text: `${use.chain.join(".")} is called here` })),
  };
}
