import { type AnyTool, checkToolName } from "./tool.ts";

/** Every tool of a server, each name owned once. */
export class ToolRegistry {
  readonly #tools = new Map<string, AnyTool>();

  /** Throws when two tools have the same name, or one has a name that no tool may have. */
  constructor(tools: readonly AnyTool[]) {
    for (const tool of tools) {
      checkToolName(tool.name);
      if (this.#tools.has(tool.name)) throw new Error(`unable to register tool ${tool.name}; the name is taken`);
      this.#tools.set(tool.name, tool);
    }
  }

  get(name: string): AnyTool | undefined {
    return this.#tools.get(name);
  }

  names(): readonly string[] {
    return [...this.#tools.keys()];
  }
}
