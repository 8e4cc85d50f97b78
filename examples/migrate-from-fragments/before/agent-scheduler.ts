import type { AgentRunner } from "./agent-runner.ts";
import type { RunRequest } from "./run-request.ts";

/** Runs what users asked for later, such as the report of the next morning. */
export class AgentScheduler {
  readonly #runner: AgentRunner;
  #due: RunRequest[] = [];

  constructor(runner: AgentRunner) {
    this.#runner = runner;
  }

  /** The thread is enough: its owner can be found by it. */
  schedule(runId: string, threadId: string, text: string): void {
    this.#due.push({ runId, threadId, text });
  }

  async runDue(): Promise<void> {
    const due = this.#due;
    this.#due = [];
    for (const request of due) await this.#runner.run(request);
  }
}
