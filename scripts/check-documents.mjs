// What the documents name has to exist: files, headings, and the commands of npm.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Not ours, or not committed. */
const ignored = new Set(["node_modules", "dist", ".git", ".cache", "data"]);

/**
 * Every name that leads nowhere, as `file:line: what`.
 *
 * @param {string} folder of a repository
 */
export function checkDocuments(folder) {
  /** @type {{ scripts: Record<string, string> }} */
  const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const rooms = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = rooms.map(({ name }) => name.replaceAll(".", "\\.")).join("|");
  // A path from the root of the repository: a folder of it, then at least one more name. Not a part of a longer path.
  const pathPattern = new RegExp(`(?<![\\w./@-])(?:${names})/[\\w./*-]*\\w`, "g");

  return documents(folder).flatMap((file) => {
    /** @param {string} line */
    const missing = (line) => [
      ...[...line.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => missingTarget(file, target)),
      ...[...line.matchAll(pathPattern)].flatMap(([path]) =>
        path.includes("*") || existsSync(join(folder, path)) ? [] : [`no file ${path}`],
      ),
      ...[...line.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)].flatMap(([command, name = ""]) =>
        name in scripts ? [] : [`no command ${command}`],
      ),
    ];
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.flatMap((line, index) =>
      missing(line).map((what) => `${relative(folder, file)}:${index + 1}: ${what}`),
    );
  });
}

/**
 * @param {string} file
 * @param {string} target of a link
 */
function missingTarget(file, target) {
  if (/^[a-z]+:/.test(target)) return [];
  const [path = "", heading] = target.split("#");
  const document = path === "" ? file : join(dirname(file), path);
  if (!existsSync(document)) return [`no file ${path}`];
  if (heading === undefined || !document.endsWith(".md")) return [];
  return anchors(readFileSync(document, "utf8")).has(heading) ? [] : [`no heading ${target}`];
}

/**
 * The anchors that a page of Markdown offers for its headings.
 *
 * @param {string} markdown
 */
function anchors(markdown) {
  const headings = [...markdown.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
  return new Set(headings);
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function documents(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ignored.has(entry.name) ? [] : documents(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}
