// What documents name has to exist: files of the repository, and commands of `npm run`.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const roots = "packages|docs|tests|scripts|examples|benchmarks|\\.ci";

/** Every name that leads nowhere, as `file:line: what`. */
export function checkDocuments(root) {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const findings = [];
  for (const file of markdownFiles(root)) {
    const lines = readFileSync(file, "utf8").split("\n");
    lines.forEach((line, index) => {
      const where = `${relative(root, file)}:${index + 1}`;
      for (const [, target] of line.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)) {
        if (!existsSync(join(dirname(file), target))) findings.push(`${where}: no file ${target}`);
      }
      for (const [, path] of line.matchAll(new RegExp(`\`((?:${roots})/[A-Za-z0-9_./-]+)\``, "g"))) {
        if (!existsSync(join(root, path))) findings.push(`${where}: no file ${path}`);
      }
      for (const [, name] of line.matchAll(/npm run ([a-z][a-z:-]*)/g)) {
        if (scripts[name] === undefined) findings.push(`${where}: no script ${name}`);
      }
    });
  }
  return findings;
}

function* markdownFiles(root) {
  for (const folder of [".", "docs", "docs/decisions"]) {
    if (!existsSync(join(root, folder))) continue;
    for (const name of readdirSync(join(root, folder))) if (name.endsWith(".md")) yield join(root, folder, name);
  }
}
