import { z } from "zod";
import { type AnyTool, defineTool } from "../tool.ts";
import type { Calculator } from "./calculator.ts";

const expressionCharactersMax = 1_000;
const result = z.object({ result: z.string() });

export function calculatorTools(calculator: Calculator): readonly AnyTool[] {
  return [
    defineTool({
      name: "calculate",
      description:
        "Evaluates a mathematical expression, with units if there are any, e.g. `3 * (4 + 5)`, `sqrt(2)`, `3 km + 200 m to miles`. Returns the result as text.",
      input: z.strictObject({ expression: z.string().min(1).max(expressionCharactersMax) }),
      output: result,
      once: "idempotent",
      execute: async ({ expression }, { signal }) => ({ result: await calculator.calculate(expression, signal) }),
    }),
    defineTool({
      name: "convert_units",
      description:
        "Converts a value from one unit to another, e.g. 5, `inch`, `cm`. Returns the value with its unit as text.",
      input: z.strictObject({ value: z.number(), from: unitName(), to: unitName() }),
      output: result,
      once: "idempotent",
      async execute({ value, from, to }, { signal }) {
        return { result: await calculator.calculate(`${value} (${from}) to (${to})`, signal) };
      },
    }),
  ];
}

/** Units and their combinations, such as `km/h` or `kg m^2`; nothing that could be anything else. */
function unitName() {
  return z.string().regex(/^[A-Za-zµ°Ω][A-Za-z0-9µ°Ω ^*/.-]{0,59}$/, { error: "is not a unit" });
}
