import type { Node, TSTypeAnnotation, TSTypeParameterDeclaration } from "oxc-parser";
import type { Chain, ScopeKind } from "../file-facts.ts";
import { addBinding, bindPattern, patternNames, visitPattern } from "./bind.ts";
import { chainOf } from "./chain-of.ts";
import { declareName, declareStatements, declareVariables } from "./declare-names.ts";
import { isPlainLiteral, literalString } from "./expressions-of.ts";
import type { Span } from "./fingerprints.ts";
import type { ScopeDraft } from "./scope-draft.ts";
import { innerTypeChainOf, typeChainOf } from "./type-chain-of.ts";
import type { FunctionState, NodeOf, Walk } from "./walk.ts";

export type FunctionNode = NodeOf<"FunctionDeclaration"> | NodeOf<"ArrowFunctionExpression">;

export interface NamedFunction {
  readonly kind: ScopeKind;
  readonly name: string;
  readonly nameAt: Span;
  /** The whole declaration; the function itself when left out. */
  readonly whole?: Span;
  readonly parent?: number;
  readonly isStatic?: boolean;
  readonly isAccessor?: boolean;
  readonly isPrivate?: boolean;
  readonly decorators?: readonly Chain[];
  /** What `this` in it is; for an arrow function, what it is around it. */
  readonly thisScope?: number;
  readonly isConstructor?: boolean;
}

/** Reads a function that has a name: a scope of its own. */
export function readNamedFunction(walk: Walk, node: FunctionNode, named: NamedFunction): ScopeDraft {
  const { kind, name, nameAt, whole = node, parent, isStatic = false, decorators = [] } = named;
  const draft = walk.addScope(kind, name, nameAt, whole, node.body ?? whole, parent);
  draft.isStatic = isStatic;
  draft.isAccessor = named.isAccessor === true;
  draft.isPrivate = named.isPrivate === true;
  draft.isAsync = node.async;
  draft.decorators = [...decorators];
  draft.parameters = node.params.filter((parameter) => !isThisParameter(parameter)).map((each) => nameOf(walk, each));
  readResult(draft, node.returnType);
  draft.isEmpty = doesNothing(node);
  const isArrow = node.type === "ArrowFunctionExpression";
  const thisScope = named.thisScope ?? (isArrow ? walk.function.thisScope : -1);
  walk.inScope(walk.scopes.length - 1, () =>
    readInside(walk, node, { thisScope, isSetUp: named.isConstructor === true, isOwnScope: true }),
  );
  if (node.returnType === null && draft.results === 1) readMadeResult(draft, node);
  return draft;
}

/** `() => new Router()` gives a router, without saying so. */
function readMadeResult(draft: ScopeDraft, { body, async: isAsync }: FunctionNode): void {
  const last = body?.type === "BlockStatement" ? body.body.at(-1) : body;
  const made = last?.type === "ReturnStatement" ? last.argument : last;
  if (made?.type !== "NewExpression") return;
  const chain = chainOf(made.callee);
  if (chain.includes("?") || chain.includes("[]")) return;
  draft.result = isAsync ? ["Promise"] : chain;
  if (isAsync) draft.resultOf = chain;
}

/** Reads a function without a name: its text belongs to the scope around it. */
export function readAnonymousFunction(walk: Walk, node: FunctionNode): void {
  const thisScope = node.type === "ArrowFunctionExpression" ? walk.function.thisScope : -1;
  readInside(walk, node, { thisScope, isSetUp: false, isOwnScope: false });
}

function readInside(walk: Walk, node: FunctionNode, state: Omit<FunctionState, "id">): void {
  walk.inFunction(state, () => {
    declareTypeParameters(walk, node.typeParameters);
    // Of an overload or an abstract method nothing is ever bound, but its types are uses.
    readParameters(walk, node.params, node.body !== null);
    walk.visit(node.returnType);
    const { body } = node;
    if (body === null) return;
    if (body.type === "BlockStatement") {
      if (walk.hasVariables) declareVariables(walk, body.body);
      declareStatements(walk, body.body);
      walk.visitAll(body.body);
    } else {
      walk.current().statements += 1;
      addResult(walk, body);
      walk.visit(body);
    }
  });
}

export function addResult(walk: Walk, result: Node): void {
  if (!walk.function.isOwnScope) return;
  const draft = walk.current();
  draft.results += 1;
  if (isPlainLiteral(result)) draft.literalResults += 1;
}

export function declareTypeParameters(walk: Walk, parameters: TSTypeParameterDeclaration | null | undefined): void {
  if (parameters === null || parameters === undefined) return;
  for (const { name } of parameters.params) declareName(walk, name.name, "local");
  for (const { constraint, default: standard } of parameters.params) {
    walk.visit(constraint);
    walk.visit(standard);
  }
}

function readParameters(walk: Walk, parameters: readonly Node[], isBound: boolean): void {
  for (const parameter of parameters) {
    for (const { name } of patternNames(parameter)) declareName(walk, name, "local");
  }
  for (const parameter of parameters) {
    if ("decorators" in parameter) walk.visitAll(parameter.decorators);
    const pattern = parameter.type === "TSParameterProperty" ? parameter.parameter : parameter;
    const value = pattern.type === "AssignmentPattern" ? pattern.right : undefined;
    const target = pattern.type === "AssignmentPattern" ? pattern.left : pattern;
    if (isBound && !isThisParameter(parameter)) {
      bindPattern(walk, target, { scope: walk.scope, kind: "parameter", value: value ?? null, isLate: false });
      if (parameter.type === "TSParameterProperty") addField(walk, target);
    }
    visitPattern(walk, target);
    walk.visit(value);
  }
}

/** `constructor(private readonly router: Router)` declares the parameter and a field of the same name. */
function addField(walk: Walk, target: Node): void {
  if (target.type !== "Identifier" || walk.function.thisScope === -1) return;
  addBinding(walk, {
    scope: walk.function.thisScope,
    name: target.name,
    kind: "field",
    at: target,
    type: target.typeAnnotation,
    value: target,
    isLate: false,
  });
}

export function readResult(draft: ScopeDraft, annotation: TSTypeAnnotation | null | undefined): void {
  if (annotation === null || annotation === undefined) return;
  draft.result = typeChainOf(annotation.typeAnnotation);
  draft.resultOf = innerTypeChainOf(annotation.typeAnnotation);
}

/** The name of a parameter as written; of a pattern, its names in their brackets. */
export function nameOf(walk: Walk, parameter: Node): string {
  switch (parameter.type) {
    case "Identifier":
      return parameter.name;
    case "AssignmentPattern":
      return nameOf(walk, parameter.left);
    case "RestElement":
      return nameOf(walk, parameter.argument);
    case "TSParameterProperty":
      return nameOf(walk, parameter.parameter);
    case "ObjectPattern":
      return `{ ${patternNames(parameter)
        .map(({ name }) => name)
        .join(", ")} }`;
    case "ArrayPattern":
      return `[${patternNames(parameter)
        .map(({ name }) => name)
        .join(", ")}]`;
    default:
      return "?";
  }
}

export function isThisParameter(parameter: Node): boolean {
  return parameter.type === "Identifier" && parameter.name === "this";
}

function doesNothing(node: FunctionNode): boolean {
  const { body } = node;
  if (body === null) return true;
  if (body.type !== "BlockStatement") return false;
  if (node.params.some(({ type }) => type === "TSParameterProperty")) return false;
  const statements = body.body.filter((statement) => !isDirective(statement) && statement.type !== "EmptyStatement");
  return statements.every((statement) => statement.type === "ThrowStatement" && isNotImplemented(statement.argument));
}

export function isDirective(statement: Node): boolean {
  return statement.type === "ExpressionStatement" && typeof statement.directive === "string";
}

function isNotImplemented(thrown: Node): boolean {
  if (thrown.type !== "NewExpression" && thrown.type !== "CallExpression") return false;
  const { callee } = thrown;
  if (callee.type === "Identifier" && /not_?implemented/i.test(callee.name)) return true;
  return /\b(?:not (?:yet )?implemented|unimplemented)\b/i.test(literalString(thrown.arguments[0]) ?? "");
}
