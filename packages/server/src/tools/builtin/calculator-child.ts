/** One child process that calculates: its start, its replies and its end. When to end it is decided elsewhere. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ToolFailure } from "../tool.ts";
import type { CalculatorReply, CalculatorRequest } from "./calculator-process.ts";

const bytesPerMebibyte = 1_048_576;

export class CalculatorChild {
  readonly #process: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #onEnd: () => void;
  #reply: PromiseWithResolvers<CalculatorReply> | undefined;
  #failure: ToolFailure | undefined;

  /** `onEnd` is called once, whoever ended it. */
  constructor(heapBytesMax: number, onEnd: () => void) {
    this.#onEnd = onEnd;
    // The same file compiled or not: a program is named by its file, which import rewriting does not see.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    this.#process = fork(fileURLToPath(new URL(`./calculator-process${extension}`, import.meta.url)), {
      execArgv: [`--max-old-space-size=${Math.ceil(heapBytesMax / bytesPerMebibyte)}`],
      // What an expression might reach there is nothing: no environment, no terminal.
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    // It must not keep the server alive, and goes when the server does.
    this.#process.unref();
    this.#process.channel?.unref();
    this.#process.on("message", (message) => {
      if (message === "ready") this.#ready.resolve();
      else this.#reply?.resolve(message as CalculatorReply);
    });
    this.#process.on("error", () => this.#end("the calculator does not start"));
    // V8 ends a process that needs more memory than it may have by a signal.
    this.#process.on("exit", (_code, signal) => {
      this.#end(signal === null ? "the calculator failed" : "it needs too much memory");
    });
    // Whether it is ready matters to those who wait for it, if any.
    this.#ready.promise.catch(() => undefined);
  }

  /** Resolves when it is warm; rejects with a `ToolFailure` when it has ended. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** One request at a time. Rejects with a `ToolFailure` when the process ends without a reply. */
  ask(request: CalculatorRequest): Promise<CalculatorReply> {
    this.#reply = Promise.withResolvers();
    if (this.#failure !== undefined) this.#reply.reject(this.#failure);
    else {
      this.#process.send(request, (error) => {
        if (error !== null) this.#end("the calculator failed");
      });
    }
    return this.#reply.promise;
  }

  /** Ends it at once, whatever it is busy with. */
  kill(): void {
    this.#end("it was stopped");
  }

  #end(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new ToolFailure(`unable to calculate; ${reason}`);
    this.#process.kill("SIGKILL");
    this.#ready.reject(this.#failure);
    this.#reply?.reject(this.#failure);
    this.#onEnd();
  }
}
