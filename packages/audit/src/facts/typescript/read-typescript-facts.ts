import type { Comment, Program } from "oxc-parser";
import type { FileFacts, IgnoreFact, Language } from "../file-facts.ts";
import { isGeneratedMark, lastLineOfGeneratedMark } from "../generated-mark.ts";
import { declareStatements } from "./declare-names.ts";
import { fingerprints } from "./fingerprints.ts";
import { LineIndex } from "./line-index.ts";
import { parseSource } from "./parse-source.ts";
import { assignmentVisitors } from "./read-assignments.ts";
import { classVisitors } from "./read-class.ts";
import { declarationVisitors } from "./read-declarations.ts";
import { dynamicImportVisitors, loadedModule } from "./read-dynamic-imports.ts";
import { isDirective } from "./read-function.ts";
import { jsxVisitors } from "./read-jsx.ts";
import { moduleVisitors } from "./read-modules.ts";
import { statementVisitors } from "./read-statements.ts";
import { typeVisitors } from "./read-types.ts";
import { useVisitors } from "./read-uses.ts";
import { finishScope } from "./scope-draft.ts";
import { type Visitors, Walk } from "./walk.ts";

const visitors: Visitors = {
  ...statementVisitors,
  ...declarationVisitors,
  ...classVisitors,
  ...moduleVisitors,
  ...dynamicImportVisitors,
  ...assignmentVisitors,
  ...useVisitors,
  ...typeVisitors,
  ...jsxVisitors,
};

/** The facts of one TypeScript or JavaScript file. Never throws: what cannot be read is an `error` with its line. */
export function readTypeScriptFacts(path: string, text: string): FileFacts {
  try {
    const { program, comments, error } = parseSource(path, text);
    const line = error === undefined ? 0 : new LineIndex(text).lineAt(error.offset);
    return readProgram(path, text, program, comments, error && { message: error.message, line });
  } catch (error) {
    // Text nested deeper than the stack allows is the one thing that a parsed file can fail on.
    const message = error instanceof Error ? error.message : String(error);
    return emptyFacts(path, text, { message, line: 1 });
  }
}

function readProgram(
  path: string,
  text: string,
  program: Program,
  comments: readonly Comment[],
  error: FileFacts["error"],
): FileFacts {
  const walk = new Walk(path, text, visitors);
  declareStatements(walk, program.body);
  walk.visitAll(program.body);
  walk.verbatim.sort((a, b) => a.start - b.start);
  const prints = fingerprints(
    text,
    walk.scopes.map(({ body }) => body),
    comments,
    walk.verbatim,
  );
  return {
    path,
    language: languageOf(path),
    ...(error === undefined ? {} : { error }),
    isGenerated: comments.some(
      (comment) => walk.lineOf(comment) <= lastLineOfGeneratedMark && isGeneratedMark(comment.value),
    ),
    onlyImports: error === undefined && program.body.every(onlyImports),
    isProgram: walk.isProgram,
    imports: walk.imports,
    exports: walk.exports,
    scopes: walk.scopes.map((draft, at) => finishScope(draft, prints[at] ?? "")),
    bindings: walk.bindings,
    uses: walk.uses,
    ignores: comments.flatMap((comment) => ignoresOf(walk, comment)),
  };
}

function emptyFacts(path: string, text: string, error: FileFacts["error"]): FileFacts {
  const program = parseSource("empty.ts", "").program;
  const facts = readProgram(path, "", program, [], error);
  return { ...facts, isProgram: text.startsWith("#!") };
}

function languageOf(path: string): Language {
  return /\.(?:[cm]?ts|tsx)$/.test(path) ? "typescript" : "javascript";
}

function onlyImports(statement: Program["body"][number]): boolean {
  switch (statement.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "TSImportEqualsDeclaration":
    case "EmptyStatement":
      return true;
    case "ExportNamedDeclaration":
      return statement.declaration === null;
    case "VariableDeclaration":
      return statement.declarations.every(({ init }) => init !== null && loadedModule(init) !== undefined);
    case "ExpressionStatement": {
      const { expression } = statement;
      const value = expression.type === "AssignmentExpression" ? expression.right : expression;
      return isDirective(statement) || loadedModule(value) !== undefined;
    }
    default:
      return false;
  }
}

/** `audit-ignore:` in a comment of several lines stands on its own line and ends with it. */
function ignoresOf(walk: Walk, comment: Comment): IgnoreFact[] {
  if (!comment.value.includes("audit-ignore:")) return [];
  const source = walk.sourceOf(comment);
  return [...source.matchAll(/audit-ignore:([^\r\n]*)/g)].map((match) => ({
    line: walk.lineAt(comment.start + match.index),
    text: (match[1] ?? "").replace(/\*\/$/, "").trim(),
  }));
}
