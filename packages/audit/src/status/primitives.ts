import type { Primitive } from "../config/audit-config.ts";
import type { Chain } from "../facts/file-facts.ts";
import { globTest } from "../files/glob.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { handingOnNames } from "../resolve/chain-index.ts";
import type { Program } from "../resolve/program.ts";
import type { ResolvedUse } from "./uses.ts";

const handingOn = new Set(handingOnNames);

/** The declared primitive that a use is of, where the configuration does not allow it. */
export function primitiveOf(
  program: Program,
  primitives: readonly Primitive[],
  { use, target, path, scope }: ResolvedUse,
  caller: SymbolId,
): string | undefined {
  if (primitives.length === 0 || use.kind === "type") return undefined;
  const chain = withoutHandingOn(use.chain);
  // Resolved anew only where the chain was cut.
  const meant = chain.length === use.chain.length ? target : program.evaluate(path, scope, chain);
  const resolved = meant.kind === "external" ? meant.name : meant.kind === "unresolved" ? "" : program.symbolOf(meant);
  return primitives.find(({ call, allowed }) => isCall(call, chain, resolved) && !isAllowed(allowed, path, caller))
    ?.call;
}

function withoutHandingOn(chain: Chain): Chain {
  let end = chain.length;
  while (end > 1 && (handingOn.has(chain[end - 1] ?? "") || (chain[end - 1] === "()" && end < chain.length))) end -= 1;
  return end === chain.length ? chain : chain.slice(0, end);
}

function isAllowed(allowed: readonly string[], path: string, caller: SymbolId): boolean {
  if (allowed.some((entry) => caller === entry || caller.startsWith(`${entry}.`))) return true;
  return globTest(allowed.filter((entry) => !entry.includes("#")))(path);
}

/** `a.b` ends a chain, `*.b` with anything before it; with `#` it is the resolved name. */
function isCall(call: string, chain: Chain, resolved: string): boolean {
  if (call.includes("#")) return resolved === call;
  const wanted = call.split(".");
  if (chain.length < wanted.length) return false;
  return wanted.every((part, index) => part === "*" || part === chain[chain.length - wanted.length + index]);
}
