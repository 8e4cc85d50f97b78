import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../base/clock.ts";
import { Semaphore } from "../semaphore.ts";
import { ToolFailure } from "../tool.ts";
import type { CalculatorReply, CalculatorRequest } from "./calculator-process.ts";

export interface CalculatorOptions {
  readonly clock: Clock;
  /** From sending an expression to its result. */
  readonly durationMsMax: number;
  /** Of the process's heap; an expression that needs more ends the process. */
  readonly heapMebibytesMax: number;
}

const waitingMax = 64;

/**
 * Evaluates expressions in a process of its own that is always warm. One that takes too long or too much memory is killed
 * and replaced; the server and the next calculation do not notice.
 */
export class Calculator {
  readonly #options: CalculatorOptions;
  readonly #turn = new Semaphore(1);
  #waiting = 0;
  #process: Promise<ChildProcess> | undefined;
  /** The newest process, whether it is warm yet or not. */
  #newest: ChildProcess | undefined;
  #closed = false;

  constructor(options: CalculatorOptions) {
    this.#options = options;
    this.#warm();
  }

  /** Throws a `ToolFailure` when the expression has no result within the limits. */
  async calculate(expression: string, signal: AbortSignal): Promise<string> {
    if (this.#waiting >= waitingMax)
      throw new ToolFailure(`unable to calculate; ${waitingMax} calculations wait already`);
    this.#waiting += 1;
    try {
      return await this.#turn.use(signal, () => this.#evaluate(expression, signal));
    } finally {
      this.#waiting -= 1;
    }
  }

  close(): void {
    this.#closed = true;
    this.#newest?.kill("SIGKILL");
  }

  async #evaluate(expression: string, signal: AbortSignal): Promise<string> {
    this.#process ??= this.#start();
    const child = await this.#process;
    const reply = await this.#ask(child, { expression }, signal);
    if (typeof reply !== "string") {
      if (reply.ok) return reply.result;
      throw new ToolFailure(`unable to calculate; ${reply.reason}`);
    }
    // Whatever it is busy with, it will not be asked again.
    child.kill("SIGKILL");
    this.#warm();
    signal.throwIfAborted();
    throw new ToolFailure(`unable to calculate; ${reply}`);
  }

  /** The reply, or why there is none. */
  #ask(child: ChildProcess, request: CalculatorRequest, signal: AbortSignal): Promise<CalculatorReply | string> {
    const { clock, durationMsMax } = this.#options;
    return new Promise((resolve) => {
      const settle = (outcome: CalculatorReply | string) => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        child.off("message", onReply).off("exit", onEnd);
        resolve(outcome);
      };
      const onReply = (reply: unknown) => settle(reply as CalculatorReply);
      const onAbort = () => settle("it was stopped");
      const onEnd = () => settle("it needs too much memory");
      const timer = clock.schedule(durationMsMax, () => settle(`it takes longer than ${durationMsMax} ms`));
      signal.addEventListener("abort", onAbort, { once: true });
      child.on("message", onReply).on("exit", onEnd);
      if (child.exitCode !== null || child.signalCode !== null) onEnd();
      else child.send(request, (error) => error !== null && onEnd());
    });
  }

  #warm(): void {
    if (this.#closed) return;
    this.#process = this.#start();
    // One that cannot start is tried again by the next calculation, which then says so.
    this.#process.catch(() => {
      this.#process = undefined;
    });
  }

  #start(): Promise<ChildProcess> {
    // The same file compiled or not: a program is named by its file, which import rewriting does not see.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const child = fork(fileURLToPath(new URL(`./calculator-process${extension}`, import.meta.url)), {
      execArgv: [`--max-old-space-size=${this.#options.heapMebibytesMax}`],
      // What an expression might reach there is nothing: no environment, no terminal.
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#newest = child;
    // It must not keep the server alive, and goes when the server does.
    child.unref();
    child.channel?.unref();
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error("unable to start the calculator; its process ended")));
      child.once("message", () => {
        child.off("error", reject);
        // Whoever waits for a reply notices its end.
        child.on("error", () => undefined);
        resolve(child);
      });
    });
  }
}
