import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Node, Parser, Query } from "@vscode/tree-sitter-wasm";
import type { FileFacts, ScopeFact } from "../file-facts.ts";
import { calleeOf, selfOf, stringOf } from "./syntax-tree-callee-suite.ts";

/** What both readings of a file must agree on: one line of text for each fact, sorted. */
export interface Outline {
  readonly definitions: readonly string[];
  readonly imports: readonly string[];
  readonly calls: readonly string[];
}

const asked = `
  (class_definition) @class
  (function_definition) @function
  (lambda) @lambda
  (call) @call
  (subscript value: (call)) @subscript
  (import_statement) @import
  (import_from_statement) @from
  (future_import_statement) @from
  (type_alias_statement) @alias
`;

/** Reads outlines out of syntax trees, independently of the scanner that is tested. */
export class SyntaxTreeReader {
  readonly #parser: Parser;
  readonly #query: Query;

  constructor(parser: Parser, query: Query) {
    this.#parser = parser;
    this.#query = query;
  }

  static async create(): Promise<SyntaxTreeReader> {
    const require = createRequire(import.meta.url);
    const library = require("@vscode/tree-sitter-wasm") as typeof import("@vscode/tree-sitter-wasm");
    await library.Parser.init();
    const grammar = import.meta.resolve("@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm");
    const language = await library.Language.load(fileURLToPath(grammar));
    const parser = new library.Parser();
    parser.setLanguage(language);
    return new SyntaxTreeReader(parser, new library.Query(language, asked));
  }

  /** Undefined when the text is no Python, as the tree has it. */
  outlineOf(text: string): Outline | undefined {
    const tree = this.#parser.parse(text);
    if (tree === null) {
      return undefined;
    }
    try {
      return tree.rootNode.hasError ? undefined : outlineOfTree(this.#query.captures(tree.rootNode));
    } finally {
      tree.delete();
    }
  }
}

interface Around {
  readonly end: number;
  readonly kind: string;
  readonly owner: string;
  /** The name that means the instance or the class here. */
  readonly self: { readonly name: string; readonly means: string } | undefined;
}

function outlineOfTree(captures: readonly { readonly name: string; readonly node: Node }[]): Outline {
  const outline = { definitions: [] as string[], imports: [] as string[], calls: [] as string[] };
  const stack: Around[] = [{ end: Number.POSITIVE_INFINITY, kind: "module", owner: "", self: undefined }];
  for (const { name, node } of captures) {
    while (node.startIndex >= (stack.at(-1) as Around).end) {
      stack.pop();
    }
    const around = stack.at(-1) as Around;
    const line = node.startPosition.row + 1;
    if (name === "lambda") {
      const isMethod = around.kind === "class" && nameGivenTo(node) !== undefined;
      addNamedLambda(node, around, outline.definitions);
      stack.push({ ...around, end: node.endIndex, kind: "lambda", self: selfOf(node, around.self, isMethod) });
    } else if (name === "class" || name === "function") {
      const kind = name === "function" && around.kind === "class" ? "method" : name;
      const defined = node.childForFieldName("name")?.text ?? "";
      outline.definitions.push(`${line}-${lastLineOf(node)} ${kind} ${defined} in ${around.owner}`);
      const self = name === "class" ? around.self : selfOf(node, around.self, kind === "method");
      stack.push({ end: node.endIndex, kind, owner: `${defined}@${line}`, self });
    } else if (name === "import" || name === "from") {
      outline.imports.push(...importsOf(node));
    } else if (name === "alias") {
      // The grammar takes `type(x).y = z` for an alias.
      if (/^type\s*\(/.test(node.text)) {
        outline.calls.push(`${line} type`);
      }
    } else {
      addCall(node, around, outline);
    }
  }
  return sorted(outline);
}

/** The grammar gives a block the comments that follow it; Python itself does not. */
function lastLineOf(node: Node): number {
  const last = node.children.findLast((child) => child !== null && !/^(?:comment|line_continuation)$/.test(child.type));
  return last === undefined || last === null || last.type === "string" ? node.endPosition.row + 1 : lastLineOf(last);
}

/** A lambda that is the value of a name, or of a key in a dictionary that is. */
function addNamedLambda(node: Node, around: Around, definitions: string[]): void {
  const lines = `${node.startPosition.row + 1}-${node.endPosition.row + 1}`;
  const isMethod = around.kind === "class";
  const { parent } = node;
  const name = nameGivenTo(node);
  if (name !== undefined) {
    definitions.push(`${lines} ${isMethod ? "method" : "function"} ${name} in ${around.owner}`);
  } else if (parent?.type === "pair" && parent.parent !== null) {
    const dictionary = nameGivenTo(parent.parent);
    const key = parent.childForFieldName("key");
    if (dictionary !== undefined && key?.type === "string" && parent.childForFieldName("value")?.id === node.id) {
      definitions.push(`${lines} function ${dictionary}.${stringOf(key)} in ${around.owner}`);
    }
  }
}

/** The first of the names that a value is given to. */
function nameGivenTo(value: Node): string | undefined {
  let given: Node | undefined;
  let { parent } = value;
  let inner = value;
  while (parent?.type === "assignment" && parent.childForFieldName("right")?.id === inner.id) {
    given = parent;
    inner = parent;
    parent = parent.parent;
  }
  const left = given?.childForFieldName("left");
  return left?.type === "identifier" ? left.text : undefined;
}

function addCall(node: Node, around: Around, outline: { calls: string[]; imports: string[] }): void {
  const line = node.startPosition.row + 1;
  const callee = calleeOf(node, around.self?.name, around.self?.means);
  if (callee === undefined || node.parent?.type === "decorator") {
    return;
  }
  if (callee.imports === undefined) {
    outline.calls.push(`${line} ${callee.chain.join(".")}`);
  } else {
    const assigned = nameGivenTo(node);
    outline.imports.push(importLine(line, callee.imports, "*", assigned));
  }
}

function importsOf(node: Node): string[] {
  const module = node.childForFieldName("module_name");
  const from = node.type === "future_import_statement" ? "__future__" : module?.text.replace(/\s|\\/g, "");
  const lines: string[] = [];
  for (const child of node.namedChildren) {
    if (child === null || child.id === module?.id) {
      continue;
    }
    const line = child.startPosition.row + 1;
    const name = (child.childForFieldName("name") ?? child).text.replace(/\s|\\/g, "");
    const alias = child.childForFieldName("alias")?.text;
    if (child.type === "wildcard_import") {
      lines.push(importLine(line, from ?? "", "*", undefined));
    } else if (child.type !== "comment" && child.type !== "line_continuation") {
      const local = alias ?? (name.split(".")[0] as string);
      lines.push(from === undefined ? importLine(line, name, "*", local) : importLine(line, from, name, local));
    }
  }
  return lines;
}

function importLine(line: number, specifier: string, imported: string, local: string | undefined): string {
  return `${line} ${imported} of ${specifier} as ${local ?? "nothing"}`;
}

function sorted({ definitions, imports, calls }: Outline): Outline {
  return { definitions: [...definitions].sort(), imports: [...imports].sort(), calls: [...calls].sort() };
}

/** The same outline, as the facts have it. */
export function outlineOfFacts({ scopes, imports, uses }: FileFacts): Outline {
  const ownerOf = (index: number) => {
    const { kind, name, line } = scopes[index] as ScopeFact;
    return kind === "module" ? "" : `${name}@${line}`;
  };
  return sorted({
    definitions: scopes
      .filter(({ kind }) => kind === "class" || kind === "function" || kind === "method")
      .map(({ kind, name, line, endLine, parent }) => `${line}-${endLine} ${kind} ${name} in ${ownerOf(parent)}`),
    imports: imports.map(({ line, specifier, imported, local }) => importLine(line, specifier, imported, local)),
    calls: uses
      .filter(({ kind }) => kind === "call" || kind === "dynamic")
      .map(({ line, chain }) => `${line} ${chain.join(".")}`),
  });
}
