import type { Node } from "oxc-parser";
import { addKey, isHandlerName } from "../dispatch-keys.ts";
import { chainOf } from "./chain-of.ts";
import { isFunctionValue, keyName } from "./expressions-of.ts";
import type { NodeOf, Walk } from "./walk.ts";

/** A key of a table of handlers. */
export function addHandlerKey(walk: Walk, { key, computed, value, kind, shorthand }: NodeOf<"Property">): void {
  const text = keyName(key, computed);
  if (text === undefined || shorthand || kind !== "init") return;
  const bound = value.type === "CallExpression" && chainOf(value.callee).at(-1) === "bind" ? value.callee : value;
  const isHandler = isFunctionValue(value) || isHandlerName(handlerOf(bound));
  if (isHandler) addKey(walk.current().keys, text);
}

/** The last name of a value that is a name: of `this.handlePing.bind`, `handlePing`. */
function handlerOf(value: Node): string {
  if (value.type !== "Identifier" && value.type !== "MemberExpression") return "";
  const chain = chainOf(value);
  return (chain.at(-1) === "bind" ? chain.at(-2) : chain.at(-1)) ?? "";
}
