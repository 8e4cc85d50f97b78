import type { Node } from "oxc-parser";
import { bindAssignment, namesMember, patternNames, visitPattern } from "./bind.ts";
import { chainOf, valueChainOf } from "./chain-of.ts";
import { isLiteralValue, keyName } from "./expressions-of.ts";
import { commonJsExport, readCommonJsExport } from "./read-common-js.ts";
import { loadedModule, readImportDeclarator } from "./read-dynamic-imports.ts";
import { isScopeValue, readNamedValue, type ValueName } from "./read-value.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

export const assignmentVisitors: Visitors = {
  AssignmentExpression: readAssignment,
  UpdateExpression: (walk, node) => {
    if (!bindAssignment(walk, node.argument, { isLiteral: true })) visitTarget(walk, node.argument);
  },
};

function readAssignment(walk: Walk, node: NodeOf<"AssignmentExpression">): void {
  const { left, right, operator } = node;
  if (left.type === "ObjectPattern" || left.type === "ArrayPattern") {
    readDestructuring(walk, left, right);
    return;
  }
  const exported = operator === "=" ? commonJsExport(walk, left) : undefined;
  if (exported !== undefined) {
    readCommonJsExport(walk, exported, right, left);
    return;
  }
  if (left.type === "Identifier" && loadedModule(right) !== undefined) {
    readImportDeclarator(walk, left, right);
    return;
  }
  const named = isScopeValue(right) ? functionName(walk, left, right) : undefined;
  if (named !== undefined) {
    readNamedValue(walk, right, named);
    return;
  }
  // `x += y` gives the name something made of both, which is only known to be held when `y` is a literal.
  const isReplaced = operator === "=" || operator === "??=" || operator === "||=" || operator === "&&=";
  const value = isReplaced ? { value: right } : { isLiteral: isLiteralValue(right) };
  if (!bindAssignment(walk, left, value)) visitTarget(walk, left);
  walk.visit(right);
}

function visitTarget(walk: Walk, target: Node): void {
  if (target.type !== "Identifier") walk.visit(target);
}

function readDestructuring(walk: Walk, pattern: Node, right: Node): void {
  const whole = valueChainOf(right);
  for (const { node, path } of patternNames(pattern)) {
    const chain = whole === undefined || path.includes("?") ? undefined : [...whole, ...path];
    if (chain !== undefined && namesMember(path)) walk.use("reference", chain, node);
    bindAssignment(walk, node, { chain });
  }
  visitPattern(walk, pattern);
  walk.visit(right);
}

/** The name that an assignment gives to a function: of a variable, a field of `this`, a member of something defined here. */
function functionName(walk: Walk, target: Node, value: Node): ValueName | undefined {
  if (target.type === "Identifier") {
    if (walk.names.find(target.name) === undefined) return undefined;
    return { kind: "function", name: target.name, nameAt: target, whole: value };
  }
  if (target.type !== "MemberExpression") return undefined;
  const { property, computed } = target;
  const name = keyName(property, computed);
  if (name === undefined) return undefined;
  const chain = chainOf(target);
  if (chain[0] === "this") {
    const { thisScope } = walk.function;
    if (chain.length !== 2 || thisScope === -1) return undefined;
    return { kind: "method", name, nameAt: property, whole: value, parent: thisScope, thisScope };
  }
  const isOfPrototype = chain.length === 3 && chain[1] === "prototype";
  const owner = chain[0];
  if (owner === undefined || (chain.length !== 2 && !isOfPrototype)) return undefined;
  const entry = walk.names.find(owner);
  if (entry === undefined || entry.kind === "local") return undefined;
  return {
    kind: isOfPrototype ? "method" : "function",
    name: `${owner}.${name}`,
    nameAt: property,
    whole: value,
    isStatic: !isOfPrototype,
  };
}
