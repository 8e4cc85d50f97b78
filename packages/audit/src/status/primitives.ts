import type { Primitive } from "../config/audit-config.ts";
import type { Chain } from "../facts/file-facts.ts";
import { globTest } from "../files/glob.ts";
import type { SymbolId } from "../report/audit-report.ts";
import { handingOnNames } from "../resolve/chain-index.ts";
import type { Program } from "../resolve/program.ts";
import type { Target } from "../resolve/target.ts";
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
  const resolved = nameOf(program, meant);
  const found = primitives.find((primitive) => {
    const test = testOf(primitive);
    return test.isCall(chain, resolved) && !test.isAllowed(path, caller);
  });
  return found?.call;
}

interface PrimitiveTest {
  isCall(chain: Chain, resolved: string): boolean;
  isAllowed(path: string, caller: SymbolId): boolean;
}

/** Is a use one of a primitive, whoever may use it? */
export function isUseOf(primitive: Primitive, { use, target }: ResolvedUse, program: Program): boolean {
  return testOf(primitive).isCall(use.chain, nameOf(program, target));
}

function nameOf(program: Program, target: Target): string {
  return target.kind === "external" ? target.name : target.kind === "unresolved" ? "" : program.symbolOf(target);
}

/** May a caller use it, as the configuration says? */
export function isAllowed(primitive: Primitive, path: string, caller: SymbolId): boolean {
  return testOf(primitive).isAllowed(path, caller);
}

/** Each is asked about very many uses. */
const tests = new WeakMap<Primitive, PrimitiveTest>();

function testOf(primitive: Primitive): PrimitiveTest {
  const known = tests.get(primitive) ?? { isCall: callTest(primitive.call), isAllowed: allowedTest(primitive.allowed) };
  tests.set(primitive, known);
  return known;
}

function withoutHandingOn(chain: Chain): Chain {
  let end = chain.length;
  while (end > 1 && (handingOn.has(chain[end - 1] ?? "") || (chain[end - 1] === "()" && end < chain.length))) end -= 1;
  return end === chain.length ? chain : chain.slice(0, end);
}

function allowedTest(allowed: readonly string[]): PrimitiveTest["isAllowed"] {
  const isIn = globTest(allowed.filter((entry) => !entry.includes("#")));
  return (path, caller) => allowed.some((entry) => caller === entry || caller.startsWith(`${entry}.`)) || isIn(path);
}

/**
 * A value has the members of its class, whether a type or a call says what it is; `fs` and `node:fs` are one module, and `os.path#join` and
 * `os#path.join` one function.
 */
function plain(symbol: SymbolId): string {
  return symbol
    .replaceAll("().", ".")
    .replace(/^node:/, "")
    .replace("#", ".");
}

/** `a.b` ends a chain, `*.b` with anything before it; with `#` it is the resolved name. */
function callTest(call: string): PrimitiveTest["isCall"] {
  if (call.includes("#")) {
    const meant = plain(call);
    return (_, resolved) => resolved.includes("#") && plain(resolved) === meant;
  }
  const wanted = call.split(".");
  return (chain) => {
    const start = chain.length - wanted.length;
    return start >= 0 && wanted.every((part, index) => part === "*" || part === chain[start + index]);
  };
}
