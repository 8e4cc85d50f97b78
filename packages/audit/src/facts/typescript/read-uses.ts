import type { Argument, Node } from "oxc-parser";
import { addKey } from "../dispatch-keys.ts";
import { chainOf, namingNode } from "./chain-of.ts";
import { isFunctionValue, isTypeOf, keyName, literalString, requiredSpecifier } from "./expressions-of.ts";
import { addImport } from "./read-dynamic-imports.ts";
import { addHandlerKey } from "./read-handler-key.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

const noUse = new Set(["undefined", "NaN", "Infinity", "arguments"]);
const maximumStrings = 4;
const maximumLength = 100;

export const useVisitors: Visitors = {
  Identifier: readName,
  MemberExpression: readMember,
  CallExpression: readCall,
  NewExpression: readNew,
  TaggedTemplateExpression: readTaggedTemplate,
  Decorator: readDecorator,
  Property: readProperty,
  BinaryExpression: readBinary,
  // `this` alone, `import.meta` alone: nobody else.
  MetaProperty: () => {},
  Literal: keepWhitespace,
  TemplateElement: keepWhitespace,
  JSXText: keepWhitespace,
};

function readName(walk: Walk, node: NodeOf<"Identifier">): void {
  if (noUse.has(node.name) || walk.names.find(node.name)?.kind === "local") return;
  walk.use("reference", [node.name], node);
}

function readMember(walk: Walk, node: NodeOf<"MemberExpression">): void {
  visitChainParts(walk, node);
  const chain = chainOf(node);
  if (isMainCheck(chain)) walk.isProgram = true;
  // A member of a literal or of an operator's result names nobody.
  if (chain[0] !== "?") walk.use("reference", chain, namingNode(node));
}

function isMainCheck(chain: readonly string[]): boolean {
  const path = chain.join(".");
  return path === "require.main" || path === "import.meta.main";
}

/** `import.meta.url === pathToFileURL(process.argv[1]).href`, in any of its spellings. */
function readBinary(walk: Walk, node: NodeOf<"BinaryExpression">): void {
  if (!walk.isProgram && (node.operator === "===" || node.operator === "==")) {
    const source = walk.sourceOf(node);
    walk.isProgram = source.includes("import.meta") && source.includes("process.argv");
  }
  if (node.operator === "===" || node.operator === "==") {
    const [key, other] = node.right.type === "Literal" ? [node.right, node.left] : [node.left, node.right];
    const text = literalString(key);
    if (text !== undefined && !isTypeOf(other)) addKey(walk.current().keys, text);
  }
  walk.visitChildren(node);
}

/** Visits what stands in a chain besides its names: the calls in it, computed keys, an expression at its root. */
function visitChainParts(walk: Walk, node: Node): void {
  switch (node.type) {
    case "Identifier":
    case "ThisExpression":
    case "Super":
    case "MetaProperty":
      return;
    case "ChainExpression":
    case "TSNonNullExpression":
    case "ParenthesizedExpression":
      visitChainParts(walk, node.expression);
      return;
    case "AwaitExpression":
      visitChainParts(walk, node.argument);
      return;
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
      visitChainParts(walk, node.expression);
      walk.visit(node.typeAnnotation);
      return;
    case "TSInstantiationExpression":
      visitChainParts(walk, node.expression);
      walk.visit(node.typeArguments);
      return;
    case "MemberExpression":
      visitChainParts(walk, node.object);
      walk.visitKey(node.property, node.computed);
      return;
    default:
      walk.visit(node);
  }
}

function readCall(walk: Walk, node: NodeOf<"CallExpression">): void {
  const { callee } = node;
  const chain = chainOf(callee);
  const specifier = requiredSpecifier(node);
  if (specifier !== undefined) {
    addImport(walk, { specifier, imported: "*", at: node });
    return;
  }
  const outer = walk.isSurvivable;
  if (chain.at(-1) === "catch" && node.arguments.length === 1) walk.isSurvivable = true;
  visitChainParts(walk, callee);
  walk.isSurvivable = outer;
  walk.use(
    isDynamic(chain) ? "dynamic" : "call",
    chain,
    namingNode(callee),
    stringsOf(node.arguments),
    node.arguments.length,
  );
  walk.visit(node.typeArguments);
  const last = chain.at(-1);
  node.arguments.forEach((argument, at) => {
    const isHandler = isFunctionValue(argument) && ((last === "catch" && at === 0) || (last === "then" && at === 1));
    if (isHandler && chain.length > 1) walk.inPlace("handler", () => walk.visit(argument));
    else walk.visit(argument);
  });
}

function isDynamic(chain: readonly string[]): boolean {
  return chain.at(-1) === "[]" || (chain.length === 1 && (chain[0] === "eval" || chain[0] === "require"));
}

function readNew(walk: Walk, node: NodeOf<"NewExpression">): void {
  visitChainParts(walk, node.callee);
  const chain = chainOf(node.callee);
  const isText = chain.length === 1 && chain[0] === "Function";
  const kind = isText || chain.at(-1) === "[]" ? "dynamic" : "call";
  walk.use(kind, chain, namingNode(node.callee), stringsOf(node.arguments), node.arguments.length);
  walk.visit(node.typeArguments);
  walk.visitAll(node.arguments);
}

function readTaggedTemplate(walk: Walk, node: NodeOf<"TaggedTemplateExpression">): void {
  visitChainParts(walk, node.tag);
  const { quasis, expressions } = node.quasi;
  const text = quasis[0]?.value.cooked ?? "";
  const strings = text === "" ? [] : [text.slice(0, maximumLength)];
  walk.use("call", chainOf(node.tag), namingNode(node.tag), strings, expressions.length + 1);
  walk.visit(node.typeArguments);
  walk.visit(node.quasi);
}

function readDecorator(walk: Walk, { expression }: NodeOf<"Decorator">): void {
  const isCalled = expression.type === "CallExpression";
  const callee = isCalled ? expression.callee : expression;
  const given = isCalled ? expression.arguments : [];
  visitChainParts(walk, callee);
  walk.use("decorator", chainOf(callee), namingNode(callee), stringsOf(given), given.length);
  walk.visitAll(given);
}

function readProperty(walk: Walk, node: NodeOf<"Property">): void {
  addHandlerKey(walk, node);
  walk.visitKey(node.key, node.computed);
  walk.visit(node.value);
}

/** The literal strings among arguments, and the keys of the first when it is an object. */
function stringsOf(given: readonly Argument[]): string[] {
  const strings: string[] = [];
  given.forEach((argument, at) => {
    const text = literalString(argument);
    if (text !== undefined) strings.push(text);
    else if (at === 0 && argument.type === "ObjectExpression") {
      for (const property of argument.properties) {
        const key = property.type === "Property" ? keyName(property.key, property.computed) : undefined;
        if (key !== undefined) strings.push(key);
      }
    }
  });
  return strings.slice(0, maximumStrings).map((text) => text.slice(0, maximumLength));
}

function keepWhitespace(walk: Walk, node: Node): void {
  if (/\s/.test(walk.sourceOf(node))) walk.verbatim.push({ start: node.start, end: node.end });
}
