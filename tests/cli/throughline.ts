/** The program `throughline` as it was built, run in a folder of its own with nothing of this process's environment. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunningProgram } from "../support/running-program.ts";

const program = join(import.meta.dirname, "../../packages/cli/dist/main.js");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Throughline implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "throughline cli "));
  readonly #started: RunningProgram[] = [];

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningProgram {
    const started = new RunningProgram([process.execPath, program, ...args], {
      cwd: this.folder,
      env: { PATH: process.env.PATH ?? "", ...env },
    });
    this.#started.push(started);
    return started;
  }

  /** Runs it to its end. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
    const started = this.start(args, env);
    const { code } = await started.ended;
    return { code, stdout: started.stdout, stderr: started.stderr };
  }

  /** Starts a server on a free port and resolves with what it said when it listened. */
  async serve(...args: readonly string[]): Promise<{ server: RunningProgram; listening: Listening }> {
    const server = this.start(["start", "--port", "0", "--json", ...args]);
    await server.printed("\n");
    return { server, listening: JSON.parse(server.stdout) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started) await started[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }
}

export interface Listening {
  readonly event: string;
  readonly url: string;
  readonly pid: number;
  readonly dataDirectory: string;
  readonly model: { readonly description: string };
}
