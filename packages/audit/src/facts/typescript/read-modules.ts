import type { Node } from "oxc-parser";
import type { ExportFact } from "../file-facts.ts";
import { addBinding, patternNames } from "./bind.ts";
import type { Span } from "./fingerprints.ts";
import { addImport } from "./read-dynamic-imports.ts";
import { type FunctionNode, readNamedFunction } from "./read-function.ts";
import { isScopeValue, readNamedValue } from "./read-value.ts";
import { qualifiedChain } from "./type-chain-of.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

type ModuleName = NodeOf<"ExportSpecifier">["exported"];

export const moduleVisitors: Visitors = {
  ImportDeclaration: readImport,
  TSImportEqualsDeclaration: readImportEquals,
  TSImportType: readImportType,
  ExportNamedDeclaration: readNamedExport,
  ExportDefaultDeclaration: (walk, node) => readDefaultExport(walk, node.declaration),
  TSExportAssignment: (walk, node) => readDefaultExport(walk, node.expression),
  ExportAllDeclaration: readExportAll,
  TSNamespaceExportDeclaration: () => {},
};

export function addExport(walk: Walk, fact: Omit<ExportFact, "line" | "isType">, at: Span, isType = false): void {
  if (walk.isInsideNamespace) return;
  walk.exports.push({ ...fact, line: walk.lineOf(at), isType });
}

function textOf(name: ModuleName): string {
  return name.type === "Literal" ? name.value : name.name;
}

function readImport(walk: Walk, node: NodeOf<"ImportDeclaration">): void {
  const specifier = node.source.value;
  const isType = node.importKind === "type";
  if (node.specifiers.length === 0) addImport(walk, { specifier, imported: "*", at: node, isType });
  for (const each of node.specifiers) {
    const local = each.local.name;
    if (each.type === "ImportSpecifier") {
      const isTypeHere = isType || each.importKind === "type";
      addImport(walk, { specifier, imported: textOf(each.imported), local, at: each, isType: isTypeHere });
    } else {
      const imported = each.type === "ImportDefaultSpecifier" ? "default" : "*";
      addImport(walk, { specifier, imported, local, at: each, isType });
    }
  }
}

function readImportEquals(walk: Walk, node: NodeOf<"TSImportEqualsDeclaration">): void {
  const { id, moduleReference } = node;
  if (moduleReference.type === "TSExternalModuleReference") {
    const specifier = moduleReference.expression.value;
    addImport(walk, { specifier, imported: "*", local: id.name, at: node, isType: node.importKind === "type" });
    return;
  }
  const chain = qualifiedChain(moduleReference);
  addBinding(walk, { scope: walk.scope, name: id.name, kind: "variable", at: id, chain, isLate: false });
  walk.use("reference", chain, moduleReference);
}

/** `import("./router.ts").Router` as a type. */
function readImportType(walk: Walk, node: NodeOf<"TSImportType">): void {
  const imported = node.qualifier === null ? "*" : (qualifiedChain(node.qualifier)[0] ?? "*");
  addImport(walk, { specifier: node.source.value, imported, at: node, isType: true });
  walk.visit(node.typeArguments);
}

function readNamedExport(walk: Walk, node: NodeOf<"ExportNamedDeclaration">): void {
  const { declaration, source } = node;
  const isType = node.exportKind === "type";
  if (declaration !== null) {
    for (const { name, at, isType: isTypeHere } of declaredNames(declaration)) {
      addExport(walk, { name, local: name }, at, isTypeHere);
    }
    walk.visit(declaration);
  }
  for (const { local, exported, exportKind, ...at } of node.specifiers) {
    const there = textOf(local);
    const isTypeHere = isType || exportKind === "type";
    const from = source === null ? { local: there } : { specifier: source.value, imported: there };
    addExport(walk, { name: textOf(exported), ...from }, at, isTypeHere);
  }
}

function declaredNames(declaration: Node): { readonly name: string; readonly at: Span; readonly isType: boolean }[] {
  switch (declaration.type) {
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) =>
        patternNames(id).map(({ name, node }) => ({ name, at: node, isType: false })),
      );
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [{ name: declaration.id.name, at: declaration.id, isType: true }];
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSModuleDeclaration":
    case "TSImportEqualsDeclaration":
      return declaration.id?.type === "Identifier"
        ? [{ name: declaration.id.name, at: declaration.id, isType: false }]
        : [];
    default:
      return [];
  }
}

/** What has no name of its own is a scope named `default`. */
export function readDefaultExport(walk: Walk, declaration: Node): void {
  switch (declaration.type) {
    case "Identifier":
      addExport(walk, { name: "default", local: declaration.name }, declaration);
      walk.visit(declaration);
      return;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "ClassExpression":
    case "TSInterfaceDeclaration": {
      const { id } = declaration;
      const local = id?.name ?? "default";
      addExport(walk, { name: "default", local }, id ?? declaration, declaration.type === "TSInterfaceDeclaration");
      if (id === null && (declaration.type === "ClassDeclaration" || declaration.type === "ClassExpression")) {
        walk.givenName = { name: local, at: declaration };
        walk.visit(declaration);
      } else if (id === null) {
        readNamedFunction(walk, declaration as FunctionNode, { kind: "function", name: local, nameAt: declaration });
      } else walk.visit(declaration);
      return;
    }
    default:
      addExport(walk, { name: "default", local: "default" }, declaration);
      readExportedValue(walk, declaration, "default", declaration);
  }
}

/** Reads a value that is exported under a name but bound to none. */
export function readExportedValue(walk: Walk, value: Node, name: string, at: Span): void {
  const named = { kind: "function", name, nameAt: at, whole: value } as const;
  if (isScopeValue(value) || !walk.isTopLevel) {
    readNamedValue(walk, value, named);
    return;
  }
  walk.addScope("constant", name, at, value, value);
  walk.inScope(walk.scopes.length - 1, () => readNamedValue(walk, value, named));
}

function readExportAll(walk: Walk, node: NodeOf<"ExportAllDeclaration">): void {
  const name = node.exported === null ? "*" : textOf(node.exported);
  addExport(walk, { name, specifier: node.source.value, imported: "*" }, node, node.exportKind === "type");
}
