import type { Tool } from "./tool.ts";

/** The tools that all dispatchers share. One for the process. */
export class ToolRegistry {
  static #instance: ToolRegistry | undefined;

  readonly #tools = new Map<string, Tool>();

  static getInstance(): ToolRegistry {
    ToolRegistry.#instance ??= new ToolRegistry();
    return ToolRegistry.#instance;
  }

  static resetInstance(): void {
    ToolRegistry.#instance = undefined;
  }

  register(name: string, tool: Tool): boolean {
    this.#tools.set(name, tool);
    return true;
  }

  async call(name: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    const tool = this.#tools.get(name);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return await tool(parameters);
  }
}
