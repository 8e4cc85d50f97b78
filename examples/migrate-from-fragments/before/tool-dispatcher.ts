import type { Dispatcher, Tool, ToolEventEmitter, ToolParameters, ToolResult } from "./tool.ts";
import { ToolRegistry } from "./tool-registry.ts";

/** The first dispatcher: for agents. */
export class ToolDispatcher implements Dispatcher {
  #emitter: ToolEventEmitter | undefined;

  setEventEmitter(emitter: ToolEventEmitter): void {
    this.#emitter = emitter;
  }

  registerTool(name: string, tool: Tool): boolean {
    return ToolRegistry.getInstance().register(name, tool);
  }

  async dispatch(name: string, parameters: ToolParameters): Promise<ToolResult> {
    try {
      await this.#emitter?.("tool_executing", { tool_name: name, parameters });
      const output = await ToolRegistry.getInstance().call(name, parameters);
      await this.#emitter?.("tool_completed", { tool_name: name, result: output });
      return { success: true, output };
    } catch (error) {
      return { success: false, error: String(error) };
    }
  }
}
