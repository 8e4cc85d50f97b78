import { z } from "zod";
import { type AnyTool, defineTool } from "../tool.ts";
import type { Calculator } from "./calculator.ts";

const expressionCharactersMax = 1_000;
const unitCharactersMax = 60;
const unitName = z.string().trim().min(1).max(unitCharactersMax);
const output = z.object({ result: z.string() });

export function calculatorTools(calculator: Calculator): readonly AnyTool[] {
  return [
    defineTool({
      name: "calculate",
      description:
        "Evaluates a mathematical expression: arithmetic, functions, matrices, complex numbers and units, e.g. `3 * (4 + 5)`, `sqrt(2)`, `15% * 80`, `3 km + 200 m to miles`. Returns the result as text.",
      input: z.strictObject({ expression: z.string().trim().min(1).max(expressionCharactersMax) }),
      output,
      once: "idempotent",
      async execute({ expression }, caller) {
        return { result: await calculator.calculate({ kind: "evaluate", expression }, caller) };
      },
    }),
    defineTool({
      name: "convert_units",
      description:
        "Converts a value from one unit to another, e.g. 5 from `inch` to `cm`, 72 from `degF` to `degC`, 90 from `km/h` to `mph`. Returns the value with its unit as text.",
      input: z.strictObject({ value: z.number(), from: unitName, to: unitName }),
      output,
      once: "idempotent",
      async execute(conversion, caller) {
        return { result: await calculator.calculate({ kind: "convert", ...conversion }, caller) };
      },
    }),
  ];
}
