/** The product as users start it: a process of its own, on a data folder that outlives it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "..", "..");
const commandLine = join(root, "packages", "cli", "dist", "main.js");

export interface ServerProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What `throughline.config.mjs` exports as `config`, as source text. */
  readonly config?: string;
  /** Another program than the command line; gets the data folder and the port as its arguments, prints the same line. */
  readonly program?: string;
}

export class ServerProcess {
  /** Origin; the same after every restart. */
  url = "";
  /** Everything that the process has printed, over all its lives. */
  output = "";
  readonly dataDirectory: string;
  readonly #folder: string;
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | undefined;

  private constructor(folder: string, options: ServerProcessOptions) {
    this.#folder = folder;
    this.dataDirectory = join(folder, "data");
    this.#options = options;
  }

  /** Starts on a new data folder and a port that the system chooses. */
  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const folder = await mkdtemp(join(tmpdir(), "throughline-test-"));
    if (options.config !== undefined) {
      await writeFile(join(folder, "throughline.config.mjs"), `export const config = ${options.config};\n`);
    }
    const server = new ServerProcess(folder, options);
    await server.restart();
    return server;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error("the server is not running");
    return this.#child.pid;
  }

  /** Starts again on the same data and the same port. */
  async restart(): Promise<void> {
    const port = this.url === "" ? "0" : new URL(this.url).port;
    const { program, config, env } = this.#options;
    const args =
      program === undefined
        ? [commandLine, "start", "--json", "--port", port, "--data", this.dataDirectory]
        : [program, this.dataDirectory, port];
    if (config !== undefined && program === undefined)
      args.push("--config", join(this.#folder, "throughline.config.mjs"));
    const child = spawn(process.execPath, args, {
      cwd: this.#folder,
      env: { PATH: process.env.PATH, THROUGHLINE_LOCAL_CHUNK_DELAY_MS: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stderr.on("data", (bytes: Buffer) => {
      this.output += bytes.toString();
    });
    const lines = createInterface({ input: child.stdout });
    this.url = await new Promise<string>((resolve, reject) => {
      lines.on("line", (line) => {
        this.output += `${line}\n`;
        if (line.startsWith('{"event":"listening"')) resolve((JSON.parse(line) as { url: string }).url);
      });
      child.once("exit", (code) =>
        reject(new Error(`the server ended with ${code} before it listened:\n${this.output}`)),
      );
    });
  }

  /** Sends a signal and resolves with the exit code once the process is gone; null when the signal ended it. */
  async signal(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) throw new Error("the server is not running");
    const exited = once(child, "exit") as Promise<[number | null]>;
    child.kill(signal);
    this.#child = undefined;
    return (await exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await this.signal("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }
}
