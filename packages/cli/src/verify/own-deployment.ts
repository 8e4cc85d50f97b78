/** A server that belongs to `verify`: `throughline start` as a child process on a temporary folder, which may be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MeasureError } from "./measure-error.ts";
import { isObject, parseJson } from "./wire.ts";

/** Names the file of the effects to the child. */
export const effectsVariable = "THROUGHLINE_VERIFY_EFFECTS";

const program = fileURLToPath(new URL("../main.js", import.meta.url));
const config = fileURLToPath(new URL("./child-config.js", import.meta.url));
const startTimeoutMs = 30_000;
/** They describe a deployment that the child is none of. How durable it is, is for whoever measures to say. */
const foreignVariables = /^(?:PORT|HOST|DATA_DIR|PUBLIC_URL|THROUGHLINE_(?!DURABILITY$).*|OPENAI_.*|ANTHROPIC_.*)$/;

/** One tool effect as the file has it. */
export interface Effect {
  readonly callId: string;
  readonly canary: string;
}

export class OwnDeployment implements AsyncDisposable {
  /** Times it was killed. */
  kills = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), "throughline-verify-"));
  #child: ChildProcess | undefined;
  #url = "";
  readonly #endChild = () => this.#child?.kill("SIGKILL");

  private constructor() {
    process.once("exit", this.#endChild);
  }

  static async start(): Promise<OwnDeployment> {
    const deployment = new OwnDeployment();
    try {
      deployment.#url = await deployment.#start("0");
      return deployment;
    } catch (error) {
      await deployment[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return this.#url;
  }

  /** Kills it without warning and starts it again on the same data. Resolves once it listens. */
  async killAndRestart(): Promise<void> {
    this.kills += 1;
    await this.#kill();
    await this.#start(new URL(this.#url).port);
  }

  /** What the tool has written so far. */
  effects(): readonly Effect[] {
    const path = this.#effectsPath;
    if (!existsSync(path)) return [];
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [callId = "", canary = ""] = line.split(" ");
        return { callId, canary };
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kill();
    process.off("exit", this.#endChild);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #effectsPath(): string {
    return join(this.#folder, "effects");
  }

  /** Resolves with the address that it says it listens at. */
  async #start(port: string): Promise<string> {
    const args = ["start", "--json", "--port", port, "--host", "127.0.0.1", "--config", config];
    const variables = Object.entries(process.env).filter(([name]) => !foreignVariables.test(name));
    const child = spawn(
      process.execPath,
      [...process.execArgv, program, ...args, "--data", join(this.#folder, "data")],
      {
        // The configuration of whoever runs `verify` is none of its business, and a terminal's Ctrl-C is for `verify` alone.
        cwd: this.#folder,
        detached: true,
        env: { ...Object.fromEntries(variables), [effectsVariable]: this.#effectsPath },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    this.#child = child;
    child.channel?.unref();
    let said = "";
    let complained = "";
    child.stdout?.setEncoding("utf8");
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complained = (complained + text).slice(-2_000);
    });
    return await new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(new MeasureError(`unable to start a server to measure; ${reason}`));
      const timer = setTimeout(() => fail(`it does not listen after ${startTimeoutMs} ms`), startTimeoutMs);
      child.once("error", (error) => fail(error.message));
      child.once("close", (code) => {
        clearTimeout(timer);
        fail(`it ended with ${code}: ${complained.trim() || said.trim()}`);
      });
      child.stdout?.on("data", (text: string) => {
        said += text;
        if (!said.includes("\n")) return;
        const line = parseJson(said.slice(0, said.indexOf("\n")));
        clearTimeout(timer);
        child.stdout?.removeAllListeners("data").resume();
        if (isObject(line) && typeof line.url === "string") resolve(line.url.replace("localhost", "127.0.0.1"));
        else fail(isObject(line) ? String(line.message) : said);
      });
    });
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}
