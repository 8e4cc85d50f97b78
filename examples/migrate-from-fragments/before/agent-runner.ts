import { AgentEventBridge } from "./agent-event-bridge.ts";
import type { RunRequest } from "./run-request.ts";
import type { Dispatcher, ToolParameters, ToolResult } from "./tool.ts";

/** What an agent may do while it works. */
export interface AgentContext {
  readonly text: string;
  think(reasoning: string): Promise<void>;
  callTool(name: string, parameters: ToolParameters): Promise<ToolResult>;
}

export type Agent = (context: AgentContext) => Promise<string>;

/** Runs the agent, and reports agent_started, agent_thinking, tool_executing, tool_completed and agent_completed. */
export class AgentRunner {
  readonly #agent: Agent;
  readonly #dispatcher: Dispatcher;

  constructor(agent: Agent, dispatcher: Dispatcher) {
    this.#agent = agent;
    this.#dispatcher = dispatcher;
  }

  async run(request: RunRequest): Promise<string> {
    const bridge = new AgentEventBridge(request);
    this.#dispatcher.setEventEmitter(bridge.toolEvents());
    await bridge.notifyAgentStarted();
    const result = await this.#agent({
      text: request.text,
      think: async (reasoning) => {
        await bridge.notifyAgentThinking(reasoning);
      },
      callTool: (name, parameters) => this.#dispatcher.dispatch(name, parameters),
    });
    await bridge.notifyAgentCompleted(result);
    return result;
  }
}
