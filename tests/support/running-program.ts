/** A program in a process group of its own: what it prints, and how it ends. Knows nothing of what the program is. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Ending {
  /** Null after a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class RunningProgram implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly pid: number;
  /** Once it has ended and everything that it had printed was read. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor(
    command: readonly [string, ...string[]],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  ) {
    const [program, ...args] = command;
    const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    if (child.pid === undefined) throw new Error(`unable to start ${program}`);
    this.#child = child;
    this.pid = child.pid;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#hasEnded = true;
        resolve({ code, signal });
      });
    });
  }

  /** Resolves once a text was printed; rejects when the program ends without it. */
  printed(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.stdout.includes(text)) return resolve();
        if (!this.#hasEnded) return;
        reject(new Error(`unable to find "${text}"; the program ended after\n${this.stdout}\n${this.stderr}`));
      };
      this.#child.stdout?.on("data", look);
      this.#child.once("close", look);
      look();
    });
  }

  /** To the program alone. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** To the program and to everything that it has started, as a terminal does it. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    this.signalGroup("SIGKILL");
    await this.ended;
  }
}
