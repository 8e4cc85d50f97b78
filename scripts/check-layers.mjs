// Who may import whom: between packages, and between the folders of the server. The rules are data; the imports are what
// a parser finds.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseAst } from "vitest/node";

/**
 * What a package may import of ours.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const packageImports = {
  protocol: [],
  audit: [],
  client: ["protocol"],
  server: ["protocol"],
  web: ["protocol", "client"],
  bridges: ["protocol", "server"],
  cli: ["protocol", "server", "web", "bridges", "audit"],
};

/** What stands in `packages/server/src`, from the ground up. Imports lead from a line to lines above it, never sideways. */
const serverLines = [
  ["base"],
  ["log", "tools", "quality"],
  ["router", "runs", "broadcast"],
  ["gateway"],
  ["server.ts"],
  ["index.ts"],
];

/** Files that do not ship may import what they test. */
const notShipped = /\.test\.tsx?$|-suite\.ts$|-arbitraries\.ts$/;

/**
 * Every breach, as `file: what is wrong`.
 *
 * @param {string} folder of a repository
 */
export function checkLayers(folder) {
  const packages = join(folder, "packages");
  return readdirSync(packages).flatMap((name) => {
    const source = join(packages, name, "src");
    if (!existsSync(source)) return [];
    const allowed = packageImports[name];
    if (allowed === undefined) return [`packages/${name}: has no rule in scripts/check-layers.mjs`];
    return sourceFiles(source).flatMap((file) => {
      const breaches = importsOf(file).map((specifier) =>
        specifier.startsWith(".")
          ? breachInside(name, join(packages, name), file, specifier)
          : breachBetween(name, allowed, specifier),
      );
      return breaches.filter((breach) => breach !== undefined).map((breach) => `${relative(folder, file)}: ${breach}`);
    });
  });
}

/**
 * @param {string} name
 * @param {readonly string[]} allowed
 * @param {string} specifier
 */
function breachBetween(name, allowed, specifier) {
  const target = /^@throughline\/([^/]+)/.exec(specifier)?.[1];
  if (target === undefined || allowed.includes(target)) return undefined;
  return `${name} may not import ${target}`;
}

/**
 * @param {string} name
 * @param {string} folder of the package
 * @param {string} file
 * @param {string} specifier
 */
function breachInside(name, folder, file, specifier) {
  const target = join(dirname(file), specifier);
  if (relative(folder, target).startsWith("..")) return `${specifier} is outside of the package`;
  if (name !== "server") return undefined;
  const from = placeOf(join(folder, "src"), file);
  const to = placeOf(join(folder, "src"), target);
  if (from.room === to.room || to.line < from.line) return undefined;
  return `${from.room} may not import ${to.room}`;
}

/**
 * Folder or file of the server's source, and its line. What has no line imports nothing and is imported by nothing.
 *
 * @param {string} source
 * @param {string} file
 */
function placeOf(source, file) {
  const room = relative(source, file).split(sep)[0] ?? "";
  const line = serverLines.findIndex((rooms) => rooms.includes(room));
  return { room, line: line < 0 ? Number.NaN : line };
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return /\.tsx?$/.test(entry.name) && !notShipped.test(entry.name) ? [path] : [];
  });
}

/**
 * What a file names as a module: in imports, re-exports, types, `import()`, `import.meta.resolve()` and
 * `new URL(…, import.meta.url)`, which is how a worker is started.
 *
 * @param {string} path
 */
function importsOf(path) {
  const program = parseAst(readFileSync(path, "utf8"), { lang: path.endsWith("x") ? "tsx" : "ts" }, path);
  /** @type {string[]} */
  const found = [];
  visit(program, (node) => {
    const specifier = textOf(sourceOf(node));
    if (specifier !== undefined) found.push(specifier);
  });
  return found;
}

/** @typedef {{ type: string } & Record<string, any>} SyntaxNode */

/**
 * @param {SyntaxNode} node
 * @returns {SyntaxNode | null | undefined}
 */
function sourceOf(node) {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source;
    case "TSExternalModuleReference":
      return node.expression;
    case "CallExpression":
      return node.callee.object?.type === "MetaProperty" && node.callee.property.name === "resolve"
        ? node.arguments[0]
        : undefined;
    case "NewExpression":
      return node.callee.name === "URL" && node.arguments[1]?.object?.type === "MetaProperty"
        ? node.arguments[0]
        : undefined;
    default:
      return undefined;
  }
}

/**
 * The text of a string that is known without running the program.
 *
 * @param {SyntaxNode | null | undefined} node
 * @returns {string | undefined}
 */
function textOf(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.quasis.length === 1) return node.quasis[0].value.cooked;
  return undefined;
}

/**
 * @param {unknown} value
 * @param {(node: SyntaxNode) => void} seen
 */
function visit(value, seen) {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && typeof value.type === "string") seen(/** @type {SyntaxNode} */ (value));
  for (const child of Object.values(value)) visit(child, seen);
}
