import type { Node } from "oxc-parser";
import { addBinding, bindPattern, patternNames, visitPattern } from "./bind.ts";
import { declareStatements } from "./declare-names.ts";
import { keyName } from "./expressions-of.ts";
import { readImportDeclarator } from "./read-dynamic-imports.ts";
import { type FunctionNode, readAnonymousFunction, readNamedFunction } from "./read-function.ts";
import { countStatement } from "./read-statements.ts";
import { isScopeValue, readNamedValue } from "./read-value.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

type Declarator = NodeOf<"VariableDeclarator">;

export const declarationVisitors: Visitors = {
  FunctionDeclaration: readFunction,
  TSDeclareFunction: readFunction,
  FunctionExpression: readFunction,
  ArrowFunctionExpression: readAnonymousFunction,
  VariableDeclaration: readVariables,
  TSEnumDeclaration: readEnum,
  TSModuleDeclaration: readNamespace,
  ObjectPattern: visitPattern,
  ArrayPattern: visitPattern,
  AssignmentPattern: visitPattern,
  RestElement: visitPattern,
};

function readFunction(walk: Walk, node: NodeOf<"FunctionDeclaration">): void {
  const { id } = node;
  if (id === null) readAnonymousFunction(walk, node as FunctionNode);
  else {
    const name = walk.prefix + id.name;
    readNamedFunction(walk, node as FunctionNode, { kind: "function", name, nameAt: id });
  }
}

function readVariables(walk: Walk, node: NodeOf<"VariableDeclaration">): void {
  const isOwnText = node.declarations.some(({ init }) => init === null || !isScopeValue(init));
  if (!walk.isTopLevel && isOwnText) countStatement(walk);
  for (const declarator of node.declarations) readDeclarator(walk, declarator);
}

function readDeclarator(walk: Walk, declarator: Declarator): void {
  const { id, init } = declarator;
  if (init !== null && readImportDeclarator(walk, id, init)) return;
  if (init !== null && id.type === "Identifier" && isScopeValue(init)) {
    walk.visit(id.typeAnnotation);
    const name = walk.prefix + id.name;
    readNamedValue(walk, init, { kind: "function", name, nameAt: id, whole: declarator });
    return;
  }
  bindPattern(walk, id, { scope: walk.scope, kind: "variable", value: init, isLate: false });
  if (walk.isTopLevel && init !== null) readConstant(walk, declarator, init);
  else readInitializer(walk, declarator);
}

/** A constant of the module is a scope, so that what its value uses has a caller; of a pattern, its first name is that. */
function readConstant(walk: Walk, declarator: Declarator, init: Node): void {
  const first = walk.scopes.length;
  for (const { name, node } of patternNames(declarator.id)) {
    walk.addScope("constant", walk.prefix + name, node, declarator, init);
  }
  if (walk.scopes.length === first) readInitializer(walk, declarator);
  else walk.inScope(first, () => readInitializer(walk, declarator));
}

function readInitializer(walk: Walk, declarator: Declarator): void {
  const { id, init } = declarator;
  visitPattern(walk, id);
  if (init === null) return;
  if (id.type !== "Identifier") walk.visit(init);
  else {
    const name = walk.prefix + id.name;
    readNamedValue(walk, init, { kind: "function", name, nameAt: id, whole: declarator });
  }
}

function readEnum(walk: Walk, node: NodeOf<"TSEnumDeclaration">): void {
  walk.addScope("constant", walk.prefix + node.id.name, node.id, node, node.body);
  const index = walk.scopes.length - 1;
  walk.inScope(index, () => {
    for (const { id, initializer } of node.body.members) {
      const name = keyName(id, false) ?? walk.sourceOf(id);
      addBinding(walk, { scope: index, name, kind: "field", at: id, isLiteral: true, isLate: false });
      walk.visitKey(id, false);
      walk.visit(initializer);
    }
  });
}

/** A namespace holds its members as an object literal does; a module declared by its path is only a place to declare in. */
function readNamespace(walk: Walk, node: NodeOf<"TSModuleDeclaration">): void {
  const { id, body } = node;
  if (body === null) return;
  const isNamed = node.kind !== "global" && id.type !== "Literal";
  const name = walk.prefix + walk.sourceOf(id);
  const { prefix, isInsideNamespace } = walk;
  const read = () =>
    walk.inBlock(() => {
      walk.isTopLevel = true;
      walk.isInsideNamespace = true;
      if (isNamed) walk.prefix = `${name}.`;
      declareStatements(walk, body.body);
      walk.visitAll(body.body);
    });
  if (isNamed) {
    walk.addScope("constant", name, id, node, body);
    walk.inScope(walk.scopes.length - 1, read);
  } else read();
  walk.prefix = prefix;
  walk.isInsideNamespace = isInsideNamespace;
}
