import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * `start` under Node's own watch mode: started again when the program or its configuration changes. What compiles the
 * program is the business of whoever writes it.
 */
export function dev(args: readonly string[]): Promise<number> {
  const watched = ["throughline.config.ts", "throughline.config.mjs", "throughline.config.js"].filter(existsSync);
  const watch = ["--watch", "--watch-preserve-output", ...watched.map((file) => `--watch-path=${file}`)];
  const child = spawn(process.execPath, [...watch, join(import.meta.dirname, "main.js"), "start", ...args], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 0)));
}
