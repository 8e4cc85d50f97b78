import type { Node, TSTypeAnnotation } from "oxc-parser";
import type { BindingFact, Chain } from "../file-facts.ts";
import { valueChainOf } from "./chain-of.ts";
import { isLiteralValue, keyName } from "./expressions-of.ts";
import { typeChainOf } from "./type-chain-of.ts";
import type { Walk } from "./walk.ts";

export interface BindingStart {
  readonly scope: number;
  readonly name: string;
  readonly kind: BindingFact["kind"];
  readonly at: { readonly start: number; readonly end: number };
  readonly type?: TSTypeAnnotation | null | undefined;
  /** Instead of `type`, when the name gets only a part of what has it. */
  readonly typeChain?: Chain | undefined;
  readonly value?: Node | null | undefined;
  /** Instead of `value`, when the name gets only a part of it. */
  readonly chain?: Chain | undefined;
  /** Instead of looking at `value`. */
  readonly isLiteral?: boolean;
  readonly isLate: boolean;
}

export function addBinding(walk: Walk, start: BindingStart): void {
  const { value } = start;
  const isPresent = value !== null && value !== undefined;
  const type = start.typeChain ?? (start.type ? typeChainOf(start.type.typeAnnotation) : undefined);
  const chain = start.chain ?? (isPresent ? valueChainOf(value) : undefined);
  walk.bindings.push({
    scope: start.scope,
    name: start.name,
    kind: start.kind,
    line: walk.lineOf(start.at),
    ...(type === undefined ? {} : { type }),
    ...(chain === undefined ? {} : { value: chain }),
    ...(start.scope === walk.scope ? {} : { from: walk.scope }),
    isLiteral: start.isLiteral ?? (isPresent && isLiteralValue(value)),
    isLate: start.isLate,
  });
}

export interface PatternName {
  readonly name: string;
  readonly node: NamedNode;
  /** From the value of the whole pattern to this name: `{ a: [b] }` gives `b` the path `a`, `0`. */
  readonly path: Chain;
  /** The value that stands in when there is none. */
  readonly fallback?: Node;
}

type NamedNode = Extract<Node, { readonly type: "Identifier" }>;

/** The names that a pattern declares, from left to right. */
export function patternNames(pattern: Node | null, path: Chain = [], fallback?: Node): PatternName[] {
  if (pattern === null) return [];
  switch (pattern.type) {
    case "Identifier":
      return [{ name: pattern.name, node: pattern, path, ...(fallback === undefined ? {} : { fallback }) }];
    case "AssignmentPattern":
      return patternNames(pattern.left, path, pattern.right);
    case "RestElement":
      return patternNames(pattern.argument, [...path, "?"]);
    case "TSParameterProperty":
      return patternNames(pattern.parameter, path);
    case "ArrayPattern":
      return pattern.elements.flatMap((element, at) => patternNames(element, [...path, String(at)]));
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        property.type === "RestElement"
          ? patternNames(property.argument, [...path, "?"])
          : patternNames(property.value, [...path, keyName(property.key, property.computed) ?? "[]"]),
      );
    default:
      return [];
  }
}

/** Binds every name of a pattern to its part of the value. */
export function bindPattern(
  walk: Walk,
  pattern: Node,
  start: Pick<BindingStart, "scope" | "kind" | "isLate"> & { readonly value?: Node | null; readonly suffix?: Chain },
): void {
  const { value, suffix = [], scope, kind, isLate } = start;
  const whole = value === null || value === undefined ? undefined : valueChainOf(value);
  const type = "typeAnnotation" in pattern ? (pattern.typeAnnotation as TSTypeAnnotation | null) : undefined;
  const named = pattern.type === "RestElement" ? pattern.argument : pattern;
  for (const { name, node, path, fallback } of patternNames(named)) {
    const isWhole = path.length === 0 && suffix.length === 0;
    const steps = [...suffix, ...path];
    const part = whole === undefined || steps.includes("?") ? undefined : [...whole, ...steps];
    // `const { send } = socket` reads `socket.send`, whatever is done with it then.
    if (kind === "variable" && part !== undefined && namesMember(path)) walk.use("reference", part, node);
    addBinding(walk, {
      scope,
      name,
      kind,
      at: node,
      ...(path.length === 0 ? { type: node.typeAnnotation ?? type } : { typeChain: typeOfPart(type, path) }),
      ...(isWhole && value !== null && value !== undefined ? { value } : { value: fallback, chain: part }),
      isLate,
    });
  }
}

/** `{ client }: Props` has the type of `Props.client`, and of a type without a name what it says of its part. */
function typeOfPart(type: TSTypeAnnotation | null | undefined, path: Chain): Chain | undefined {
  if (!type || path.some((name) => !namesMember([name]))) return undefined;
  let part = type.typeAnnotation;
  for (const [at, name] of path.entries()) {
    if (part.type !== "TSTypeLiteral") {
      const whole = typeChainOf(part);
      return whole && [...whole, ...path.slice(at)];
    }
    const member = part.members.find(
      (one) => one.type === "TSPropertySignature" && keyName(one.key, one.computed) === name,
    );
    if (member?.type !== "TSPropertySignature" || member.typeAnnotation === null) return undefined;
    part = member.typeAnnotation.typeAnnotation;
  }
  return typeChainOf(part);
}

/** Is it taken by its name, rather than by its place in a list? */
export function namesMember(path: Chain): boolean {
  const last = path.at(-1);
  return last !== undefined && last !== "[]" && !/^\d+$/.test(last);
}

/** Visits what is read in a pattern: types, values that stand in, computed keys; its names are no uses. */
export function visitPattern(walk: Walk, pattern: Node): void {
  switch (pattern.type) {
    case "Identifier":
      walk.visit(pattern.typeAnnotation);
      return;
    case "AssignmentPattern":
      visitPattern(walk, pattern.left);
      walk.visit(pattern.right);
      return;
    case "RestElement":
      visitPattern(walk, pattern.argument);
      walk.visit(pattern.typeAnnotation);
      return;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) visitPattern(walk, element);
      walk.visit(pattern.typeAnnotation);
      return;
    case "ObjectPattern":
      for (const property of pattern.properties) visitPattern(walk, property);
      walk.visit(pattern.typeAnnotation);
      return;
    case "Property":
      if (pattern.computed) walk.visit(pattern.key);
      visitPattern(walk, pattern.value);
      return;
    case "TSParameterProperty":
      visitPattern(walk, pattern.parameter);
      return;
    default:
      walk.visit(pattern);
  }
}

/** A value given to a name or to a field of `this` that exists already; false when it is neither. */
export function bindAssignment(
  walk: Walk,
  target: Node,
  value: Pick<BindingStart, "value" | "chain" | "isLiteral">,
): boolean {
  if (target.type === "Identifier") {
    const entry = walk.names.find(target.name);
    if (entry === undefined) return false;
    const isLate = entry.functionId !== walk.function.id;
    addBinding(walk, { scope: entry.scope, name: target.name, kind: "variable", at: target, isLate, ...value });
    return true;
  }
  if (target.type !== "MemberExpression" || target.object.type !== "ThisExpression") return false;
  const name = keyName(target.property, target.computed);
  const { thisScope, isSetUp } = walk.function;
  if (name === undefined || thisScope === -1) return false;
  addBinding(walk, { scope: thisScope, name, kind: "field", at: target.property, isLate: !isSetUp, ...value });
  return true;
}
