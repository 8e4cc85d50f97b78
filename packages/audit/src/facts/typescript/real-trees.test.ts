/**
 * The files of this repository, with the TypeScript compiler as the second opinion: what it says is defined and imported
 * where, the facts have to say too.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";
import { expect, test } from "vitest";
import { listFiles } from "../../files/list-files.ts";
import { readTypeScriptFacts } from "./read-typescript-facts.ts";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));

test("every file of the repository is parsed", async () => {
  const files = (await listFiles(root)).files.filter((path) => !path.endsWith(".py"));
  expect(files.length).toBeGreaterThan(500);
  const errors = files.flatMap((path) => {
    const { error } = readTypeScriptFacts(path, readFileSync(join(root, path), "utf8"));
    return error === undefined ? [] : [`${path}:${error.line} ${error.message}`];
  });
  expect(errors).toEqual([]);
});

test("the compiler finds the same definitions and imports", () => {
  using api = open();
  let definitions = 0;
  let imports = 0;
  const { projects } = api;
  for (const { program, rootFiles, configFileName } of projects) {
    for (const path of rootFiles.filter((each) => each.startsWith(dirname(configFileName)))) {
      const text = readFileSync(path, "utf8");
      const source = program.getSourceFile(path);
      if (source === undefined) throw new Error(`the compiler has no ${path}`);
      const expected = compilerFacts(source, text);
      const actual = ownFacts(path, text);
      expect(actual, relative(root, path)).toEqual(expected);
      definitions += expected.definitions.length;
      imports += expected.imports.length;
    }
  }
  expect(definitions).toBeGreaterThan(3000);
  expect(imports).toBeGreaterThan(1500);
});

function open() {
  const api = new API({ cwd: root });
  const names = ["protocol", "server", "client", "web", "cli", "audit"];
  const projects = names.flatMap((name) =>
    api.updateSnapshot({ openProject: join(root, "packages", name, "tsconfig.json") }).getProjects(),
  );
  return { projects, [Symbol.dispose]: () => api.close() };
}

interface Outline {
  /** `kind name line`, sorted: the two readers visit in their own order. */
  readonly definitions: readonly string[];
  readonly imports: readonly string[];
}

interface NamedNode extends Node {
  readonly name?: NamedNode;
  readonly initializer?: NamedNode;
  readonly expression?: NamedNode;
  readonly type?: NamedNode;
}

const isKind = (node: Node | undefined, ...kinds: readonly (keyof typeof SyntaxKind)[]): boolean =>
  node !== undefined && kinds.some((kind) => node.kind === SyntaxKind[kind]);

/** The kind that the facts should give to a node, undefined when it is no definition with a name of its own. */
function expectedKind(node: NamedNode, parents: readonly Node[]): string | undefined {
  const parent = parents.at(-1);
  let value = node.initializer;
  while (isKind(value, "AsExpression", "SatisfiesExpression", "ParenthesizedExpression")) value = value?.expression;
  const isFunction = isKind(value, "ArrowFunction", "FunctionExpression");
  if (isKind(node, "FunctionDeclaration") || (isKind(node, "VariableDeclaration") && isFunction)) return "function";
  if (isKind(node, "FunctionExpression") && node.name !== undefined && !isKind(parent, "VariableDeclaration")) {
    return "function";
  }
  if (isKind(node, "ClassDeclaration")) return "class";
  if (isKind(node, "InterfaceDeclaration", "TypeAliasDeclaration")) return "interface";
  if (isKind(node, "PropertyDeclaration")) return isFunction ? "method" : undefined;
  if (isKind(node, "MethodSignature") || (isKind(node, "PropertySignature") && isKind(node.type, "FunctionType"))) {
    const isOfAlias = isKind(parent, "TypeLiteral") && isKind(parents.at(-2), "TypeAliasDeclaration");
    return isKind(parent, "InterfaceDeclaration") || isOfAlias ? "method" : undefined;
  }
  const isMethod = isKind(node, "MethodDeclaration", "Constructor", "GetAccessor", "SetAccessor");
  return isMethod && !isKind(parent, "ObjectLiteralExpression") ? "method" : undefined;
}

function compilerFacts(source: Node, text: string): Outline {
  const definitions: string[] = [];
  const imports: string[] = [];
  const dynamic = new Set<string>();
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const visit = (node: NamedNode, parents: readonly Node[]): void => {
    const kind = expectedKind(node, parents);
    if (kind !== undefined) {
      const { name } = node;
      const label = name === undefined ? "constructor" : text.slice(name.getStart(), name.end);
      definitions.push(`${kind} ${label.replace(/^"(.*)"$/, "$1")} ${lineAt((name ?? node).getStart())}`);
    }
    if (isKind(node, "ImportDeclaration")) {
      imports.push(...namesOfImport(node, text).map((each) => `${each} ${specifierOf(node, text)}`));
    }
    if (isKind(node, "CallExpression") && isKind(node.expression, "ImportKeyword")) {
      const argument = /^import\(\s*"(.*)"/.exec(text.slice(node.getStart(), node.end))?.[1];
      if (argument !== undefined) dynamic.add(`import() ${argument}`);
    }
    node.forEachChild((child) => {
      visit(child, [...parents, node]);
      return undefined;
    });
  };
  visit(source, []);
  return { definitions: definitions.sort(), imports: [...imports, ...dynamic].sort() };
}

function specifierOf(node: Node, text: string): string {
  const { moduleSpecifier } = node as Node & { readonly moduleSpecifier: Node };
  return text.slice(moduleSpecifier.getStart() + 1, moduleSpecifier.end - 1);
}

/** The local names that an import declaration gives. */
function namesOfImport(node: Node, text: string): string[] {
  const names: string[] = [];
  const visit = (child: Node): void => {
    const { name } = child as Node & { readonly name?: Node };
    if (name !== undefined) names.push(text.slice(name.getStart(), name.end));
    child.forEachChild((each) => {
      visit(each);
      return undefined;
    });
  };
  node.forEachChild((child) => {
    visit(child);
    return undefined;
  });
  return names.length === 0 ? ["-"] : names;
}

function ownFacts(path: string, text: string): Outline {
  const { scopes, imports } = readTypeScriptFacts(path, text);
  const lines = text.split("\n");
  const isDynamic = (line: number) => /\bimport\(/.test(lines[line - 1] ?? "");
  const names = imports
    .filter(({ isType, local }) => local !== undefined || !isType)
    .map(({ local, specifier, line }) => `${isDynamic(line) ? "import()" : (local ?? "-")} ${specifier}`);
  return {
    definitions: scopes
      .filter(({ kind, name }) => kind !== "module" && kind !== "constant" && !/^[^[].*\./.test(name))
      .map(({ kind, name, line }) => `${kind} ${name} ${line}`)
      .sort(),
    imports: [
      ...names.filter((name) => !name.startsWith("import()")),
      ...new Set(names.filter((name) => name.startsWith("import()"))),
    ].sort(),
  };
}
