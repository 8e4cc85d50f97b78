// Runs programs for the other scripts: output goes through, failures say what to do. Runs on Node 20.
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/** A failure that is told in one line. */
export class ScriptFailure extends Error {}

/** Runs a program to its end; throws a `ScriptFailure` with `failure` when it does not exit with 0. */
export async function run(program, args, { failure, quiet = false, env = process.env } = {}) {
  const code = await exitCodeOf(spawn(program, args, { cwd: root, env, stdio: quiet ? "ignore" : "inherit" }));
  if (code !== 0) throw new ScriptFailure(failure ?? `${program} ${args.join(" ")} failed (exit code ${code})`);
}

/** Runs a program in the foreground: signals are passed on, and its exit code is returned. */
export async function runForeground(program, args, env = process.env) {
  const child = spawn(program, args, { cwd: process.cwd(), env, stdio: "inherit" });
  // A terminal sends Ctrl-C to the child as well; passing it on again would count as a second one.
  const pass = (signal) => () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, pass(signal));
  return exitCodeOf(child);
}

/** An environment in which `node` is the given one. */
export function withNode(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
}

/** Runs a script's main function; a `ScriptFailure` is told in one line. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new ScriptFailure(`unable to start ${child.spawnfile}; ${error.message}`)));
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
