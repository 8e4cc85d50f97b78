import type { Node } from "oxc-parser";
import { visitorKeys } from "oxc-parser";

const flagWords = new Set([
  "setting",
  "settings",
  "env",
  "environment",
  "feature",
  "features",
  "flag",
  "flags",
  "legacy",
  "enable",
  "enabled",
  "enables",
  "disable",
  "disabled",
  "fallback",
  "experimental",
  "experiment",
]);

/** Does this condition ask for a setting, an environment variable, a feature or a flag? */
export function namesFlag(node: Node): boolean {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return isFlagName(node.name);
  if (node.type === "Literal") return typeof node.value === "string" && isFlagName(node.value);
  // What a function inside a condition does is no part of the question that is asked.
  if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") return false;
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(child)) {
      if (child.some((each) => each !== null && namesFlag(each as Node))) return true;
    } else if (child !== null && child !== undefined && namesFlag(child as Node)) return true;
  }
  return false;
}

/** Rules out almost every name without taking it apart. */
const mayBeFlag = /setting|env|feature|flag|legacy|able|fallback|experiment|use/i;

export function isFlagName(name: string): boolean {
  if (!mayBeFlag.test(name)) return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  // `use` alone is a verb of everything; `useNewRouter` and `shouldUseCache` are questions.
  return words.some((word, at) => flagWords.has(word) || (word === "use" && at < words.length - 1));
}
