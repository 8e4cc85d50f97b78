import type { Tool, ToolParameters, ToolResult } from "./tool.ts";
import { ToolDispatcher } from "./tool-dispatcher.ts";

/** The third dispatcher: tools of administrators, which it refuses to everybody else. */
export class AdminToolDispatcher extends ToolDispatcher {
  readonly #role: string;

  constructor(role: string) {
    super();
    this.#role = role;
  }

  registerAdminTools(tools: Readonly<Record<string, Tool>>): boolean {
    return Object.entries(tools).every(([name, tool]) => this.registerTool(name, tool));
  }

  override async dispatch(name: string, parameters: ToolParameters): Promise<ToolResult> {
    if (this.#role !== "admin") return { success: false, error: "administrators only" };
    return await super.dispatch(name, parameters);
  }
}
