import type { Node } from "oxc-parser";
import type { Chain } from "../file-facts.ts";
import { keyName, unwrap } from "./expressions-of.ts";

/** The chain of any expression; what cannot be named is `?`. */
export function chainOf(node: Node): Chain {
  const segments: string[] = [];
  append(segments, node);
  return segments;
}

function append(segments: string[], node: Node): void {
  const inner = unwrap(node);
  switch (inner.type) {
    case "Identifier":
      segments.push(inner.name);
      return;
    case "ThisExpression":
      segments.push("this");
      return;
    case "Super":
      segments.push("super");
      return;
    case "MetaProperty":
      segments.push(inner.meta.name, inner.property.name);
      return;
    case "MemberExpression":
      append(segments, inner.object);
      segments.push(keyName(inner.property, inner.computed) ?? "[]");
      return;
    case "CallExpression":
    case "NewExpression":
      append(segments, inner.callee);
      segments.push("()");
      return;
    case "TaggedTemplateExpression":
      append(segments, inner.tag);
      segments.push("()");
      return;
    case "JSXIdentifier":
      segments.push(inner.name);
      return;
    case "JSXMemberExpression":
      append(segments, inner.object);
      segments.push(inner.property.name);
      return;
    default:
      segments.push("?");
  }
}

/** The chain of a value that a name gets, when somebody can be followed through it. */
export function valueChainOf(node: Node): Chain | undefined {
  const inner = unwrap(node);
  switch (inner.type) {
    case "LogicalExpression":
      return valueChainOf(inner.left) ?? valueChainOf(inner.right);
    case "ConditionalExpression":
      return valueChainOf(inner.consequent) ?? valueChainOf(inner.alternate);
    case "AssignmentExpression":
      return valueChainOf(inner.right);
    case "Identifier":
      return inner.name === "undefined" || inner.name === "NaN" || inner.name === "Infinity" ? undefined : [inner.name];
    default: {
      const chain = chainOf(inner);
      return chain[0] === "?" ? undefined : chain;
    }
  }
}

/** The node on whose line a use of this expression is recorded: the last name of a chain that runs over several lines. */
export function namingNode(node: Node): Node {
  const inner = unwrap(node);
  return inner.type === "MemberExpression" ? inner.property : inner;
}
