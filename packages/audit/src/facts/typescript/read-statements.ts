import type { Node } from "oxc-parser";
import { addKey } from "../dispatch-keys.ts";
import { bindAssignment, bindPattern, patternNames, visitPattern } from "./bind.ts";
import { declareName, declareStatements } from "./declare-names.ts";
import { isTypeOf, literalString } from "./expressions-of.ts";
import { namesFlag } from "./names-flag.ts";
import { addResult, isDirective } from "./read-function.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

export const statementVisitors: Visitors = {
  BlockStatement: readBlock,
  ExpressionStatement: (walk, node) => {
    if (!isDirective(node)) countStatement(walk);
    walk.visit(node.expression);
  },
  ReturnStatement: (walk, node) => {
    countStatement(walk);
    if (node.argument !== null) addResult(walk, node.argument);
    walk.visit(node.argument);
  },
  ThrowStatement: (walk, node) => {
    countStatement(walk);
    walk.visit(node.argument);
  },
  BreakStatement: countStatement,
  ContinueStatement: countStatement,
  DebuggerStatement: countStatement,
  LabeledStatement: (walk, node) => walk.visit(node.body),
  WithStatement: (walk, node) => {
    countStatement(walk);
    walk.visitChildren(node);
  },
  IfStatement: readIf,
  ConditionalExpression: readIf,
  LogicalExpression: (walk, node) => {
    walk.visit(node.left);
    walk.inPlace(branchOf(node.left), () => walk.visit(node.right));
  },
  SwitchStatement: readSwitch,
  TryStatement: readTry,
  CatchClause: readCatch,
  WhileStatement: readLoop,
  DoWhileStatement: readLoop,
  ForStatement: readFor,
  ForInStatement: readForEach,
  ForOfStatement: readForEach,
};

export function countStatement(walk: Walk): void {
  walk.current().statements += 1;
}

function readBlock(walk: Walk, node: NodeOf<"BlockStatement">): void {
  walk.inBlock(() => {
    declareStatements(walk, node.body);
    walk.visitAll(node.body);
  });
}

function branchOf(condition: Node): "flag" | "branch" {
  return namesFlag(condition) ? "flag" : "branch";
}

function readIf(walk: Walk, node: NodeOf<"IfStatement"> | NodeOf<"ConditionalExpression">): void {
  if (node.type === "IfStatement") countStatement(walk);
  walk.visit(node.test);
  walk.inPlace(branchOf(node.test), () => {
    walk.visit(node.consequent);
    walk.visit(node.alternate);
  });
}

function readSwitch(walk: Walk, node: NodeOf<"SwitchStatement">): void {
  countStatement(walk);
  walk.visit(node.discriminant);
  const place = branchOf(node.discriminant);
  walk.inBlock(() => {
    for (const { consequent } of node.cases) declareStatements(walk, consequent);
    const isTypeTest = isTypeOf(node.discriminant);
    for (const { test, consequent } of node.cases) {
      const label = isTypeTest ? undefined : literalString(test);
      if (label !== undefined) addKey(walk.current().keys, label);
      walk.visit(test);
      // In `switch (true)` it is the cases that ask.
      const isFlag = place === "flag" || (test !== null && test.type !== "Literal" && namesFlag(test));
      walk.inPlace(isFlag ? "flag" : "branch", () => walk.visitAll(consequent));
    }
  });
}

function readTry(walk: Walk, node: NodeOf<"TryStatement">): void {
  countStatement(walk);
  const outer = walk.isSurvivable;
  if (node.handler !== null && goesOn(node.handler.body.body)) walk.isSurvivable = true;
  walk.visit(node.block);
  walk.isSurvivable = outer;
  walk.visit(node.handler);
  walk.visit(node.finalizer);
}

/** A handler that does not end in a throw: whatever failed was not needed. */
function goesOn(statements: readonly Node[]): boolean {
  return !statements.some(({ type }) => type === "ThrowStatement");
}

function readCatch(walk: Walk, node: NodeOf<"CatchClause">): void {
  const { param, body } = node;
  walk.inPlace("handler", () =>
    walk.inBlock(() => {
      if (param !== null) {
        for (const { name } of patternNames(param)) declareName(walk, name, "local");
        bindPattern(walk, param, { scope: walk.scope, kind: "variable", isLate: false });
        visitPattern(walk, param);
      }
      walk.visit(body);
    }),
  );
}

function readLoop(walk: Walk, node: NodeOf<"WhileStatement"> | NodeOf<"DoWhileStatement">): void {
  countLoop(walk);
  walk.visitChildren(node);
}

function countLoop(walk: Walk): void {
  countStatement(walk);
  walk.current().loops += 1;
}

function readFor(walk: Walk, node: NodeOf<"ForStatement">): void {
  countLoop(walk);
  walk.inBlock(() => {
    if (node.init !== null) declareStatements(walk, [node.init]);
    const draft = walk.current();
    const { statements } = draft;
    walk.visit(node.init);
    // A declaration in the head is a part of the loop, not a statement of its own.
    draft.statements = statements;
    walk.visit(node.test);
    walk.visit(node.update);
    walk.visit(node.body);
  });
}

function readForEach(walk: Walk, node: NodeOf<"ForOfStatement"> | NodeOf<"ForInStatement">): void {
  countLoop(walk);
  const { left, right, body } = node;
  walk.inBlock(() => {
    const source = node.type === "ForOfStatement" ? { value: right, suffix: ["[]"] } : {};
    if (left.type === "VariableDeclaration") {
      declareStatements(walk, [left]);
      for (const { id } of left.declarations) {
        bindPattern(walk, id, { scope: walk.scope, kind: "variable", isLate: false, ...source });
        visitPattern(walk, id);
      }
    } else if (!bindAssignment(walk, left, {})) visitPattern(walk, left);
    walk.visit(right);
    walk.visit(body);
  });
}
