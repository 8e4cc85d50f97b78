import type { Node } from "oxc-parser";
import { chainOf } from "./chain-of.ts";
import { keyName } from "./expressions-of.ts";
import type { Span } from "./fingerprints.ts";
import { loadedModule } from "./read-dynamic-imports.ts";
import { addExport, readDefaultExport, readExportedValue } from "./read-modules.ts";
import type { Walk } from "./walk.ts";

/** The name under which an assignment to this target exports: `*` for `module.exports` itself. */
export function commonJsExport(walk: Walk, target: Node): string | undefined {
  if (target.type !== "MemberExpression" && target.type !== "Identifier") return undefined;
  const chain = chainOf(target);
  const root = chain[0];
  if ((root !== "module" && root !== "exports") || walk.names.find(root) !== undefined) return undefined;
  const path = root === "module" ? chain.slice(1) : chain;
  if (path[0] !== "exports" || path.length > 2 || path[1] === "[]") return undefined;
  return path[1] ?? "*";
}

export function readCommonJsExport(walk: Walk, name: string, value: Node, at: Span): void {
  // `module.exports = exports = value`: one value under two names.
  const inner = value.type === "AssignmentExpression" && commonJsExport(walk, value.left) !== undefined;
  if (inner) {
    readCommonJsExport(walk, name, value.right, at);
    const other = commonJsExport(walk, value.left);
    const isSame = other === undefined || other === name || other === "*";
    const local = name === "*" ? undefined : `exports.${name}`;
    if (!isSame && local !== undefined) addExport(walk, { name: other, local }, value.left);
    return;
  }
  const loaded = loadedModule(value);
  if (loaded !== undefined) {
    addExport(walk, { name, specifier: loaded.specifier, imported: loaded.member ?? "*" }, at);
  } else if (name === "*") readWhole(walk, value);
  else if (value.type === "Identifier") {
    addExport(walk, { name, local: value.name }, at);
    walk.visit(value);
  } else {
    addExport(walk, { name, local: `exports.${name}` }, at);
    readExportedValue(walk, value, `exports.${name}`, at);
  }
}

/** `module.exports = { … }` exports each of its members; anything else is what a default export is. */
function readWhole(walk: Walk, value: Node): void {
  if (value.type !== "ObjectExpression") {
    readDefaultExport(walk, value);
    return;
  }
  for (const property of value.properties) {
    const name = property.type === "Property" ? keyName(property.key, property.computed) : undefined;
    if (property.type === "Property" && name !== undefined)
      readCommonJsExport(walk, name, property.value, property.key);
    else if (property.type === "SpreadElement" && loadedModule(property.argument) !== undefined) {
      readCommonJsExport(walk, "*", property.argument, property);
    } else walk.visit(property);
  }
}
