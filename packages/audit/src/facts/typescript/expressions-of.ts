import type { Expression, Node } from "oxc-parser";

/** The expression without what does not change its value at run time: types, `!`, `?.` groups, `await`. */
export function unwrap(node: Node): Node {
  let inner = node;
  for (;;) {
    switch (inner.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "ChainExpression":
      case "ParenthesizedExpression":
        inner = inner.expression;
        break;
      case "AwaitExpression":
        inner = inner.argument;
        break;
      default:
        return inner;
    }
  }
}

/** `typeof x`: what it is compared with is a kind of value. */
export function isTypeOf(node: Node): boolean {
  return node.type === "UnaryExpression" && node.operator === "typeof";
}

/** A string known from the text alone. */
export function literalString(node: Node | null | undefined): string | undefined {
  if (node === null || node === undefined) return undefined;
  const inner = unwrap(node);
  if (inner.type === "Literal" && typeof inner.value === "string") return inner.value;
  if (inner.type === "TemplateLiteral" && inner.expressions.length === 0) {
    return inner.quasis[0]?.value.cooked ?? undefined;
  }
  return undefined;
}

const emptyCollections = new Set(["Map", "Set", "WeakMap", "WeakSet", "Array", "Object"]);

/** Something held rather than somebody else: a literal of any kind, or a new built-in collection. */
export function isLiteralValue(node: Node): boolean {
  const inner = unwrap(node);
  switch (inner.type) {
    case "Literal":
    case "TemplateLiteral":
    case "ArrayExpression":
    case "ObjectExpression":
      return true;
    case "Identifier":
      return inner.name === "undefined" || inner.name === "NaN" || inner.name === "Infinity";
    case "UnaryExpression":
      return inner.operator !== "delete" && isLiteralValue(inner.argument);
    case "NewExpression":
      return inner.callee.type === "Identifier" && emptyCollections.has(inner.callee.name);
    default:
      return false;
  }
}

/** A literal through and through: no name of anything else in it. */
export function isPlainLiteral(node: Node): boolean {
  const inner = unwrap(node);
  switch (inner.type) {
    case "Literal":
      return true;
    case "Identifier":
      return inner.name === "undefined" || inner.name === "NaN" || inner.name === "Infinity";
    case "UnaryExpression":
      return inner.operator !== "delete" && isPlainLiteral(inner.argument);
    case "TemplateLiteral":
      return inner.expressions.every(isPlainLiteral);
    case "ArrayExpression":
      return inner.elements.every((element) => element === null || isPlainLiteral(element));
    case "ObjectExpression":
      return inner.properties.every(
        (property) => property.type === "Property" && !property.computed && isPlainLiteral(property.value),
      );
    default:
      return false;
  }
}

export function isFunctionValue(node: Node): boolean {
  return node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression";
}

/** The name that a key of an object or class gives; undefined when only the run decides. */
export function keyName(key: Node, computed: boolean): string | undefined {
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  if (key.type === "Identifier" && !computed) return key.name;
  if (key.type === "Literal" && key.value !== null) return String(key.value);
  return literalString(key);
}

export function requiredSpecifier(node: Expression | Node | null | undefined): string | undefined {
  if (node?.type !== "CallExpression" || node.callee.type !== "Identifier" || node.callee.name !== "require") {
    return undefined;
  }
  return node.arguments.length === 1 ? literalString(node.arguments[0]) : undefined;
}
