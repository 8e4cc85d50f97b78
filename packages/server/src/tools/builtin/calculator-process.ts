/**
 * The process that evaluates expressions. A process and not a thread, because V8 ends the whole process when an allocation
 * cannot be had, whichever thread asked for it. It is killed without a word when an expression takes too long, so nothing
 * but one calculation at a time is ever in it.
 */
import { Script } from "node:vm";
import { all, create } from "mathjs";

export interface CalculatorRequest {
  readonly expression: string;
}
export type CalculatorReply =
  | { readonly ok: true; readonly result: string }
  | { readonly ok: false; readonly reason: string };

const math = create(all ?? {}, { number: "number" });
const evaluate = math.evaluate.bind(math);
const format = math.format.bind(math);
const refuse = (name: string) => () => {
  throw new Error(`${name} is not available`);
};
// What the documentation of mathjs names as the ways out of the expression language, and ways to write to it.
const closed = [
  "import",
  "createUnit",
  "reviver",
  "evaluate",
  "parse",
  "simplify",
  "derivative",
  "resolve",
  "config",
  "parser",
  "compile",
];
math.import(Object.fromEntries(closed.map((name) => [name, refuse(name)])), { override: true });

const digits = 14;

function calculate({ expression }: CalculatorRequest): CalculatorReply {
  try {
    const value: unknown = evaluate(expression, {});
    if (typeof value === "function") return { ok: false, reason: "it is a function; give it its arguments" };
    if (value === undefined) return { ok: false, reason: "it has no value" };
    return { ok: true, result: format(value, { precision: digits }) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
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
calculate({ expression: "1 km + 1 m to km" });
process.send?.("ready");
