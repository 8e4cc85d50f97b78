import type { Primitive, Responsibility } from "../config/audit-config.ts";
import { globTest } from "../files/glob.ts";
import type { Member, SymbolId, UseSite } from "../report/audit-report.ts";
import type { Owner } from "./owner.ts";
import type { ReportParts } from "./responsibility-report.ts";
import type { ResolvedUse } from "./uses.ts";

/** Where production uses the owner, goes around it, or does something that nobody can tell; each caller and target once. */
export function sitesOf(
  responsibility: Responsibility,
  owner: Owner,
  proven: readonly Member[],
  { program, uses }: ReportParts,
): readonly UseSite[] {
  const sites = new Map<string, UseSite>();
  const ownSymbols = [
    owner.symbol,
    ...owner.canonical.map((place) => program.symbolOf(place)),
    ...proven.map(({ symbol }) => symbol),
  ];
  const isOwn = (symbol: SymbolId) =>
    ownSymbols.some((own) => symbol === own || symbol.startsWith(own.endsWith("#") ? own : `${own}.`));
  const excluded = globTest(responsibility.exclude);
  const distinctive = distinctiveMethods(
    owner,
    program.files.flatMap(({ scopes }) => scopes.map(({ name }) => name)),
  );
  for (const inFile of uses.all()) {
    for (const resolved of inFile) {
      if (resolved.role !== "production" || resolved.use.kind === "type" || excluded(resolved.path)) continue;
      const caller = uses.callerOf(resolved);
      if (isOwn(caller)) continue;
      const found = judge(
        resolved,
        responsibility.primitives,
        owner,
        distinctive,
        isOwn,
        program.symbolOf.bind(program),
        caller,
      );
      if (found === undefined) continue;
      const key = `${caller} ${found.verdict} ${found.target}`;
      if (sites.has(key)) continue;
      sites.set(key, { caller, path: resolved.path, line: resolved.use.line, ...found });
    }
  }
  return [...sites.values()].sort((left, right) =>
    left.path === right.path ? left.line - right.line : left.path < right.path ? -1 : 1,
  );
}

function judge(
  { use, target, path }: ResolvedUse,
  primitives: readonly Primitive[],
  owner: Owner,
  distinctive: ReadonlySet<string>,
  isOwn: (symbol: SymbolId) => boolean,
  symbolOf: (place: { path: string; scope: number }) => SymbolId,
  caller: SymbolId,
): Pick<UseSite, "target" | "verdict" | "reason"> | undefined {
  if (target.kind === "scope" || target.kind === "instance") {
    const symbol = symbolOf(target);
    // Who makes the owner beside it is no consumer.
    if (isOwn(symbol) && path === owner.place?.path) return undefined;
    if (isOwn(symbol)) return { target: symbol, verdict: "ok", reason: `uses ${symbol}` };
  }
  const text = use.chain.join(".");
  for (const { call, allowed } of primitives) {
    if (
      !isPrimitive(
        call,
        use.chain,
        target.kind === "external" ? target.name : target.kind === "unresolved" ? "" : symbolOf(target),
      )
    )
      continue;
    if (
      globTest(allowed.filter((entry) => !entry.includes("#")))(path) ||
      allowed.some((entry) => caller === entry || caller.startsWith(`${entry}.`))
    )
      continue;
    return { target: call, verdict: "bypass", reason: `${text} is ${call}, which only the owner may use` };
  }
  const last = use.chain.at(-1) ?? "";
  if (use.kind === "dynamic" && use.strings.some((string) => owner.core.includes(string))) {
    return { target: owner.symbol, verdict: "unknown", reason: `${text} may reach the owner; its name is computed` };
  }
  if (use.kind === "call" && target.kind === "unresolved" && use.chain.length > 1 && distinctive.has(last)) {
    return {
      target: `?.${last}`,
      verdict: "unknown",
      reason: `${text} may be the owner's ${last}; what it is called on cannot be told`,
    };
  }
  return undefined;
}

/** `a.b` ends a chain, `*.b` with anything before it; with `#` it is the resolved name. */
function isPrimitive(call: string, chain: readonly string[], resolved: string): boolean {
  if (call.includes("#")) return resolved === call;
  const wanted = call.split(".");
  if (chain.length < wanted.length) return false;
  return wanted.every((part, index) => part === "*" || part === chain[chain.length - wanted.length + index]);
}

/** Methods of the owner whose names no other definition has: a call of one can hardly be anything else. */
function distinctiveMethods({ core }: Owner, names: readonly string[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Set(core.filter((name) => counts.get(name) === 1));
}
