/** The two sides that a benchmark starts as processes of their own, each on one core, and how they talk to it. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { readFileSync } from "node:fs";

/** USER_HZ, which is the same on every Linux that Node runs on. */
const clockTicksPerSecond = 100;

export class Peer<Ready> {
  readonly ready: Ready;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: Ready) {
    this.#child = child;
    this.ready = ready;
  }

  /** Starts `file` on one core; resolves with its first message. */
  static async start<Ready>(
    file: string,
    core: number,
    argument: unknown,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Peer<Ready>> {
    const child = fork(new URL(file, import.meta.url), [JSON.stringify(argument)], {
      stdio: "inherit",
      execArgv: ["--expose-gc"],
      env: { ...process.env, ...env },
    });
    if (process.platform === "linux")
      execFileSync("taskset", ["-a", "-p", "-c", String(core), String(child.pid)], { stdio: "ignore" });
    const ready = await new Promise<Ready>((resolve, reject) => {
      child.once("message", (message) => resolve(message as Ready));
      child.once("exit", (code) => reject(new Error(`unable to start ${file}; it ended with ${code}`)));
    });
    return new Peer(child, ready);
  }

  /** Seconds of processor time that the process and its threads have used. */
  get cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  ask<Answer>(question: unknown): Promise<Answer> {
    return new Promise((resolve) => {
      this.#child.once("message", (message) => resolve(message as Answer));
      this.#child.send(question as object);
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.kill("SIGKILL");
    });
  }
}
