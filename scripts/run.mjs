// Runs programs for the other scripts, and says in one line what failed. Runs on Node 20.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A failure that is told in one line, without a stack. */
export class ScriptFailure extends Error {}

/**
 * Runs a program to its end in the repository's folder. What it prints goes to the error output: the standard output
 * belongs to the program that the script is about. Rejects with a `ScriptFailure` that says `failure`.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {{ failure: string, env?: NodeJS.ProcessEnv }} options
 */
export async function run([program, ...args], { failure, env = process.env }) {
  const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", 2, 2] });
  if ((await exitCodeOf(child)) !== 0) throw new ScriptFailure(failure);
}

/**
 * Runs a program in place of the script: input, output and signals are the program's. Resolves with its exit code.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {NodeJS.ProcessEnv} env
 */
export async function runInForeground([program, ...args], env) {
  const child = spawn(program, args, { cwd: root, env, stdio: "inherit" });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  // npm passes a signal on to the shell that it runs a script with. Debian's stays between npm and the script, and dies of
  // the signal without passing it on; and a killed npm passes nothing on at all. What is left to see is that npm is gone.
  const parent = npmProcess();
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event === undefined || npmProcess() === parent) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, parentCheckIntervalMs);
  try {
    return await exitCodeOf(child);
  } finally {
    clearInterval(watch);
  }
}

const parentCheckIntervalMs = 100;

/** Id of the npm that runs this script: its parent, or that of the shell in between, as far as the system tells. */
function npmProcess() {
  const stat = `/proc/${process.ppid}/stat`;
  const [, name, parent] = /\((.*)\) \S (\d+)/.exec(existsSync(stat) ? readFileSync(stat, "utf8") : "") ?? [];
  return name === "sh" ? Number(parent) : process.ppid;
}

/**
 * An environment in which `node` is the given one, for programs that look for it.
 *
 * @param {string} node
 */
export function withNode(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
}

/**
 * How to call npm. The npm that runs this script is called by its path, which needs no shell on any system.
 *
 * @param {string} node
 * @returns {[string, ...string[]]}
 */
export function npm(node) {
  const path = process.env.npm_execpath;
  return path?.endsWith("npm-cli.js") ? [node, path] : ["npm"];
}

/**
 * How to call a program that an installed package brings.
 *
 * @param {string} node
 * @param {string} packageName
 * @param {string} name
 * @returns {[string, string]}
 */
export function installed(node, packageName, name) {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return [node, join(folder, bin[name])];
}

/**
 * How to call the command line, as its own first line does it.
 *
 * @param {string} node
 * @returns {[string, ...string[]]}
 */
export function throughline(node) {
  return [node, "--disable-warning=ExperimentalWarning", join(root, "packages/cli/dist/main.js")];
}

/**
 * Runs a script's work and exits with the code that it resolves with; 1 for a `ScriptFailure`.
 *
 * @param {() => Promise<number>} work
 */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number>}
 */
function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new ScriptFailure(`unable to start ${child.spawnfile}; ${error.message}`)));
    // As a shell reports it: a program that a signal has ended exits with 128 and the signal's number.
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
