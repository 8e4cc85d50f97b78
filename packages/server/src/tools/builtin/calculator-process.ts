/**
 * The process that evaluates expressions. A process and not a thread, because V8 ends the whole process when an allocation
 * cannot be had, whichever thread asked for it. It is killed without a word when an expression takes too long, so nothing
 * but one calculation at a time is ever in it; and nothing of one calculation is left for the next.
 */
import { createRequire } from "node:module";
import { Script } from "node:vm";
import type { BigNumber, FunctionNode, MathJsInstance, MathNode, SymbolNode } from "mathjs";

export type CalculatorRequest =
  | { readonly kind: "evaluate"; readonly expression: string }
  | { readonly kind: "convert"; readonly value: number; readonly from: string; readonly to: string };
export type CalculatorReply =
  | { readonly ok: true; readonly result: string }
  | { readonly ok: false; readonly reason: string };

// The bundle, because it is one file: the package's thousand modules take six times the processor time to load, at every
// start of the server and after every calculation that was too much.
const { create, all } = createRequire(import.meta.url)("mathjs/lib/browser/math.js") as typeof import("mathjs");

/** Ways out of the expression language, ways to change it for whoever comes next, and ways to write programs in it. */
const closedNames: ReadonlySet<string> = new Set([
  "import",
  "config",
  "createUnit",
  "typed",
  "reviver",
  "replacer",
  "parser",
  "parse",
  "compile",
  "evaluate",
  "resolve",
  "simplify",
  "simplifyCore",
  "simplifyConstant",
  "symbolicEqual",
  "rationalize",
  "derivative",
  "leafCount",
  // Carries out the examples of what it explains.
  "help",
]);

/** Units that people name and mathjs does not. */
const furtherUnits = {
  mph: "1 mi/hour",
  kph: "1 km/hour",
  knot: { definition: "1852 m/hour", aliases: ["knots"] },
  nmi: "1852 m",
  lightyear: { definition: "9460730472580800 m", aliases: ["lightyears"] },
};

const digitsMax = 64;

function createMath(numbers: "BigNumber" | "number"): MathJsInstance {
  const math = create(all ?? {});
  math.config({ number: numbers, precision: digitsMax });
  math.createUnit(furtherUnits);
  return math;
}

/** Whole numbers and decimals are exact. */
const exact = createMath("BigNumber");
/** For what has no exact form, such as `gamma`. */
const floating = createMath("number");

const fractionDigits = 14;
const wholeNumberMax = 1e40;
const resultCharactersMax = 4_000;
const reasonCharactersMax = 300;

function calculate(request: CalculatorRequest): CalculatorReply {
  try {
    return calculateWith(exact, request);
  } catch (error) {
    try {
      return calculateWith(floating, request);
    } catch {
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, reason: reason.slice(0, reasonCharactersMax) };
    }
  }
}

function calculateWith(math: MathJsInstance, request: CalculatorRequest): CalculatorReply {
  const value =
    request.kind === "evaluate"
      ? lastOf(checked(math.parse(request.expression)).evaluate({}))
      : math.unit(math.bignumber(request.value), request.from).to(request.to);
  if (typeof value === "function") return { ok: false, reason: "it is a function; give it its arguments" };
  if (value === undefined) return { ok: false, reason: "it has no value" };
  const result = math.format(value, (number: unknown) =>
    isWhole(number)
      ? math.format(number, { notation: "fixed" })
      : math.format(number, { precision: fractionDigits, lowerExp: -9, upperExp: 15 }),
  );
  if (result.length <= resultCharactersMax) return { ok: true, result };
  return { ok: false, reason: `its result has ${result.length} characters, the most is ${resultCharactersMax}` };
}

/**
 * Throws when the expression names what is closed, in whatever guise. Overriding the closed functions would not do: those
 * that are open need them, and the methods of what a name stands for, such as `typed.clear()`, are not functions.
 */
function checked(expression: MathNode): MathNode {
  expression.traverse((node) => {
    if (node.type === "SymbolNode" && closedNames.has((node as SymbolNode).name)) {
      throw new Error(`${(node as SymbolNode).name} is not available`);
    }
    if (node.type === "FunctionNode" && ((node as FunctionNode).fn as unknown as MathNode).type === "AccessorNode") {
      throw new Error("methods are not available");
    }
  });
  return expression;
}

/** Of several expressions the last is the answer. */
function lastOf(value: unknown): unknown {
  const several = value as { readonly isResultSet?: boolean; readonly entries?: readonly unknown[] } | null | undefined;
  return several?.isResultSet === true ? several.entries?.at(-1) : value;
}

/** Whether all digits before the point are known, and there are none behind it. */
function isWhole(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  const number = value as Partial<BigNumber>;
  return number.isInteger?.() === true && number.abs?.().lessThan(wholeNumberMax) === true;
}

/** Longer than anybody waits: a process whose owner has died in mid-calculation ends by itself. */
const abandonedAfterMs = 10_000;

const script = new Script("globalThis.calculation()");
function limited(request: CalculatorRequest): CalculatorReply {
  Object.assign(globalThis, { calculation: () => calculate(request) });
  try {
    return script.runInThisContext({ timeout: abandonedAfterMs }) as CalculatorReply;
  } catch {
    return { ok: false, reason: "it takes too long" };
  }
}

process.on("message", (request: CalculatorRequest) => {
  process.send?.(limited(request));
});
process.once("disconnect", () => process.exit());
// Warm: the first calculation of a person should not wait for the library.
calculate({ kind: "evaluate", expression: "1 km + 1 m to km" });
process.send?.("ready");
