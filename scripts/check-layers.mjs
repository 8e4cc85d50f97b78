// Who may import whom: between packages, and between the folders of the server. Rules are data; ARCHITECTURE.md explains.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** What each package may import of ours. */
const packageRules = {
  protocol: [],
  client: ["protocol"],
  server: ["protocol"],
  web: ["protocol", "client"],
  cli: ["protocol", "server", "web"],
};

/** Folders of server/src from the ground up; a folder imports from lines above its own, never from its own line. */
const serverLines = [
  ["base"],
  ["log", "tools"],
  ["router", "runs", "broadcast"],
  ["gateway"],
  ["server.ts", "index.ts"],
];

/** Every violation, as `file: why`. */
export function checkLayers(root) {
  const findings = [];
  for (const [name, allowed] of Object.entries(packageRules)) {
    const source = join(root, "packages", name, "src");
    for (const file of sourceFiles(source)) {
      const path = relative(root, file);
      for (const specifier of importsOf(readFileSync(file, "utf8"))) {
        const finding = specifier.startsWith(".")
          ? insidePackage(name, source, file, specifier)
          : betweenPackages(name, allowed, specifier);
        if (finding !== undefined) findings.push(`${path}: ${finding}`);
      }
    }
  }
  return findings;
}

function betweenPackages(name, allowed, specifier) {
  const target = /^@throughline\/([a-z]+)/.exec(specifier)?.[1];
  if (target === undefined || target === name || allowed.includes(target)) return undefined;
  return `${name} may not import ${target}`;
}

function insidePackage(name, source, file, specifier) {
  const target = relative(source, join(dirname(file), specifier));
  if (target.startsWith("..")) return `imports ${specifier}, which is outside of its package`;
  if (name !== "server") return undefined;
  const from = lineOf(relative(source, file));
  const to = lineOf(target);
  if (from.room === to.room) return undefined;
  if (from.line < 0 || to.line < 0) return `${from.line < 0 ? from.room : to.room} has no line in the layers`;
  // The root files are one line and one room: server.ts wires, index.ts lists what it offers.
  const isRoot = from.line === serverLines.length - 1 && to.line === from.line;
  return to.line < from.line || isRoot ? undefined : `${from.room} may not import ${to.room}`;
}

function lineOf(path) {
  const room = path.split(sep)[0];
  return { room, line: serverLines.findIndex((line) => line.includes(room)) };
}

function sourceFiles(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter(
      (entry) =>
        entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$|-suite\.ts$|-arbitraries\.ts$/.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Specifiers of every import, re-export and dynamic import; comments and other strings cannot pass for one. */
export function importsOf(text) {
  const code = withoutComments(text);
  const pattern =
    /(?:^|[;}\n])\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']\s*\)/g;
  return [...code.matchAll(pattern)].map((match) => match[1] ?? match[2]);
}

/** Comments become blanks; strings stay, because specifiers are strings, but what stands in them is no comment. */
function withoutComments(text) {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_match, string) => {
      if (string === undefined) return " ";
      return string.startsWith("`") ? "``" : string;
    },
  );
}
