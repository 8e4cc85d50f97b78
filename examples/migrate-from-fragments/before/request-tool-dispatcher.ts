import { broadcastUserEvent } from "./broadcast-user-event.ts";
import type { ToolParameters, ToolResult } from "./tool.ts";
import { ToolRegistry } from "./tool-registry.ts";

export interface ToolRequest {
  readonly tool_name: string;
  readonly parameters: ToolParameters;
}

/** The second dispatcher: made for each request, so that it knows its user. */
export class RequestToolDispatcher {
  readonly #userId: string;

  constructor(userId: string) {
    this.#userId = userId;
  }

  async executeTool(request: ToolRequest): Promise<ToolResult> {
    const { tool_name, parameters } = request;
    try {
      await broadcastUserEvent({ type: "tool_executing", payload: { tool_name, parameters } }, this.#userId);
      const output = await ToolRegistry.getInstance().call(tool_name, parameters);
      await broadcastUserEvent({ type: "tool_completed", payload: { tool_name, result: output } }, this.#userId);
      return { success: true, output };
    } catch (error) {
      return { success: false, error: String(error) };
    }
  }
}
