/**
 * A real server in a process of its own, started through the program `throughline`, for tests that kill, pause and
 * restart it. Owns the process, its data folder and its configuration; knows nothing of frames.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Limits } from "@throughline/protocol";
import type { ExternalIssuer, QualityGate } from "@throughline/server";

const program = join(import.meta.dirname, "../../packages/cli/dist/main.js");
const agentModule = new URL("./scripted-agent.ts", import.meta.url).href;
const startTimeoutMs = 120_000;

export interface ServerSettings {
  readonly limits?: Partial<Limits>;
  readonly retentionMs?: number;
  /** `scripted`: the agent of `scripted-agent.ts`. Default: the agent that comes with the product. */
  readonly agent?: "scripted" | "default";
  readonly issuers?: readonly ExternalIssuer[];
  /** Of the agent, whichever it is. */
  readonly quality?: QualityGate;
  readonly operators?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Default: a folder of its own, which goes with it. */
  readonly dataDirectory?: string;
  /** Path of another program than `throughline`; gets the data folder and the port, and says when it listens. */
  readonly program?: string;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why a start was refused, as `--json` says it. */
export interface StartRefusal {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

/** Compiled code of earlier processes: half of what a start costs is compiling the same code again. */
const compileCache = join(import.meta.dirname, "../../.cache/compiled");

/** Nothing of the environment of the tests reaches the server, so no model key and no port does. */
function environment(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", NODE_COMPILE_CACHE: compileCache, ...env };
}

/** Runs `throughline` to its end. */
export async function runProgram(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<ProgramResult> {
  const child = spawn(process.execPath, [program, ...args], { env: environment(env) });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export class ServerProcess implements AsyncDisposable {
  readonly dataDirectory: string;
  /** Where the tools of the scripted agent leave their effects, outside of the server. */
  readonly effectsPath: string;
  /** Everything that all processes of this server have printed. */
  output = "";
  /** Exit code of the last process that ended; null after a signal. */
  exitCode: number | null | undefined;
  readonly #folder: string;
  readonly #configPath: string;
  readonly #settings: ServerSettings;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(settings: ServerSettings, port: number) {
    this.#settings = settings;
    this.#port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "throughline-system-"));
    this.dataDirectory = settings.dataDirectory ?? join(this.#folder, "data");
    this.effectsPath = join(this.#folder, "effects");
    this.#configPath = join(this.#folder, "throughline.config.mjs");
    writeFileSync(this.effectsPath, "");
    this.#writeConfig();
  }

  static async start(settings: ServerSettings = {}): Promise<ServerProcess> {
    // The port is chosen once, so that a restarted server is found where it was.
    const server = new ServerProcess(settings, await freePort());
    await server.start();
    return server;
  }

  /** Where clients reach it. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What it calls itself: the issuer of its tokens. */
  get publicUrl(): string {
    return `http://localhost:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error("unable to name the process; the server does not run");
    return this.#child.pid;
  }

  /** Lines that tools have left behind. */
  get effects(): readonly string[] {
    return readFileSync(this.effectsPath, "utf8").split("\n").slice(0, -1);
  }

  /** Starts it again on the same data and the same port. `timeoutMs` is a bound for what hangs, and no measure of speed. */
  async start(timeoutMs = startTimeoutMs): Promise<void> {
    if (this.#child !== undefined) throw new Error("unable to start; the server runs already");
    const port = String(this.#port);
    const options = ["--port", port, "--data", this.dataDirectory, "--config", this.#configPath, "--json"];
    const own = this.#settings.program;
    const args = own === undefined ? [program, "start", ...options] : [own, this.dataDirectory, port];
    const nodeOptions = this.#settings.nodeOptions ?? [];
    const child = spawn(process.execPath, [...nodeOptions, ...args], { env: environment(this.#settings.env) });
    this.#child = child;
    this.exitCode = undefined;
    const began = this.output.length;
    const listening = Promise.withResolvers<void>();
    const gather = (text: string) => {
      this.output += text;
      if (this.output.includes('"event":"listening"', began)) listening.resolve();
    };
    child.stdout?.setEncoding("utf8").on("data", gather);
    child.stderr?.setEncoding("utf8").on("data", gather);
    const timer = setTimeout(() => listening.reject(new Error("it says nothing")), timeoutMs);
    child.once("exit", (code) => {
      this.exitCode = code;
      if (this.#child === child) this.#child = undefined;
      listening.reject(new Error(`it ended with ${code}`));
    });
    try {
      await listening.promise;
    } catch (error) {
      // One that only took too long would keep the data folder from every start after it.
      if (this.#child === child) {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
      throw new Error(`unable to start the server; ${(error as Error).message}\n${this.output}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Starts it where it must not; resolves with what it says about that, and rejects when it listens all the same. */
  async refusedStart(timeoutMs?: number): Promise<StartRefusal> {
    const began = this.output.length;
    const error = await this.start(timeoutMs).then(
      () => new Error("the server has started, and should have refused to"),
      // Only what ended by itself has refused; one that was ended for its silence, or runs already, has not.
      (reason: unknown) => (typeof this.exitCode === "number" ? undefined : reason),
    );
    if (error !== undefined) throw error;
    const line = this.output
      .slice(began)
      .split("\n")
      .find((text) => text.includes('"event":"failed"'));
    if (line === undefined) throw new Error(`unable to find why it did not start; ${this.output.slice(began)}`);
    const { code, message, advice } = JSON.parse(line);
    return { code, message, advice };
  }

  /** Ends it as a power cut ends it: nothing of it runs after this. */
  kill9(): Promise<number | null | undefined> {
    return this.#signal("SIGKILL");
  }

  /** Asks it to stop and resolves with its exit code once it has. */
  terminate(): Promise<number | null | undefined> {
    return this.#signal("SIGTERM");
  }

  /** Sends the signal that asks it to stop, and does not wait. */
  askToStop(): void {
    process.kill(this.pid, "SIGTERM");
  }

  /** Resolves with the exit code once the process has ended. */
  async ended(): Promise<number | null | undefined> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return this.exitCode;
  }

  /** Holds every thread of the process up, as a stalled machine would. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Bytes of memory that are its own now. */
  residentBytes(): number {
    const kibibytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1];
    return Number(kibibytes) * 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await this.kill9();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #signal(signal: NodeJS.Signals): Promise<number | null | undefined> {
    process.kill(this.pid, signal);
    return this.ended();
  }

  #writeConfig(): void {
    const { limits = {}, issuers = [], retentionMs, operators, quality, agent = "default" } = this.#settings;
    const lines = [
      agent === "scripted" ? `import { scriptedAgent } from ${JSON.stringify(agentModule)};` : "",
      `const settings = ${JSON.stringify({ limits, issuers, retentionMs, operators, ...(agent === "default" && { quality }) })};`,
      agent === "scripted"
        ? `export default { ...settings, agent: { ...scriptedAgent(${JSON.stringify(this.effectsPath)}), quality: ${JSON.stringify(quality)} } };`
        : "export default settings;",
    ];
    writeFileSync(this.#configPath, lines.join("\n"));
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("unable to find a port; it has no number");
  server.close();
  await once(server, "close");
  return address.port;
}
