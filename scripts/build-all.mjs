// Builds what has changed: types and JavaScript with tsc, the chat page with Vite. Runs on Node 20.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { installed, root, run } from "./run.mjs";

/** Written after a build, with what the build had read. */
const stamp = join(root, ".cache", "built");
/** One file of each package that a build leaves behind; when one is missing, somebody has cleaned up. */
const outputs = [
  "protocol/dist/index.js",
  "server/dist/index.js",
  "client/dist/index.js",
  "cli/dist/main.js",
  "web/dist/index.html",
];

/**
 * Builds, unless what the build reads and what it leaves is as it was after the last one.
 *
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
export async function buildAll(node, env) {
  const read = fingerprint(root);
  const built = existsSync(stamp) ? readFileSync(stamp, "utf8") : undefined;
  const isWhole = outputs.every((path) => existsSync(join(root, "packages", path)));
  if (built === read && isWhole) return;
  console.error("Building …");
  // tsc goes by its own notes on what it has built; it would not see that the files are gone.
  await run([...installed(node, "typescript", "tsc"), "-b", ...(isWhole ? [] : ["--force"])], {
    env,
    failure: "unable to build the packages; correct what tsc reports above",
  });
  await run([...installed(node, "vite", "vite"), "build", "packages/web", "--logLevel", "warn"], {
    env,
    failure: "unable to build the chat page; correct what Vite reports above",
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, read);
}

/**
 * Changes whenever a file that the build reads has changed. Times and sizes, not contents: every start asks.
 *
 * @param {string} folder
 */
function fingerprint(folder) {
  const hash = createHash("sha256");
  for (const path of inputs(folder)) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(folder, path)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex");
}

/** Folders of a package that a build writes, or that others do. */
const notRead = new Set(["dist", "node_modules"]);

/**
 * @param {string} folder
 * @returns {string[]}
 */
function inputs(folder) {
  const settings = ["package-lock.json", "tsconfig.base.json", "tsconfig.json"].map((name) => join(folder, name));
  return [...settings, ...filesBelow(join(folder, "packages")).sort()];
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return notRead.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() && !/\.tsbuildinfo$|\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}
