/** "12 times 7", "what is 15% of 80", "calculate sqrt(2)": expressions, in the words and signs that people use. */
import { callIntent, type IntentReader } from "./intent.ts";

const questionPattern =
  /^(?:what(?:'s| is| are)|how much (?:is|are)|(?<told>calculate|compute|evaluate|solve|work out))\s+/i;

export const readCalculation: IntentReader = (text) => {
  const question = questionPattern.exec(text);
  const asked = text.slice(question?.[0].length ?? 0).replace(/[\s=?]+$/, "");
  const expression = toExpression(asked);
  if (isExpression(expression)) return callIntent("calculate", { expression }, `the value of ${expression}`);
  // Told to calculate, it leaves the judgement to the tool.
  if (question?.groups?.told === undefined || !/\d/.test(asked)) return undefined;
  return callIntent("calculate", { expression: asked }, `the value of ${asked}`);
};

const number = String.raw`(\d+(?:\.\d+)?|\([^()]*\))`;

/** Each sign or phrase with what it becomes; the order matters. */
const rewritings: readonly (readonly [RegExp, string])[] = [
  [/[×✕·]/g, "*"],
  [/÷/g, "/"],
  [/[−–]/g, "-"],
  [/²/g, "^2"],
  [/³/g, "^3"],
  [/\*\*/g, "^"],
  [new RegExp(String.raw`√\s*${number}`, "g"), "sqrt($1)"],
  [new RegExp(String.raw`\b(?:the )?square root of ${number}`, "g"), "sqrt($1)"],
  [new RegExp(String.raw`\b(?:the )?cube root of ${number}`, "g"), "cbrt($1)"],
  [new RegExp(String.raw`${number}\s*(?:%|percent) of (?=[\d(s])`, "g"), "($1 / 100) * "],
  [new RegExp(String.raw`${number}\s*percent\b`, "g"), "($1 / 100)"],
  [/\s*\b(?:raised )?to the power of\b\s*/g, "^"],
  [/\s*\bsquared\b/g, "^2"],
  [/\s*\bcubed\b/g, "^3"],
  [/\b(?:multiplied by|times)\b/g, "*"],
  [/(?<=[\d)])\s*x\s*(?=[\d(])/g, " * "],
  [/\b(?:divided by|over)\b/g, "/"],
  [/\bplus\b/g, "+"],
  [/\bminus\b/g, "-"],
  [/\bmodulo\b/g, "mod"],
];

function toExpression(text: string): string {
  let expression = text.toLowerCase();
  // Separators of thousands, but not those between the arguments of a function.
  if (!/[a-z]\(/.test(expression)) expression = expression.replace(/(?<=\d),(?=\d{3}(?!\d))/g, "");
  for (const [pattern, replacement] of rewritings) expression = expression.replace(pattern, replacement);
  return expression.replace(/\s+/g, " ").trim();
}

const names =
  /\b(?:sqrt|cbrt|sin|cos|tan|asin|acos|atan|log|log2|log10|exp|abs|round|floor|ceil|min|max|factorial|mod|pi|e)\b/g;

function isExpression(text: string): boolean {
  const signs = text.replace(names, " ");
  if (!/^[\d\s.,+\-*/^%()!]+$/.test(signs) && signs.trim() !== "") return false;
  // Dates and lone numbers have the letters of an expression but not the sense of one.
  if (!/\d/.test(text) || /^\d{4}-\d{1,2}-\d{1,2}$|^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}$|^[-+]?[\d.,]+$/.test(text))
    return false;
  return /[a-z+\-*/^%!]/.test(text);
}
