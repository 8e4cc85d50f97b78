import type { Node } from "oxc-parser";
import { isFunctionValue, keyName } from "./expressions-of.ts";
import type { Span } from "./fingerprints.ts";
import { type FunctionNode, type NamedFunction, readNamedFunction } from "./read-function.ts";
import { addHandlerKey } from "./read-handler-key.ts";
import type { NodeOf, Walk } from "./walk.ts";

/** How a name and its value are recorded. */
export interface ValueName
  extends Pick<NamedFunction, "kind" | "name" | "nameAt" | "isStatic" | "isPrivate" | "thisScope" | "parent"> {
  readonly whole: Span;
}

/**
 * Reads the value that a name gets: a function or a class is a scope under that name, the functions of an object literal
 * are scopes under the name and their key, everything else is an expression.
 */
export function readNamedValue(walk: Walk, value: Node, named: ValueName): void {
  switch (value.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      readNamedFunction(walk, value as FunctionNode, named);
      return;
    case "ClassExpression":
      walk.givenName = { name: named.name, at: named.nameAt };
      walk.visit(value);
      return;
    case "ObjectExpression":
      readObject(walk, value, named);
      return;
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
      readNamedValue(walk, value.expression, named);
      walk.visit(value.typeAnnotation);
      return;
    default:
      walk.visit(value);
  }
}

function readObject(walk: Walk, object: NodeOf<"ObjectExpression">, named: ValueName): void {
  for (const property of object.properties) {
    const key = property.type === "Property" ? keyName(property.key, property.computed) : undefined;
    if (property.type !== "Property" || key === undefined) {
      walk.visit(property);
      continue;
    }
    addHandlerKey(walk, property);
    walk.visitKey(property.key, property.computed);
    readNamedValue(walk, property.value, {
      kind: "function",
      name: `${named.name}.${key}`,
      nameAt: property.key,
      whole: property,
      ...(named.parent === undefined ? {} : { parent: named.parent }),
    });
  }
}

/** Does this value make its name a scope by itself, so that no scope for a constant is needed? */
export function isScopeValue(value: Node): boolean {
  switch (value.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
      return isScopeValue(value.expression);
    default:
      return isFunctionValue(value) || value.type === "ClassExpression";
  }
}
