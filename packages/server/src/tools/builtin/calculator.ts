import { Worker } from "node:worker_threads";
import type { Clock } from "../../base/clock.ts";
import { Semaphore } from "../semaphore.ts";
import { ToolFailure } from "../tool.ts";
import type { CalculatorReply, CalculatorRequest } from "./calculator-worker.ts";

export interface CalculatorOptions {
  readonly clock: Clock;
  /** From sending an expression to its result. */
  readonly durationMsMax: number;
  /** Of the worker's heap; an expression that needs more ends the worker. */
  readonly heapMebibytesMax: number;
}

const waitingMax = 64;

/**
 * Evaluates expressions in a worker thread that is always warm. A worker that takes too long or too much memory is ended
 * and replaced; the process and the next calculation do not notice.
 */
export class Calculator {
  readonly #options: CalculatorOptions;
  readonly #turn = new Semaphore(1);
  #waiting = 0;
  #worker: Promise<Worker> | undefined;
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

  async close(): Promise<void> {
    this.#closed = true;
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.terminate();
  }

  async #evaluate(expression: string, signal: AbortSignal): Promise<string> {
    this.#worker ??= this.#start();
    const worker = await this.#worker;
    const reply = await this.#ask(worker, { expression }, signal);
    if (typeof reply !== "string") {
      if (reply.ok) return reply.result;
      throw new ToolFailure(`unable to calculate; ${reply.reason}`);
    }
    // Whatever it is busy with, it will not be asked again.
    void worker.terminate();
    this.#warm();
    signal.throwIfAborted();
    throw new ToolFailure(`unable to calculate; ${reply}`);
  }

  /** The reply, or why there is none. */
  #ask(worker: Worker, request: CalculatorRequest, signal: AbortSignal): Promise<CalculatorReply | string> {
    const { clock, durationMsMax } = this.#options;
    return new Promise((resolve) => {
      const settle = (outcome: CalculatorReply | string) => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        worker.off("message", settle).off("error", onEnd).off("exit", onEnd);
        resolve(outcome);
      };
      const onAbort = () => settle("it was stopped");
      const onEnd = () => settle("it needs too much memory");
      const timer = clock.schedule(durationMsMax, () => settle(`it takes longer than ${durationMsMax} ms`));
      signal.addEventListener("abort", onAbort, { once: true });
      worker.on("message", settle).on("error", onEnd).on("exit", onEnd);
      worker.postMessage(request);
    });
  }

  #warm(): void {
    if (this.#closed) return;
    this.#worker = this.#start();
    // A worker that cannot start is tried again by the next calculation, which then says so.
    this.#worker.catch(() => {
      this.#worker = undefined;
    });
  }

  #start(): Promise<Worker> {
    // The same file compiled or not: a worker is named by its file, which import rewriting does not see.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Worker(new URL(`./calculator-worker${extension}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMebibytesMax, stackSizeMb: 4 },
      // The expression language reaches nothing of the process, and there is nothing here to reach.
      env: {},
    });
    worker.unref();
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", () => {
        worker.off("error", reject);
        // After it has started, its end is noticed by whoever waits for a reply.
        worker.on("error", () => undefined);
        resolve(worker);
      });
    });
  }
}
