import type { Node } from "oxc-parser";
import { patternNames } from "./bind.ts";
import { isFunctionValue, requiredSpecifier, unwrap } from "./expressions-of.ts";
import type { NameEntry } from "./names.ts";
import type { Walk } from "./walk.ts";

/**
 * Declares what the statements of a block declare, before the block is read: a name counts in the whole block, whatever
 * the order.
 */
export function declareStatements(walk: Walk, statements: readonly Node[]): void {
  for (const statement of statements) declareStatement(walk, statement);
}

/** The `var`s of a function's body, however deep in its blocks. */
export function declareVariables(walk: Walk, statements: readonly Node[]): void {
  for (const statement of statements) {
    for (const nested of nestedStatements(statement)) {
      if (nested.type === "VariableDeclaration" && nested.kind === "var") declareStatement(walk, nested);
      else declareVariables(walk, [nested]);
    }
  }
}

function declareStatement(walk: Walk, statement: Node): void {
  switch (statement.type) {
    case "ImportDeclaration":
      for (const { local } of statement.specifiers) declareName(walk, local.name, "definition");
      return;
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      if (statement.declaration !== null) declareStatement(walk, statement.declaration);
      return;
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
      if (statement.id !== null) declareName(walk, statement.id.name, "definition");
      return;
    case "TSEnumDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSImportEqualsDeclaration":
      declareName(walk, statement.id.name, "definition");
      return;
    case "TSModuleDeclaration":
      if (statement.id.type === "Identifier") declareName(walk, statement.id.name, "definition");
      return;
    case "VariableDeclaration":
      for (const { id, init } of statement.declarations) {
        const value = init === null ? undefined : unwrap(init);
        const isScope =
          value !== undefined &&
          (isFunctionValue(value) ||
            value.type === "ClassExpression" ||
            value.type === "ImportExpression" ||
            requiredSpecifier(value) !== undefined);
        for (const { name } of patternNames(id)) declareName(walk, name, isScope ? "definition" : "local");
      }
      return;
    default:
  }
}

export function declareName(walk: Walk, name: string, kind: NameEntry["kind"]): void {
  walk.names.declare(name, {
    kind: walk.isTopLevel ? "module" : kind,
    scope: walk.scope,
    functionId: walk.function.id,
  });
}

function nestedStatements(statement: Node): readonly Node[] {
  switch (statement.type) {
    case "BlockStatement":
      return statement.body;
    case "IfStatement":
      return statement.alternate === null ? [statement.consequent] : [statement.consequent, statement.alternate];
    case "ForStatement":
      return statement.init === null ? [statement.body] : [statement.init, statement.body];
    case "ForInStatement":
    case "ForOfStatement":
      return [statement.left, statement.body];
    case "WhileStatement":
    case "DoWhileStatement":
    case "LabeledStatement":
    case "WithStatement":
      return [statement.body];
    case "TryStatement":
      return [statement.block, statement.handler?.body, statement.finalizer].filter(
        (block) => block !== null && block !== undefined,
      );
    case "SwitchStatement":
      return statement.cases.flatMap(({ consequent }) => consequent);
    default:
      return [];
  }
}
