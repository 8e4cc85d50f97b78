import type { Node } from "oxc-parser";
import { patternNames } from "./bind.ts";
import { keyName, literalString, requiredSpecifier } from "./expressions-of.ts";
import type { Span } from "./fingerprints.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

export const dynamicImportVisitors: Visitors = {
  ImportExpression: readImportExpression,
};

export interface ImportStart {
  readonly specifier: string;
  readonly imported: string;
  readonly local?: string | undefined;
  readonly at: Span;
  readonly isType?: boolean;
}

export function addImport(walk: Walk, { specifier, imported, local, at, isType = false }: ImportStart): void {
  walk.imports.push({
    specifier,
    imported,
    ...(local === undefined ? {} : { local }),
    scope: walk.scope,
    line: walk.lineOf(at),
    isType,
    isOptional: walk.isSurvivable && !isType,
  });
}

/**
 * `const x = require("y")`, `const { a: b } = await import("y")`, `const z = require("y").z`: an import that gives names.
 * False when the declaration is none.
 */
export function readImportDeclarator(walk: Walk, target: Node, init: Node): boolean {
  const loaded = loadedModule(init);
  if (loaded === undefined) return false;
  const { specifier, member } = loaded;
  const names = patternNames(target);
  for (const { name, node, path } of names) {
    addImport(walk, { specifier, imported: member ?? path[0] ?? "*", local: name, at: node });
  }
  if (names.length === 0) addImport(walk, { specifier, imported: member ?? "*", at: init });
  return true;
}

/** The module that an expression loads and, when only one member of it is taken, that member. */
export function loadedModule(node: Node): { readonly specifier: string; readonly member?: string } | undefined {
  switch (node.type) {
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
    case "ChainExpression":
      return loadedModule(node.expression);
    case "CallExpression": {
      const specifier = requiredSpecifier(node);
      return specifier === undefined ? undefined : { specifier };
    }
    case "AwaitExpression": {
      if (node.argument.type !== "ImportExpression") return loadedModule(node.argument);
      const specifier = literalString(node.argument.source);
      return specifier === undefined ? undefined : { specifier };
    }
    case "MemberExpression": {
      const loaded = loadedModule(node.object);
      const member = keyName(node.property, node.computed);
      return loaded === undefined || loaded.member !== undefined || member === undefined
        ? undefined
        : { ...loaded, member };
    }
    default:
      return undefined;
  }
}

function readImportExpression(walk: Walk, node: NodeOf<"ImportExpression">): void {
  const specifier = literalString(node.source);
  if (specifier !== undefined) addImport(walk, { specifier, imported: "*", at: node });
  else {
    walk.use("dynamic", ["import"], node, [], 1);
    walk.visit(node.source);
  }
  walk.visit(node.options);
}
