import { spawn } from "node:child_process";
import type { Arguments } from "./arguments.ts";

/**
 * `start` under Node's own watch mode: drained and started again when a module that it has loaded changes, the
 * configuration among them. It compiles nothing. A change within the first moments of a start can be missed: Node begins
 * to watch after it has loaded. Resolves with the exit code.
 */
export function dev(given: Arguments): Promise<number> {
  const [, program = ""] = process.argv;
  const nodeOptions = [...process.execArgv, "--watch", "--watch-preserve-output"];
  const child = spawn(process.execPath, [...nodeOptions, program, "start", ...given.options], { stdio: "inherit" });
  process.on("SIGINT", () => child.kill("SIGINT"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 0));
  });
}
