import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface MeasuredRun {
  readonly exitCode: number;
  readonly seconds: number;
  /** The most that the process and its children held at once, in MiB; undefined where there is no `/proc`. */
  readonly mebibytes: number | undefined;
  readonly output: string;
}

const pollMs = 20;

/** Runs a program to its end, and looks on. */
export async function measuredRun(command: readonly string[], cwd: string): Promise<MeasuredRun> {
  const [program = "", ...words] = command;
  const start = performance.now();
  const child = spawn(program, words, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  child.stderr.on("data", (part: Buffer) => parts.push(part));
  let mebibytes: number | undefined;
  const poll = setInterval(() => {
    const now = heldBy(child.pid ?? 0);
    if (now !== undefined) mebibytes = Math.max(mebibytes ?? 0, now);
  }, pollMs);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? -1));
  });
  clearInterval(poll);
  const seconds = (performance.now() - start) / 1_000;
  return { exitCode, seconds, mebibytes, output: Buffer.concat(parts).toString("utf8") };
}

/** Resident memory of a process and all below it, in MiB. */
function heldBy(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean),
    );
    return children.reduce((sum, child) => sum + (heldBy(Number(child)) ?? 0), own);
  } catch {
    // It has ended, or the system has no such folder.
    return undefined;
  }
}
