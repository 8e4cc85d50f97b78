import type { RunRequest } from "./run-request.ts";
import type { ToolEventEmitter } from "./tool.ts";
import { UserEventEmitter } from "./user-event-emitter.ts";

/** Turns what happens in a run into the five events of the page. */
export class AgentEventBridge {
  readonly #run: RunRequest;
  readonly #emitter: UserEventEmitter;

  constructor(run: RunRequest) {
    this.#run = run;
    this.#emitter = UserEventEmitter.forRun(run);
  }

  notifyAgentStarted(): Promise<boolean> {
    return this.#notify("agent_started", { status: "started" });
  }

  notifyAgentThinking(reasoning: string): Promise<boolean> {
    return this.#notify("agent_thinking", { reasoning });
  }

  notifyAgentCompleted(result: string): Promise<boolean> {
    return this.#notify("agent_completed", { status: "completed", result });
  }

  /** What a dispatcher needs to report tool_executing and tool_completed. */
  toolEvents(): ToolEventEmitter {
    return async (type, payload) => {
      await this.#notify(type, payload);
    };
  }

  #notify(type: string, payload: Readonly<Record<string, unknown>>): Promise<boolean> {
    return this.#emitter.emit({ type, payload: { ...payload, run_id: this.#run.runId }, critical: true });
  }
}
