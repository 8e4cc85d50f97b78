// Finds a Node that the packages can run on: the one that runs this, or the pinned one from npm. Runs on Node 20.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { npm, root, run, ScriptFailure } from "./run.mjs";

/**
 * Whether a version of Node is in a range such as `^22.18 || ^24.11 || >=26`, the form that our packages use.
 *
 * @param {string} version
 * @param {string} range
 */
export function isInRange(version, range) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return range.split("||").some((part) => {
    const [, operator, leastMajor, leastMinor = "0"] = /^\s*(\^|>=)(\d+)(?:\.(\d+))?\s*$/.exec(part) ?? [];
    if (operator === undefined) throw new Error(`unable to read the range ${part}; it is not ^a.b or >=a.b`);
    if (major === Number(leastMajor)) return minor >= Number(leastMinor);
    return operator === ">=" && major > Number(leastMajor);
  });
}

/** Path of a supported `node`. Installs the pinned one into `.cache` when this one is not, and says so in one line. */
export async function supportedNode() {
  const { engines } = readManifest("packages/cli");
  const running = process.versions.node;
  if (isInRange(running, engines.node)) return process.execPath;

  const { throughline } = readManifest(".");
  const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const version = throughline.node[platform] ?? throughline.node.default;
  // The npm package `node` fetches one of these in an install script, which may be switched off; they hold the program.
  const name = platform === "darwin-arm64" ? `node-bin-${platform}` : `node-${platform}`;
  const prefix = `.cache/node-${version}`;
  const program = process.platform === "win32" ? "node.exe" : "node";
  const path = join(root, prefix, "node_modules", name, "bin", program);
  console.error(`Node ${running} is not ${engines.node}; going on with Node ${version} from npm, kept in .cache.`);
  if (isWorking(path, version)) return path;

  const advice = "install Node 24 yourself, or check that npm reaches its registry, then try again";
  // npm would take what is left of a broken installation for a whole one.
  rmSync(join(root, prefix), { recursive: true, force: true });
  const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", prefix];
  await run([...npm(process.execPath), "install", ...options, `${name}@${version}`], {
    failure: `unable to install Node ${version}; see above, ${advice}`,
  });
  if (!isWorking(path, version)) {
    throw new ScriptFailure(`unable to run the Node ${version} that npm has for this system; ${advice}`);
  }
  return path;
}

/**
 * Asks the program itself: an installation that was broken off, or is for another system, does not answer.
 *
 * @param {string} path
 * @param {string} version
 */
function isWorking(path, version) {
  return existsSync(path) && spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.trim() === `v${version}`;
}

/** @param {string} folder */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}
