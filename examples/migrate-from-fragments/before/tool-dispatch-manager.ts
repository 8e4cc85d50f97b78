import type { RequestToolDispatcher } from "./request-tool-dispatcher.ts";
import type { Dispatcher, ToolParameters, ToolResult } from "./tool.ts";

/** Manages the dispatchers: what the one of the request fails to do, the one of the agents tries. */
export class ToolDispatchManager {
  readonly #primary: RequestToolDispatcher;
  readonly #fallback: Dispatcher;

  constructor(primary: RequestToolDispatcher, fallback: Dispatcher) {
    this.#primary = primary;
    this.#fallback = fallback;
  }

  async dispatch(name: string, parameters: ToolParameters): Promise<ToolResult> {
    const result = await this.#primary.executeTool({ tool_name: name, parameters });
    return result.success ? result : await this.#fallback.dispatch(name, parameters);
  }
}
